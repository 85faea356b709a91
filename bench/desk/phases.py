"""What is measured in an office: at rest, under calls, with pages that do not read."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from bench.cpu import Meter
from bench.desk.flood import flood
from bench.desk.marks import Matched, Shown, match, replays
from bench.desk.office import ORIGIN, QUEUES, Office, resident, until
from bench.desk.traffic import CELL, Only

_DROPPED_SECONDS = 30.0
_HEALED_SECONDS = 30.0
_FLOOD_RATE = 100.0
_OVER_SECONDS = 180.0
_ROWS_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Seconds. `per_second`: calls."""

    rest: float = 20.0
    warm_up: float = 60.0
    round: float = 40.0
    rounds: int = 3
    flood: float = 20.0
    per_second: float = 10.0


@dataclass(frozen=True, slots=True)
class Span:
    """A measured stretch. `cpu`: seconds by group of processes. Times: monotonic ns."""

    since: int
    until: int
    calls: int
    events: int
    cpu: dict[str, float]
    resident: int

    @property
    def seconds(self) -> float:
        """How long it was."""
        return (self.until - self.since) / 1e9


@dataclass(frozen=True, slots=True)
class Slowness:
    """A browser that was stopped (seconds; ns). `call`: what its agent was rung for meanwhile;
    `healed`: its new page showed the agent in that call.
    """

    dropped_after: float
    back_after: float
    since: int
    until: int
    call: UUID
    healed: bool


@dataclass(frozen=True, slots=True)
class Flood:
    """A page that asks and does not read. `grown`: bytes that the server held more meanwhile."""

    dropped_after: float | None
    since: int
    until: int
    grown: int


@dataclass
class Found:
    """Everything measured at one size. `replayed`: on which connections of the stopped browser the
    call of then was shown. Bytes; counts.
    """

    rest: Span
    rounds: list[Span]
    slow: Slowness
    replayed: list[int]
    flood: Flood
    matched: Matched
    calls: int
    empty: int
    seated: int
    ready_at_end: int
    rows_right: int
    lost_links: int
    board_bytes: int
    slow_agent: str

    def others_within(self, since: int, until: int) -> list[float]:
        """Milliseconds of what was offered in a span of time to agents whose page was not slow."""
        return [
            one.ms
            for one in self.matched.popped
            if since <= one.offer.at < until and one.offer.agent != self.slow_agent
        ]


async def run(on: Office, scale: Scale, say: Callable[[str], None]) -> Found:
    """All phases, one after another. Raises `StageError`."""
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
        slow = await _slowness(on)
        say(f"a stopped browser: dropped after {slow.dropped_after:.1f} s")
        flooded = await _flood(on, scale)
        say(f"a page that does not read: dropped after {flooded.dropped_after} s")
    finally:
        calling.cancel()
        await asyncio.gather(calling, return_exceptions=True)
    await on.traffic.over(_OVER_SECONDS)
    say("calls are over")
    ready = await _ready(on)
    shown = _shown(on)
    replayed = replays(shown[on.slow_agent], slow.call)
    return Found(
        rest, rounds, slow, replayed, flooded, match(on.traffic.offers, shown),
        len(on.traffic.begun), on.empty, seated, ready, await _rows_right(on),
        on.exchange.connections - 1, await _board_bytes(on) - boards, on.slow_agent,
    )  # fmt: skip


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
    agent = on.slow_agent
    loop = asyncio.get_running_loop()
    since, began = time.monotonic_ns(), loop.time()
    on.slow.freeze()
    await until("agents_connected", on.size.agents - 1, _DROPPED_SECONDS)
    dropped = loop.time() - began
    life = on.traffic.begin(QUEUES[0], only)
    call = await _offered(on, agent, since)
    began = loop.time()
    on.slow.thaw()
    await until("agents_connected", on.size.agents, _HEALED_SECONDS, every=0.1)
    back = loop.time() - began
    healed = await _sees(on, agent, call)
    until_ns = time.monotonic_ns()
    only.answers.set()
    await life
    return Slowness(dropped, back, since, until_ns, call, healed)


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
    for _ in range(40):
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
    """Calls whose row says who answered, that the page had shown it, and how it ended; once all do
    or the time is up.
    """
    right = 0
    for _ in range(_ROWS_SECONDS):
        rows = await on.pool.fetch(
            "select id, agent_id from call where cell = $1 and pop_at is not null"
            " and agent_answered_at is not null and outcome = 'agent_answered'",
            CELL,
        )
        right = sum(on.traffic.answered.get(row["id"]) == row["agent_id"] for row in rows)
        if right == len(on.traffic.begun):
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
