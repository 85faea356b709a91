"""An agent answered, the call is over, and Asterisk's events never told of it: what they find."""

from db.pool import Pool
from tests.cti.room import Room, ask, opened, receive
from tests.cti.streams import AT, CALL, answered_call

NUMBER = "+919876543210"
NOT_TYPED = {
    "call": str(CALL), "at": AT.isoformat(), "caller": NUMBER, "category": None, "text": "",
    "missed": True,
}  # fmt: skip


async def ended(room: Room, interface: str = "PJSIP/1001") -> None:
    """Its own end tells of it, and what follows is written."""
    await room.open_call(CALL)
    await room.pool.execute(
        "update call set citizen_number = $2, queue = 'helpline-hi' where id = $1", CALL, NUMBER
    )
    await room.pool.execute(
        "update call set ended_at = $2, outcome = 'agent_answered' where id = $1", CALL, AT
    )
    room.cti.unheard.ended(CALL, interface, AT)
    await room.written()


async def test_a_call_of_which_nothing_was_heard_is_among_what_is_not_registered(
    pool: Pool,
) -> None:
    async with opened(pool) as room:
        page = await room.page()
        await receive(page, "hello")
        await ended(room)
        await receive(page, "drafts")  # the page looks by itself
        assert (await ask(page, "drafts"))["drafts"] == [NOT_TYPED]
        pop = (await ask(page, "caller", call=str(CALL)))["pop"]  # it is theirs to register for
        assert pop["caller"] == NUMBER
        assert (await ask(page, "draft_load", call=str(CALL)))["draft"] is None  # the form is empty
        talks = await pool.fetch("select agent_id, began_at, ended_at, queue from agent_talk")
        assert [tuple(row) for row in talks] == [("1001", AT, AT, "helpline-hi")]
        form = {"text": "हैंडपंप खराब है", "kind": "complaint"}
        assert (await ask(page, "draft", call=str(CALL), version=1, form=form))["ok"]
        [typed] = (await ask(page, "drafts"))["drafts"]
        assert (typed["text"], typed["missed"]) == (form["text"], False)


async def test_who_had_nothing_to_note_down_strikes_it_off(pool: Pool) -> None:
    async with opened(pool) as room:
        page = await room.page()
        await ended(room)
        assert (await ask(page, "draft_drop", call=str(CALL)))["ok"]
        assert (await ask(page, "drafts"))["drafts"] == []
        await ended_again(room)
        assert (await ask(page, "drafts"))["drafts"] == []


async def ended_again(room: Room) -> None:
    room.cti.unheard.ended(CALL, "PJSIP/1001", AT)
    await room.written()


async def test_a_call_that_was_heard_is_not_missed(pool: Pool) -> None:
    async with opened(pool) as room:
        page = await room.page()
        await room.open_call(CALL)
        await room.asterisk_says(*answered_call())
        await room.written()
        await ended_again(room)
        assert (await ask(page, "drafts"))["drafts"] == []


async def test_a_telephone_that_is_no_agents_and_a_call_without_a_row_leave_no_trace(
    pool: Pool,
) -> None:
    async with opened(pool) as room:
        for interface in ("Local/nobody@nowhere", "PJSIP/9999", "PJSIP/1001"):
            room.cti.unheard.ended(CALL, interface, AT)
        await room.written()
        assert await pool.fetchval("select count(*) from call_draft") == 0
        assert await pool.fetchval("select count(*) from agent_talk") == 0
