"""A floor at work: agents talk and hang up, citizens wait, and every offer is timed."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from random import Random

from bench.cells import agent_id
from bench.cpu import Meter
from bench.queues.stage import QueueStage, straight
from bench.sip import now_ns
from bench.stage import StageError
from bench.telephones import Leg
from calls.waiting import Queued

_PLACED_A_SECOND = 60
_PATIENCE_SECONDS = 60.0
_STUCK_NS = 20 * 10**9
_FIRST_NUMBER = 9_400_000_000
_SHORT_TALK_SECONDS = 2.0
_QUARTER_HOUR = 900.0


@dataclass(frozen=True, slots=True)
class Crowd:
    """`waiting` citizens for `agents`, of whom `freed` a second become free."""

    queue: str
    agents: int
    waiting: int
    freed: float = 10.0
    seconds: float = 20.0
    """What is measured, once the floor is full."""
    before: float = 0.0
    """How long (s) the full floor works before it is measured."""
    told: bool = True
    """Whether our server writes who hears what; else all hear the words for everybody."""


@dataclass(slots=True)
class Offers:
    """What was seen. `waited_ms`: from what makes an offer possible to the agent's INVITE."""

    waited_ms: list[float] = field(default_factory=list)
    asterisk_seconds: float = 0.0
    seconds: float = 0.0
    events: int = 0
    """AMI events."""
    faults: list[str] = field(default_factory=list)


class Scene(ABC):
    """What is the same in all: members, telephones, numbers, the wait for an empty Asterisk."""

    def __init__(self, stage: QueueStage, crowd: Crowd, numbers: "count[int]") -> None:
        self.stage, self.crowd, self.found = stage, crowd, Offers()
        self._numbers = numbers
        self._loop = asyncio.get_running_loop()
        self._called = 0
        self._calls_before = 0

    async def run(self) -> Offers:
        """Raises `StageError` when somebody is not served."""
        self.stage.standing = None
        async with self._members() as agents:
            self.stage.agents.offered = self._offered
            self._calls_before = self.stage.events["AgentCalled"]
            await self.work(agents)
            await self.stage.quiet()
        await self.until(
            f"AMI to tell of {self._called} calls to agents",
            lambda: self.stage.events["AgentCalled"] - self._calls_before >= self._called,
        )
        return self.found

    @abstractmethod
    async def work(self, agents: list[str]) -> None:
        """The scene itself."""

    @abstractmethod
    def offered(self, leg: Leg) -> None:
        """An agent's telephone is called."""

    def place(self, number: str) -> Leg:
        """A citizen calls, is answered, and waits."""
        return self.stage.citizens.place(number, str(next(self._numbers)))

    async def placed(self, calls: int) -> None:
        """So many citizens wait, or have been called for."""
        joined = self.stage.events["QueueCallerJoin"] + calls
        for _ in range(calls):
            self.place(self.stage.numbers[self.crowd.queue])
            await asyncio.sleep(1 / _PLACED_A_SECOND)
        await self.until(f"{calls} to wait", lambda: self.stage.events["QueueCallerJoin"] >= joined)

    async def until(self, what: str, so: Callable[[], bool]) -> None:
        """Raises `StageError`."""
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                while not so():
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise StageError(f"{self.crowd}: waited in vain for {what}") from None

    @asynccontextmanager
    async def measured(self) -> AsyncIterator[None]:
        """CPU, time and events of what happens meanwhile."""
        events = self.stage.link.events
        meter, began = Meter({"asterisk": (self.stage.asterisk.pid,)}), self._loop.time()
        yield
        self.found.asterisk_seconds = meter.read()["asterisk"]
        self.found.seconds = self._loop.time() - began
        self.found.events = self.stage.link.events - events

    def _offered(self, leg: Leg) -> None:
        self._called += 1
        self.offered(leg)

    @asynccontextmanager
    async def _members(self) -> AsyncIterator[list[str]]:
        agents = [agent_id(number) for number in range(self.crowd.agents)]
        await self.stage.members(self.crowd.queue, agents)
        try:
            yield agents
        finally:
            await self.stage.leave(self.crowd.queue, agents)


class Freed(Scene):
    """Agents who have hung up are called again, while citizens wait: from BYE to INVITE."""

    def __init__(self, stage: QueueStage, crowd: Crowd, numbers: "count[int]") -> None:
        super().__init__(stage, crowd, numbers)
        self._talk = crowd.agents / crowd.freed
        self._random = Random(1076)  # not for secrets
        self._free: dict[str, int] = {}
        self._talking: set[str] = set()
        self._measuring = False
        self._working = True

    async def work(self, agents: list[str]) -> None:
        crowd = self.crowd
        answered = round(_QUARTER_HOUR * crowd.freed)
        self.stage.standing = Queued(crowd.waiting, crowd.agents, answered) if crowd.told else None
        await self.placed(crowd.agents + crowd.waiting)
        await asyncio.sleep(max(self.crowd.before, 2.0))
        self._measuring = True
        async with self.measured():
            await asyncio.sleep(self.crowd.seconds)
        self._measuring = self._working = False
        for agent, since in self._free.items():
            if now_ns() - since > _STUCK_NS:
                self.found.faults.append(f"{agent} was free and not called")

    def offered(self, leg: Leg) -> None:
        if self._working and leg.user in self._talking:
            self.found.faults.append(f"{leg.user} was called in a call")
        self._talking.add(leg.user)
        since = self._free.pop(leg.user, None)
        if since is not None and self._measuring:
            self.found.waited_ms.append((leg.invited - since) / 1e6)
        # First calls end at any time, those after them after about as long as all.
        share = self._random.random()
        self._loop.call_later(
            self._talk * (share if since is None else 0.5 + share), self._end, leg
        )
        if self._working and since is not None:
            self.place(self.stage.numbers[self.crowd.queue])

    def _end(self, leg: Leg) -> None:
        if self._working and not leg.ended:
            self.stage.agents.hang_up(leg)
            self._talking.discard(leg.user)
            self._free[leg.user] = leg.hung_up


class Arriving(Scene):
    """Citizens come to agents who are free: from their INVITE to the agent's."""

    def __init__(self, stage: QueueStage, crowd: Crowd, numbers: "count[int]") -> None:
        super().__init__(stage, crowd, numbers)
        self._invited: dict[str, int] = {}

    async def work(self, agents: list[str]) -> None:
        number = straight(self.stage.numbers[self.crowd.queue])
        async with self.measured():
            for _ in range(round(self.crowd.freed * self.crowd.seconds)):
                leg = self.place(number)
                self._invited[leg.number] = leg.invited
                await asyncio.sleep(1 / self.crowd.freed)
            await self.until("all to be offered", lambda: not self._invited)

    def offered(self, leg: Leg) -> None:
        if (since := self._invited.pop(leg.number, None)) is not None:
            self.found.waited_ms.append((leg.invited - since) / 1e6)
        self._loop.call_later(_SHORT_TALK_SECONDS, self.stage.agents.hang_up, leg)


class AtOnce(Scene):
    """Agents come from a break, all at once, to as many who wait: from each one's word."""

    def __init__(self, stage: QueueStage, crowd: Crowd, numbers: "count[int]") -> None:
        super().__init__(stage, crowd, numbers)
        self._back: dict[str, int] = {}

    async def work(self, agents: list[str]) -> None:
        for agent in agents:
            await self.stage.pause(self.crowd.queue, agent, paused=True)
        await self.placed(self.crowd.waiting)
        async with self.measured():
            for agent in agents:
                self._back[agent] = now_ns()
                await self.stage.pause(self.crowd.queue, agent, paused=False)
            offers = min(self.crowd.waiting, self.crowd.agents)
            await self.until("all to be offered", lambda: len(self.found.waited_ms) >= offers)

    def offered(self, leg: Leg) -> None:
        if (since := self._back.pop(leg.user, None)) is not None:
            self.found.waited_ms.append((leg.invited - since) / 1e6)


def numbers() -> "count[int]":
    """Every call from another telephone."""
    return count(_FIRST_NUMBER)
