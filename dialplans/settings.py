"""The typed settings of one cell: what decides its Asterisk configuration.

Every value that reaches a configuration file is checked here, so that none can begin a new line, a
comment, or another dialplan argument.
"""

from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from dialplans.names import (
    AMI_USER,
    CONTEXT_BENCH,
    ENDPOINT_TRUNK,
    KEYS_OTHER_SERVICES,
    QUEUE_DEFAULT,
)

# A UNIX socket's path has at most 107 bytes; ours is <root>/run/asterisk.ctl.
_ROOT_BYTES = 107 - len("/run/asterisk.ctl")


def _plain_path(path: Path) -> Path:
    text = str(path)
    if not path.is_absolute():
        raise ValueError(f"{text!r} must be an absolute path")
    if not text.isprintable() or any(character in text for character in ";,|&\"'\\$"):
        raise ValueError(f"{text!r} has a character that Asterisk's files cannot carry")
    return path


Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,30}$")]
Host = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,62})$")]
Digits = Annotated[str, StringConstraints(pattern=r"^[0-9]{2,15}$")]
AgentId = Annotated[str, StringConstraints(pattern=r"^[0-9]{3,6}$")]
AgiUrl = Annotated[str, StringConstraints(pattern=r"^agi://[0-9.]+:[0-9]{1,5}/[A-Za-z0-9_-]+$")]
Port = Annotated[int, Field(ge=1024, le=65535)]
PlainPath = Annotated[Path, AfterValidator(_plain_path)]


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Address(_Settings):
    """An IPv4 address and port."""

    address: IPv4Address
    port: Port

    def __str__(self) -> str:
        return f"{self.address}:{self.port}"


class Peer(_Settings):
    """Where another SIP party is reached: a host name or address, and a port."""

    host: Host
    port: Port = 5060

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class PortRange(_Settings):
    """UDP ports, both ends included. A call takes two, four when bridged."""

    first: Port
    last: Port

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.last <= self.first:
            raise ValueError(f"ports {self.first}-{self.last}: the last must be above the first")
        return self


class Codec(StrEnum):
    """What the trunk and the agents' phones may speak."""

    ALAW = "alaw"
    ULAW = "ulaw"


class Keys(StrEnum):
    """How pressed keys come where the other side offers no RFC 4733 events (else they come so)."""

    AUTO = "auto"  # as tones in the speech
    INFO = "auto_info"  # as SIP INFO


class TrunkSettings(_Settings):
    """The public network. Calls from other than `match` addresses are not its calls."""

    match: Annotated[tuple[IPv4Network, ...], Field(min_length=1)]
    contact: Peer
    codecs: Annotated[tuple[Codec, ...], Field(min_length=1)] = (Codec.ALAW, Codec.ULAW)
    caller_id: Digits = "1076"
    """What a citizen whom we call is shown."""
    keys: Keys = Keys.AUTO
    qualify_seconds: Annotated[int, Field(ge=0, le=3600)] = 0

    @model_validator(mode="after")
    def _not_everybody(self) -> Self:
        for network in self.match:
            if network.prefixlen < 8:
                raise ValueError(f"trunk match {network} would let strangers in as the trunk")
        return self


PRIVATE_NETWORKS = tuple(
    IPv4Network(network)
    for network in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8")
)
"""RFC 1918's, and the machine itself."""


class NatSettings(_Settings):
    """Asterisk stands behind a router that hands it what comes to a fixed public address.

    Who is outside `local_networks` is told that address by SIP and for sound; browsers are offered
    it beside the own one. Ports are the same on both sides of the router.
    """

    public_address: IPv4Address
    local_networks: tuple[IPv4Network, ...] = PRIVATE_NETWORKS
    """Who reaches Asterisk at its own address."""

    @field_validator("public_address")
    @classmethod
    def _one_that_others_reach(cls, address: IPv4Address) -> IPv4Address:
        if address.is_unspecified or address.is_loopback or address.is_multicast:
            raise ValueError(f"{address} is no address at which others reach this machine")
        return address

    def before(self, sip: Address) -> None:
        """Raises `ValueError` where it cannot stand before an Asterisk at `sip`."""
        if sip.address.is_unspecified:
            raise ValueError("nat: sip has to be the one address to which the router leads")
        if sip.address == self.public_address:
            raise ValueError(f"nat: {sip.address} is the machine's own address: leave nat out")


class AgentSettings(_Settings):
    """An agent's phone. Without `contact` it registers itself with its generated secret."""

    id: AgentId
    name: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    contact: Peer | None = None
    checked: bool = True
    """Whether a phone at a contact is asked if it is there; False: it answers no OPTIONS."""


class SoftphoneSettings(_Settings):
    """Agents' telephones in their browsers: SIP over WebSocket, DTLS-SRTP.

    With `certificate` and `key` (PEM) over TLS (wss). Without them in the clear, which is only for
    behind a TLS proxy of ours on the same machine.
    """

    bind: Address
    certificate: PlainPath | None = None
    key: PlainPath | None = None
    stun: Peer | None = None
    """Where Asterisk asks for its own public address, when it stands behind a NAT."""

    @model_validator(mode="after")
    def _tls_is_whole(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("softphone: certificate and key go together")
        if self.certificate is None and not self.bind.address.is_loopback:
            raise ValueError(
                f"softphone: {self.bind} without a certificate would carry SIP in the clear"
            )
        return self


class Strategy(StrEnum):
    """Whom app_queue rings first."""

    LEAST_RECENT = "leastrecent"
    FEWEST_CALLS = "fewestcalls"
    ROUND_ROBIN = "rrmemory"
    LINEAR = "linear"
    RANDOM = "random"
    RING_ALL = "ringall"


class MemberState(StrEnum):
    """What makes app_queue not count a member when it decides whether a queue is empty."""

    PAUSED = "paused"
    UNAVAILABLE = "unavailable"
    INVALID = "invalid"
    UNKNOWN = "unknown"
    WRAP_UP = "wrapup"


class QueueSettings(_Settings):
    """One queue. Its members come and go through AMI, so the configuration has none."""

    name: Name = QUEUE_DEFAULT
    title: Annotated[str, Field(max_length=60)] = ""
    """As people read it in Hindi; without: made from the name. Asterisk is not told."""
    title_en: Annotated[str, Field(max_length=60)] = ""
    strategy: Strategy = Strategy.LEAST_RECENT
    ring_seconds: Annotated[int, Field(ge=3, le=120)] = 20
    wait_limit_seconds: Annotated[int, Field(ge=5, le=7200)] = 300
    max_length: Annotated[int, Field(ge=1, le=1000)] = 50
    weight: Annotated[int, Field(ge=0, le=100)] = 0
    wrap_up_seconds: Annotated[int, Field(ge=0, le=3600)] = 0
    unanswered_before_pause: Annotated[int, Field(ge=0, le=100)] = 3
    """An agent who lets so many calls in a row ring is paused; 0: never. Asterisk is not told."""
    service_level_seconds: Annotated[int, Field(ge=1, le=3600)] = 20
    announce_seconds: Annotated[int, Field(ge=0, le=600)] = 30
    """How often a waiting caller is asked to stay; 0: never."""
    known_agent_days: Annotated[int, Field(ge=0, le=365)] = 0
    """Who calls within so many days about an open complaint is first offered to the agent who
    talked with them last, where that one is signed in; 0: never."""
    known_agent_seconds: Annotated[int, Field(ge=1, le=60)] = 8
    """For how long at most, until that agent is rung; then whoever is free."""
    overflow: Name | None = None
    """Another queue for who is not served here: full, nobody there, or it took too long."""
    # A paused agent (a break, after-call work) is signed in: callers may wait for them. And a
    # phone lost for a moment must not throw out those who already wait.
    not_joined_when_all: tuple[MemberState, ...] = (
        MemberState.UNAVAILABLE,
        MemberState.INVALID,
        MemberState.UNKNOWN,
    )
    left_when_all: tuple[MemberState, ...] = (MemberState.INVALID,)


class EmergencyTarget(_Settings):
    """An emergency service. `code` is what it is known as, `number` what the trunk is given."""

    code: Digits
    name: Annotated[str, StringConstraints(pattern=r"^[\u0900-\u097f ,]{2,60}$")]
    """As it is spoken, in Devanagari."""
    name_en: Annotated[str, Field(max_length=80)] = ""
    """As agents read it in English."""
    number: Digits
    contact: Peer | None = None
    """A line of its own; None: the trunk."""
    ring_seconds: Annotated[int, Field(ge=5, le=120)] = 30


EMERGENCY_SERVICES = (
    EmergencyTarget(
        code="112", name="पुलिस और अन्य आपात सेवा", name_en="Police and all emergencies", number="112"
    ),
    EmergencyTarget(code="108", name="एम्बुलेंस", name_en="Ambulance", number="108"),
    EmergencyTarget(
        code="102",
        name="गर्भवती और नवजात एम्बुलेंस",
        name_en="Ambulance for mothers and newborns",
        number="102",
    ),
    EmergencyTarget(code="100", name="पुलिस", name_en="Police", number="100"),
)
"""In the order in which they are tried; the first is called unless another is asked for."""


EmergencyServices = Annotated[
    tuple[EmergencyTarget, ...], Field(max_length=1 + len(KEYS_OTHER_SERVICES))
]
"""No more than there are keys for."""


class BenchRoute(_Settings):
    """A number that goes straight to one FastAGI script, for measurements."""

    exten: Digits
    url: AgiUrl


class BenchSettings(_Settings):
    """Numbers for measurements; in no cell that serves citizens."""

    plain_exten: Digits
    """Answer, playback, hang-up in the dialplan alone."""
    sound: Name = "beep"
    routes: tuple[BenchRoute, ...] = ()


class CellSettings(_Settings):
    """One cell: an Asterisk with everything that is configured in it."""

    name: Name
    root: PlainPath
    """The private folder: etc, run, log, spool, data below it."""
    modules_dir: PlainPath
    documentation_dir: PlainPath
    sounds_dir: PlainPath
    """The English core sounds (`beep` is used)."""
    prompts_dir: PlainPath
    recordings_dir: PlainPath
    """Where Asterisk writes recordings that are not yet closed."""
    music_dir: PlainPath | None = None
    """Music for those who wait. Without it they hear the ringing tone of their country."""

    sip: Address
    rtp: PortRange = PortRange(first=20000, last=23999)
    nat: NatSettings | None = None
    """None: others see Asterisk's own address."""
    ami: Address
    agi: Address

    trunk: TrunkSettings
    service_numbers: Annotated[tuple[Digits, ...], Field(min_length=1)] = ("1076",)
    agents: tuple[AgentSettings, ...] = ()
    queues: Annotated[tuple[QueueSettings, ...], Field(min_length=1)] = (QueueSettings(),)
    emergency: EmergencyServices = EMERGENCY_SERVICES
    bench: BenchSettings | None = None
    softphone: SoftphoneSettings | None = None
    """None: agents without a contact have telephones of their own, which register by UDP."""

    max_calls: Annotated[int, Field(ge=1, le=5000)] = 1000
    max_call_seconds: Annotated[int, Field(ge=60, le=86400)] = 7200
    rtp_timeout_seconds: Annotated[int, Field(ge=0, le=3600)] = 60
    """A leg without a single packet for so long is dead; 0: never."""
    registration_check_seconds: Annotated[int, Field(ge=0, le=3600)] = 30
    """How often a phone that has registered is asked whether it is there (OPTIONS)."""
    phone_check_seconds: Annotated[int, Field(ge=0, le=3600)] = 30
    """The same of a phone at a fixed contact; 0: never, and it counts as there."""
    desk_ring_seconds: Annotated[int, Field(ge=5, le=120)] = 20
    """How long somebody rings to whom an agent hands a citizen."""
    desk_hold_seconds: Annotated[int, Field(ge=40, le=600)] = 120
    """How long a citizen waits at most while the agent asks somebody who does not come: longer than
    one of them rings (30 s)."""
    desk_consult_seconds: Annotated[int, Field(ge=60, le=3600)] = 900
    """How long at most while the two talk: then they come into the room, to both."""
    desk_away_seconds: Annotated[int, Field(ge=10, le=600)] = 60
    """How long a citizen waits for an agent whose softphone was lost, before a queue has them."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len(str(self.root).encode()) > _ROOT_BYTES:
            raise ValueError(f"root: a path of more than {_ROOT_BYTES} bytes is too long")
        if not self.ami.address.is_loopback:
            raise ValueError(f"ami: {self.ami} is not a loopback address")
        if self.nat is not None:
            self.nat.before(self.sip)
        _unique("agents", [agent.id for agent in self.agents])
        # Asterisk compares extensions without their dashes, and each queue is one.
        _unique("queues", [queue.name.replace("-", "") for queue in self.queues])
        _unique("emergency", [target.code for target in self.emergency])
        _unique("numbers", [*self.service_numbers, *self._bench_numbers()])
        _overflows_end(self.queues)
        reserved = {ENDPOINT_TRUNK, AMI_USER, CONTEXT_BENCH, "general", "default"}
        taken = sorted(reserved.intersection(queue.name for queue in self.queues))
        if taken:
            raise ValueError(f"queues: {', '.join(taken)} cannot be a queue's name")
        return self

    @property
    def softphones(self) -> tuple[str, ...]:
        """Ids of the agents who speak through their browser."""
        if self.softphone is None:
            return ()
        return tuple(agent.id for agent in self.agents if agent.contact is None)

    def _bench_numbers(self) -> list[str]:
        bench = self.bench
        return [bench.plain_exten, *(route.exten for route in bench.routes)] if bench else []


def _unique(what: str, values: list[str]) -> None:
    twice = sorted({value for value in values if values.count(value) > 1})
    if twice:
        raise ValueError(f"{what}: {', '.join(twice)} more than once")


def _overflows_end(queues: tuple[QueueSettings, ...]) -> None:
    """Each leads to a queue that exists, and none back to where a caller has been."""
    overflow = {queue.name: queue.overflow for queue in queues}
    for start in overflow:
        been, at = {start}, overflow[start]
        while at is not None:
            if at not in overflow:
                raise ValueError(f"queue {start}: no queue {at} to overflow to")
            if at in been:
                raise ValueError(f"queue {start}: its overflow leads back to {at}")
            been.add(at)
            at = overflow[at]
