"""Citizens who call, at random moments: each waits, is offered to agents, talks, hangs up."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from uuid import UUID

from bench.desk.exchange import SYSTEM, Exchange, Member, about_agent
from bench.desk.recorded import Phase
from calls.journal import CallJournal
from calls.model import Direction, NewCall, Outcome
from db.ids import new_id

CELL = "bench"
_LONGEST_RING = 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """Seconds, each a least and a most. `missed`: the share of offers that nobody answers.

    `other_queue`: the share of calls for the second queue.
    """

    menu: tuple[float, float] = (1.5, 2.5)
    ring: tuple[float, float] = (1.0, 2.0)
    talk: tuple[float, float] = (6.0, 12.0)
    ring_in_vain: float = 3.0
    missed: float = 0.05
    other_queue: float = 0.2


@dataclass(frozen=True, slots=True)
class Offer:
    """An agent was rung for a call. `at`: when Asterisk said so, monotonic ns."""

    call: UUID
    agent: str
    at: int


@dataclass(frozen=True, slots=True)
class Only:
    """A call for this agent alone, who was taken for it and rings until `answers` is set."""

    member: Member
    answers: asyncio.Event


@dataclass(eq=False)
class Traffic:
    """`run()` begins calls until cancelled; `over()` waits for those that live.

    `served`: who answered, of calls that came to their end with all their rows. `died`: how many
    did not, by the name of what broke them in the bench itself: no fault of the server's.
    """

    exchange: Exchange
    journal: CallJournal
    queues: Sequence[str]
    callers: Sequence[str]  # E.164
    habits: Habits
    rng: Random
    now: Callable[[], datetime]
    offers: list[Offer] = field(default_factory=list)
    served: dict[UUID, str] = field(default_factory=dict)
    died: Counter[str] = field(default_factory=Counter)
    begun: list[int] = field(default_factory=list)  # monotonic ns
    _lives: set[asyncio.Task[None]] = field(default_factory=set)

    async def run(self, per_second: float) -> None:
        """Open loop: nobody waits with calling until we can keep up."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            due += self.rng.expovariate(per_second)
            await asyncio.sleep(max(0.0, due - loop.time()))
            second = self.rng.random() < self.habits.other_queue
            self.begin(self.queues[-1] if second else self.queues[0])

    def begin(self, queue: str, only: Only | None = None) -> asyncio.Task[None]:
        """One call."""
        life = asyncio.create_task(self._live(queue, only), name="a citizen's call")
        self._lives.add(life)
        life.add_done_callback(self._ended)
        return life

    async def over(self, seconds: float) -> int:
        """Until no call lives, or the time is up; how many were cut off then."""
        if not self._lives:
            return 0
        _, left = await asyncio.wait(self._lives, timeout=seconds)
        for life in left:
            life.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        return len(left)

    def _ended(self, life: asyncio.Task[None]) -> None:
        self._lives.discard(life)
        if not life.cancelled() and (error := life.exception()) is not None:
            self.died[type(error).__name__] += 1

    async def _live(self, queue: str, only: Only | None) -> None:
        id, about = await self._arrive(queue)
        self.exchange.say(Phase.ARRIVED, about)
        await self.journal.answered(id, self.now())
        await self._some(self.habits.menu)
        await self.journal.queued(id, queue, self.now())
        self.exchange.say(Phase.QUEUED, about)
        member, about = await self._served(queue, about, id, only)
        self.exchange.say(Phase.ANSWERED, about)
        await self._some(self.habits.talk)
        self.exchange.say(Phase.ENDED, about)
        self.exchange.release(member)
        await self.journal.ended(id, Outcome.AGENT_ANSWERED, self.now())
        self.served[id] = member.agent

    async def _arrive(self, queue: str) -> tuple[UUID, dict[str, str]]:
        """The call's id once its row is durable, and what templates want to know of it."""
        at, number = self.now(), self.rng.choice(self.callers)
        leg, channel = self.exchange.legs(trunk=True)
        self.begun.append(time.monotonic_ns())
        call = NewCall(
            id=new_id(at), cell=CELL, direction=Direction.INBOUND, started_at=at, number=number,
            number_raw=number, service_number="1076", channel_id=leg,
        )  # fmt: skip
        await self.journal.opened(call)
        return call.id, {
            "SYSTEM": SYSTEM, "QUEUE": queue, "CALL": str(call.id), "LEG": leg, "CHANNEL": channel,
            "NUMBER": number.removeprefix("+91"),  # as the trunk gives it
        }  # fmt: skip

    async def _served(
        self, queue: str, about: dict[str, str], call: UUID, only: Only | None
    ) -> tuple[Member, dict[str, str]]:
        """Rung until somebody answers."""
        while True:
            member = only.member if only else await self.exchange.take(queue)
            both = {**about, **about_agent(member, *self.exchange.legs(trunk=False))}
            self.exchange.say(Phase.OFFERING, both)
            self.offers.append(Offer(call, member.agent, self.exchange.say(Phase.OFFERED, both)))
            if only is not None:
                await self._until_answered(only)
                return member, both
            if self.rng.random() >= self.habits.missed:
                await self._some(self.habits.ring)
                return member, both
            await asyncio.sleep(self.habits.ring_in_vain)
            self.exchange.say(Phase.UNANSWERED, both)
            self.exchange.release(member)

    async def _until_answered(self, only: Only) -> None:
        try:
            async with asyncio.timeout(_LONGEST_RING):
                await only.answers.wait()
        except TimeoutError:
            self.exchange.release(only.member)
            raise

    async def _some(self, span: tuple[float, float]) -> None:
        await asyncio.sleep(self.rng.uniform(*span))
