"""Drafts of the form, and what agents and supervisors write to each other."""

from uuid import uuid4

from cti import tokens
from cti.tokens import issue_supervisor
from db.pool import Pool
from tests.cti.room import SECRET, ask, opened, receive
from tests.cti.streams import CALL

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
