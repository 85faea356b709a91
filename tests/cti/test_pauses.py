"""Pauses and wrap-ups over the page's socket, against a scripted Asterisk and a real database."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from aiohttp import ClientWebSocketResponse

from access import grants, users
from access.log import By
from access.rights import TENANT, Grant, Role
from cti.message import AmiEvent
from cti.supervising import of_token
from cti.supervisor.hearing import ListeningRights
from cti.why import Why
from db.pool import Pool
from db.statements import statements
from tests.cti.fake_ami import Action, FakeAmi, Session, eventually, one
from tests.cti.room import Room, ask, opened, receive, shows
from tests.cti.streams import AT, CALL, agent_leg, answered_call, both, citizen_leg, event


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
    await eventually(lambda: room.cti.presence.reasons)  # read at the start: none can be given yet
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
        assert state["wrap_up"] == {
            "call": str(CALL), "until": "2026-03-02T05:30:30+00:00", "extended": False,
        }  # fmt: skip
        assert (await ask(page, "extend_wrap_up"))["ok"]
        again = await ask(page, "extend_wrap_up")
        assert (again["ok"], again["reason"]) == (False, {"code": "wrap_up_extended"})
        clock = AT + timedelta(seconds=61)
        room.cti.presence.check("1001")
        await shows(page, status="ready")
        await room.written()
        kinds = [state for state, _, _ in await states(pool)]
        assert kinds == ["in_call", "ready", "ready", "ringing", "wrap_up"]


async def called_before(room: Room) -> UUID:
    """The recording of an earlier call, of another agent, from the number of `CALL`."""
    earlier, recording = uuid4(), uuid4()
    await room.open_call(earlier, age=600)
    await room.pool.execute(
        "update call set citizen_number = '+919876543210',"
        " ended_at = case id when $1 then started_at + interval '1 min' end,"
        " outcome = case id when $1 then 'agent_answered' end,"
        " agent_id = case id when $1 then '1002' end", earlier,
    )  # fmt: skip
    await room.pool.execute(
        "insert into recording (id, call_id, kind, cell, started_at, state, closed_at, sha256,"
        " seconds, channels, bytes, location) values ($1, $2, 'call', 'cell1', $3, 'stored', $3,"
        " $4, 12, 2, 1, 'x.wav')",
        *(recording, earlier, AT, "ab" * 32),
    )
    return recording


async def test_in_the_wrap_up_the_last_calls_of_its_citizen_are_heard(pool: Pool) -> None:
    await pool.execute("truncate app_user cascade")
    new = users.NewUser(sign_in_name="sita", display_name="सीता", agent_id="1001")
    sita = await users.add(pool, new, By("system:test", "test"), AT)
    await grants.grant(pool, sita.id, Grant(Role.AGENT, TENANT), By("system:test", "test"), AT)
    rights = ListeningRights(pool, lambda: AT)
    async with opened(pool, PausingAsterisk(), wrap_up={"helpline-hi": 30}) as room:
        await room.open_call(CALL)
        await pool.execute("update call set answered_at = started_at where id = $1", CALL)
        recording = await called_before(room)
        page = await seated(room)
        assert not await rights.may_listen(f"user:{sita.id}", recording)
        await room.asterisk_says(*answered_call())
        await shows(page, status="wrap_up")
        await room.written()
        assert await rights.may_listen(f"user:{sita.id}", recording)
        async with pool.acquire() as conn:
            told = await statements().listening_call_of_agent(conn, agent_id="1001")
        assert told == CALL  # it stands in the reason that is written down
        await ask(page, "end_wrap_up")
        await shows(page, status="ready")
        await room.written()
        assert not await rights.may_listen(f"user:{sita.id}", recording)


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


def rings_out(number: int) -> list[AmiEvent]:
    leg = agent_leg(number=number)
    return [
        both("AgentCalled", citizen_leg(), leg),
        both("AgentRingNoAnswer", citizen_leg(), leg, ringtime="5000"),
        event("Hangup", **leg, cause="0"),
    ]


async def test_who_lets_calls_ring_is_paused_is_told_and_comes_back_by_one_word(
    pool: Pool,
) -> None:
    asterisk = PausingAsterisk()
    async with opened(pool, asterisk, ring_outs={"helpline-hi": 2}) as room:
        await room.open_call(CALL)
        page = await seated(room)
        await room.asterisk_says(*answered_call()[:3], *rings_out(20))
        assert asterisk.pauses == []
        await room.asterisk_says(*rings_out(21))
        await shows(page, status="paused", reason="no_answer")
        assert (await ask(page, "ready"))["ok"]
        await shows(page, status="ready")
        await room.asterisk_says(*rings_out(22))
        await ask(page, "draft_load", call=str(CALL))  # whatever was sent before has come
        assert asterisk.pauses == ["no_answer", "-"]
        await room.asterisk_says(*rings_out(23))
        await shows(page, status="paused", reason="no_answer")


async def test_an_answered_call_ends_the_row_of_those_that_rang(pool: Pool) -> None:
    asterisk = PausingAsterisk()
    async with opened(pool, asterisk, ring_outs={"helpline-hi": 2}) as room:
        await room.open_call(CALL)
        page = await seated(room)
        talks = agent_leg(number=31, state="6")
        await room.asterisk_says(
            *answered_call()[:3], *rings_out(30),
            both("AgentConnect", citizen_leg(), talks), event("Hangup", **talks, cause="16"),
            *rings_out(32),
        )  # fmt: skip
        await shows(page, status="in_call")
        await shows(page, status="ready")
        await ask(page, "draft_load", call=str(CALL))
        assert asterisk.pauses == []


async def test_a_reason_that_is_given_is_named_and_cannot_be_chosen(pool: Pool) -> None:
    async with opened(pool, PausingAsterisk()) as room:
        await eventually(lambda: room.cti.presence.reasons)
        page = await room.page()
        (hello,) = await receive(page, "hello")
        assert [one["code"] for one in hello["our_pauses"]] == ["forced", "no_answer"]
        assert {"forced", "no_answer"}.isdisjoint(one["code"] for one in hello["pause_reasons"])
        for code in ("forced", "no_answer"):
            answer = await ask(page, "pause", reason=code)
            assert (answer["ok"], answer["reason"]) == (False, {"code": Why.NO_SUCH_PAUSE})


async def test_a_telephone_that_goes_is_shown_is_an_interval_and_is_gone_with_it(
    pool: Pool,
) -> None:
    async with opened(pool, PausingAsterisk()) as room:
        page = await seated(room)
        for status in ("5", "5", "1"):
            await room.asterisk_says(
                event(
                    "QueueMemberStatus", interface="PJSIP/1001", queue="helpline-hi", status=status
                )
            )
        await shows(page, status="unreachable")
        await shows(page, status="ready")
        await room.written()
        assert await states(pool) == [
            ("ready", "", False), ("ready", "", True), ("unreachable", "", True),
        ]  # fmt: skip


async def test_a_state_left_open_by_a_killed_server_ends_at_the_next_snapshot(pool: Pool) -> None:
    await pool.execute(
        "insert into agent_state values (gen_random_uuid(), '1002', 'ready', '', null, $1)",
        AT - timedelta(hours=1),
    )
    async with opened(pool, PausingAsterisk()) as room:
        await room.written()
        (row,) = await pool.fetch("select until_at from agent_state")
        assert row["until_at"] == AT


async def forced(room: Room, what: str = "force_pause") -> None:
    answer = await room.cti.supervision.answer(
        of_token("kavita"), {"type": what, "id": 1, "agent": "1001", "reason": "शोर"}
    )
    assert answer["ok"], answer


async def test_a_supervisors_pause_is_ended_by_a_supervisor_only(pool: Pool) -> None:
    async with opened(pool, PausingAsterisk()) as room:
        page = await seated(room)
        await forced(room)
        await shows(page, status="paused", reason="forced")
        for what, more in (("ready", {}), ("pause", {"reason": "meal"})):
            answer = await ask(page, what, **more)
            assert answer["reason"] == {"code": Why.PAUSED_BY_SUPERVISOR}, what
        assert room.cti.presence.wanted("1001") == "forced"
        await forced(room, "force_ready")
        await shows(page, status="ready")
        assert (await ask(page, "pause", reason="meal"))["ok"]


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize(("hours", "holds"), [(12.9, True), (13.1, False)])  # AT is 11:00 in India
async def test_signing_out_and_in_is_no_way_round_a_supervisors_pause_on_that_day(
    pool: Pool, restarted: bool, hours: float, holds: bool
) -> None:
    clock = AT

    def now() -> datetime:
        return clock

    async def out_and_in(room: Room) -> ClientWebSocketResponse:
        nonlocal clock
        clock = AT + timedelta(hours=hours)
        page = await room.page()
        await receive(page, "hello")
        await room.written()
        return page

    async with opened(pool, PausingAsterisk(), now=now) as room:
        page = await seated(room)
        await forced(room)
        await shows(page, status="paused")
        await page.send_json({"type": "sign_out"})
        await eventually(lambda: room.desk.signed_in == 0)
        await room.written()
        if not restarted:
            await out_and_in(room)
            assert (room.cti.presence.wanted("1001") == "forced") is holds
    if restarted:
        clock = AT + timedelta(hours=hours)
        async with opened(pool, PausingAsterisk(), now=now) as room:
            await eventually(lambda: room.cti.presence.reasons)
            await out_and_in(room)
            assert (room.cti.presence.wanted("1001") == "forced") is holds
    kept = "select pause_reason from agent_session where signed_out_at is null"
    assert await pool.fetchval(kept) == ("forced" if holds else None)
