"""From what was measured to the document and its tables."""

import json
from random import Random

from bench.complaints import building, importing
from bench.complaints.country import DEPARTMENTS, NOW
from bench.complaints.figures import Measured, document
from bench.complaints.importing import Imported
from bench.complaints.measures import Scale, Subject, Timed, read, sample, write
from bench.complaints.slices import Plan
from bench.complaints.sweeping import Swept, sweep
from bench.complaints.tables import render
from db.pool import open_pool
from tests.bench.conftest import scratch

MACHINE = {
    "cores": 2,
    "cpu_model": "x",
    "postgresql": "18",
    "python": "3.11",
    "load_average_before": 0.1,
}


def _measured(complaints: int, *, slower: float = 1.0, per_second: float = 2_500.0) -> Measured:
    acts = {"status": 1.0, "story": 3.0, "phone": 0.5, "officers_list": 0.6}
    reads = Timed({name: [ms * slower] * 100 for name, ms in acts.items()})
    writes = Timed(
        {
            "commit": [1.0, 2.0, 3.0],
            "bare transaction": [2.0, 2.5, 5.0],
            "registration": [4.0, 5.0 * slower, 90.0],
        }
    )
    swept = [Swept(workers, 6_000, 6_000 / per_second, ()) for workers in (1, 2, 4)]
    return Measured(complaints, 30.0, reads, writes, swept, {"complaint": 700.0, "call": 300.0})


def _aims(*measured: Measured) -> dict[str, bool]:
    found = document(measured, {"complaint": 700.0, "call": 900.0})
    return {aim["what"]: aim["reached"] for aim in found["aims"]}


def test_a_registration_is_a_multiple_of_the_middle_commit() -> None:
    [size] = document([_measured(1_000)], {})["sizes"]
    assert size["registration_in_commits"] == 2.5
    assert size["registration_in_bare_transactions"] == 2.0
    assert size["ms"]["registration"] == {"count": 3, "p50": 5.0, "p95": 90.0, "p99": 90.0}
    assert size["bytes"] == {"all": 1000.0, "complaint": 700.0, "call": 300.0}


def test_aims_are_judged_at_the_largest_size() -> None:
    aims = _aims(_measured(100_000), _measured(1_000_000, slower=1.7, per_second=1_999.0))
    assert aims == {
        "status at 1,000,000, p99, ms": True,
        "story at 1,000,000, p99, ms": False,
        "phone at 1,000,000, p99, ms": True,
        "registration at 1,000,000, in bare transactions": False,
        "registration at 1,000,000, in commits": False,
        "sweep at 1,000,000, two workers, a second": False,
        "status: p50 at 1,000,000 to that at 100,000": False,
        "story: p50 at 1,000,000 to that at 100,000": False,
        "phone: p50 at 1,000,000 to that at 100,000": False,
    }


def test_one_size_has_not_grown() -> None:
    assert not [what for what in _aims(_measured(20_000)) if "p50" in what]
    assert all(_aims(_measured(20_000)).values())


def test_the_document_is_json_and_its_tables_tell_all_of_it() -> None:
    measured = [_measured(100_000), _measured(1_000_000, slower=2.0)]
    imported = [Imported("dry run", 21_000, 3.25)]
    found = document(measured, {"complaint": 700.0, "call": 900.0}, imported)
    text = render(json.loads(json.dumps({"machine": MACHINE, "seconds": 9} | found)))
    for words in (
        "100,000 complaints",
        "1,000,000 complaints",
        "officers_list",
        "missed",
        "1600",
        "3.25",
    ):
        assert words in text


async def test_the_files_of_the_made_up_state_are_imported_and_then_nothing_is_new(
    postgres_url: str,
) -> None:
    with scratch(postgres_url) as url:
        pool = await open_pool(url, size=1)
        found = await importing.measure(pool, officers=400)
        counts = await pool.fetchrow(
            """select count(*), count(distinct department),
                      (select count(*) from tenure), (select count(*) from officer) from post"""
        )
        await pool.close()
    assert counts is not None
    assert tuple(counts) == (400, DEPARTMENTS, 400, 400)
    assert [one.what for one in found] == ["dry run", "import", "again, nothing new"]
    assert {one.rows for one in found} == {3 * 400 + DEPARTMENTS * 5 + 1 + 75 * 6}


async def test_every_measure_finds_something_to_measure(postgres_url: str) -> None:
    plan, scale = Plan(2_000, seed=7, whole_days=60), Scale(reads=8, writes=4, warm_up=4)
    with scratch(postgres_url) as url:
        await building.build(url, plan, lambda _: None)
        pool = await open_pool(url, size=2)
        drawn = await sample(pool, scale.warm_up, plan.complaints, Random(1))
        subject, other = Subject(pool, drawn, Random(1)), Subject(pool, drawn, Random(2))
        await read([subject, other], scale)
        await write([subject, other], scale)
        swept = await sweep(url, pool, backlog=10, each=(1, 2))
        moved = await pool.fetchval(
            "select count(*) from complaint_history where actor = 'clock' and at > $1", NOW
        )
        await pool.close()
    for one in (subject, other):
        assert {name: len(ms) for name, ms in one.reads.ms.items()} == dict.fromkeys(
            ("status", "story", "phone", "officers_list"), 8
        )
        assert {name: len(ms) for name, ms in one.writes.ms.items()} == dict.fromkeys(
            ("commit", "bare transaction", "registration"), 4
        )
    assert [one.workers for one in swept] == [1, 2]
    assert all(one.complaints >= 10 for one in swept)
    assert moved == sum(one.complaints for one in swept)
