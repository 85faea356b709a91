"""A few calls to five desks, with the real server and PostgreSQL. No figure is judged."""

import tempfile
from pathlib import Path
from uuid import UUID

import pytest

from bench.desk import figures, phases, tables
from bench.desk.marks import match
from bench.desk.office import Size, office
from bench.desk.recorded import Phase, Recorded
from bench.desk.traffic import Habits, Offer

SIZE = Size(
    agents=5,
    habits=Habits(menu=(0.1, 0.2), ring=(0.1, 0.3), talk=(0.3, 0.6), ring_in_vain=0.4, missed=0.2),
    wrap_up=1,
    wallboards=1,
    callers=3,
)
SCALE = phases.Scale(rest=0.5, warm_up=1, round=3, rounds=1, flood=30, per_second=1)
CALL = UUID("0198aaaa-0000-7000-8000-000000000001")


@pytest.mark.timeout(300)
async def test_every_offer_pops_once_at_its_agent_and_slow_pages_are_dropped_and_heal() -> None:
    # Not pytest's own folder: its parents are closed to the database's account.
    with tempfile.TemporaryDirectory(prefix="helpline-bench-") as folder:
        async with office(Path(folder) / "work", SIZE, lambda _: None) as on:
            found = await phases.run(on, SCALE, lambda _: None)
    matched = found.matched
    assert (matched.missing, matched.wrong, matched.twice, found.lost_links) == (0, 0, 0, 0)
    assert len(matched.popped) >= found.calls > 0
    assert (found.rows_right, found.ready_at_end) == (found.calls, SIZE.agents)
    assert (found.slow.healed, found.replayed) == (True, [2])
    assert found.flood.dropped_after is not None
    document = figures.document([(SIZE, found)], SCALE)
    assert all(aim["reached"] for aim in document["aims"] if aim["aim"] == 0)
    machine = {"cores": 2, "cpu_model": "", "postgresql": "", "python": "",
               "load_average_before": 0.0}  # fmt: skip
    assert "5 agents, rounds" in tables.render({**document, "machine": machine, "seconds": 1})


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
             "AGENT_CHANNEL", "SINCE")  # fmt: skip
    about = {name: f"<{name}>" for name in names}
    for phase in Phase:
        said = recorded.said(phase, about).decode()
        assert said.count("\r\n\r\n") == recorded.events[phase] > 0
        assert "@" not in said
    offered = recorded.said(Phase.OFFERED, about).decode()
    assert offered.startswith("Event: AgentCalled\r\n")
    assert "DestChanVariable: HELPLINE_CALL=<CALL>\r\n" in offered
