"""The agents' HTTP API: who may ask, and what a form gets for an answer."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from aiohttp import WSServerHandshakeError

from cti import tokens
from db.pool import Pool
from helpline.demo.agent import AgentError, AgentPage, OfferedError
from tests.cti.room import SECRET, Room, opened, receive
from tests.cti.streams import AT, CALL

KEY = uuid4()


def form(**changes: Any) -> dict[str, Any]:
    return {
        "call": str(CALL), "key": str(KEY), "category": "handpump", "place": "mahroni",
        "citizen_name": "राम", "text": "हैंडपंप ख़राब है",
    } | changes  # fmt: skip


async def post(room: Room, body: Any, agent: str = "1001") -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": f"Bearer {tokens.issue(SECRET, agent)}"}
    async with room.client.post("/agent/complaints", json=body, headers=headers) as answer:
        return answer.status, await answer.json()


async def test_a_complaint_is_registered_for_the_agent_of_the_token(pool: Pool) -> None:
    async with opened(pool) as room:
        status, answer = await post(room, form())
        assert (status, answer) == (
            201,
            {
                "number": "100000007",
                "result": "registered",
                "level": 1,
                "officer": "BDO",
                "officer_en": "",
                "due_at": AT.isoformat(),
                "words": "",
                "sms": True,
            },
        )
        (sent,) = room.registrar.forms
        assert (sent.agent_id, sent.call_id, sent.key) == ("1001", CALL, KEY)
        assert (sent.citizen_name, sent.contact) == ("राम", None)


async def test_a_scheme_and_the_fields_of_the_category_come_with_the_form(pool: Pool) -> None:
    async with opened(pool) as room:
        scheme, fields = {"code": "old-age", "version": 2}, {"account": " 0011 "}
        status, _ = await post(room, form(scheme=scheme, fields=fields))
        (sent,) = room.registrar.forms
        assert (status, sent.scheme, sent.fields) == (201, ("old-age", 2), {"account": "0011"})
        assert "0011" not in repr(sent)
        for wrong in ({"account": "1" * 201}, {f"f{n}": "1" for n in range(41)}):
            status, answer = await post(room, form(fields=wrong))
            assert status == 400
            assert "111" not in str(answer)


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (form(call="x"), {"call": "must be a UUID"}),
        (form(text=" "), {"text": "must not be empty"}),
        (form(text="क" * 4001), {"text": "is longer than 4000 characters"}),
        (form(place=7), {"place": "must be text"}),
        (form(agent="1002"), {"agent": "is not a field of this form"}),
        ({"call": str(CALL), "key": str(KEY), "category": "a", "place": "b"},
         {"text": "is missing"}),
        ([1], {"body": "must be a JSON object"}),
        (form(category="unknown"), {"category": "is unknown"}),
        (form(kind="x"), {"kind": "must be 'complaint', 'information', 'demand' or 'suggestion'"}),
        (form(incident="perhaps"), {"incident": "must be true or false"}),
        (form(citizen="राम"), {"citizen": "must be a UUID"}),
    ],
)  # fmt: skip
async def test_a_form_that_is_not_right_says_where(
    pool: Pool, body: Any, fields: dict[str, str]
) -> None:
    async with opened(pool) as room:
        status, answer = await post(room, body)
        assert (status, answer["fields"]) == (400, fields)


@pytest.mark.parametrize(
    ("category", "status", "code"),
    [("no-call", 404, "no_such_call"), ("conflict", 409, "not_yours"), ("away", 503, "away")],
)
async def test_why_a_complaint_was_not_registered(
    pool: Pool, category: str, status: int, code: str
) -> None:
    async with opened(pool) as room:
        told, answer = await post(room, form(category=category))
        assert (told, answer["reason"]) == (status, {"code": code})


@pytest.mark.parametrize(
    ("body", "reasons"),
    [
        (form(text=" "), {"text": {"code": "empty"}}),
        (form(text="क" * 4001), {"text": {"code": "too_long", "most": 4000}}),
        (form(kind="x"), {"kind": {"code": "invalid"}}),
        (form(category="unknown"), {"category": {"code": "unknown"}}),
    ],
)
async def test_what_is_wrong_with_a_field_comes_as_a_code(
    pool: Pool, body: Any, reasons: dict[str, Any]
) -> None:
    async with opened(pool) as room:
        _, answer = await post(room, body)
        assert (answer["reason"], answer["reasons"]) == ({"code": "fields"}, reasons)


async def test_a_duplicate_is_offered_and_the_same_form_is_sent_again(pool: Pool) -> None:
    async with opened(pool) as room:
        status, answer = await post(room, form(category="twice", kind="demand"))
        assert (status, answer["candidates"]) == (
            409,
            [{"number": "100000007", "registered_at": AT.isoformat(), "state": "with_officer"}],
        )
        status, answer = await post(room, form(category="twice", adds_to="100000007"))
        assert (status, answer["result"], answer["due_at"]) == (201, "added", None)
        first, again = room.registrar.forms
        assert (first.kind, first.adds_to, again.adds_to) == ("demand", None, "100000007")


async def test_the_agents_page_puts_the_question_to_the_agent(pool: Pool) -> None:
    async with opened(pool) as room:
        url, token = str(room.client.make_url("/")), tokens.issue(SECRET, "1001")
        async with AgentPage(url, token) as page:
            with pytest.raises(OfferedError, match="100000007") as offered:
                await page.register_complaint(form(category="twice"))
            [open_one] = offered.value.candidates
            answer = form(category="twice", adds_to=open_one["number"])
            assert (await page.register_complaint(answer))["result"] == "added"
            with pytest.raises(AgentError, match=r"409: .*another agent"):
                await page.register_complaint(form(category="conflict"))


async def test_a_form_too_large_is_refused(pool: Pool) -> None:
    async with opened(pool) as room:
        assert (await post(room, form(text="x" * 70_000)))[0] == 413
        assert room.registrar.forms == []


async def test_without_the_right_token_nothing_is_served(pool: Pool) -> None:
    good = tokens.issue(SECRET, "1001")
    async with opened(pool) as room:
        for header in (
            {},
            {"Authorization": "Bearer "},
            {"Authorization": f"Basic {good}"},
            {"Authorization": f"Bearer {good[:-1]}"},
            {"Authorization": f"Bearer 1002.{good.partition('.')[2]}"},
            {"Authorization": f"Bearer {tokens.issue(b'other', '1001')}"},
            {"Authorization": "Bearer 1001.é"},
        ):
            async with room.client.post("/agent/complaints", json=form(), headers=header) as no:
                assert no.status == 401
            with pytest.raises(WSServerHandshakeError) as refused:
                await room.client.ws_connect("/agent/socket", headers=header)
            assert refused.value.status == 401
        assert room.registrar.forms == []
        assert room.desk.signed_in == 0


async def test_an_agent_of_another_cell_is_refused(pool: Pool) -> None:
    async with opened(pool) as room:
        assert (await post(room, form(), agent="2001"))[0] == 403
        assert (await post(room, form(), agent="9999"))[0] == 403


async def test_a_browser_gives_its_token_as_a_subprotocol(pool: Pool) -> None:
    async with opened(pool) as room:
        protocols = ("helpline.v1", f"bearer.{tokens.issue(SECRET, '1001')}")
        page = await room.client.ws_connect("/agent/socket", protocols=protocols)
        await receive(page, "hello")
        assert page.protocol == "helpline.v1"


async def test_a_database_that_is_away_lets_only_the_signed_in_connect(pool: Pool) -> None:
    async with opened(pool) as room:
        await receive(await room.page("1001"), "hello")
        room.database.away = True
        async with asyncio.timeout(10):
            await receive(await room.page("1001"), "hello")
        with pytest.raises(WSServerHandshakeError) as refused:
            await room.page("1002")
        assert refused.value.status == 503
