"""Drafts of the form, and what agents and supervisors write to each other."""

from datetime import timedelta
from uuid import UUID, uuid4

from calls.store import set_agent_answered
from cti import tokens
from cti.tokens import issue_supervisor
from db.pool import Pool
from helpline.pages import DraftSweep
from tests.complaints.world import World
from tests.cti.room import SECRET, ask, opened, receive
from tests.cti.streams import AT, CALL

FORM = {"text": "हैंडपंप खराब है", "place": "lalitpur-mehroni"}


async def test_a_draft_comes_back_after_a_reload_and_the_highest_version_stands(
    pool: Pool,
) -> None:
    async with opened(pool) as room:
        await room.open_call(CALL)
        page = await room.page()
        await receive(page, "hello")
        call = str(CALL)
        assert (await ask(page, "draft", call=call, version=2, form=FORM))["ok"]
        late = await ask(page, "draft", call=call, version=1, form={"text": "हैंड"})
        assert (late["ok"], late["reason"]) == (False, {"code": "newer_draft"})
        await page.close()
        again = await room.page()
        loaded = await ask(again, "draft_load", call=call)
        assert loaded["draft"] == {"version": 2, "form": FORM}
        other = await room.page("1002")
        assert (await ask(other, "draft_load", call=call))["draft"] is None
        unknown = await ask(again, "draft", call=str(uuid4()), version=1, form=FORM)
        assert (unknown["ok"], unknown["reason"]) == (False, {"code": "no_such_call"})


async def test_a_registered_form_leaves_no_draft(pool: Pool) -> None:
    async with opened(pool) as room:
        await room.open_call(CALL)
        page = await room.page()
        await ask(page, "draft", call=str(CALL), version=1, form=FORM)
        body = {"call": str(CALL), "key": str(uuid4()), "category": "c", "place": "p", "text": "t"}
        headers = {"Authorization": f"Bearer {tokens.issue(SECRET, '1001')}"}
        async with room.client.post("/agent/complaints", json=body, headers=headers) as response:
            assert response.status == 201
        await room.written()
        assert (await ask(page, "draft_load", call=str(CALL)))["draft"] is None


async def had(pool: Pool, call: UUID, agent: str, number: str | None = None) -> None:
    async with pool.acquire() as conn:
        await conn.execute("update call set citizen_number = $2 where id = $1", call, number)
        await set_agent_answered(conn, call, agent, AT)


async def test_an_agent_sees_what_they_typed_and_did_not_register_of_calls_that_they_had(
    pool: Pool, world: World
) -> None:
    mine, registered, rang, others, empty = (uuid4() for _ in range(5))
    category = {"code": "handpump", "hi": "हैंडपंप", "en": "Hand pump"}
    async with opened(pool) as room:
        page, other = await room.page(), await room.page("1002")
        for call in (mine, registered, rang, others, empty):
            await room.open_call(call)
            if call is not rang:
                await had(pool, call, "1002" if call == others else "1001", "+919876543210")
        taken = world.form()
        await world.register(taken)
        for call, form in (
            (mine, {**FORM, "category": category, "key": "no key of ours"}),
            (registered, {**FORM, "key": str(taken.key)}),
            (rang, FORM),
            (empty, {"text": " ", "kind": "complaint"}),
        ):
            assert (await ask(page, "draft", call=str(call), version=1, form=form))["ok"]
        assert (await ask(other, "draft", call=str(others), version=1, form=FORM))["ok"]
        assert (await ask(page, "drafts"))["drafts"] == [
            {
                "call": str(mine), "at": AT.isoformat(), "caller": "+919876543210",
                "category": {"hi": "हैंडपंप", "en": "Hand pump"}, "text": FORM["text"],
                "missed": False,
            }
        ]  # fmt: skip
        assert (await ask(page, "draft_drop", call=str(others)))["ok"]  # is another agent's
        assert (await ask(page, "draft_drop", call=str(mine)))["ok"]
        assert (await ask(page, "drafts"))["drafts"] == []
        [kept] = (await ask(other, "drafts"))["drafts"]
        assert kept["call"] == str(others)


async def test_a_citizens_words_that_nobody_registers_are_dropped_after_a_while(
    pool: Pool,
) -> None:
    old, young = uuid4(), uuid4()
    async with opened(pool) as room:
        page = await room.page()
        for call in (old, young):
            await room.open_call(call)
            assert (await ask(page, "draft", call=str(call), version=1, form=FORM))["ok"]
    await pool.execute(
        "update call_draft set at = at - interval '7 days 1 second' where call_id = $1", old
    )
    week = timedelta(days=7)
    await DraftSweep(pool, week, lambda: AT, sound=lambda: False).once()  # by a clock that jumped
    assert await pool.fetchval("select count(*) from call_draft") == 2
    await DraftSweep(pool, week, lambda: AT).once()
    assert [row["call_id"] for row in await pool.fetch("select call_id from call_draft")] == [young]


async def test_an_agent_asks_and_a_supervisor_answers(pool: Pool) -> None:
    async with opened(pool) as room:
        page = await room.page()
        await receive(page, "hello")
        token = issue_supervisor(SECRET, "kavita")
        headers = {"Authorization": f"Bearer {token}"}
        board = await room.client.ws_connect("/supervisor/socket", headers=headers)
        assert (await board.receive_json(timeout=10))["type"] == "board"
        assert (await ask(page, "help", text="क्या यह योजना चालू है?"))["ok"]
        while (asked := await board.receive_json(timeout=10))["type"] != "help":
            pass
        assert (asked["agent"], asked["from"]) == ("1001", "agent:1001")
        assert (await ask(board, "help", agent="1001", text="हाँ"))["ok"]
        assert (await ask(board, "help", agent="9999", text="हाँ"))["ok"] is False
        (told,) = await receive(page, "help")
        assert (told["from"], told["text"]) == ("supervisor:kavita", "हाँ")
        history = await ask(page, "help_history")
        assert {one["text"] for one in history["messages"]} == {"क्या यह योजना चालू है?", "हाँ"}
