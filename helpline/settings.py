"""Everything that an operator sets: one typed tree, from a TOML file and the environment.

`HELPLINE_CONFIG` names the file (default `helpline.toml` where it exists); a variable such as
`HELPLINE_HTTP__PORT=8080` overrides it. No setting has a secret as its default: what is secret is
given, or generated once into the state folder.
"""

import os
import re
import tomllib
from dataclasses import replace
from datetime import time, timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from agi.visit import Skill
from complaints.calendar import Counting
from complaints.policy import FollowUp, Policy, SpecialClose
from cti.alarms import EACH_QUEUE, OF_THE_CELL, AlarmKind, AlarmRule
from dialplans.settings import (
    EMERGENCY_SERVICES,
    Address,
    AgentSettings,
    BenchSettings,
    Digits,
    EmergencyTarget,
    Name,
    Peer,
    PortRange,
    QueueSettings,
    TrunkSettings,
)
from helpline.policies import policy_named
from messages.drivers.fields import check_fields
from messages.errors import TemplateError
from messages.retry import RetryRule

_DEFAULT_FILE = "helpline.toml"


class SettingsError(Exception):
    """A setting is missing or cannot be; the message names it and says what is wrong."""


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class QueueRoute(_Group):
    """Callers of a language and a skill (None: any) wait in this queue; the first that fits."""

    queue: Name
    language: str | None = None
    skill: Skill | None = None


class LanguageOptions(_Group):
    """A language in which citizens can be served by an agent. `name`: as it is spoken."""

    code: Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]
    name: Annotated[str, Field(pattern=r"^[\u0900-\u097f ]{2,40}$")]


class GuardOptions(_Group):
    """Who is let in; None: no limit. Emergency is reachable whatever these say."""

    caller_at_once: Annotated[int, Field(ge=1)] | None = 5
    caller_per_hour: Annotated[int, Field(ge=1)] | None = 30
    trunk_per_hour: Annotated[int, Field(ge=1)] | None = None
    emergency_reserve: Annotated[int, Field(ge=0)] = 4
    """Trunk channels that neither citizens nor the dialer get: for calls to emergency services."""


class ShiftOptions(_Group):
    """Agents serve from `begins` to `ends`, Indian time; over midnight where that is earlier."""

    name: str
    begins: time
    ends: time
    weekdays: frozenset[Annotated[int, Field(ge=0, le=6)]] = frozenset(range(7))
    """On which it begins; Monday is 0."""
    seats: Annotated[int, Field(ge=0)] = 0


class HoursOptions(_Group):
    """When agents serve. Status and emergency are there at any hour. No shift: always open."""

    shifts: tuple[ShiftOptions, ...] = (
        ShiftOptions(name="morning", begins=time(7), ends=time(15), seats=500),
        ShiftOptions(name="evening", begins=time(15), ends=time(23), seats=500),
        ShiftOptions(name="night", begins=time(23), ends=time(7), seats=50),
    )
    holidays_too: bool = True
    calendar: str = "state"
    """Whose holidays (`helpline import holidays`) count, where not open on holidays."""


class AgentOptions(AgentSettings):
    """An agent and the queues they serve."""

    queues: tuple[Name, ...] = ()


class TargetOptions(_Group):
    """A number to which agents may hand a citizen, or which they may ask. No other is dialled."""

    code: Name
    name_hi: Annotated[str, Field(min_length=1, max_length=80)]
    name_en: Annotated[str, Field(min_length=1, max_length=80)]
    number: Digits


class OfficersLineOptions(_Group):
    """Where officers report disposals by telephone, with their PIN."""

    number: Digits | None = None
    """A service number of its own."""
    menu_key: bool = True
    """Key 7 in the citizens' menu, which does not name it. Who keys no PIN there gets an agent."""
    remark_seconds: Annotated[int, Field(ge=10, le=600)] = 120


class CellOptions(_Group):
    """This cell: one Asterisk and the process beside it."""

    name: Name = "cell-1"
    run_asterisk: bool = True
    """Start and watch a private Asterisk. False: one that runs already, with the rendered files."""
    sip: Address = Address(address=IPv4Address("127.0.0.1"), port=5060)
    ami: Address = Address(address=IPv4Address("127.0.0.1"), port=5038)
    ami_via: Address | None = None
    """Where our link connects instead, when something stands between: a tunnel to Asterisk."""
    agi: Address = Address(address=IPv4Address("127.0.0.1"), port=4573)
    rtp: PortRange = PortRange(first=20000, last=23999)
    trunk: TrunkSettings = TrunkSettings(
        match=(IPv4Network("127.0.0.2/32"),), contact=Peer(host="127.0.0.2")
    )
    service_numbers: tuple[Digits, ...] = ("1076",)
    officers_line: OfficersLineOptions = OfficersLineOptions()
    agents: tuple[AgentOptions, ...] = ()
    queues: tuple[QueueSettings, ...] = (QueueSettings(),)
    targets: tuple[TargetOptions, ...] = ()
    max_ivr_sessions: Annotated[int, Field(ge=1, le=5000)] = 1000
    patience_seconds: Annotated[float, Field(gt=0, le=120)] = 20.0
    """How long a citizen is asked to wait for a database that is away, before the apology."""
    routes: tuple[QueueRoute, ...] = ()
    languages: Annotated[tuple[LanguageOptions, ...], Field(min_length=1, max_length=8)] = (
        LanguageOptions(code="hi", name="हिन्दी"),
    )
    emergency: tuple[EmergencyTarget, ...] = EMERGENCY_SERVICES
    """For callers who press the key, and for agents as one click."""
    bench: BenchSettings | None = None


class HttpOptions(_Group):
    """Where the agents' pages and signed links are served. Behind a TLS proxy in production."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8076
    public_url: str = "http://127.0.0.1:8076"
    """How officers reach us: links in messages begin with it."""
    certificate: Path | None = None
    """PEM, with the chain; with `key` we speak HTTPS ourselves. Not both: a proxy does, or none."""
    key: Path | None = None
    proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    """Proxies of ours: their X-Forwarded-For tells who asks."""
    link_days: Annotated[int, Field(ge=1, le=400)] = 60
    """Longer than any officer is given for a complaint: a link must outlive its deadline."""

    @model_validator(mode="after")
    def _https_is_whole(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key go together")
        if self.certificate is not None and not self.public_url.startswith("https://"):
            raise ValueError("public_url begins with https:// where there is a certificate")
        return self

    @property
    def origin(self) -> str:
        """Scheme, host and port as browsers name them: without a path or a usual port."""
        parts = urlsplit(self.public_url)
        usual = {"http": 80, "https": 443}.get(parts.scheme)
        port = f":{parts.port}" if parts.port not in (None, usual) else ""
        host = parts.hostname or ""
        return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}"


class TurnOptions(_Group):
    """A TURN server. With `secret` a name and password of its own for each page (coturn's
    `use-auth-secret`); otherwise a fixed `user` and `password`, which every agent's browser sees.
    """

    url: Annotated[str, Field(pattern=r"^turns?:[A-Za-z0-9.\[\]:-]+(\?transport=(udp|tcp))?$")]
    secret: SecretStr | None = None
    user: str | None = None
    password: SecretStr | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        fixed = self.user is not None and self.password is not None
        if fixed == (self.secret is not None):
            raise ValueError("turn: either secret, or user and password")
        return self


class SoftphoneOptions(_Group):
    """Agents without a `contact` speak through their browser. TLS is that of [http]."""

    bind: Address = Address(address=IPv4Address("127.0.0.1"), port=8089)
    """Where Asterisk listens for browsers."""
    url: Annotated[str, Field(pattern=r"^wss?://[A-Za-z0-9.:\[\]-]+/ws$")] | None = None
    """How browsers reach it; None: `wss://`, the host of http.public_url, this port, `/ws`."""
    stun: tuple[Annotated[str, Field(pattern=r"^stuns?:[A-Za-z0-9.\[\]:-]+$")], ...] = ()
    turn: tuple[TurnOptions, ...] = ()
    asterisk_stun: Peer | None = None
    """Where Asterisk asks for its own public address."""


class AccessOptions(_Group):
    """How people sign in. The costs are argon2id's: a change takes effect at each next sign-in."""

    session_length: timedelta = timedelta(hours=12)
    session_idle: timedelta = timedelta(minutes=45)
    hash_time: Annotated[int, Field(ge=1, le=20)] = 3
    hash_memory_kib: Annotated[int, Field(ge=8192, le=1_048_576)] = 65536
    hash_lanes: Annotated[int, Field(ge=1, le=16)] = 4


class SpeechOptions(_Group):
    """Prompts: a site's studio recordings win, then gTTS if asked for, then eSpeak NG."""

    engine: Literal["espeak", "gtts"] = "espeak"
    studio: Path | None = None


class FeedbackOptions(_Group):
    """The outbound dialer that asks citizens whether they are satisfied (R15-R22)."""

    enabled: bool = True
    opens: time = time(9)
    closes: time = time(20)
    tick_seconds: Annotated[float, Field(gt=0, le=60)] = 1.0
    ring_seconds: Annotated[int, Field(ge=5, le=120)] = 40
    max_channels: Annotated[int, Field(ge=1)] = 30
    calls_per_second: Annotated[float, Field(gt=0)] = 2.0
    trunk_channels: Annotated[int, Field(ge=1)] = 240
    inbound_reserve: Annotated[int, Field(ge=0)] = 120
    max_attempts: Annotated[int, Field(ge=1, le=10)] | None = None
    """None: as many as the policy says."""
    retry_busy: tuple[timedelta, ...] = (
        timedelta(minutes=10),
        timedelta(hours=1),
        timedelta(hours=4),
    )
    retry_no_answer: tuple[timedelta, ...] = (
        timedelta(hours=1),
        timedelta(hours=4),
        timedelta(days=1),
    )
    retry_wrong_person: timedelta = timedelta(hours=20)
    retry_hung_up: timedelta = timedelta(hours=1)
    retry_uncounted: timedelta = timedelta(minutes=2)


class CallbackOptions(_Group):
    """Calling those who kept their place in a queue. The caps of channels are the dialer's."""

    enabled: bool = True
    opens: time = time(8)
    closes: time = time(21)
    most: Annotated[int, Field(ge=1, le=10)] = 3
    retry: timedelta = timedelta(minutes=5)
    tick_seconds: Annotated[float, Field(gt=0, le=60)] = 2.0


class CategoryRules(_Group):
    """What a category's complaints have otherwise than the policy; what is left out does not."""

    reviews_per_level: int | None = None
    last_level: int | None = None
    counting: Counting | None = None
    rest_weekdays: frozenset[int] | None = None
    holidays: str | None = None
    fewest_days: int | None = None
    most_days: int | None = None
    review_share: float | None = None
    review_at_least_days: int | None = None
    reminder_share: float | None = None
    special_close: SpecialClose | None = None
    triage: bool | None = None
    sorting_days: float | None = None
    longest_wait_days: float | None = None
    longest_stay_days: float | None = None
    transfers_at_most: int | None = None
    transfer_days: float | None = None
    transfer_needs_approval: bool | None = None
    reopen_days: int | None = None
    confidential_seen_from: int | None = None
    feedback_delay: timedelta | None = None
    after_attempts: tuple[FollowUp, ...] | None = None

    @property
    def given(self) -> dict[str, Any]:
        """What differs, by the rule's name."""
        return {name: value for name, value in self if value is not None}


class _ChannelOptions(_Group):
    per_second: Annotated[int, Field(ge=1, le=1000)] = 20
    """Most messages begun in a second, over all processes: what the gateway's contract allows."""
    at_once: Annotated[int, Field(ge=1, le=200)] = 8
    """Most under way at once in this process."""


class FileChannel(_ChannelOptions):
    """The embedded default: lines in `<state_dir>/outbox`."""

    driver: Literal["file"] = "file"


class HttpChannel(_ChannelOptions):
    """A gateway that takes one HTTP request for each message."""

    driver: Literal["http"]
    url: SecretStr
    """Where; a secret, since some gateways want their key in it."""
    method: Literal["POST", "PUT", "GET"] = "POST"
    format: Literal["json", "form", "query"] = "json"
    fields: dict[str, str]
    """The gateway's names; values with placeholders such as `{number}` and `{text}`."""
    headers: dict[str, SecretStr] = {}
    accepted: str | None = None
    already_accepted: tuple[int, ...] = ()
    reference: str | None = None

    @model_validator(mode="after")
    def _placeholders_exist(self) -> Self:
        try:
            check_fields(self.fields)
            re.compile(self.accepted or "")
        except (TemplateError, re.error) as error:
            raise ValueError(f"fields or accepted: {error}") from error
        return self


class SmtpChannel(_ChannelOptions):
    """E-mail through one server."""

    driver: Literal["smtp"]
    host: str
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    sender: str
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password: SecretStr | None = None


class WebhookChannel(_ChannelOptions):
    """Signed JSON to another system."""

    driver: Literal["webhook"]
    url: SecretStr
    secret: Annotated[SecretStr, Field(min_length=16)]


class ReceiptsGroup(_Group):
    """What the SMS gateway reports afterwards, to `POST /receipts/sms`."""

    token: Annotated[SecretStr, Field(min_length=16)]
    header: str = "Authorization"
    key: str = "key"
    reference: str = "reference"
    status: str = "status"
    delivered: tuple[str, ...] = ("delivered", "DELIVRD")
    failed: tuple[str, ...] = ("failed", "undelivered", "UNDELIV", "REJECTD", "EXPIRED")


class NotificationOptions(_Group):
    """How messages leave."""

    enabled: bool = True
    send_seconds: Annotated[float, Field(gt=0, le=120)] = 15.0
    retry_pauses: tuple[timedelta, ...] = (
        timedelta(seconds=30),
        timedelta(minutes=2),
        timedelta(minutes=10),
        timedelta(minutes=30),
        timedelta(hours=2),
        timedelta(hours=6),
    )
    """After each failure in a row; after them a message is held."""
    sms: Annotated[FileChannel | HttpChannel, Field(discriminator="driver")] = FileChannel()
    email: Annotated[FileChannel | SmtpChannel, Field(discriminator="driver")] = FileChannel()
    webhook: Annotated[FileChannel | WebhookChannel, Field(discriminator="driver")] = FileChannel()
    receipts: ReceiptsGroup | None = None

    @model_validator(mode="after")
    def _pauses_grow(self) -> Self:
        RetryRule(self.retry_pauses)
        return self


MasterKey = Annotated[SecretStr, Field(min_length=64, max_length=64)]


class DeviceOptions(_Group):
    """What an electronic-record certificate says of the source (BSA 2023, Schedule, Part A)."""

    organisation: str = ""
    place: str = ""
    make_and_model: str = ""
    serial_number: str = ""
    identifiers: str = ""
    """UIN, UID, MAC or cloud id, as applicable."""
    other: str = ""


class RecordingOptions(_Group):
    """Recordings after the call: where they lie, how they are sealed, how long they are kept."""

    store_url: str | None = None
    """None: `<state_dir>/recordings`. Otherwise `s3://bucket/prefix`, `gs://...`, `az://...`."""
    store_options: dict[str, SecretStr] = {}
    """obstore's: `endpoint`, `region`, `access_key_id`, `secret_access_key`, `allow_http`."""
    master_keys: tuple[MasterKey, ...] = ()
    """Each 32 bytes in hexadecimal, the current one first. None: generated in the state folder."""
    copy_kbits: Annotated[int, Field(ge=12, le=128)] = 24
    """Of the kept Opus copy, all channels together."""
    keep_original_days: Annotated[int, Field(ge=0, le=36500)] = 7
    """How long the original is kept beside its verified copy."""
    erase_when_due: bool = False
    """Erase at the end of retention without being asked; holds are respected in either case."""
    pause_limit_seconds: Annotated[int, Field(ge=5, le=900)] = 180
    """A pause of the recording ends by itself after this."""
    chromium: Path = Path("/usr/bin/chromium")
    """Prints certificates: a PDF with shaped Devanagari."""
    device: DeviceOptions = DeviceOptions()

    @model_validator(mode="after")
    def _keys_are_hexadecimal(self) -> Self:
        for key in self.master_keys:
            try:
                bytes.fromhex(key.get_secret_value())
            except ValueError:
                raise ValueError("master_keys: 64 hexadecimal digits each") from None
        return self


class AlarmRuleOptions(_Group):
    """When a figure of the wallboard is an alarm. `queue`: one that has a rule of its own."""

    kind: AlarmKind
    threshold: Annotated[float, Field(ge=0)]
    queue: str = EACH_QUEUE
    raise_after: timedelta = timedelta(seconds=30)
    clear_after: timedelta = timedelta(seconds=60)


def _rule(
    kind: AlarmKind, threshold: float, raise_after: int, clear_after: int = 60
) -> AlarmRuleOptions:
    return AlarmRuleOptions(
        kind=kind,
        threshold=threshold,
        raise_after=timedelta(seconds=raise_after),
        clear_after=timedelta(seconds=clear_after),
    )


class AlarmOptions(_Group):
    """What supervisors are told of, at their wallboard and, where there is one, by webhook."""

    webhook: bool = False
    rules: tuple[AlarmRuleOptions, ...] = (
        _rule(AlarmKind.WAITING, 10, 30),
        _rule(AlarmKind.LONGEST_WAIT, 120, 10),
        _rule(AlarmKind.SERVICE_LEVEL, 0.6, 300, 300),
        _rule(AlarmKind.TRUNK_FULL, 0.9, 10),
        _rule(AlarmKind.AMI_DOWN, 0, 10, 10),
        _rule(AlarmKind.RECORDINGS_FAILING, 0, 60),
    )

    def as_rules(self) -> tuple[AlarmRule, ...]:
        """As the wallboard takes them."""
        return tuple(AlarmRule(**rule.model_dump()) for rule in self.rules)

    @model_validator(mode="after")
    def _of_the_cell_or_of_queues(self) -> Self:
        for rule in self.rules:
            if rule.kind in OF_THE_CELL and rule.queue != EACH_QUEUE:
                raise ValueError(f"alarms: {rule.kind} is the cell's, not of a queue")
        return self


class LogOptions(_Group):
    """How this process logs."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    show_pii: bool = False
    json_lines: bool = True


class Settings(BaseSettings):
    """The whole tree."""

    model_config = SettingsConfigDict(
        env_prefix="HELPLINE_", env_nested_delimiter="__", frozen=True, extra="forbid"
    )

    state_dir: Path = Path("var/helpline")
    """What must outlive a restart and is not in the database: secrets, captures, prompts."""
    database_url: SecretStr | None = None
    """A PostgreSQL 15 or later. Without it an embedded one runs in the state folder."""
    policy: Literal["up-1076", "up-2017", "mp-181", "hp-1100", "demo"] = "up-1076"
    """How complaints are followed up; `helpline policy explain` says what that means."""
    category_rules: dict[str, CategoryRules] = {}
    """What differs from the policy, by the category's code."""
    registrations_per_month: Annotated[int, Field(ge=1)] | Literal["any"] | None = None
    """Of one mobile; left out: the policy's."""
    confidential_seen_from: Annotated[int, Field(ge=1, le=4)] | None = None
    """The lowest level that may know who complains confidentially; left out: no officer."""
    clock_shift: timedelta = timedelta(0)
    """Only with the demo's policy: how far the demo's time is from the machine's."""
    cell: CellOptions = CellOptions()
    guards: GuardOptions = GuardOptions()
    hours: HoursOptions = HoursOptions()
    http: HttpOptions = HttpOptions()
    softphone: SoftphoneOptions | None = None
    access: AccessOptions = AccessOptions()
    speech: SpeechOptions = SpeechOptions()
    feedback: FeedbackOptions = FeedbackOptions()
    callbacks: CallbackOptions = CallbackOptions()
    notifications: NotificationOptions = NotificationOptions()
    recordings: RecordingOptions = RecordingOptions()
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
        """The policy, with what differs by category."""
        return self.rules_of(self.policy)

    def rules_of(self, name: str) -> Policy:
        """Another policy of that name, with the same differences by category."""
        differing = {category: rules.given for category, rules in self.category_rules.items()}
        policy = policy_named(name, differing)
        if self.confidential_seen_from is not None:
            policy = replace(policy, confidential_seen_from=self.confidential_seen_from)
        if self.registrations_per_month is not None:
            most = self.registrations_per_month
            policy = replace(policy, registrations_per_month=None if most == "any" else most)
        return policy

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
        return self

    @model_validator(mode="after")
    def _alarms_are_of_queues_that_exist(self) -> Self:
        known = {queue.name for queue in self.cell.queues} | {EACH_QUEUE}
        if unknown := sorted({rule.queue for rule in self.alarms.rules} - known):
            raise ValueError(f"alarms: no queue {', '.join(unknown)}")
        return self

    @model_validator(mode="after")
    def _the_reserve_leaves_something(self) -> Self:
        if self.guards.emergency_reserve >= self.feedback.trunk_channels:
            raise ValueError("guards.emergency_reserve: leaves no channel for anybody else")
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
