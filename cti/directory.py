"""To whom an agent may hand a citizen: agents, queues, and the numbers that the site has listed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from cti.errors import NotAllowedError
from cti.queue_titles import Titles
from cti.why import Why


class Kind(StrEnum):
    """What a target is."""

    AGENT = "agent"
    QUEUE = "queue"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Target:
    """`value`: an agent's id, a queue's name, or a number as the trunk dials it.

    `emergency`: the code of the emergency service that it is; `contact`: that service's own line.
    """

    kind: Kind
    value: str
    emergency: str = ""
    contact: str | None = None

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"


@dataclass(frozen=True, slots=True)
class Listed:
    """A number of the site's list, as agents see it."""

    code: str
    name_hi: str
    name_en: str
    number: str


@dataclass(frozen=True, slots=True)
class EmergencyService(Listed):
    """An emergency service, shown as one click. `contact`: its own line; None: the trunk."""

    contact: str | None = None

    @property
    def target(self) -> Target:
        """As it is dialled."""
        return Target(Kind.NUMBER, self.number, self.code, self.contact)


@dataclass(slots=True)
class Directory:
    """All there is. A number that is not listed is never dialled: what may be dialled costs.

    `agents` follow the roster (`Cti.follow`), all else stands as at the start. `titles`: of the
    queues, as people read them; `languages`: of those where one is spoken.
    """

    agents: frozenset[str] = frozenset()
    queues: frozenset[str] = frozenset()
    listed: tuple[Listed, ...] = ()
    services: tuple[EmergencyService, ...] = ()
    titles: Titles = field(default_factory=dict)
    languages: Mapping[str, str] = field(default_factory=dict)

    def target(self, to: Mapping[str, Any]) -> Target:
        """From a page's `{"agent": id}`, `{"queue": name}` or `{"listed": code}`.

        Raises `NotAllowedError`.
        """
        match to:
            case {"agent": str(agent)} if agent in self.agents:
                return Target(Kind.AGENT, agent)
            case {"queue": str(queue)} if queue in self.queues:
                return Target(Kind.QUEUE, queue)
            case {"listed": str(code)}:
                for service in self.services:
                    if service.code == code:
                        return service.target
                for one in self.listed:
                    if one.code == code:
                        return Target(Kind.NUMBER, one.number)
        raise NotAllowedError(Why.NO_SUCH_TARGET)

    def emergency(self, code: str | None) -> Target:
        """An emergency service; None: the first. Raises `NotAllowedError`."""
        for one in self.services:
            if code in (None, one.code):
                return one.target
        raise NotAllowedError(Why.NO_SUCH_EMERGENCY)
