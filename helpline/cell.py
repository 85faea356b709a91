"""This cell's Asterisk configuration, from the operator's settings and this machine's tools."""

from dataclasses import dataclass
from pathlib import Path

from dialplans import render, secrets
from dialplans.secrets import Secrets
from dialplans.settings import AgentSettings, CellSettings, SoftphoneSettings
from helpline.options.cell import CellOptions
from helpline.settings import Settings
from helpline.tools import Asterisk


@dataclass(frozen=True)
class StateFolder:
    """What a cell keeps on disk beside the database. Paths are absolute: Asterisk has them too."""

    root: Path

    @property
    def postgres(self) -> Path:
        """The embedded database, if it is used."""
        return self.root / "postgres"

    @property
    def asterisk(self) -> Path:
        """The private Asterisk: configuration, logs, run-time files."""
        return self.root / "asterisk"

    @property
    def captures(self) -> Path:
        """Recordings that are not closed yet; Asterisk writes them."""
        return self.root / "captures"

    @property
    def recordings(self) -> Path:
        """The store of closed recordings."""
        return self.root / "recordings"

    @property
    def master_keys(self) -> Path:
        """What wraps the keys of recordings. Without it they cannot be opened: keep a copy."""
        return self.root / "recording-keys"

    @property
    def audit(self) -> Path:
        """Heads of the recordings' audit chain and of complaints' histories, a file a day each.

        Keep copies elsewhere.
        """
        return self.root / "audit"

    @property
    def prompts(self) -> Path:
        """Rendered prompts, as Asterisk plays them."""
        return self.root / "prompts"

    @property
    def outbox(self) -> Path:
        """Messages of a site without a gateway."""
        return self.root / "outbox"

    @property
    def left_rows(self) -> Path:
        """Rows of calls that the database had not taken when we stopped. Numbers stand in it."""
        return self.root / "rows-left"

    @property
    def cell_secrets(self) -> Path:
        """Asterisk's generated secrets."""
        return self.root / "cell-secrets.json"

    @property
    def control(self) -> Path:
        """Where the running server listens to commands. A short name: a socket lies in it."""
        return self.root / "control"

    @property
    def tls(self) -> Path:
        """Certificates that we made ourselves, and their authority."""
        return self.root / "tls"

    @property
    def signing_key(self) -> Path:
        """The key of signed links and agents' tokens."""
        return self.root / "signing-key"


def state_folder(settings: Settings) -> StateFolder:
    """The state folder of these settings, absolute."""
    return StateFolder(settings.state_dir.absolute())


def cell_settings(settings: Settings, asterisk: Asterisk) -> CellSettings:
    """The complete settings of the cell. Raises pydantic's `ValidationError`."""
    options, state = settings.cell, state_folder(settings)
    return CellSettings(
        name=options.name,
        root=state.asterisk,
        modules_dir=asterisk.modules_dir,
        documentation_dir=asterisk.documentation_dir,
        sounds_dir=asterisk.sounds_dir,
        prompts_dir=state.prompts,
        recordings_dir=state.captures,
        sip=options.sip,
        rtp=options.rtp,
        nat=options.nat,
        ami=options.ami,
        agi=options.agi,
        trunk=options.trunk,
        service_numbers=_service_numbers(options),
        agents=tuple(
            AgentSettings(
                id=agent.id, name=agent.name, contact=agent.contact, checked=agent.checked
            )
            for agent in options.agents
        ),
        queues=options.queues,
        emergency=options.emergency,
        bench=options.bench,
        softphone=_softphone(settings),
        phone_check_seconds=options.phone_check_seconds,
    )


def _softphone(settings: Settings) -> SoftphoneSettings | None:
    """Asterisk shows browsers the same certificate as our pages do."""
    options, http = settings.softphone, settings.http
    if options is None:
        return None
    return SoftphoneSettings(
        bind=options.bind,
        certificate=http.certificate and http.certificate.absolute(),
        key=http.key and http.key.absolute(),
        stun=options.asterisk_stun,
    )


def _service_numbers(options: CellOptions) -> tuple[str, ...]:
    officers = options.officers_line.number
    return options.service_numbers if officers is None else (*options.service_numbers, officers)


def cell_with_secrets(settings: Settings, asterisk: Asterisk) -> tuple[CellSettings, Secrets]:
    """The cell and its secrets: those that exist are kept, those that are missing are made."""
    cell, state = cell_settings(settings, asterisk), state_folder(settings)
    state.root.mkdir(parents=True, exist_ok=True)
    return cell, secrets.ensure(state.cell_secrets, [agent.id for agent in cell.agents])


def render_cell(settings: Settings, asterisk: Asterisk) -> tuple[CellSettings, Secrets]:
    """Write the cell's configuration. Returns its settings and secrets for the wiring."""
    cell, kept = cell_with_secrets(settings, asterisk)
    render.write(cell, render.render(cell, kept))
    return cell, kept
