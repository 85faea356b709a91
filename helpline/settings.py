"""Everything that an operator sets: one typed tree, from a TOML file and the environment.

`HELPLINE_CONFIG` names the file (default `helpline.toml` where it exists); a variable such as
`HELPLINE_HTTP__PORT=8080` overrides it. No setting has a secret as its default: what is secret is
given, or generated once into the state folder.
"""

import os
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from complaints.policy import Policy
from cti.alarms import EACH_QUEUE
from helpline.errors import OperatorError
from helpline.options.alarms import AlarmOptions
from helpline.options.attachments import AttachmentOptions
from helpline.options.cell import CellOptions, GuardOptions, HoursOptions
from helpline.options.database import DatabaseUrl
from helpline.options.following import CallbackOptions, CategoryRules, FeedbackOptions, TenantRules
from helpline.options.notifications import NotificationOptions
from helpline.options.pages import AccessOptions, DeskOptions, HttpOptions, SoftphoneOptions
from helpline.options.process import LogOptions, SpeechOptions
from helpline.options.recording import RecordingOptions
from helpline.policies import policy_named
from helpline.variables import PREFIX, misspelt

_DEFAULT_FILE = "helpline.toml"


class SettingsError(OperatorError):
    """A setting is missing or cannot be; the message names it and says what is wrong."""


class Settings(BaseSettings):
    """The whole tree."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", frozen=True, extra="forbid"
    )

    state_dir: Path = Path("var/helpline")
    """What must outlive a restart and is not in the database: secrets, captures, prompts."""
    database_url: DatabaseUrl | None = None
    """A PostgreSQL 15 or later. Without it an embedded one runs in the state folder."""
    policy: Literal["up-1076", "up-2017", "mp-181", "hp-1100", "demo"] = "up-1076"
    """How complaints are followed up; `helpline policy explain` says what that means."""
    policy_rules: TenantRules = TenantRules()
    """What differs from that policy here."""
    category_rules: dict[str, CategoryRules] = {}
    """What differs from both, by the code of a category that complaints can have."""
    clock_shift: timedelta = timedelta(0)
    """Only with the demo's policy: how far the demo's time is from the machine's."""
    cell: CellOptions = CellOptions()
    guards: GuardOptions = GuardOptions()
    hours: HoursOptions = HoursOptions()
    http: HttpOptions = HttpOptions()
    softphone: SoftphoneOptions | None = None
    access: AccessOptions = AccessOptions()
    desk: DeskOptions = DeskOptions()
    speech: SpeechOptions = SpeechOptions()
    feedback: FeedbackOptions = FeedbackOptions()
    callbacks: CallbackOptions = CallbackOptions()
    notifications: NotificationOptions = NotificationOptions()
    recordings: RecordingOptions = RecordingOptions()
    attachments: AttachmentOptions = AttachmentOptions()
    alarms: AlarmOptions = AlarmOptions()
    log: LogOptions = LogOptions()

    @property
    def softphone_url(self) -> str | None:
        """Where agents' browsers speak SIP; None: they do not."""
        if self.softphone is None or self.softphone.url is not None:
            return self.softphone.url if self.softphone else None
        scheme = "wss" if self.http.certificate else "ws"
        host = urlsplit(self.http.public_url).hostname or str(self.softphone.bind.address)
        return f"{scheme}://{host}:{self.softphone.bind.port}/ws"

    @property
    def rules(self) -> Policy:
        """The policy, with what differs here, and what differs by category."""
        return self.rules_of(self.policy)

    def rules_of(self, name: str) -> Policy:
        """Another policy of that name, with the same differences."""
        differing = {category: rules.given for category, rules in self.category_rules.items()}
        return policy_named(name, self.policy_rules.given, differing)

    @model_validator(mode="after")
    def _rules_make_sense(self) -> Self:
        _ = self.rules  # whose own error names the rule
        return self

    @model_validator(mode="after")
    def _time_is_shifted_only_in_a_demo(self) -> Self:
        if self.clock_shift and self.policy != "demo":
            raise ValueError("clock_shift: a helpline for citizens runs on the machine's time")
        return self

    @model_validator(mode="after")
    def _agents_serve_queues_that_exist(self) -> Self:
        queues = {queue.name for queue in self.cell.queues}
        for agent in self.cell.agents:
            unknown = sorted(set(agent.queues) - queues)
            if unknown:
                raise ValueError(f"agent {agent.id}: no queue {', '.join(unknown)}")
        return self

    @model_validator(mode="after")
    def _one_way_to_a_public_address(self) -> Self:
        if self.cell.nat and self.softphone and self.softphone.asterisk_stun:
            raise ValueError("cell.nat and softphone.asterisk_stun: either, not both")
        return self

    @model_validator(mode="after")
    def _the_officers_line_is_no_citizens(self) -> Self:
        if self.cell.officers_line.number in self.cell.service_numbers:
            raise ValueError("cell.officers_line.number: is a citizens' service number")
        return self

    @model_validator(mode="after")
    def _a_code_is_one_number(self) -> Self:
        codes = [one.code for one in self.cell.targets + self.cell.emergency]
        if twice := sorted({code for code in codes if codes.count(code) > 1}):
            raise ValueError(f"cell.targets, cell.emergency: {', '.join(twice)} stands twice")
        return self

    @model_validator(mode="after")
    def _routes_lead_to_queues(self) -> Self:
        queues = {queue.name for queue in self.cell.queues}
        if unknown := sorted({route.queue for route in self.cell.routes} - queues):
            raise ValueError(f"cell.routes: no queue {', '.join(unknown)}")
        if unknown := sorted(self.hours.queues.keys() - queues):
            raise ValueError(f"hours.queues: no queue {', '.join(unknown)}")
        return self

    @model_validator(mode="after")
    def _alarms_are_of_queues_that_exist(self) -> Self:
        known = {queue.name for queue in self.cell.queues} | {EACH_QUEUE}
        if unknown := sorted({rule.queue for rule in self.alarms.rules} - known):
            raise ValueError(f"alarms: no queue {', '.join(unknown)}")
        return self

    @model_validator(mode="after")
    def _the_reserve_leaves_something(self) -> Self:
        trunk, kept = self.feedback.trunk_channels, self.guards.emergency_reserve
        if kept >= trunk:
            raise ValueError("guards.emergency_reserve: leaves no channel for anybody else")
        inbound, dials = (
            self.feedback.inbound_reserve,
            self.feedback.enabled or self.callbacks.enabled,
        )
        if dials and trunk <= kept + inbound:
            raise ValueError(
                f"feedback.inbound_reserve: with {inbound} channels kept for callers and {kept} for"
                f" emergencies none of feedback.trunk_channels = {trunk} is left to call anybody:"
                f" set it to at most {trunk - kept - 1}, or trunk_channels to what the trunk has"
            )
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Given in code, then the environment, then the file."""
        del dotenv_settings, file_secret_settings
        path = Path(os.environ.get("HELPLINE_CONFIG", _DEFAULT_FILE))
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, path)


class GivenSettings(Settings):
    """Only what is given in code: a demo or a test must not meet an operator's database."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Neither environment nor file."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)


def load_settings() -> Settings:
    """Read the file and the environment. `SettingsError` names each setting that cannot be."""
    path = os.environ.get("HELPLINE_CONFIG")
    if path and not Path(path).is_file():
        raise SettingsError(f"HELPLINE_CONFIG names {path}, which is no file")
    if wrong := misspelt(os.environ, Settings.model_fields):
        raise SettingsError(
            f"{', '.join(wrong)}: names no setting (that of a group is {PREFIX}GROUP__NAME, with"
            " two underscores)"
        )
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError(faults(error)) from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path or _DEFAULT_FILE} is not TOML: {error}") from error
    except ValueError as error:  # a variable that is not JSON where one is needed
        raise SettingsError(str(error)) from error


def faults(error: ValidationError) -> str:
    """Which settings cannot be, and why, in one line; without the values: one may be a secret."""
    return "; ".join(
        f"{'.'.join(map(str, fault['loc'])) or 'settings'}: "
        + fault["msg"].removeprefix("Value error, ")
        for fault in error.errors(include_input=False, include_url=False)
    )
