"""Recorded conversations: how many at once, and what a call costs whom."""

import asyncio
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import report
from bench.recorded.figures import Step, document, told
from bench.recorded.files import Checked, Files
from bench.recorded.stage import (
    MONO,
    SERVICE,
    STEREO,
    UNRECORDED,
    RecordedStage,
    recorded_stage,
)
from bench.recorded.talks import Talks
from bench.search import Plan, Trial, highest_clean, next_rate
from bench.stage import StageError
from helpline.tools import load_tools

NETWORKS = ("127.0.55", "127.0.54")
HTTP_PORT = 8355


@dataclass(frozen=True)
class Variant:
    """One way to carry the same conversation."""

    name: str
    title: str
    dialled: str
    searched: bool = True


VARIANTS = (
    Variant("product", "(a) the whole product", SERVICE),
    Variant("mixmonitor", "(b) Asterisk, MixMonitor to WAV", MONO),
    Variant("unrecorded", "(c) Asterisk, not recorded", UNRECORDED),
    Variant("stereo", "(b) Asterisk, MixMonitor as ours", STEREO, searched=False),
)


@dataclass(frozen=True)
class Scale:
    """How long the run is. `seconds`: all talk at once; `plan`: of calls at once."""

    seconds: float
    rounds: int
    plan: Plan
    longest_search: int
    idle_seconds: float
    common: int = 0
    """Calls at once in the rounds; 0: half of what the weakest carries."""

    @property
    def agents(self) -> int:
        """As many as calls at once, and some who are between two."""
        return round(max(self.plan.highest, self.common) * 1.1) + 2


FULL = Scale(8, 3, Plan(first=50, factor=1.4, gap=0.15, lowest=10, highest=200), 5, 10)
QUICK = Scale(4, 1, Plan(first=20, factor=1.5, gap=0.5, lowest=5, highest=30), 2, 5)
TINY = Scale(2, 1, Plan(first=3, highest=3), 0, 0.5, common=3)


@dataclass
class Results:
    """All steps by the variant's name; CPU seconds a second of a product that waits."""

    tried: dict[str, list[Step]] = field(default_factory=dict)
    at_common: dict[str, list[Step]] = field(default_factory=dict)
    common: int = 0
    idle: dict[str, float] = field(default_factory=dict)
    """Of the product."""
    idle_alone: dict[str, float] = field(default_factory=dict)

    def trials(self, name: str) -> list[Trial]:
        """As the search reads them."""
        return [Trial(step.calls, step.clean) for step in self.tried.get(name, [])]


class Rounds:
    """One run. `say` hears of each step."""

    def __init__(
        self,
        on: RecordedStage,
        scale: Scale,
        say: Callable[[str], None] = lambda _: None,
        variants: Sequence[Variant] = VARIANTS,
    ) -> None:
        self._on, self._scale, self._say, self._variants = on, scale, say, variants
        self._talks, self._files = Talks(on), Files(on)
        self._loop = asyncio.get_running_loop()
        self.results = Results()

    async def run(self) -> Results:
        """Raises `StageError` when a call's recording is not what it should be."""
        await self._measure_idle()
        searched = [variant for variant in self._variants if variant.searched]
        await self._search(searched)
        highest = [highest_clean(self.results.trials(one.name)) for one in searched]
        lowest = self._scale.plan.lowest
        self.results.common = self._scale.common or max(min(highest) // 2, lowest)
        for turn in range(self._scale.rounds):
            by = turn % len(self._variants)
            for variant in (*self._variants[by:], *self._variants[:by]):
                step = await self._step(variant, self.results.common, "common")
                self.results.at_common.setdefault(variant.name, []).append(step)
        return self.results

    async def _measure_idle(self) -> None:
        before, alone = self._on.cpu(SERVICE), self._on.cpu(UNRECORDED)
        seconds = self._scale.idle_seconds
        await asyncio.sleep(seconds)
        self.results.idle = _by_second(before, self._on.cpu(SERVICE), seconds)
        self.results.idle_alone = _by_second(alone, self._on.cpu(UNRECORDED), seconds)

    async def _search(self, searched: Sequence[Variant]) -> None:
        """One size of each after another, until every search has ended."""
        going = True
        while going:
            going = False
            for variant in searched:
                tried = self.results.trials(variant.name)
                calls = next_rate(tried, self._scale.plan)
                if calls is not None and len(tried) < self._scale.longest_search:
                    step = await self._step(variant, calls, "search")
                    self.results.tried.setdefault(variant.name, []).append(step)
                    going = True

    async def _step(self, variant: Variant, calls: int, phase: str) -> Step:
        before, began = self._on.cpu(variant.dialled), self._loop.time()
        talked = await self._talks.at_once(variant.dialled, calls, self._scale.seconds)
        checked = await self._files.check(variant.dialled, talked)
        after, seconds = self._on.cpu(variant.dialled), self._loop.time() - began
        idle = self.results.idle if variant.dialled == SERVICE else self.results.idle_alone
        cpu = {name: after[name] - before[name] - idle[name] * seconds for name in after}
        step = Step(calls, talked, checked, cpu)
        self._say(f"{phase:<7} {variant.title:<33} {told(step)}")
        _refuse(variant, checked, phase)
        return step


def _by_second(
    before: dict[str, float], after: dict[str, float], seconds: float
) -> dict[str, float]:
    return {name: (after[name] - before[name]) / seconds for name in after}


def _refuse(variant: Variant, checked: Checked, phase: str) -> None:
    """A recording that is missing, short or silent ends the bench: its figures would mean little.

    Not in a search, which goes to where things break.
    """
    if checked.faults and phase != "search":
        raise StageError(
            f"{variant.title}: {len(checked.faults)} recordings are wrong, "
            f"first: {checked.faults[0]}"
        )


async def run(root: Path, *, quick: bool) -> dict[str, Any]:
    """The whole bench; what it found, as it is written to `var/bench/recorded.json`."""
    loop = asyncio.get_running_loop()
    began = loop.time()

    def say(text: str) -> None:
        print(f"[{loop.time() - began:5.0f} s] {text}", flush=True)

    tools = load_tools(root)
    machine = report.machine(tools)
    work, scale = root / "var" / "bench" / "recorded-work", QUICK if quick else FULL
    async with recorded_stage(work, tools, NETWORKS, HTTP_PORT, scale.agents, say) as on:
        results = await Rounds(on, scale, say).run()
    await asyncio.to_thread(shutil.rmtree, work)
    titles = {variant.name: variant.title for variant in VARIANTS}
    found = document(titles, results.tried, results.at_common, results.idle)
    return {"bench": "recorded", "quick": quick, "machine": machine, **found} | {
        "common": results.common,
        "seconds": round(loop.time() - began),
    }
