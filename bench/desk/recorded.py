"""What Asterisk 22.10.1 said over AMI about two calls in a queue, recorded once, as templates.

Taken from a cell of ours through its own AMI user (same rights, same filter), SIPp as citizen and
agent. The second call rang in vain. Only what differs from call to call was replaced by a name.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

_FILE = Path(__file__).with_name("asterisk-22.10.1.txt")
_NAME = re.compile(r"@([A-Z_]+)@")


class Phase(StrEnum):
    """What happens to a call; several events each."""

    ARRIVED = "arrived"
    QUEUED = "queued"
    OFFERING = "offering"  # the agent's leg is made
    OFFERED = "offered"  # begins with AgentCalled
    ANSWERED = "answered"
    ENDED = "ended"  # the citizen hangs up
    UNANSWERED = "unanswered"


class Recorded:
    """The templates. `events`: how many one phase has."""

    def __init__(self) -> None:
        text = _FILE.read_text(encoding="utf-8")
        parts = re.split(r"^== (\w+)\n", text, flags=re.MULTILINE)[1:]
        said = {Phase(name): _wired(body) for name, body in zip(*[iter(parts)] * 2, strict=True)}
        self._said = {phase: _NAME.split(body) for phase, body in said.items()}
        self.events = {phase: body.count("Event: ") for phase, body in said.items()}

    def said(self, phase: Phase, about: Mapping[str, str]) -> bytes:
        """The bytes of one phase of one call."""
        pieces = list(self._said[phase])
        pieces[1::2] = [about[name] for name in pieces[1::2]]
        return "".join(pieces).encode()


def _wired(body: str) -> str:
    blocks = (block.strip("\n") for block in body.split("\n\n"))
    return "".join(block.replace("\n", "\r\n") + "\r\n\r\n" for block in blocks if block)
