"""Several cells on one database: one wallboard; a command goes to the cell that has the agent."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiohttp import ClientWebSocketResponse

from calls.reporting import Facts, Group, Line, summed
from cti import cell_link
from cti.alarms import AlarmKind, AlarmRule
from cti.board import queue_figures
from cti.cells import CellState, Word, heard, is_silent, merged
from cti.errors import NotNowError
from cti.queue_titles import title_of, titled
from cti.supervising import Supervisor, as_json, from_json
from db.ids import new_id
from db.pool import Pool
from db.statements import statements
from helpline.clock import ManualClock, system_clock
from tests.cti.fake_ami import FakeAmi
from tests.cti.room import Room, ask, opened, receive
from tests.cti.streams import AT, citizen_leg, event
from tests.cti.test_supervising import ALL, DIRECTORY, HINDI, FakeSupervisors, members

pytestmark = pytest.mark.timeout(120)
SECOND = timedelta(seconds=1)
ALARM = AlarmRule(kind=AlarmKind.WAITING, threshold=0, raise_after=timedelta(0))
FAR = "2001"
"""An agent of the second cell."""


@dataclass
class Centre:
    here: Room
    there: Room
    clock: ManualClock

    async def page(self, who: str = "all") -> ClientWebSocketResponse:
        """The first board is still to be read."""
        headers = {"X-Supervisor": who}
        return await self.here.client.ws_connect("/supervisor/socket", headers=headers)

    async def newest(
        self, page: ClientWebSocketResponse, fits: Callable[[dict[str, Any]], bool]
    ) -> dict[str, Any]:
        """A board that is so."""
        async with asyncio.timeout(20):
            while True:
                told: dict[str, Any] = await page.receive_json()
                if told["type"] == "board" and fits(told):
                    return told


@pytest.fixture
async def centre(pool: Pool) -> AsyncIterator[Centre]:
    async with two_cells(pool) as found:
        yield found


@asynccontextmanager
async def two_cells(pool: Pool, ahead: timedelta = timedelta(0)) -> AsyncIterator[Centre]:
    """Two whole cells, each with an Asterisk of its own; the other's clock is `ahead` of ours."""
    await pool.execute("truncate alarm, supervisor_action cascade")
    known, clock = FakeSupervisors(), ManualClock(AT)
    async with (
        opened(pool, supervisors=known, directory=DIRECTORY, now=clock) as here,
        opened(
            pool, FakeAmi(), cell="cell2", directory=DIRECTORY, supervisors=known,
            alarms=(ALARM,), now=lambda: clock() + ahead,
        ) as there,
    ):  # fmt: skip
        yield Centre(here, there, clock)


async def falls_silent(centre: Centre) -> None:
    """Its link to the database is gone, so that nothing else of it ends; a word that was on its way
    may still arrive.
    """
    centre.there.database.away = True
    async with asyncio.timeout(20):
        while not all(is_silent(word, centre.clock()) for word in centre.here.cti.cells.words()):
            centre.clock.advance(timedelta(seconds=6))
            await asyncio.sleep(0.3)


async def waits(room: Room, queue: str = "helpline-hi") -> None:
    leg = citizen_leg(f"lab1-{uuid4().int % 10_000}.1", call=uuid4(), number="9811111111")
    await room.asterisk_says(
        event("Newchannel", **leg), event("QueueCallerJoin", **leg, queue=queue)
    )


def cell(told: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in told["cells"] if one["name"] == name)
    return found


def state_of(told: dict[str, Any], name: str) -> str | None:
    """None: no word of it has come yet."""
    return next((one["state"] for one in told["cells"] if one["name"] == name), None)


def both_up(told: dict[str, Any]) -> bool:
    """A cell is known before its first word."""
    return [state_of(told, name) for name in ("cell1", "cell2")] == ["up", "up"]


async def test_one_wallboard_shows_the_sum_of_all_cells_and_each_by_itself(
    centre: Centre,
) -> None:
    await receive(await centre.here.page("1001"), "hello")
    await receive(await centre.there.page(FAR), "hello")
    await members(centre.here, ("helpline-hi", "1001"))
    await members(centre.there, ("helpline-hi", FAR))
    await waits(centre.here)
    await waits(centre.there)
    await waits(centre.there, "helpline-en")
    told = await centre.newest(
        await centre.page(),
        lambda one: (
            sum(queue["waiting"] for queue in one["queues"].values()) == 3
            and len(one["agents"]) == 2
        ),
    )
    assert told["queues"]["helpline-hi"]["waiting"] == 2
    assert told["queues"]["helpline-hi"]["agents"] == 2
    assert told["by_status"] == {"ready": 2}
    assert {agent["agent"]: agent["cell"] for agent in told["agents"]} == {
        "1001": "cell1", FAR: "cell2",
    }  # fmt: skip
    assert cell(told, "cell1")["queues"]["helpline-hi"]["waiting"] == 1
    assert cell(told, "cell2")["queues"]["helpline-en"]["waiting"] == 1
    assert [one["state"] for one in told["cells"]] == ["up", "up"]
    assert (told["trunk_channels"], told["trunk_limit"]) == (3, 240)  # one trunk for all
    alarmed = await centre.newest(await centre.page(), lambda one: len(one["alarms"]) == 2)
    assert {one["cell"] for one in alarmed["alarms"]} == {"cell2"}


async def test_a_cell_that_fell_silent_is_said_and_in_no_sum(pool: Pool) -> None:
    async with two_cells(pool) as centre:
        await members(centre.there, ("helpline-hi", FAR))
        await waits(centre.there)
        page = await centre.page()
        await centre.newest(page, lambda one: "waiting" in one["queues"].get("helpline-hi", {}))
        await falls_silent(centre)
        (last,) = centre.here.cti.cells.words()
        told = await centre.newest(page, lambda one: state_of(one, "cell2") == "silent")
        silent = cell(told, "cell2")
        assert last.heard_at is not None
        assert silent["since"] == last.heard_at.isoformat()
        assert (silent["queues"], silent["calls"]) == ({}, None)
        assert told["agents"] == []
        assert told["queues"].get("helpline-hi", {"waiting": 0})["waiting"] == 0
        centre.there.database.away = False
        back = await centre.newest(page, lambda one: state_of(one, "cell2") == "up")
        assert back["queues"]["helpline-hi"]["waiting"] == 1


async def test_a_cell_that_was_forgotten_while_it_serves_is_there_again(
    centre: Centre, pool: Pool
) -> None:
    page = await centre.page()
    await centre.newest(page, both_up)
    call_id = new_id(AT)
    await pool.execute(
        "insert into call (id, cell, direction, started_at) values ($1, 'cell2', 'inbound', $2)",
        *(call_id, AT),
    )
    now = centre.clock()
    found = await statements().cells_forget(
        pool, cell="cell2", spoke_before=now - timedelta(minutes=1), now=now
    )
    assert (found["name"], found["dead"], found["ended"]) == ("cell2", False, 0)
    assert await pool.fetchval("select ended_at from call where id = $1", call_id) is None
    async with asyncio.timeout(20):
        while await pool.fetchval("select count(*) from cell where name = 'cell2'") == 0:
            await asyncio.sleep(0.1)
    # The first page may have seen no board without it, and is then not told again.
    told = await centre.newest(await centre.page(), both_up)
    assert cell(told, "cell2")["state"] == "up"


async def test_two_cells_raise_one_alarm_about_a_third_that_fell_silent(pool: Pool) -> None:
    await pool.execute("truncate alarm cascade")
    clock = ManualClock(AT)
    now = timedelta(0)
    silent = AlarmRule(
        kind=AlarmKind.CELL_SILENT, threshold=15, raise_after=now, clear_after=2 * SECOND
    )
    rules, known = (silent,), FakeSupervisors()
    async with (
        opened(pool, supervisors=known, alarms=rules, tell_alarms=True, now=clock) as here,
        opened(pool, cell="cell2", alarms=rules, tell_alarms=True, now=clock) as there,
        opened(pool, cell="cell3", alarms=rules, tell_alarms=True, now=clock) as third,
    ):
        centre = Centre(here, there, clock)
        page = await centre.page()
        await centre.newest(page, lambda one: len(one["cells"]) == 3)
        there.database.away = True
        await spoken(centre, lambda: bool(here.cti.alarms.standing()), seconds=1)
        told = await centre.newest(page, lambda one: bool(one["alarms"]))
        assert [(one["kind"], one["cell"]) for one in told["alarms"]] == [("cell_silent", "cell2")]
        await spoken(centre, lambda: bool(third.cti.alarms.standing()), seconds=1)
        assert await pool.fetchval("select count(*) from alarm") == 1
        assert here.cti.alarms.standing()[0]["id"] == third.cti.alarms.standing()[0]["id"]
        there.database.away = False
        await spoken(centre, lambda: not here.cti.alarms.standing(), seconds=1)
        kinds = await pool.fetch("select kind from notification where alarm_id is not null")
        assert sorted(row["kind"] for row in kinds) == ["alarm_cleared", "alarm_raised"]
        assert await pool.fetchval("select count(*) from alarm") == 1
    await pool.execute("truncate alarm cascade")


async def spoken(centre: Centre, so: Callable[[], bool], *, seconds: int) -> None:
    """Time goes on in steps that each cell has time to speak in, until it is so."""
    async with asyncio.timeout(60):
        while not so():
            centre.clock.advance(timedelta(seconds=seconds))
            await asyncio.sleep(0.4)


async def test_a_cell_without_its_asterisk_says_so_itself(centre: Centre) -> None:
    page = await centre.page()
    for session in centre.there.server.sessions:
        session.cut()
    await centre.there.server.stop()
    told = await centre.newest(page, lambda one: state_of(one, "cell2") == "no_link")
    assert (told["in_step"], cell(told, "cell1")["state"]) == (False, "up")


async def test_a_command_is_carried_out_by_the_cell_that_has_the_agent(
    centre: Centre, pool: Pool
) -> None:
    agent = await centre.there.page(FAR)
    await receive(agent, "hello")
    await members(centre.there, ("helpline-hi", FAR))
    page = await centre.page("hindi")
    assert (await ask(page, "force_pause", agent=FAR, reason="शोर"))["ok"]
    assert centre.there.cti.presence.wanted(FAR) == "forced"
    rows = await pool.fetch("select actor, action, target, reason from supervisor_action")
    assert [tuple(row) for row in rows] == [(HINDI.actor, "force_pause", f"agent:{FAR}", "शोर")]
    assert (await ask(page, "force_ready", agent=FAR, reason="लौट आए"))["ok"]
    assert (await ask(page, "help", agent=FAR, text="हाँ"))["ok"]
    (told,) = await receive(agent, "help")
    assert told["from"] == f"supervisor:{HINDI.name}"
    assert (await ask(page, "force_sign_out", agent=FAR, reason="घर"))["ok"]
    assert FAR not in centre.there.desk.serving()


@pytest.mark.parametrize("minutes", [5, -5])
async def test_a_command_is_carried_out_whatever_the_other_machines_clock_says(
    pool: Pool, minutes: int
) -> None:
    async with two_cells(pool, timedelta(minutes=minutes)) as centre:
        await receive(await centre.there.page(FAR), "hello")
        await members(centre.there, ("helpline-hi", FAR))
        answer = await ask(await centre.page(), "force_pause", agent=FAR, reason="शोर")
        assert answer["ok"], answer


async def test_the_other_cell_asks_the_rights_over_its_queues(centre: Centre) -> None:
    await receive(await centre.there.page(FAR), "hello")
    await members(centre.there, ("helpline-hi", FAR))
    page = await centre.page("english")
    answer = await ask(page, "force_pause", agent=FAR, reason="क्यों")
    assert (answer["ok"], answer["reason"]) == (False, {"code": "not_your_queue"})
    answer = await ask(page, "force_pause", agent=FAR, reason=" ")
    assert answer["ok"] is False


async def test_who_wants_to_listen_is_told_which_wallboard_to_open(centre: Centre) -> None:
    await receive(await centre.there.page(FAR), "hello")
    page = await centre.page()
    await centre.newest(page, both_up)
    answer = await ask(page, "listen", agent=FAR, phone="1009", reason="क्यों")
    assert (answer["ok"], answer["cell"], answer["url"]) == (
        False, "cell2", "https://cell2.example",
    )  # fmt: skip
    assert answer["reason"] == {"code": "other_cell"}


async def test_a_broadcast_reaches_the_agents_of_all_cells(centre: Centre) -> None:
    pages = [await centre.here.page("1001"), await centre.there.page(FAR)]
    for agent in pages:
        await receive(agent, "hello")
    await members(centre.here, ("helpline-hi", "1001"))
    await members(centre.there, ("helpline-hi", FAR))
    page = await centre.page()
    await centre.newest(page, lambda one: len(one["agents"]) == 2)
    assert (await ask(page, "broadcast", queue="helpline-hi", text="बाढ़"))["ok"]
    for agent in pages:
        (told,) = await receive(agent, "broadcast")
        assert told["text"] == "बाढ़"


async def test_a_question_of_another_cells_agent_is_taken_here_and_their_page_is_told(
    centre: Centre,
) -> None:
    agent = await centre.there.page(FAR)
    await receive(agent, "hello")
    await members(centre.there, ("helpline-hi", FAR))
    page = await centre.page("hindi")
    assert (await ask(agent, "help", text="क्या करें?"))["ok"]
    told = await centre.newest(page, lambda one: one["questions"] != [])
    assert [(one["agent"], one["cell"]) for one in told["questions"]] == [(FAR, "cell2")]
    assert (await ask(page, "help_take", agent=FAR, seen=""))["ok"]
    assert (await ask(page, "help", agent=FAR, text="दर्ज कीजिए"))["ok"]
    assert (await ask(page, "help_close", agent=FAR))["ok"]
    heard = await receive(agent, "help", "help", "help")
    assert [(one["kind"], one["from"]) for one in heard] == [
        ("taken", "supervisor:मीना"), ("said", "supervisor:मीना"), ("closed", "supervisor:मीना"),
    ]  # fmt: skip
    await centre.newest(page, lambda one: one["questions"] == [])


async def test_a_silent_cells_question_is_closed_and_its_agents_read_a_notice_when_back(
    pool: Pool,
) -> None:
    async with two_cells(pool) as centre:
        agent = await centre.there.page(FAR)
        await receive(agent, "hello")
        assert (await ask(agent, "help", text="क्या करें?"))["ok"]
        page = await centre.page()
        await centre.newest(page, lambda one: one["questions"] != [] and len(one["cells"]) == 2)
        await falls_silent(centre)
        assert (await ask(page, "help_close", agent=FAR))["ok"]
        assert (await ask(page, "broadcast", queue="helpline-hi", text="बाढ़"))["ok"] is False
        centre.there.database.away = False
        assert [one["text"] for one in (await ask(agent, "notices"))["notices"]] == ["बाढ़"]
        told = (await ask(agent, "help_history"))["messages"]
        assert [one["kind"] for one in told] == ["said", "closed"]


async def test_a_broadcast_to_several_cells_is_written_once(centre: Centre) -> None:
    page = await centre.page()
    await centre.newest(page, both_up)
    forged = str(uuid4())
    answer = await ask(page, "broadcast", queue="helpline-hi", text="बाढ़", notice=forged)
    assert answer["ok"], answer
    assert await centre.here.pool.fetchval("select count(*) from notice") == 1
    assert await centre.here.pool.fetchval("select count(*) from supervisor_action") == 1


async def test_a_broadcast_names_the_cell_that_was_not_told(pool: Pool) -> None:
    async with two_cells(pool) as centre:
        page = await centre.page()
        await centre.newest(page, both_up)
        await falls_silent(centre)
        answer = await ask(page, "broadcast", queue="helpline-hi", text="बाढ़")
        assert (answer["ok"], answer["cell"]) == (False, "cell2")
        assert answer["reason"] == {"code": "not_told_everywhere"}


async def test_what_is_not_taken_in_time_is_never_done(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cell_link, "_ANSWERED_WITHIN", 0.5)
    async with two_cells(pool) as centre:
        await receive(await centre.there.page(FAR), "hello")
        await members(centre.there, ("helpline-hi", FAR))
        page = await centre.page()
        centre.there.database.away = True
        answer = await ask(page, "force_pause", agent=FAR, reason="क्यों")
        assert (answer["ok"], answer["reason"]) == (False, {"code": "cell_did_not_take"})
        centre.there.database.away = False
        await centre.there.cti.cells.take()
        assert await pool.fetchval("select count(*) from supervisor_action") == 0


async def test_what_was_taken_and_not_answered_is_told_as_unknown(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other process is killed while it carries it out."""
    monkeypatch.setattr(cell_link, "_ANSWERED_WITHIN", 0.2)
    cells, taken = centre.here.cti.cells, asyncio.Event()
    send = cells._send

    async def hangs(_who: object, _asked: object) -> dict[str, Any]:
        taken.set()
        await asyncio.sleep(60)
        return {}

    async def sent_and_taken(*command: Any) -> UUID:
        id = await send(*command)
        await asyncio.wait_for(taken.wait(), 10)
        return id

    centre.there.cti.cells.carry_out = hangs
    monkeypatch.setattr(cells, "_send", sent_and_taken)
    with pytest.raises(NotNowError, match="cell_did_not_say"):
        await cells.ask("cell2", ALL, {"type": "help", "id": 1})


async def test_a_cell_that_takes_nothing_is_not_buried_in_commands(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cell_link, "_MOST_WAITING", 2)
    monkeypatch.setattr(cell_link, "_ANSWERED_WITHIN", 0.3)
    async with two_cells(pool) as centre:
        cells = centre.here.cti.cells
        asked = [cells.ask("cell9", ALL, {"type": "help", "id": n}) for n in range(4)]
        done = await asyncio.gather(*asked, return_exceptions=True)
        assert all(isinstance(one, NotNowError) for one in done)
        assert await pool.fetchval("select count(*) from cell_command") == 0


async def test_the_question_of_an_agent_reaches_the_wallboards_of_other_cells(
    centre: Centre,
) -> None:
    agent = await centre.there.page(FAR)
    await receive(agent, "hello")
    await members(centre.there, ("helpline-hi", FAR))
    page, others = await centre.page("hindi"), await centre.page("english")
    await centre.newest(page, lambda one: len(one["agents"]) == 1)
    assert (await ask(agent, "help", text="क्या करूँ?"))["ok"]
    seen = []
    async with asyncio.timeout(20):
        while (told := await page.receive_json())["type"] != "help":
            pass
    assert (told["agent"], told["text"]) == (FAR, "क्या करूँ?")
    await asyncio.sleep(0.5)  # several words later it has been told once
    for one in (page, others):
        await one.send_json({"type": "ping"})
        while (told := await one.receive_json(timeout=20))["type"] != "pong":
            seen.append(told["type"])
    assert "help" not in seen


@asynccontextmanager
async def second_process(url: str) -> AsyncIterator[asyncio.subprocess.Process]:
    root = Path(__file__).parents[2]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.cti.second_cell", url,
        cwd=root, env={**os.environ, "PYTHONPATH": str(root)}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        async with asyncio.timeout(60):
            while await process.stdout.readline() != b"ready\n":
                assert process.returncode is None
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def test_a_cell_in_another_process_is_seen_obeys_and_is_missed_when_it_is_killed(
    pool: Pool, postgres_url: str
) -> None:
    await pool.execute("truncate supervisor_action")
    known = FakeSupervisors()
    async with (
        opened(pool, supervisors=known, directory=DIRECTORY, now=system_clock) as room,
        second_process(postgres_url) as other,
    ):
        centre = Centre(room, room, ManualClock(AT))
        page = await centre.page()
        told = await centre.newest(page, lambda one: one["by_status"] == {"ready": 1})
        assert [agent["cell"] for agent in told["agents"]] == ["cell2"]
        assert (await ask(page, "force_pause", agent=FAR, reason="शोर"))["ok"]
        row = await pool.fetchrow("select action, target from supervisor_action")
        assert tuple(row or ()) == ("force_pause", f"agent:{FAR}")
        other.kill()
        await other.wait()
        told = await centre.newest(page, lambda one: state_of(one, "cell2") == "silent")
        assert told["agents"] == []
        assert cell(told, "cell2")["since"] is not None
        answer = await ask(page, "broadcast", queue="helpline-hi", text="बाढ़")
        assert (answer["ok"], answer["cell"]) == (False, "cell2")


def row(word: int | None, at: int = 0) -> dict[str, Any]:
    return {"cell": "b", "url": "", "word": word, "at": AT + at * SECOND, "board": {}}


def test_silence_is_measured_by_our_own_clock() -> None:
    ahead = heard(None, row(1, at=300), AT)  # the other machine's clock is five minutes ahead
    assert ahead.heard_at == AT
    assert not is_silent(ahead, AT + 4 * SECOND)
    assert is_silent(heard(ahead, row(1, at=300), AT + 9 * SECOND), AT + 9 * SECOND)
    spoke = heard(ahead, row(2, at=301), AT + 8 * SECOND)
    assert not is_silent(spoke, AT + 9 * SECOND)


def test_who_was_silent_before_we_began_is_silent_since_then() -> None:
    old = heard(None, row(7, at=-3600), AT)
    assert is_silent(old, AT)
    assert old.heard_at == AT - 3600 * SECOND


def test_a_cell_that_never_spoke_is_silent_too() -> None:
    never = heard(None, {**row(None), "board": None}, AT)
    assert (never.heard_at, is_silent(never, AT)) == (None, True)


def test_figures_of_the_last_half_hour_are_in_the_sum_though_the_cell_is_silent() -> None:
    line = Line()
    line.count(Group(facts=Facts(True, False, True, "agent_answered", False), calls=4, in_time=3))
    own = {
        "type": "board", "at": AT.isoformat(), "in_step": True, "queues": {}, "agents": [],
        "by_status": {}, "calls": 0, "trunk_channels": 0, "trunk_limit": None, "alarms": [],
    }  # fmt: skip
    word = Word(cell="b", url="", number=1, heard_at=AT, board={})
    told = merged(own, "a", [word], {"helpline-hi": line}, AT + 60 * SECOND)
    assert told["queues"]["helpline-hi"]["answered"] == 4
    assert told["cells"][1]["state"] is CellState.SILENT


def test_the_service_level_of_several_queues_can_be_told_from_the_board() -> None:
    """Calls in progress, short abandons and answers that nobody saw weigh nothing, as in the
    report.
    """
    ten, rest = Line(), Line()
    ten.count(Group(facts=Facts(True, False, True, "agent_answered", False), calls=10, in_time=10))
    ten.count(Group(facts=Facts(False, False, False, None, False), calls=80))
    short = Facts(False, False, True, "queue_abandoned", False)
    ten.count(Group(facts=short, calls=10, short=10))
    rest.count(Group(facts=Facts(True, False, True, "agent_answered", False), calls=15, unseen=5))
    figures = [queue_figures(line) for line in (ten, rest)]
    level = sum(one["in_time"] for one in figures) / sum(one["decided"] for one in figures)
    assert level == summed([ten, rest]).service_level == 0.5


def test_every_queue_has_a_title_also_of_a_cell_that_is_silent_or_gone() -> None:
    own = {"titles": {"helpline-hi": {"hi": "हेल्पलाइन", "en": "Helpline"}}, "queues": {},
           "in_step": True, "agents": [], "by_status": {}, "calls": 0, "trunk_channels": 0,
           "trunk_limit": 1, "alarms": [], "at": ""}  # fmt: skip
    told = {"helpline-hi": {"hi": "और", "en": "other"}, "tax-hi": {"hi": "कर", "en": "Tax"}}
    silent = Word(cell="b", url="", number=1, heard_at=AT, board={"titles": told})
    board = merged(own, "a", [silent], {"schemes-en": Line()}, AT + 60 * SECOND)
    assert board["titles"] == {
        "helpline-hi": {"hi": "हेल्पलाइन", "en": "Helpline"},
        "tax-hi": {"hi": "कर", "en": "Tax"},
        "schemes-en": {"hi": "Schemes (अंग्रेज़ी)", "en": "Schemes (English)"},
    }


@pytest.mark.parametrize(
    ("name", "given", "hi", "en"),
    [
        ("helpline-hi", ("", ""), "Helpline (हिन्दी)", "Helpline (Hindi)"),
        ("land-records", ("", ""), "Land records", "Land records"),
        ("hi", ("", ""), "Hi", "Hi"),
        ("helpline-hi", ("हेल्पलाइन", ""), "हेल्पलाइन", "Helpline (Hindi)"),
        ("helpline-hi", ("हेल्पलाइन", "Help"), "हेल्पलाइन", "Help"),
    ],
)
def test_a_title_that_is_not_given_is_made_from_the_name(
    name: str, given: tuple[str, str], hi: str, en: str
) -> None:
    assert title_of(name, *given) == {"hi": hi, "en": en}
    assert titled({name: title_of(name, *given)}, name, "hi") == hi


def test_a_supervisor_is_the_same_in_the_other_cell() -> None:
    for one in (ALL, HINDI, Supervisor(actor="user:9", name="अ", phone="1009")):
        assert from_json(as_json(one)) == one
