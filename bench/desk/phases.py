"""What is measured in an office: at rest, under calls, with pages that do not read."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from uuid import UUID

from bench.cpu import Meter
from bench.desk.flood import flood
from bench.desk.found import Flood, Found, Scale, Slowness, Span
from bench.desk.marks import Shown, match, replays
from bench.desk.office import ORIGIN, QUEUES, Office, resident, until
from bench.desk.traffic import CELL, Only
from bench.stage import StageError

_DROPPED_SECONDS = 30.0
_HEALED_SECONDS = 30.0
_FLOOD_RATE = 100.0
_OVER_SECONDS = 180.0
_ROWS_SECONDS = 60
_READY_SECONDS = 40

T = TypeVar("T")


async def run(on: Office, scale: Scale, say: Callable[[str], None]) -> Found:
    """All phases, one after another. A slow page that goes wrong does not take the rounds with it.

    Raises `StageError`.
    """
    seated, boards = resident(on.server), await _board_bytes(on)
    rest = await _span(on, scale.rest)
    say(f"at rest: {_told(rest)}")
    calling = asyncio.create_task(on.traffic.run(scale.per_second), name="citizens")
    try:
        await asyncio.sleep(scale.warm_up)
        rounds = []
        for _ in range(scale.rounds):
            rounds.append(await _span(on, scale.round))
            say(f"under calls: {_told(rounds[-1])}")
        problems: list[str] = []
        slow = await _tried("a stopped browser", _slowness(on), problems, say)
        flooded = await _tried("a page that does not read", _flood(on, scale), problems, say)
    finally:
        calling.cancel()
        await asyncio.gather(calling, return_exceptions=True)
    stuck = await on.traffic.over(_OVER_SECONDS)
    say(f"calls are over; {stuck} did not end, {on.traffic.died.total()} died in the bench")
    ready = await _ready(on)
    say(f"{ready} agents are ready")
    rows_right = await _rows_right(on)
    say(f"{rows_right} of {len(on.traffic.served)} rows are right")
    shown = _shown(on)
    replayed = replays(shown.get(on.slow_agent, ()), slow.call) if slow else []
    return Found(
        rest, rounds, slow, replayed, flooded, problems, match(on.traffic.offers, shown),
        len(on.traffic.begun), len(on.traffic.served), on.traffic.died, stuck, on.empty, seated,
        ready, rows_right, on.exchange.connections - 1, await _board_bytes(on) - boards,
        on.slow_agent,
    )  # fmt: skip


async def _tried(
    what: str, measuring: Awaitable[T], problems: list[str], say: Callable[[str], None]
) -> T | None:
    """What it found; None when it failed, which is noted."""
    try:
        found = await measuring
    except (StageError, TimeoutError, OSError) as error:
        problems.append(f"{what}: {str(error) or type(error).__name__}")
        say(f"not measured: {problems[-1]}")
        return None
    say(f"{what}: measured")
    return found


async def _span(on: Office, seconds: float) -> Span:
    meter = Meter({"server": (on.server,), "postgres": (on.database,)})
    since, events = time.monotonic_ns(), on.exchange.events
    await asyncio.sleep(seconds)
    until_ns = time.monotonic_ns()
    calls = sum(since <= at < until_ns for at in on.traffic.begun)
    said = on.exchange.events - events
    return Span(since, until_ns, calls, said, meter.read(), resident(on.server))


async def _slowness(on: Office) -> Slowness:
    """Stopped when nothing is asked of it; rung while it is away; then it goes on."""
    only = Only(await on.exchange.take_this(on.slow_agent), asyncio.Event())
    life: asyncio.Task[None] | None = None
    on.slow.freeze()
    try:
        since, began = time.monotonic_ns(), _clock()
        await until("agents_connected", on.size.agents - 1, _DROPPED_SECONDS)
        dropped = _clock() - began
        life = on.traffic.begin(QUEUES[0], only)
        call = await _offered(on, on.slow_agent, since)
        began = _clock()
        on.slow.thaw()
        await until("agents_connected", on.size.agents, _HEALED_SECONDS, every=0.1)
        back = _clock() - began
        healed = await _sees(on, on.slow_agent, call)
        return Slowness(dropped, back, since, time.monotonic_ns(), call, healed)
    finally:  # whatever went wrong, the agent takes part again
        on.slow.thaw()
        only.answers.set()
        if life is None:
            on.exchange.release(only.member)
        else:
            await asyncio.gather(life, return_exceptions=True)  # counted where calls are


def _clock() -> float:
    return asyncio.get_running_loop().time()


async def _offered(on: Office, agent: str, since: int) -> UUID:
    async with asyncio.timeout(_HEALED_SECONDS):
        while True:
            for offer in on.traffic.offers:
                if offer.agent == agent and offer.at > since:
                    return offer.call
            await asyncio.sleep(0.1)


async def _sees(on: Office, agent: str, call: UUID) -> bool:
    """Whether the page shows, soon, the call that its agent is in."""
    for _ in range(20):
        reported = await on.slow.report()
        on.kept.append(reported)
        if reported[agent]["call"] == str(call):
            return True
        await asyncio.sleep(0.2)
    return False


async def _flood(on: Office, scale: Scale) -> Flood:
    before, highest = resident(on.server), 0
    since = time.monotonic_ns()
    flooding = asyncio.create_task(
        flood(ORIGIN, on.cookies[on.idle_agent], per_second=_FLOOD_RATE, seconds=scale.flood)
    )
    while not flooding.done():
        highest = max(highest, resident(on.server))
        await asyncio.sleep(0.2)
    return Flood(await flooding, since, time.monotonic_ns(), max(0, highest - before))


async def _ready(on: Office) -> int:
    """Agents whose page says ready, once all do or the time is up."""
    ready = 0
    for _ in range(_READY_SECONDS):
        reports = await _reports(on)
        ready = sum(one["status"] == "ready" for one in reports.values())
        free = all(one.paused is None and not one.busy for one in on.exchange.members.values())
        if free and ready == on.size.agents:
            break
        await asyncio.sleep(1.0)
    return ready


async def _reports(on: Office) -> dict[str, dict[str, Any]]:
    """Of all agents' pages."""
    _, *pages = on.pages
    found: dict[str, dict[str, Any]] = {}
    for one in (on.slow, *pages):
        found |= await one.report()
    on.kept.append(found)
    return found


def _shown(on: Office) -> dict[str, list[Shown]]:
    """All screen-pops of the run, by agent."""
    shown: dict[str, list[Shown]] = {}
    for reports in on.kept:
        for agent, report in reports.items():
            shown.setdefault(agent, []).extend(tuple(one) for one in report["pops"])
    return shown


async def _rows_right(on: Office) -> int:
    """Served calls whose row says who answered, that the page had shown it, and how it ended; once
    all do or the time is up.
    """
    served, right = on.traffic.served, 0
    for _ in range(_ROWS_SECONDS):
        rows = await on.pool.fetch(
            "select id, agent_id from call where cell = $1 and pop_at is not null"
            " and agent_answered_at is not null and outcome = 'agent_answered'",
            CELL,
        )
        right = sum(served.get(row["id"]) == row["agent_id"] for row in rows)
        if right == len(served):
            break
        await asyncio.sleep(1.0)
    return right


async def _board_bytes(on: Office) -> int:
    boards, *_ = on.pages
    return sum(int(one["bytes"]) for one in (await boards.report()).values())


def _told(span: Span) -> str:
    cpu = {name: spent / span.seconds for name, spent in span.cpu.items()}
    return (
        f"{span.calls} calls, {span.events} events, "
        f"CPU a second: server {1000 * cpu['server']:.0f} ms, "
        f"postgres {1000 * cpu['postgres']:.0f} ms, "
        f"{span.resident / 1e6:.0f} MB"
    )
