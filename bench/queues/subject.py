"""The queue bench: growth with agents and citizens, faster floors, other settings."""

import asyncio
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

from bench import report
from bench.queues.figures import Measured, document, told
from bench.queues.floor import Arriving, AtOnce, Crowd, Freed, Scene, numbers
from bench.queues.stage import Line, QueueStage, queue_stage
from dialplans.names import QUEUE_DEFAULT
from dialplans.settings import QueueSettings, Strategy
from helpline.tools import load_tools

NETWORK = "127.0.54"
_LONG = 1000  # citizens who may wait

DEFAULT = Line(QueueSettings(max_length=_LONG))
LINES = (
    DEFAULT,
    *(
        Line(QueueSettings(name=strategy.value, max_length=_LONG, strategy=strategy))
        for strategy in (Strategy.ROUND_ROBIN, Strategy.RANDOM, Strategy.FEWEST_CALLS)
    ),
    Line(QueueSettings(name="one-by-one", max_length=_LONG), ("autofill = no",)),
    Line(QueueSettings(name="silent", max_length=_LONG, announce_seconds=0)),
)


@dataclass(frozen=True)
class Part:
    """One measurement: in which table, as what, and what is done."""

    table: str
    title: str
    scene: type[Scene]
    crowd: Crowd


def full() -> list[Part]:
    """At most ten minutes."""
    most = Crowd(QUEUE_DEFAULT, 250, 100, freed=10, seconds=12)
    parts = [
        _freed("growth", QUEUE_DEFAULT, agents, waiting, freed=10, seconds=12)
        for waiting in (10, 100)
        for agents in (50, 100, 250)
    ]
    parts += [
        _freed("rate", QUEUE_DEFAULT, most.agents, most.waiting, freed=freed, seconds=12)
        for freed in (20, 40)
    ]
    parts += [
        _freed("settings", line.settings.name, most.agents, most.waiting, freed=10, seconds=12)
        for line in LINES[1:4]
    ]
    # One at a time: more than one a second would never be served.
    parts += [
        _freed("one by one", queue, 20, 10, freed=1.5, seconds=20, before=20)
        for queue in (QUEUE_DEFAULT, "one-by-one")
    ]
    return [*parts, *announcements(), *_others(250, 100, 10)]


def announcements() -> list[Part]:
    """Each citizen comes to the head after a minute, when the longer announcement begins."""
    told = [
        _freed("announcements", queue, 100, 122, freed=2, seconds=40, before=45)
        for queue in (QUEUE_DEFAULT, "silent")
    ]
    crowd = replace(told[0].crowd, told=False)
    away = Part("announcements", "the first, our server being away", Freed, crowd)
    return [told[0], away, told[1]]


def small() -> list[Part]:
    """A look: under two minutes."""
    parts = [
        _freed("growth", QUEUE_DEFAULT, agents, waiting, freed=10, seconds=4)
        for agents, waiting in ((50, 10), (250, 100))
    ]
    parts.append(_freed("settings", "one-by-one", 50, 10, freed=10, seconds=4))
    parts.append(_freed("announcements", "silent", 50, 10, freed=10, seconds=4))
    return [*parts, *_others(50, 20, 2)]


def tiny() -> list[Part]:
    """For a test: that everything works."""
    return [
        _freed("growth", QUEUE_DEFAULT, 6, 3, freed=4, seconds=3),
        *_others(4, 4, 1),
    ]


def _freed(  # what a crowd is made of
    table: str,
    queue: str,
    agents: int,
    waiting: int,
    *,
    freed: float,
    seconds: float,
    before: float = 0.0,
) -> Part:
    crowd = Crowd(queue, agents, waiting, freed, seconds, before)
    return Part(table, f"{queue}, {agents} agents, {waiting} waiting, {freed:g}/s", Freed, crowd)


def _others(agents: int, at_once: int, seconds: float) -> list[Part]:
    free = Crowd(QUEUE_DEFAULT, agents, 0, freed=10, seconds=seconds)
    back = Crowd(QUEUE_DEFAULT, at_once, at_once)
    one_by_one = Crowd("one-by-one", at_once, at_once)
    return [
        Part("arriving", f"10/s come to {agents} free agents", Arriving, free),
        Part("at once", f"{at_once} agents come back to {at_once} waiting", AtOnce, back),
        Part("at once", f"the same, autofill = no ({at_once})", AtOnce, one_by_one),
    ]


async def run(root: Path, *, quick: bool) -> dict[str, Any]:
    """The whole bench; what it found, as it is written to `var/bench/queues.json`."""
    loop = asyncio.get_running_loop()
    began = loop.time()

    def say(text: str) -> None:
        print(f"[{loop.time() - began:5.0f} s] {text}", flush=True)

    machine = report.machine(load_tools(root))
    work = root / "var" / "bench" / "queues-work"
    parts = small() if quick else full()
    measured = await measure(root, work, NETWORK, parts, say)
    await asyncio.to_thread(shutil.rmtree, work)
    return {"bench": "queues", "quick": quick, "machine": machine, **document(measured)} | {
        "seconds": round(loop.time() - began)
    }


async def measure(
    root: Path,
    work: Path,
    network: str,
    parts: Sequence[Part],
    say: Callable[[str], None] = lambda _: None,
) -> list[Measured]:
    """Each part, one after another, on one Asterisk. Raises `StageError`."""
    agents = max(part.crowd.agents for part in parts)
    used = {part.crowd.queue for part in parts}
    lines = [line for line in LINES if line.settings.name in used | {QUEUE_DEFAULT}]
    measured = []
    async with queue_stage(work, load_tools(root), network, lines, agents) as on:
        callers = numbers()
        for part in parts:
            measured.append(await _one(on, part, callers))
            say(f"{part.table:<13}  {told(measured[-1])}")
    return measured


async def _one(on: QueueStage, part: Part, callers: "count[int]") -> Measured:
    offers = await part.scene(on, part.crowd, callers).run()
    return Measured(part.table, part.title, part.crowd, offers)
