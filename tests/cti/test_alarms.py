"""Alarms: raised after a while, cleared after a while, one row, told once, whatever is killed."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access import pins
from access.passwords import Passwords
from calls.dialling import ask, lift
from complaints.reference import load
from cti.alarm_bell import AlarmBell
from cti.alarm_limits import SetLimit, set_limit
from cti.alarm_rows import acknowledge, latest, open_alarms, raise_alarm
from cti.alarms import AlarmKind, AlarmRule, Change, Thing, Watch, readings, rule_for, shown, step
from cti.errors import ConflictError
from db.pool import Pool
from helpline.options.alarms import AlarmOptions
from messages.delivery import Delivery, DeliveryOptions
from messages.drivers.webhook import Webhook, signature
from messages.model import Channel
from messages.retry import RetryRule
from tests.access.conftest import CHEAP
from tests.complaints.world import REFERENCE, World
from tests.cti.fake_ami import eventually
from tests.messages.gateway import Gateway

NOW = datetime(2026, 3, 2, 5, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)
RULE = AlarmRule(
    kind=AlarmKind.WAITING, threshold=10, raise_after=30 * SECOND, clear_after=60 * SECOND
)


def told(values: Sequence[float | None], rule: AlarmRule = RULE, every: int = 10) -> list[str]:
    """What becomes of a figure that is looked at every ten seconds."""
    watch, changes = Watch(), []
    for n, value in enumerate(values):
        watch, change = step(rule, watch, value, NOW + n * every * SECOND)
        changes.append("-" if change is None else change.value)
    return changes


def test_an_alarm_wants_its_while_without_a_break() -> None:
    assert told([11, 11, 11, 11]) == ["-", "-", "-", "raised"]
    assert told([11, 11, 10, 11, 11, 11]) == ["-"] * 6
    assert told([11, 11, None, 11, 11, 11, 11]) == ["-"] * 6 + ["raised"]


def test_it_is_cleared_only_after_its_own_while() -> None:
    changes = told([11] * 4 + [3] * 5 + [11] + [3] * 7)
    assert changes.index("cleared") == 16
    assert changes.count("raised") == 1


def test_a_low_service_level_is_bad_and_an_unknown_one_is_not() -> None:
    rule = AlarmRule(kind=AlarmKind.SERVICE_LEVEL, threshold=0.8, raise_after=10 * SECOND)
    assert told([0.9, 0.8, 0.79, 0.79], rule) == ["-", "-", "-", "raised"]
    assert told([None, None, None], rule) == ["-", "-", "-"]


def test_a_clock_that_is_put_back_begins_the_while_anew() -> None:
    watch, _ = step(RULE, Watch(), 11, NOW)
    watch, change = step(RULE, watch, 11, NOW - timedelta(hours=1))
    assert change is None
    watch, change = step(RULE, watch, 11, NOW - timedelta(hours=1) + 29 * SECOND)
    assert change is None
    _, change = step(RULE, watch, 11, NOW - timedelta(hours=1) + 30 * SECOND)
    assert change is Change.RAISED


@given(st.lists(st.none() | st.integers(0, 20), max_size=60))
def test_raised_and_cleared_take_turns(values: list[int | None]) -> None:
    changes = [change for change in told(values) if change != "-"]
    assert changes == ["raised", "cleared"] * (len(changes) // 2) + ["raised"] * (len(changes) % 2)


def test_a_queues_own_rule_stands_before_that_of_each_queue() -> None:
    own = AlarmRule(kind=AlarmKind.WAITING, threshold=2, queue="schemes-hi")
    rules = (RULE, own)
    assert rule_for(rules, Thing(AlarmKind.WAITING, "schemes-hi")) is own
    assert rule_for(rules, Thing(AlarmKind.WAITING, "helpline-hi")) is RULE
    assert rule_for(rules, Thing(AlarmKind.AMI_DOWN, "")) is None


def a_board(**more: Any) -> dict[str, Any]:
    queue = {"waiting": 0, "longest_wait": 0, "service_level": None, "decided": 0}
    return {
        "in_step": True, "trunk_channels": 0, "trunk_limit": 100,
        "telephones": {"all": 0, "away": 0},
        "queues": {"helpline-hi": {**queue, **more.pop("queue", {})}}, **more,
    }  # fmt: skip


def test_a_service_level_that_was_bad_is_cleared_where_nobody_calls_any_more() -> None:
    rule = AlarmRule(
        kind=AlarmKind.SERVICE_LEVEL, threshold=0.8, raise_after=0 * SECOND,
        clear_after=20 * SECOND,
    )  # fmt: skip
    thing = Thing(AlarmKind.SERVICE_LEVEL, "helpline-hi")
    bad = readings(a_board(queue={"service_level": 0.0, "decided": 1}), {})[thing]
    quiet = readings(a_board(), {})[thing]
    assert told([bad, quiet, quiet, quiet], rule) == ["raised", "-", "-", "cleared"]


def test_without_a_link_nothing_is_known_but_that() -> None:
    found = readings(a_board(in_step=False, queue={"waiting": 99}), {})
    assert found[Thing(AlarmKind.AMI_DOWN, "")] == 1
    assert found[Thing(AlarmKind.WAITING, "helpline-hi")] is None
    assert found[Thing(AlarmKind.TRUNK_FULL, "")] is None
    assert readings(a_board(trunk_channels=95), {})[Thing(AlarmKind.TRUNK_FULL, "")] == 0.95


def test_telephones_that_are_away_are_a_share_of_those_signed_in() -> None:
    away = Thing(AlarmKind.TELEPHONES_AWAY, "")
    assert readings(a_board(), {})[away] == 0  # nobody is signed in
    assert readings(a_board(telephones={"all": 40, "away": 5}), {})[away] == 0.125
    assert readings(a_board(in_step=False, telephones={"all": 40, "away": 5}), {})[away] is None


def test_figures_are_shown_as_people_read_them() -> None:
    assert shown(AlarmKind.LONGEST_WAIT, 125) == "2:05"
    assert shown(AlarmKind.SERVICE_LEVEL, 0.625) == "62%"
    assert shown(AlarmKind.TELEPHONES_AWAY, 0.125) == "12%"
    assert shown(AlarmKind.WAITING, 12.0) == "12"


TRUNK = Thing(AlarmKind.TRUNK_FULL, "")


def test_a_trunk_is_as_full_as_the_larger_of_what_is_seen_and_what_rows_say() -> None:
    """Rows have the channels of all cells; what is seen may have no row yet."""
    full = {AlarmKind.TRUNK_FULL: 95.0}
    assert readings(a_board(trunk_channels=40), full)[TRUNK] == 0.95
    assert readings(a_board(trunk_channels=97), full)[TRUNK] == 0.97


TITLES = {"helpline-hi": {"hi": "हेल्पलाइन (हिन्दी)", "en": "Helpline (Hindi)"}}


@dataclass
class Bench:
    """A board that a test sets, and bells over it."""

    pool: Pool
    now: datetime = NOW
    board: dict[str, Any] = field(default_factory=a_board)
    away: bool = False
    unheard: dict[str, float] | None = field(default_factory=dict)
    kept: int = 0
    lost: int = 0
    disk: float | None = None

    def bell(self, *, tell: bool = True, rules: tuple[AlarmRule, ...] | None = None) -> AlarmBell:
        usual = (
            RULE,
            AlarmRule(kind=AlarmKind.AMI_DOWN, threshold=0, raise_after=0 * SECOND),
            AlarmRule(kind=AlarmKind.RECORDINGS_FAILING, threshold=0, raise_after=0 * SECOND),
            AlarmRule(
                kind=AlarmKind.DIALLING_CUT_OFF,
                threshold=0,
                raise_after=0 * SECOND,
                clear_after=0 * SECOND,
            ),
            AlarmRule(
                kind=AlarmKind.CELL_SILENT,
                threshold=15,
                raise_after=0 * SECOND,
                clear_after=20 * SECOND,
            ),
        )
        return AlarmBell(
            lambda: self.board, self._pool, usual if rules is None else rules, lambda: self.now,
            cell="cell1", tell=tell, slow_every=0, titles=lambda: TITLES,
            unheard=lambda: self.unheard, counted={
                AlarmKind.ROWS_KEPT: lambda: self.kept,
                AlarmKind.ROWS_LOST: lambda: self.lost,
                AlarmKind.DISK_FULL: lambda: self.disk,
            },
        )  # fmt: skip

    def _pool(self) -> Pool:
        if self.away:
            raise ConnectionRefusedError
        return self.pool

    async def looks(self, bell: AlarmBell, count: int, waiting: int) -> None:
        self.board = a_board(queue={"waiting": waiting})
        for _ in range(count):
            await bell.look()
            self.now += 10 * SECOND

    async def messages(self) -> list[str]:
        rows = await self.pool.fetch(
            "select kind from notification where alarm_id is not null order by created_at"
        )
        return [row["kind"] for row in rows]


@pytest.fixture
async def bench(pool: Pool) -> AsyncIterator[Bench]:
    await pool.execute("truncate alarm cascade")
    yield Bench(pool)
    await pool.execute("truncate alarm cascade")


async def test_a_trunk_that_two_cells_fill_together_is_full(bench: Bench) -> None:
    rule = AlarmRule(kind=AlarmKind.TRUNK_FULL, threshold=0.9, raise_after=0 * SECOND)
    bench.board = a_board(trunk_channels=5, trunk_limit=10)
    bell = bench.bell(rules=(rule,))
    for cell in ("cell1", "cell2"):
        await bell.look()
        assert bell.standing() == []
        await bench.pool.execute(
            "insert into call (id, cell, direction, started_at)"
            " select gen_random_uuid(), $1, 'inbound', $2 from generate_series(1, 5)",
            cell, NOW,
        )  # fmt: skip
    await bell.look()
    assert [(one["kind"], one["shown"]) for one in bell.standing()] == [("trunk_full", "100%")]


async def test_an_alarm_is_one_row_and_two_messages(bench: Bench) -> None:
    bell = bench.bell()
    await bench.looks(bell, 8, waiting=12)
    [alarm] = await open_alarms(bench.pool, "cell1")
    assert (alarm.kind, alarm.queue, alarm.value) == ("waiting", "helpline-hi", 12)
    [on_board] = bell.standing()
    assert (on_board["shown"], on_board["acknowledged"]) == ("12", False)
    await bench.looks(bell, 8, waiting=1)
    assert await open_alarms(bench.pool, "cell1") == []
    assert bell.standing() == []
    assert await bench.messages() == ["alarm_raised", "alarm_cleared"]
    row = await bench.pool.fetchrow("select * from notification order by created_at limit 1")
    assert row is not None
    assert (row["channel"], row["recipient"], row["held_at"]) == ("webhook", "supervisors", None)
    assert "कतार हेल्पलाइन (हिन्दी):" in row["body"]


async def test_who_does_not_want_messages_gets_rows_only(bench: Bench) -> None:
    await bench.looks(bench.bell(tell=False), 8, waiting=12)
    assert len(await open_alarms(bench.pool, "cell1")) == 1
    assert await bench.messages() == []


async def test_a_restart_tells_nothing_twice_and_clears_what_stood(bench: Bench) -> None:
    await bench.looks(bench.bell(), 8, waiting=12)
    await bench.looks(bench.bell(), 8, waiting=12)
    assert await bench.messages() == ["alarm_raised"]
    bench.board = a_board()
    del bench.board["queues"]["helpline-hi"]  # its last agent has gone meanwhile
    fresh = bench.bell()
    for _ in range(8):
        await fresh.look()
        bench.now += 10 * SECOND
    assert await bench.messages() == ["alarm_raised", "alarm_cleared"]


async def test_two_processes_raise_one_alarm(bench: Bench) -> None:
    one, other = bench.bell(), bench.bell()
    bench.board = a_board(queue={"waiting": 12})
    for _ in range(6):
        await asyncio.gather(one.look(), other.look())
        bench.now += 10 * SECOND
    assert len(await latest(bench.pool, 10, None)) == 1
    assert await bench.messages() == ["alarm_raised"]


async def test_a_database_that_is_away_loses_no_alarm(bench: Bench) -> None:
    bell = bench.bell()
    bench.board = a_board(in_step=False)
    bench.away = True
    with pytest.raises(ConnectionRefusedError):
        await bell.look()
    bench.away = False
    await bell.look()
    [alarm] = await open_alarms(bench.pool, "cell1")
    assert alarm.kind is AlarmKind.AMI_DOWN


async def test_telephones_that_stay_away_are_an_alarm_and_a_message(bench: Bench) -> None:
    rule = AlarmRule(
        kind=AlarmKind.TELEPHONES_AWAY,
        threshold=0.1,
        raise_after=60 * SECOND,
        clear_after=0 * SECOND,
    )
    bell = bench.bell(rules=(rule,))

    async def looks(count: int, away: int) -> None:
        bench.board = a_board(telephones={"all": 20, "away": away})
        for _ in range(count):
            await bell.look()
            bench.now += 10 * SECOND

    await looks(5, away=3)  # a switch that starts anew
    await looks(1, away=0)
    assert bell.standing() == []
    await looks(7, away=3)
    [standing] = bell.standing()
    assert (standing["kind"], standing["queue"], standing["shown"]) == (
        "telephones_away",
        "",
        "15%",
    )
    await looks(1, away=2)  # a tenth is not above a tenth
    assert bell.standing() == []
    assert await bench.messages() == ["alarm_raised", "alarm_cleared"]


async def test_a_lost_recording_is_an_alarm(bench: Bench) -> None:
    await bench.pool.execute(
        "insert into call (id, cell, direction, started_at) values"
        " ('0198aaaa-0000-7000-8000-00000000aaaa', 'cell1', 'inbound', $1)", NOW,
    )  # fmt: skip
    await bench.pool.execute(
        "insert into recording (id, call_id, kind, cell, started_at, state, closed_at) values"
        " ('0198aaaa-0000-7000-8000-00000000bbbb', '0198aaaa-0000-7000-8000-00000000aaaa',"
        " 'call', 'cell1', $1, 'missing', $1)", NOW - timedelta(minutes=5),
    )  # fmt: skip
    await bench.bell().look()
    [alarm] = await open_alarms(bench.pool, "cell1")
    assert alarm.kind is AlarmKind.RECORDINGS_FAILING


async def test_toll_fraud_alarms_until_the_cut_off_is_lifted_whoever_was_restarted(
    bench: Bench,
) -> None:
    await bench.pool.execute("truncate dial_rule, dial_request, dial_cut_off")
    async with bench.pool.acquire() as conn:
        for n in range(6):  # each as a process of its own would: the hour is counted in rows
            await ask(conn, "1001", f"+9190000000{n}0", NOW - timedelta(minutes=6 - n))
    await bench.bell().look()
    [alarm] = await open_alarms(bench.pool, "cell1")
    assert (alarm.kind, alarm.value) == (AlarmKind.DIALLING_CUT_OFF, 1)
    assert await bench.messages() == ["alarm_raised"]
    await bench.bell().look()
    async with bench.pool.acquire() as conn:
        await lift(conn, "1001", by="supervisor:12", now=NOW)
    bench.now += SECOND
    await bench.bell().look()
    assert await open_alarms(bench.pool, "cell1") == []
    assert await bench.messages() == ["alarm_raised", "alarm_cleared"]


async def test_a_complaint_that_the_clock_cannot_move_is_an_alarm_until_it_goes(
    bench: Bench,
) -> None:
    await load(bench.pool, REFERENCE)
    world = World(bench.pool)
    complaint = await world.complaint((await world.register()).complaint_id)
    rule = AlarmRule(
        kind=AlarmKind.DEADLINES_STUCK, threshold=0, raise_after=0 * SECOND, clear_after=0 * SECOND
    )
    bell = bench.bell(rules=(rule,))
    await bell.look()
    assert await open_alarms(bench.pool, "cell1") == []
    await bench.pool.execute(
        "insert into deadline_fault values ($1, 'overdue', $2, 1, $2, $2, $2, 'x')",
        *(complaint["id"], complaint["due_at"]),
    )
    await bell.look()
    [alarm] = await open_alarms(bench.pool, "cell1")
    assert (alarm.kind, alarm.value) == (AlarmKind.DEADLINES_STUCK, 1)
    await world.dispose(complaint["number"])  # there is no such deadline any more
    await bell.look()
    assert await open_alarms(bench.pool, "cell1") == []
    assert await bench.messages() == ["alarm_raised", "alarm_cleared"]


async def test_a_telephone_that_tries_pins_of_officers_is_an_alarm_until_it_leaves_off(
    bench: Bench,
) -> None:
    await bench.pool.execute("truncate guess_limit")
    rule = AlarmRule(
        kind=AlarmKind.PINS_GUESSED, threshold=0, raise_after=0 * SECOND, clear_after=0 * SECOND
    )
    for n in range(12):
        await pins.verify(
            *(bench.pool, f"+9194000000{n}0", "748201", bench.now, Passwords(CHEAP)),
            calling="+915222200000",
        )
    await bench.bell(rules=(rule,)).look()
    [alarm] = await open_alarms(bench.pool, "cell1")
    assert (alarm.kind, alarm.value) == (AlarmKind.PINS_GUESSED, 1)
    bench.now += timedelta(minutes=21)
    await bench.bell(rules=(rule,)).look()
    assert await open_alarms(bench.pool, "cell1") == []
    assert await bench.messages() == ["alarm_raised", "alarm_cleared"]


async def test_another_cells_telephone_is_not_this_cells_alarm(bench: Bench) -> None:
    await bench.pool.execute("truncate dial_rule, dial_request, dial_cut_off")
    await bench.pool.execute("insert into agent values ('2999', 'x', 'cell2', '{}')")
    async with bench.pool.acquire() as conn:
        for n in range(6):
            await ask(conn, "2999", f"+9190000000{n}0", NOW)
    await bench.bell().look()
    assert await open_alarms(bench.pool, "cell1") == []


async def test_a_trunk_that_refuses_the_dialer_is_an_alarm_of_its_cell_until_it_carries_again(
    bench: Bench,
) -> None:
    rule = AlarmRule(
        kind=AlarmKind.TRUNK_REFUSES, threshold=0, raise_after=0 * SECOND, clear_after=0 * SECOND
    )
    began = "insert into trunk_refusal (cell, began_at, seen_at, probed_at) values ($1, $2, $2, $2)"
    await bench.pool.execute(began, "cell2", NOW)
    await bench.bell(rules=(rule,)).look()
    assert await open_alarms(bench.pool, "cell1") == []
    await bench.pool.execute(began, "cell1", NOW)
    await bench.bell(rules=(rule,)).look()
    [alarm] = await open_alarms(bench.pool, "cell1")
    assert (alarm.kind, alarm.queue) == (AlarmKind.TRUNK_REFUSES, "")
    await bench.pool.execute("update trunk_refusal set ended_at = $1", NOW + SECOND)
    await bench.bell(rules=(rule,)).look()
    assert await open_alarms(bench.pool, "cell1") == []


async def test_messages_that_could_not_be_sent_are_an_alarm_for_a_day(
    bench: Bench, world: World
) -> None:
    rule = AlarmRule(
        kind=AlarmKind.MESSAGES_HELD, threshold=0, raise_after=0 * SECOND, clear_after=0 * SECOND
    )
    await world.register()
    await bench.bell(rules=(rule,)).look()
    assert await open_alarms(bench.pool, "cell1") == []  # they wait, and nothing has failed
    held = "update notification set held_at = $1, next_attempt_at = null, last_error = 'no'"
    await bench.pool.execute(held, bench.now)
    await bench.bell(rules=(rule,)).look()
    [alarm] = await open_alarms(bench.pool, "cell1")
    assert (alarm.kind, alarm.value > 0) == (AlarmKind.MESSAGES_HELD, True)
    bench.now += timedelta(days=1)
    await bench.bell(rules=(rule,)).look()
    assert await open_alarms(bench.pool, "cell1") == []


async def test_what_stands_is_listed_however_many_came_after_it(bench: Bench) -> None:
    put = (
        "insert into alarm (id, cell, kind, queue, threshold, value, raised_at, cleared_at)"
        " values (gen_random_uuid(), 'cell1', 'waiting', 'helpline-hi', 10, $1, $2, $3)"
    )
    await bench.pool.execute(put, 0, NOW, None)
    for n in range(1, 4):
        at = NOW + n * SECOND
        await bench.pool.execute(put, n, at, at)
    assert [one.value for one in await latest(bench.pool, 2, None)] == [0, 3, 2]
    assert [one.value for one in await latest(bench.pool, 2, ["helpline-hi"])] == [0, 3, 2]
    assert await latest(bench.pool, 2, ["helpline-en"]) == []


async def test_an_alarm_is_acknowledged_once_and_within_ones_queues(bench: Bench) -> None:
    await bench.looks(bench.bell(), 8, waiting=12)
    [alarm] = await open_alarms(bench.pool, "cell1")
    with pytest.raises(ConflictError):
        await acknowledge(bench.pool, alarm.id, "user:3", ["helpline-en"], NOW)
    done = await asyncio.gather(
        *(acknowledge(bench.pool, alarm.id, f"user:{n}", None, NOW) for n in range(4)),
        return_exceptions=True,
    )
    assert sum(one is None for one in done) == 1
    assert [one.id for one in await latest(bench.pool, 10, ["helpline-en"])] == []


async def test_an_alarm_reaches_the_webhook_signed_and_once(bench: Bench) -> None:
    await bench.looks(bench.bell(), 8, waiting=12)
    secret = b"a secret of the tests"
    options = DeliveryOptions(retry=RetryRule((SECOND,)), send_seconds=5, idle_seconds=0.02)
    async with Gateway() as gateway:
        driver = Webhook(gateway.url, secret, lambda: bench.now, timeout=5)
        worker = Delivery(bench.pool, Channel.WEBHOOK, driver, lambda: bench.now, options)
        task = asyncio.create_task(worker.run())
        await eventually(lambda: worker.counts.sent == 1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await driver.close()
        [told], [headers] = gateway.seen, gateway.headers
    assert (told["kind"], told["to"]) == ("alarm_raised", "supervisors")
    body = json.dumps(told, ensure_ascii=False).encode()
    assert headers["Helpline-Signature"] == signature(secret, headers["Helpline-Timestamp"], body)


async def test_a_silent_cell_is_an_alarm_of_that_cell_until_it_speaks(bench: Bench) -> None:
    bell = bench.bell()
    bench.unheard = {"cell2": 14.0}
    await bell.look()
    assert await open_alarms(bench.pool, "cell1") == []
    bench.unheard = {"cell2": 65.0}
    await bell.look()
    [alarm] = await open_alarms(bench.pool, "cell1")
    assert (alarm.kind, alarm.cell, alarm.queue) == (AlarmKind.CELL_SILENT, "cell2", "")
    [on_board] = bell.standing()
    assert (on_board["cell"], on_board["shown"]) == ("cell2", "1:05")
    bench.unheard = {"cell2": 0.5}
    await bench.looks(bell, 4, waiting=0)
    assert bell.standing() == []
    assert await bench.messages() == ["alarm_raised", "alarm_cleared"]
    body = await bench.pool.fetchval("select body from notification where kind = 'alarm_raised'")
    assert "(cell2)" in body


async def test_who_cannot_listen_does_not_say_that_others_are_silent_or_speak(
    bench: Bench,
) -> None:
    bell = bench.bell()
    bench.unheard = {"cell2": 65.0}
    await bell.look()
    bench.unheard = None
    await bench.looks(bell, 4, waiting=0)
    await bench.looks(bench.bell(), 4, waiting=0)  # nor after a restart
    assert await bench.messages() == ["alarm_raised"]
    bench.unheard = {}  # the cell was forgotten for good
    await bench.looks(bell, 4, waiting=0)
    assert await bench.messages() == ["alarm_raised", "alarm_cleared"]


async def test_every_kind_can_be_an_alarm_and_have_a_limit(bench: Bench) -> None:
    for kind in AlarmKind:
        await raise_alarm(bench.pool, "cell1", Thing(kind, ""), 0, 1, NOW, about="-", tell=False)
        limit = SetLimit(
            kind=kind, queue="*", threshold=1, why="x", set_by="operator:x", set_at=NOW
        )
        await set_limit(bench.pool, limit)
        assert rule_for(AlarmOptions().as_rules(), Thing(kind, "q")) is not None
    await bench.pool.execute("truncate alarm_limit")


@pytest.mark.parametrize(
    ("kind", "rows"), [(AlarmKind.ROWS_KEPT, "kept"), (AlarmKind.ROWS_LOST, "lost")]
)
async def test_rows_that_are_not_in_the_database_are_an_alarm_until_they_are_gone(
    bench: Bench, kind: AlarmKind, rows: str
) -> None:
    rule = AlarmRule(kind=kind, threshold=0, raise_after=0 * SECOND, clear_after=0 * SECOND)
    setattr(bench, rows, 3)
    bell = bench.bell(rules=(rule,))
    await bell.look()
    [alarm] = await open_alarms(bench.pool, "cell1")
    assert (alarm.kind, alarm.value) == (kind, 3)
    setattr(bench, rows, 0)
    await bell.look()
    assert await open_alarms(bench.pool, "cell1") == []


async def test_a_disk_that_is_nearly_full_is_an_alarm_by_the_settings_rule(bench: Bench) -> None:
    rules = [one for one in AlarmOptions().as_rules() if one.kind is AlarmKind.DISK_FULL]
    bell = bench.bell(rules=tuple(rules))
    bench.disk = 0.86
    await bench.looks(bell, 8, waiting=0)
    [alarm] = await open_alarms(bench.pool, "cell1")
    assert (alarm.kind, alarm.value) == (AlarmKind.DISK_FULL, 0.86)
    assert [one["shown"] for one in bell.standing()] == ["86%"]
    bench.disk = None  # a disk that does not answer has not been cleared
    await bench.looks(bell, 8, waiting=0)
    assert len(await open_alarms(bench.pool, "cell1")) == 1
    bench.disk = 0.85
    await bench.looks(bell, 8, waiting=0)
    assert await open_alarms(bench.pool, "cell1") == []
