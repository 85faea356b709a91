"""What an agent's page sends of what was told: who may, and what nobody enters without."""

from typing import Any

import pytest

from cti import tokens
from db.pool import Pool
from tests.cti.room import SECRET, Room, opened
from tests.cti.streams import AT, CALL

BEARER = {"Authorization": f"Bearer {tokens.issue(SECRET, '1001')}"}


def body(what: str, **more: Any) -> dict[str, Any]:
    return {"call": str(CALL), "complaint": "100000006", "what": what} | more


async def post(room: Room, sent: Any) -> tuple[int, dict[str, Any]]:
    async with room.client.post("/agent/told", json=sent, headers=BEARER) as answer:
        return answer.status, await answer.json()


CITIZEN = {"speaker": "complainant"}
WHOLE = [
    body("satisfied", read_out=True, **CITIZEN),
    body("dissatisfied", reason="not_done", speaker="for_complainant"),
    body("reopen", reason="other", text=" फिर बंद ", confirmed="नाम बताया", **CITIZEN),
    body("withdraw", text="x", **CITIZEN),
    body("disposal", text="x", speaker="officer", disposal="resolved", post="bdo"),
    body("comment", text="x"),
]


@pytest.mark.parametrize("sent", WHOLE, ids=[one["what"] for one in WHOLE])
async def test_what_is_whole_reaches_the_use_case_with_the_agent_of_the_token(
    pool: Pool, sent: dict[str, Any]
) -> None:
    async with opened(pool) as room:
        status, answer = await post(room, sent)
        assert (status, answer) == (
            201,
            {"number": "100000006", "result": "reopened", "level": 1, "due_at": AT.isoformat()},
        )
        [form] = room.tellings.forms
        assert (form.agent_id, form.call_id, form.what) == ("1001", CALL, sent["what"])
        assert form.text == sent.get("text", "").strip()


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        (body("satisfied", **CITIZEN), "read_out"),  # one click closes nobody's complaint
        (body("satisfied", read_out=True), "speaker"),
        (body("satisfied", read_out=True, speaker="officer"), "speaker"),
        (body("dissatisfied", **CITIZEN), "reason"),
        (body("reopen", **CITIZEN), "reason"),
        (body("withdraw", text=" ", **CITIZEN), "text"),
        (body("disposal", text="x", disposal="resolved", **CITIZEN), "speaker"),
        (body("disposal", text="x", speaker="officer"), "disposal"),
        (body("comment"), "text"),
        (body("close"), "what"),
        (body("dissatisfied", reason="bad mood", **CITIZEN), "reason"),
        (body("comment", text="क" * 4001), "text"),
        (body("comment", text="x", agent="1002"), "agent"),
        (body("comment", text="x", call="x"), "call"),
    ],
)
async def test_what_is_missing_is_named_and_nothing_is_entered(
    pool: Pool, sent: dict[str, Any], field: str
) -> None:
    async with opened(pool) as room:
        status, answer = await post(room, sent)
        assert (status, [*answer["reasons"]], room.tellings.forms) == (400, [field], [])


async def test_a_refusal_comes_as_a_code_and_a_stranger_gets_nothing(pool: Pool) -> None:
    async with opened(pool) as room:
        status, answer = await post(room, body("comment", text="x") | {"complaint": "ended"})
        assert (status, answer["reason"]) == (409, {"code": "ended"})
        asked = {"call": str(CALL)}
        for ask in (
            room.client.post("/agent/told", json=WHOLE[0]),
            room.client.get("/agent/told", params=asked),
        ):
            async with ask as refused:
                assert refused.status == 401
        assert len(room.tellings.forms) == 1


async def test_the_complaints_of_a_call_and_one_by_its_number(pool: Pool) -> None:
    async with opened(pool) as room:

        async def about(**asked: str) -> tuple[int, dict[str, Any]]:
            async with room.client.get("/agent/told", params=asked, headers=BEARER) as answer:
                return answer.status, await answer.json()

        status, told = await about(call=str(CALL))
        assert (status, told["complaints"]) == (
            200, [{"number": "100000006", "agent": "1001", "call": str(CALL)}],
        )  # fmt: skip
        _, told = await about(call=str(CALL), complaint="9")
        assert told["complaints"][0]["number"] == "9"
        status, told = await about(call=str(CALL), complaint="unknown")
        assert (status, told["reasons"]) == (400, {"complaint": {"code": "unknown"}})
        assert (await about(call="x"))[0] == 404
