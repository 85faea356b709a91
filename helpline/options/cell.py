"""A cell: its lines, queues, agents, hours and guards."""

from datetime import time
from ipaddress import IPv4Address, IPv4Network
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from access.limits import WRONG_PINS_AN_HOUR
from agi.visit import Skill
from calls.numbers import to_e164
from dialplans.settings import (
    EMERGENCY_SERVICES,
    Address,
    AgentSettings,
    BenchSettings,
    Digits,
    EmergencyServices,
    Name,
    NatSettings,
    Peer,
    PortRange,
    QueueSettings,
    TrunkSettings,
)
from helpline.options.group import Group, LocalTime


class QueueRoute(Group):
    """Callers of a language and a skill (None: any) wait in this queue; the first that fits."""

    queue: Name
    language: str | None = None
    skill: Skill | None = None


class LanguageOptions(Group):
    """A language in which citizens can be served by an agent. `name`: as it is spoken."""

    code: Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]
    name: Annotated[str, Field(pattern=r"^[\u0900-\u097f ]{2,40}$")]


Prefix = Annotated[str, Field(pattern=r"^\+[1-9][0-9]{0,13}$")]


class GuardOptions(Group):
    """Who is let in; None: no limit. Emergency is reachable whatever these say."""

    caller_at_once: Annotated[int, Field(ge=1)] | None = 5
    caller_per_hour: Annotated[int, Field(ge=1)] | None = 30
    trunk_per_hour: Annotated[int, Field(ge=1)] | None = None
    emergency_reserve: Annotated[int, Field(ge=0)] = 4
    """Trunk channels that neither citizens nor the dialer get: for calls to emergency services."""
    called: Annotated[tuple[Prefix, ...], Field(min_length=1)] = ("+91",)
    """What the numbers (E.164) begin with that we call by ourselves, back or to ask. Who calls us
    can show any number, and one abroad may be paid for each minute that it is called. Agents' own
    calls are held to `helpline dialling`.
    """


class ShiftOptions(Group):
    """Agents serve from `begins` to `ends`, Indian time; over midnight where that is earlier."""

    name: str
    begins: LocalTime
    ends: LocalTime
    weekdays: frozenset[Annotated[int, Field(ge=0, le=6)]] = frozenset(range(7))
    """On which it begins; Monday is 0."""
    seats: Annotated[int, Field(ge=0)] = 0


class DayHours(Group):
    """When agents serve. No shift: always open."""

    shifts: tuple[ShiftOptions, ...] = (
        ShiftOptions(name="morning", begins=time(7), ends=time(15), seats=500),
        ShiftOptions(name="evening", begins=time(15), ends=time(23), seats=500),
        ShiftOptions(name="night", begins=time(23), ends=time(7), seats=50),
    )
    holidays_too: bool = True
    holiday_shifts: tuple[ShiftOptions, ...] = ()
    """What counts on holidays where `holidays_too` is false, whatever weekday; none: closed."""
    calendar: str = "state"
    """Whose holidays (`helpline import holidays`) count, where not open on holidays."""


class HoursOptions(DayHours):
    """Status and emergency are there at any hour."""

    queues: dict[Name, DayHours] = Field(default_factory=dict)
    """Queues with hours of their own."""
    call_back: bool = True
    """Whether who calls outside the hours is offered a call-back."""


class AgentOptions(AgentSettings):
    """An agent and the queues they serve."""

    queues: tuple[Name, ...] = ()


def _as_dialled(number: str) -> str:
    if number.startswith("+") and to_e164(number) != number:
        raise ValueError(f"{number} is no telephone number")
    return number


class TargetOptions(Group):
    """A number to which agents may hand a citizen, or which they may ask. No other is dialled."""

    code: Name
    name_hi: Annotated[str, Field(min_length=1, max_length=80)]
    name_en: Annotated[str, Field(min_length=1, max_length=80)]
    number: Annotated[str, Field(pattern=r"^\+?[0-9]{2,15}$"), AfterValidator(_as_dialled)]
    """As the trunk dials it: digits as they stand, or E.164 with its `+`."""


class OfficersLineOptions(Group):
    """Where officers report disposals by telephone, with their PIN."""

    number: Digits | None = None
    """A service number of its own."""
    menu_key: bool = True
    """Key 7 in the citizens' menu, which does not name it. Who keys no PIN there gets an agent."""
    remark_seconds: Annotated[int, Field(ge=10, le=600)] = 120
    wrong_pins_an_hour: Annotated[int, Field(ge=10, le=3600)] = WRONG_PINS_AN_HOUR
    """From all telephones; beyond it all wait, for growing times."""


class CellOptions(Group):
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
    nat: NatSettings | None = None
    """Where Asterisk stands behind a router with a fixed public address."""
    trunk: TrunkSettings = TrunkSettings(
        match=(IPv4Network("127.0.0.2/32"),), contact=Peer(host="127.0.0.2")
    )
    service_numbers: tuple[Digits, ...] = ("1076",)
    officers_line: OfficersLineOptions = OfficersLineOptions()
    agents: tuple[AgentOptions, ...] = ()
    phone_check_seconds: Annotated[int, Field(ge=0, le=3600)] = 30
    """How often each telephone at a `contact` is asked whether it is there; 0: none is."""
    queues: Annotated[tuple[QueueSettings, ...], Field(min_length=1)] = (QueueSettings(),)
    targets: tuple[TargetOptions, ...] = ()
    max_ivr_sessions: Annotated[int, Field(ge=1, le=5000)] = 1000
    patience_seconds: Annotated[float, Field(gt=0, le=120)] = 20.0
    """How long a citizen is asked to wait for a database that is away, before the apology."""
    routes: tuple[QueueRoute, ...] = ()
    languages: Annotated[tuple[LanguageOptions, ...], Field(min_length=1, max_length=8)] = (
        LanguageOptions(code="hi", name="हिन्दी"),
    )
    emergency: EmergencyServices = EMERGENCY_SERVICES
    """For callers who press the key, and for agents as one click."""
    bench: BenchSettings | None = None

    @model_validator(mode="after")
    def _the_router_leads_here(self) -> Self:
        if self.nat is not None:
            self.nat.before(self.sip)
        return self
