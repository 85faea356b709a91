"""Conversations: so many at once, both sides speaking, every packet and every second counted."""

import asyncio
from dataclasses import dataclass, field
from itertools import count, islice

import numpy as np

from bench.recorded.stage import SERVICE, RecordedStage
from bench.stage import StageError
from bench.streams import Arrived
from bench.telephones import Leg

_RAMP_SECONDS = 6.0
_CALLS_A_SECOND = 15.0  # at most, or calls begin faster than any helpline's do
_PATIENCE_SECONDS = 45.0
_FIRST_NUMBER = 9_400_000_000
_TAIL_PACKETS = 10  # on their way when somebody hangs up
_LATE_MS = 100.0
_MENU_KEY, _IN_THE_MENU, _ONCE_MORE = "1", 1.8, 5.0


@dataclass(slots=True)
class Talk:
    """One conversation. Times are those of the telephones, in ns."""

    number: str
    citizen: Leg
    agent: Leg | None = None

    @property
    def seconds(self) -> float:
        """From the answer to the citizen's BYE."""
        return (self.citizen.hung_up - self.citizen.answered) / 1e9

    @property
    def together_seconds(self) -> float:
        """Since the agent's answer."""
        return (self.citizen.hung_up - self.agent.answered) / 1e9 if self.agent else 0.0


@dataclass(slots=True)
class Talked:
    """What became of the calls of a step."""

    asked: int
    talks: dict[str, Talk] = field(default_factory=dict)
    failed: int = 0
    packets: int = 0
    lost: int = 0
    late: int = 0
    delay_ms: dict[str, float] = field(default_factory=dict)
    own_gaps: int = 0
    """Times at which the bench itself was too late to speak."""

    @property
    def clean(self) -> bool:
        """Nobody failed, nothing was lost, and at most one packet in a thousand was late."""
        return not self.failed and not self.lost and self.late * 1000 <= self.packets


class Talks:
    """Places the calls of one step after another."""

    def __init__(self, on: RecordedStage) -> None:
        self._on = on
        self._numbers = count(_FIRST_NUMBER)
        self._loop = asyncio.get_running_loop()

    async def at_once(self, dialled: str, calls: int, seconds: float) -> Talked:
        """`calls` conversations, of which all last while the last begins, and `seconds` more."""
        on, exchange = self._on, self._on.exchange(dialled)
        numbers = [str(number) for number in islice(self._numbers, calls)]
        on.speaking.clear(calls)
        on.listening.clear(calls)
        gaps = on.pump.slept_over
        ramp = max(_RAMP_SECONDS * min(calls / 20, 1), calls / _CALLS_A_SECOND)
        step = _Step(self._on, dialled, numbers, ramp + seconds)
        exchange.citizens.answered = step.citizen_answered
        exchange.agents.answered = step.agent_answered
        for number in numbers:
            step.place(number)
            await asyncio.sleep(ramp / calls)
        await step.over()
        await exchange.quiet()
        if on.pump.error is not None:
            raise StageError(f"the telephones' audio stopped: {on.pump.error}")
        found = Talked(calls, step.talks, own_gaps=on.pump.slept_over - gaps)
        found.failed = sum(
            talk.agent is None or talk.citizen.refused > 0 for talk in step.talks.values()
        )
        _count(found, on)
        return found


class _Step:
    """The calls of one step, as they go."""

    def __init__(
        self, on: RecordedStage, dialled: str, numbers: list[str], talk_seconds: float
    ) -> None:
        self._on, self._dialled, self._talk_seconds = on, dialled, talk_seconds
        self._exchange = on.exchange(dialled)
        self._index = {number: index for index, number in enumerate(numbers)}
        self._loop = asyncio.get_running_loop()
        self.talks: dict[str, Talk] = {}

    def place(self, number: str) -> None:
        leg = self._exchange.citizens.place(self._dialled, number)
        self.talks[number] = Talk(number, leg)

    def citizen_answered(self, leg: Leg) -> None:
        index = self._index.get(leg.number)
        if index is None or leg.media is None:
            return
        self._on.speaking.start(index, leg.media)
        if self._dialled == SERVICE:
            self._loop.call_later(_IN_THE_MENU, self._press, leg, index)
            self._loop.call_later(_ONCE_MORE, self._press, leg, index)

    def agent_answered(self, leg: Leg) -> None:
        number = leg.number[-10:]
        index = self._index.get(number)
        if index is None or leg.media is None or self.talks[number].agent is not None:
            return
        self.talks[number].agent = leg
        self._on.listening.start(index, leg.media)
        self._loop.call_later(self._talk_seconds, self._hang_up, number, index)

    async def over(self) -> None:
        """Until all have hung up, or it takes too long."""
        try:
            async with asyncio.timeout(self._talk_seconds + _PATIENCE_SECONDS):
                while any(not talk.citizen.ended for talk in self.talks.values()):
                    await asyncio.sleep(0.1)
        except TimeoutError:
            for number, index in self._index.items():
                self._hang_up(number, index)

    def _press(self, leg: Leg, index: int) -> None:
        if not leg.ended and not leg.hung_up and self.talks[leg.number].agent is None:
            self._on.speaking.press(index, _MENU_KEY)

    def _hang_up(self, number: str, index: int) -> None:
        self._on.speaking.stop(index)
        self._on.listening.stop(index)
        self._exchange.citizens.hang_up(self.talks[number].citizen)


def _count(found: Talked, on: RecordedStage) -> None:
    """What of each side's words came to the other."""
    delays = []
    for arrived, speaker in (
        (on.listening.arrived, on.speaking),
        (on.speaking.arrived, on.listening),
    ):
        found.packets += int(arrived.count.sum())
        found.late += arrived.late(_LATE_MS)
        delays += arrived.delays_ms
        for index, talk in enumerate(found.talks.values()):
            if talk.agent is not None:
                found.lost += _lost(arrived, index, speaker.sent(index))
    together = np.concatenate(delays) if delays else np.zeros(0)
    found.delay_ms = {
        f"p{percent}": round(float(np.percentile(together, percent)), 2) if together.size else 0.0
        for percent in (50, 99)
    }


def _lost(arrived: Arrived, index: int, sent: int) -> int:
    """Between the first that came and the end; all of them when none came."""
    if not arrived.count[index]:
        return sent
    in_between = int(arrived.last[index] - arrived.first[index] + 1 - arrived.count[index])
    return max(in_between, 0) + max(sent - int(arrived.last[index]) - _TAIL_PACKETS, 0)
