from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from messages.receipts import ReceiptOptions, Receipts
from tests.messages.room import OPTIONS, Room

TOKEN = "a token for tests only"
Client = TestClient[web.Request, web.Application]
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
async def client(room: Room) -> AsyncIterator[Client]:
    app = web.Application()
    Receipts(room.pool, ReceiptOptions(token=TOKEN), room.now).add_routes(app)
    async with TestClient(TestServer(app)) as client:
        yield client


async def report(client: Client, **fields: object) -> int:
    async with client.post("/receipts/sms", json=fields, headers=BEARER) as answer:
        return answer.status


async def test_a_receipt_says_that_it_was_delivered(room: Room, client: Client) -> None:
    [message] = await room.messages()
    async with room.working():
        await room.all_sent(1)
    room.now.advance(timedelta(seconds=20))
    assert await report(client, key=str(message), status="DELIVRD") == 204
    row = await room.row(message)
    assert (row["delivered_at"], row["undelivered_at"]) == (room.now(), None)


async def test_the_gateways_own_name_will_do_and_a_form_too(room: Room, client: Client) -> None:
    [message] = await room.messages()
    async with room.working():
        await room.all_sent(1)
    form = {"reference": "gw-1", "status": "UNDELIV"}
    async with client.post("/receipts/sms", data=form, headers=BEARER) as answer:
        assert answer.status == 204
    row = await room.row(message)
    assert (row["undelivered_at"], row["last_error"]) == (room.now(), "not delivered: UNDELIV")


async def test_delivered_stands_in_whatever_order_receipts_come(room: Room, client: Client) -> None:
    both = await room.messages(2)
    for message, order in zip(
        both, (["failed", "delivered"], ["delivered", "failed"]), strict=True
    ):
        for status in (*order, *order):
            assert await report(client, key=str(message), status=status) == 204
        row = await room.row(message)
        assert row["delivered_at"] is not None
        assert row["undelivered_at"] is None
        assert row["last_error"] is None


async def test_a_receipt_ends_a_message_whose_worker_died_before_it_wrote(
    room: Room, client: Client
) -> None:
    [message] = await room.messages()
    await room.pool.execute("update notification set attempts = 1")
    assert await report(client, key=str(message), status="delivered") == 204
    async with room.working():
        room.now.advance(OPTIONS.lease)
        [other] = await room.messages()
        await room.all_sent(2)
    assert [seen["key"] for seen in room.gateway.seen] == [str(other)]


async def test_what_is_not_ours_is_refused_and_changes_nothing(room: Room, client: Client) -> None:
    [message] = await room.messages()
    for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": ""}):
        async with client.post(
            "/receipts/sms", json={"key": str(message), "status": "delivered"}, headers=headers
        ) as answer:
            assert answer.status == 403
    assert await report(client, key=str(uuid4()), status="delivered") == 404
    assert await report(client, status="delivered") == 400
    assert await report(client, key="nonsense", status="delivered") == 400
    assert await report(client, key=str(message), status="on its way") == 204
    async with client.post(
        "/receipts/sms",
        data=b"[1, {",
        headers={**BEARER, "Content-Type": "application/json"},
    ) as answer:
        assert answer.status == 400
    row = await room.row(message)
    assert (row["sent_at"], row["delivered_at"]) == (None, None)


def test_a_token_that_can_be_guessed_is_refused() -> None:
    with pytest.raises(ValueError, match="at least"):
        ReceiptOptions(token="short")
