"""A few calls to five desks, with the real server and PostgreSQL. No figure is judged."""

import asyncio
import json
import shutil
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest

from bench.desk import figures, phases, subject, tables
from bench.desk.exchange import Exchange
from bench.desk.found import Found, Scale, Span
from bench.desk.marks import Popped, match
from bench.desk.office import Size, office
from bench.desk.recorded import Phase, Recorded
from bench.desk.traffic import Habits, Offer, Traffic
from bench.stage import StageError
from calls.journal import CallJournal
from db.group_commit import GroupCommit
from db.pool import Pool
from helpline.clock import system_clock

SIZE = Size(
    agents=5,
    habits=Habits(menu=(0.1, 0.2), ring=(0.1, 0.3), talk=(0.3, 0.6), ring_in_vain=0.4, missed=0.2),
    wrap_up=1,
    wallboards=1,
    callers=3,
)
SCALE = Scale(rest=0.5, warm_up=1, round=3, rounds=1, flood=30, per_second=1)
CALL = UUID("0198aaaa-0000-7000-8000-000000000001")
TOOLS = Path(__file__).parents[2] / "var" / "tools.json"
MACHINE = {"cores": 2, "cpu_model": "x", "postgresql": "18", "python": "3",
           "load_average_before": 0.0}  # fmt: skip


@pytest.mark.timeout(300)
async def test_every_offer_pops_once_at_its_agent_and_slow_pages_are_dropped_and_heal() -> None:
    # Not pytest's own folder: its parents are closed to the database's account.
    with tempfile.TemporaryDirectory(prefix="helpline-bench-") as folder:
        async with office(Path(folder) / "work", SIZE, lambda _: None) as on:
            found = await phases.run(on, SCALE, lambda _: None)
    matched = found.matched
    assert (matched.missing, matched.wrong, matched.twice, found.lost_links) == (0, 0, 0, 0)
    assert len(matched.popped) >= found.calls > 0
    assert (found.died, found.stuck, found.problems) == ({}, 0, [])
    assert (found.served, found.rows_right) == (found.calls, found.calls)
    assert found.ready_at_end == SIZE.agents
    assert found.slow is not None
    assert found.flood is not None
    assert (found.slow.healed, found.replayed) == (True, [2])
    assert found.flood.dropped_after is not None
    document = figures.document([(SIZE, found)], SCALE)
    assert all(aim["reached"] for aim in document["aims"] if aim["aim"] == 0)
    document |= {"machine": MACHINE, "seconds": 1}
    assert "5 agents, rounds" in tables.render(document)
    assert "| offers without a pop, elsewhere, twice | 0, 0, 0 |" in tables.markdown(document)


async def test_a_size_that_breaks_off_is_reported_and_the_other_one_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "var").mkdir()
    shutil.copy(TOOLS, tmp_path / "var")
    written: list[dict[str, Any]] = []

    async def measure(_folder: Path, size: Size, *_: object) -> Found:
        if size.agents == 7:
            written.append(json.loads((tmp_path / "var/bench/desk.json").read_text()))
            raise StageError("agents_connected is not 7 after 400 s")
        return _found()

    monkeypatch.setattr(subject, "_measure", measure)
    sizes = [SIZE, Size(agents=7, habits=SIZE.habits)]
    found = await subject.run_sizes(tmp_path, "desk", sizes, SCALE)
    assert [one["agents"] for one in written[0]["sizes"]] == [5]  # there before the other began
    assert [one["agents"] for one in found["sizes"]] == [5]
    assert found["failed"] == [{"agents": 7, "why": "agents_connected is not 7 after 400 s"}]
    assert json.loads((tmp_path / "var/bench/desk.json").read_text()) == found
    assert "7 agents, nothing measured: agents_connected is not 7" in tables.render(found)
    assert "At 7 agents nothing was measured" in tables.markdown(found)


def test_what_could_not_be_measured_leaves_the_rest_and_misses_its_aim() -> None:
    found = _found(problems=["a stopped browser: still there"], died=Counter(TimeoutError=2))
    document = figures.document([(SIZE, found)], SCALE) | {"machine": MACHINE, "seconds": 1}
    shown = tables.render(document)
    assert "5 agents, a stopped browser: still there" in shown
    assert "TimeoutError 2" in shown
    missed = [aim["what"] for aim in document["aims"] if not aim["reached"]]
    assert missed == [
        "calls that died in the bench or did not end at 5 agents",
        "pages that did not heal at 5 agents",
    ]


async def test_calls_that_die_and_calls_that_do_not_end_are_counted() -> None:
    class Journal(CallJournal):
        async def opened(self, _call: object) -> None:
            if self.stands:
                await asyncio.Event().wait()

        stands = False

    def no_pool() -> Pool:
        raise OSError

    journal = Journal(GroupCommit(no_pool))
    silent = Exchange("127.0.0.1", 0)  # nobody is connected, so nothing can be said
    traffic = Traffic(silent, journal, ("q",), ("+911",), SIZE.habits, Random(1), system_clock)
    traffic.begin("q")
    assert await traffic.over(20) == 0
    assert traffic.died == {"StageError": 1}
    journal.stands = True
    traffic.begin("q")
    assert await traffic.over(0.05) == 1
    assert (traffic.died, traffic.served) == ({"StageError": 1}, {})


def test_offers_are_matched_in_order_and_what_is_not_theirs_is_counted() -> None:
    offers = [Offer(CALL, "1001", 1_000_000), Offer(CALL, "1002", 5_000_000),
              Offer(CALL, "1001", 9_000_000)]  # fmt: skip
    shown = {
        "1001": [(str(CALL), 3_000_000, 1), (str(CALL), 9_500_000, 1), (str(CALL), 9_600_000, 2)],
        "1003": [(str(CALL), 5_500_000, 1)],
    }
    found = match(offers, shown)
    assert [one.ms for one in found.popped] == [2.0, 0.5]
    assert (found.missing, found.wrong, found.twice) == (1, 1, 1)
    assert found.within(0, 9_000_000) == [2.0]


def test_the_recording_is_complete_and_names_no_call_of_its_own() -> None:
    recorded = Recorded()
    names = ("SYSTEM", "QUEUE", "CALL", "LEG", "CHANNEL", "NUMBER", "AGENT", "NAME", "AGENT_LEG",
             "AGENT_CHANNEL", "SINCE", "SEAL")  # fmt: skip
    about = {name: f"<{name}>" for name in names}
    for phase in Phase:
        said = recorded.said(phase, about).decode()
        assert said.count("\r\n\r\n") == recorded.events[phase] > 0
        assert "@" not in said
    offered = recorded.said(Phase.OFFERED, about).decode()
    assert offered.startswith("Event: AgentCalled\r\n")
    assert "DestChanVariable: HELPLINE_CALL=<CALL>\r\n" in offered


def _found(problems: list[str] | None = None, died: Counter[str] | None = None) -> Found:
    """Measured at one call a second, without the pages that do not read."""
    died = died or Counter()
    cpu = {"server": 0.01, "postgres": 0.01}
    span = Span(0, 10_000_000_000, 10, 300, cpu, 100_000_000)
    popped = tuple(Popped(Offer(CALL, "1001", n), 5.0) for n in range(10))
    matched = replace(match((), {}), popped=popped)
    return Found(
        span, [span], None, [], None, problems or [], matched, 10 + died.total(), 10, died, 0,
        90_000_000, 95_000_000, SIZE.agents, 10, 0, 1000, "1001",
    )  # fmt: skip
