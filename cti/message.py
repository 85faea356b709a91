"""What comes over AMI, in our own types."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class AmiEvent:
    """One event. Keys of `fields` are lower case; of a repeated header the last value stands there.

    `variables` are the `ChanVariable: NAME=value` headers, which tell of `Channel`;
    `dest_variables` the `DestChanVariable` ones, which tell of `DestChannel`.
    """

    name: str
    fields: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    dest_variables: Mapping[str, str] = field(default_factory=dict)

    def get(self, key: str) -> str:
        """A field's value; empty when it is absent or Asterisk's way of saying so."""
        value = self.fields.get(key, "")
        return "" if value in ("<unknown>", "<null>") else value


@dataclass(frozen=True, slots=True)
class AmiReply:
    """The answer to one action; `events` are a list action's items, without the closing one."""

    ok: bool
    message: str
    fields: Mapping[str, str]
    events: tuple[AmiEvent, ...] = ()


@dataclass(frozen=True, slots=True)
class Connected:
    """Stands among the events where a new connection begins: what came before may have gaps."""

    generation: int
