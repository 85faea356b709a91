"""Pauses and wrap-ups over the page's socket, against a scripted Asterisk and a real database."""

import asyncio
from datetime import datetime, timedelta

from aiohttp import ClientWebSocketResponse

from cti.message import AmiEvent
from db.pool import Pool
from tests.cti.fake_ami import Action, FakeAmi, Session, eventually, one
from tests.cti.room import Room, ask, opened, receive, shows
from tests.cti.streams import AT, CALL, answered_call, event


def member(name: str = "QueueMemberAdded", paused: str = "0", reason: str = "") -> AmiEvent:
    return event(
        name, interface="PJSIP/1001", queue="helpline-hi", paused=paused, pausedreason=reason
    )


class PausingAsterisk(FakeAmi):
    """Does as it is told about pauses, and says so in an event."""

    def __init__(self) -> None:
        super().__init__(handler=self._pause)
        self.pauses: list[str] = []

    async def _pause(self, session: Session, action: Action) -> bool:
        if one(action, "action") != "QueuePause":
            return False
        on = one(action, "paused") == "true"
        self.pauses.append(one(action, "reason") if on else "-")
        await session.send(
            "Event: QueueMemberPause", "Queue: helpline-hi", "Interface: PJSIP/1001",
            f"Paused: {int(on)}", f"PausedReason: {one(action, 'reason')}",
        )  # fmt: skip
        return False


async def seated(room: Room) -> ClientWebSocketResponse:
    page = await room.page()
    await receive(page, "hello")
    await room.asterisk_says(member())
    await shows(page, status="ready")
    return page


async def states(pool: Pool) -> list[tuple[str, str, bool]]:
    """In no order: the clock of these tests stands."""
    rows = await pool.fetch("select * from agent_state")
    return sorted([(row["state"], row["reason"], row["until_at"] is not None) for row in rows])


async def test_a_pause_is_shown_when_asterisk_has_it_and_is_an_interval(pool: Pool) -> None:
    async with opened(pool, asterisk := PausingAsterisk()) as room:
        page = await seated(room)
        assert (await ask(page, "pause", reason="meal"))["ok"]
        await shows(page, status="paused", reason="meal")
        assert (await ask(page, "pause", reason="no such reason"))["ok"] is False
        assert (await ask(page, "ready"))["ok"]
        await shows(page, status="ready")
        assert asterisk.pauses == ["meal", "-"]
        await room.written()
        assert await states(pool) == [
            ("paused", "meal", True), ("ready", "", False), ("ready", "", True),
        ]  # fmt: skip


async def test_a_pause_undone_behind_our_back_is_set_again(pool: Pool) -> None:
    async with opened(pool, asterisk := PausingAsterisk()) as room:
        page = await seated(room)
        await ask(page, "pause", reason="meal")
        await shows(page, status="paused")
        await room.asterisk_says(member("QueueMemberPause"))
        await eventually(lambda: asterisk.pauses == ["meal", "meal"])


async def test_a_pause_outlives_our_restart_and_an_asterisk_that_forgot(pool: Pool) -> None:
    async with opened(pool, PausingAsterisk()) as room:
        page = await seated(room)
        await ask(page, "pause", reason="training")
        await shows(page, status="paused")
        await room.written()
    async with opened(pool, asterisk := PausingAsterisk()) as room:
        await eventually(lambda: asterisk.count("QueueAdd") == 1)
        (seat,) = [a for a in asterisk.actions if one(a, "action") == "QueueAdd"]
        assert one(seat, "paused") == "true"  # never rung between being seated and being paused
        await room.asterisk_says(member(paused="1"))
        await eventually(lambda: asterisk.pauses == ["training"])
        page = await room.page()
        (hello,) = await receive(page, "hello")
        assert (hello["state"]["status"], hello["state"]["next"]) == ("paused", "training")
        assert hello["pause_reasons"][0] == {"code": "break", "hi": "अवकाश", "en": "Break"}


async def test_after_a_call_the_agent_wraps_up_until_the_limit(pool: Pool) -> None:
    clock = AT

    def now() -> datetime:
        return clock

    asterisk = PausingAsterisk()
    async with opened(pool, asterisk, wrap_up={"helpline-hi": 30}, now=now) as room:
        await room.open_call(CALL)
        page = await seated(room)
        await room.asterisk_says(*answered_call())
        state = await shows(page, status="wrap_up")
        assert state["wrap_up"] == {"until": "2026-03-02T05:30:30+00:00", "extended": False}
        assert (await ask(page, "extend_wrap_up"))["ok"]
        again = await ask(page, "extend_wrap_up")
        assert (again["ok"], again["reason"]) == (False, {"code": "wrap_up_extended"})
        clock = AT + timedelta(seconds=61)
        room.cti.presence.check("1001")
        await shows(page, status="ready")
        await room.written()
        kinds = [state for state, _, _ in await states(pool)]
        assert kinds == ["in_call", "ready", "ready", "ringing", "wrap_up"]


async def test_the_wrap_up_may_be_ended_at_once(pool: Pool) -> None:
    async with opened(pool, PausingAsterisk(), wrap_up={"helpline-hi": 30}) as room:
        await room.open_call(CALL)
        page = await seated(room)
        await room.asterisk_says(*answered_call())
        assert (await ask(page, "end_wrap_up"))["ok"]
        await shows(page, status="ready")


async def test_a_wrap_up_is_prepared_in_the_call_so_that_no_other_queue_rings_in_between(
    pool: Pool,
) -> None:
    asterisk = PausingAsterisk()
    async with opened(pool, asterisk, wrap_up={"helpline-hi": 30}) as room:
        await room.open_call(CALL)
        page = await seated(room)
        events = answered_call()
        await room.asterisk_says(*events[:9])
        await eventually(lambda: asterisk.pauses == ["wrap_up"])
        await shows(page, status="in_call")
        await room.asterisk_says(*events[9:])
        await shows(page, status="wrap_up")
        assert asterisk.pauses == ["wrap_up"]


async def test_holding_is_shown_and_is_no_interval_of_its_own(pool: Pool) -> None:
    async with opened(pool, PausingAsterisk()) as room:
        await room.open_call(CALL)
        page = await seated(room)
        events = answered_call()
        await room.asterisk_says(*events[:9])
        talking = {k: v for k, v in events[6].fields.items() if k != "event"}
        await room.asterisk_says(event("Hold", **talking, call=str(CALL)))
        held = await shows(page, status="in_call", held=True)
        assert held["call"] == str(CALL)
        await room.asterisk_says(event("Unhold", **talking, call=str(CALL)))
        await shows(page, held=False)
        await room.written()
        assert [state for state, _, _ in await states(pool)] == ["in_call", "ready", "ringing"]


async def test_who_talks_is_not_signed_out_by_a_lost_network(pool: Pool) -> None:
    async with opened(pool, PausingAsterisk(), grace=0.05) as room:
        await room.open_call(CALL)
        page = await seated(room)
        events = answered_call()
        await room.asterisk_says(*events[:9])
        await page.close()
        await eventually(lambda: room.desk.connected == 0)
        await asyncio.sleep(0.3)  # six times the grace
        assert room.desk.signed_in == 1
        await room.asterisk_says(*events[9:])
        await eventually(lambda: room.desk.signed_in == 0)


async def test_a_state_left_open_by_a_killed_server_ends_at_the_next_snapshot(pool: Pool) -> None:
    await pool.execute(
        "insert into agent_state values (gen_random_uuid(), '1002', 'ready', '', null, $1)",
        AT - timedelta(hours=1),
    )
    async with opened(pool, PausingAsterisk()) as room:
        await room.written()
        (row,) = await pool.fetch("select until_at from agent_state")
        assert row["until_at"] == AT
