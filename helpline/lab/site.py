"""A site in the laboratory: a cell and its telephones on loopback addresses of their own.

`network` is three octets of 127.0.0.0/8. Asterisk stands at `.1`, the citizens who call at `.2`,
the line on which citizens are called at `.3`, the agents' telephones at `.4`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from dialplans.settings import Address as Bind
from dialplans.settings import Peer, PortRange, QueueSettings, TrunkSettings
from helpline.lab.phones import Address, Phone
from helpline.options.cell import AgentOptions, CellOptions

SIP_PORT = 5070


@dataclass(frozen=True)
class Site:
    """Where everything is."""

    network: str

    @property
    def asterisk(self) -> Address:
        """Asterisk's SIP address."""
        return Address(f"{self.network}.1")

    @property
    def caller(self) -> Address:
        """Where citizens call from."""
        return Address(f"{self.network}.2", SIP_PORT)

    def citizen(self, number: int) -> Address:
        """One of many citizens who call at the same time (from 0)."""
        return Address(self.caller.host, SIP_PORT + 10 + number)

    @property
    def line(self) -> Address:
        """Where citizens are called."""
        return Address(f"{self.network}.3", SIP_PORT)

    def agent(self, number: int) -> Address:
        """The telephone of agent `number` (from 0)."""
        return Address(f"{self.network}.4", SIP_PORT + 10 + number)

    def cell(
        self,
        name: str,
        *,
        agent_names: Sequence[str] = (),
        queues: tuple[QueueSettings, ...] = (QueueSettings(),),
        patience_seconds: float = 20.0,
        browsers: bool = False,
    ) -> CellOptions:
        """A cell here. Agents are 1001, 1002, ... and serve all queues.

        `browsers`: agents speak through their browser, instead of a telephone at a fixed address.
        """
        here = IPv4Address(f"{self.network}.1")
        return CellOptions(
            name=name,
            sip=Bind(address=here, port=self.asterisk.port),
            ami=Bind(address=here, port=5038),
            agi=Bind(address=here, port=4573),
            rtp=PortRange(first=20000, last=21999),
            trunk=TrunkSettings(
                match=(IPv4Network(self.caller.host), IPv4Network(self.line.host)),
                contact=Peer(host=self.line.host, port=self.line.port),
            ),
            agents=tuple(
                AgentOptions(
                    id=str(1001 + number),
                    name=agent_name,
                    contact=None if browsers else _peer(self.agent(number)),
                    queues=tuple(queue.name for queue in queues),
                )
                for number, agent_name in enumerate(agent_names)
            ),
            # A telephone of the laboratory is there only while it is to ring.
            phone_check_seconds=0,
            queues=queues,
            patience_seconds=patience_seconds,
        )

    def phone(self, sipp: Sequence[str], folder: Path, name: str, local: Address) -> Phone:
        """A telephone at `local`."""
        return Phone(sipp, folder, local, self.asterisk, name)


def _peer(address: Address) -> Peer:
    return Peer(host=address.host, port=address.port)
