"""The steps of a side-by-side run: one variant after another, round after round.

A machine that gets busier, warmer or slower does so for all variants alike.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bench.cpu import Meter
from bench.load import Load
from bench.probe import Heard
from bench.search import Plan, Trial, highest_clean, next_rate
from bench.stage import Stage, StageError

_SETTLE_SECONDS = 0.3  # the last rows and threads belong to their calls
_LOWEST_RATE = 10


@dataclass(frozen=True)
class Variant:
    """One way to serve the same call. `server` None: the dialplan alone."""

    name: str
    title: str
    exten: str
    server: str | None = None
    script: str = "bench"
    keeps_rows: bool = False
    searched: bool = True  # for its highest rate


@dataclass(frozen=True)
class Scale:
    """How long the run is."""

    step_seconds: float
    rounds: int
    half_rounds: int
    plan: Plan
    probe_rate: float = 10.0
    longest_search: int = 12


@dataclass(frozen=True)
class Step:
    """What one step of one variant gave. CPU in ms a call."""

    load: Load
    heard: Sequence[Heard]
    probes_failed: int
    cpu_ms: dict[str, float]


@dataclass
class Results:
    """All steps, by the variant's name."""

    tried: dict[str, list[Step]] = field(default_factory=dict)
    at_common_rate: dict[str, list[Step]] = field(default_factory=dict)
    at_half_rate: dict[str, list[Step]] = field(default_factory=dict)
    common_rate: int = 0
    calls: dict[str, int] = field(default_factory=dict)  # warm-up included

    def trials(self, name: str) -> list[Trial]:
        """The rates tried, as the search reads them."""
        return [Trial(step.load.rate, step.load.clean) for step in self.tried.get(name, [])]

    def highest(self, name: str) -> int:
        """The highest clean rate found."""
        return highest_clean(self.trials(name))


class Rounds:
    """One run. `say` hears of each step."""

    def __init__(
        self,
        on: Stage,
        variants: Sequence[Variant],
        scale: Scale,
        say: Callable[[str, Variant, Step], None],
    ) -> None:
        self._stage = on
        self._variants = variants
        self._searched = [variant for variant in variants if variant.searched]
        self._scale = scale
        self._say = say
        self.results = Results()

    async def run(self) -> Results:
        """Search, then measure all at one common rate, then each at half of its highest."""
        for variant in self._variants:  # fills caches and connections
            await self.step(variant, rate=20, seconds=1)
        await self._search()
        highest = [self.results.highest(variant.name) for variant in self._searched]
        self.results.common_rate = max(min(highest) // 2, _LOWEST_RATE)
        for turn in range(self._scale.rounds):
            for variant in _rotated(self._variants, turn):
                await self._measure(
                    "common rate", variant, self.results.common_rate, self.results.at_common_rate
                )
        for turn in range(self._scale.half_rounds):
            for variant in _rotated(self._searched, turn):
                half = max(self.results.highest(variant.name) // 2, _LOWEST_RATE)
                await self._measure("half rate", variant, half, self.results.at_half_rate)
        return self.results

    async def step(
        self, variant: Variant, *, rate: int, seconds: float, probe_rate: float = 0.0
    ) -> Step:
        """Calls at `rate` for `seconds`; `probe_rate` of them by the telephone that listens."""
        on = self._stage
        meter = Meter(self._processes(variant))
        sipp_rate = max(rate - round(probe_rate), 1)
        load, (heard, missed) = await asyncio.gather(
            on.callers.call(variant.exten, sipp_rate, max(round(sipp_rate * seconds), 1)),
            on.probe.sample(variant.exten, probe_rate, seconds),
        )
        await asyncio.sleep(_SETTLE_SECONDS)
        used = meter.read()
        calls = load.successful + len(heard)
        cpu_ms = {name: 1000 * spent / max(calls, 1) for name, spent in used.items()}
        cpu_ms["sipp"] = 1000 * on.callers.cpu_seconds / max(load.successful, 1)
        self.results.calls[variant.name] = self.results.calls.get(variant.name, 0) + calls
        try:
            await on.quiet()
        except TimeoutError:
            raise StageError(f"{variant.name}: calls of {rate}/s have not ended") from None
        return Step(load, heard, missed, cpu_ms)

    def _processes(self, variant: Variant) -> dict[str, tuple[int, ...]]:
        on = self._stage
        groups: dict[str, tuple[int, ...]] = {"asterisk": (on.asterisk.pid,)}
        if variant.server is not None:
            groups["python"] = (on.servers[variant.server],)
        if variant.keeps_rows:
            groups["postgres"] = (on.database.pid,)
        return groups

    async def _search(self) -> None:
        """One rate of each variant after another, until every search has ended."""
        while True:
            wanted = [(variant, self._next(variant)) for variant in self._searched]
            if all(rate is None for _, rate in wanted):
                return
            for variant, rate in wanted:
                if rate is not None:
                    done = await self.step(variant, rate=rate, seconds=self._scale.step_seconds)
                    self.results.tried.setdefault(variant.name, []).append(done)
                    self._say("search", variant, done)

    def _next(self, variant: Variant) -> int | None:
        tried = self.results.trials(variant.name)
        if len(tried) >= self._scale.longest_search:
            return None
        return next_rate(tried, self._scale.plan)

    async def _measure(
        self, phase: str, variant: Variant, rate: int, into: dict[str, list[Step]]
    ) -> None:
        probes = min(self._scale.probe_rate, rate / 2)
        seconds = self._scale.step_seconds
        done = await self.step(variant, rate=rate, seconds=seconds, probe_rate=probes)
        into.setdefault(variant.name, []).append(done)
        self._say(phase, variant, done)


def _rotated(variants: Sequence[Variant], by: int) -> Sequence[Variant]:
    """Each round begins with another, so that none always follows the same one."""
    by %= len(variants)
    return [*variants[by:], *variants[:by]]
