from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from complaints.notifications import Kind
from db.pool import Pool
from messages.receipts import ReceiptOptions, Receipts
from messages.rows import Backlog, backlog
from messages.undelivered import SentAgain, send_again, undelivered
from tests.complaints.world import START, World
from tests.messages.room import OPTIONS, Room, until
from tests.plans import plan_of

LINKS_LAST = timedelta(days=30)
TOKEN = "a token for tests only"
Client = TestClient[web.Request, web.Application]
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
async def client(room: Room) -> AsyncIterator[Client]:
    app = web.Application()
    Receipts(room.pool, ReceiptOptions(token=TOKEN), room.now).add_routes(app)
    async with TestClient(TestServer(app)) as client:
        yield client


async def sent_again(
    room: Room, ids: Sequence[UUID] | None = None, within: timedelta = timedelta(days=7)
) -> SentAgain:
    return await send_again(room.pool, ids, room.now(), links_last=LINKS_LAST, within=within)


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


@pytest.mark.parametrize(
    "order", [("failed", "delivered"), ("delivered", "failed"), ("failed", "delivered", "failed")]
)
async def test_delivered_stands_in_whatever_order_receipts_come(
    room: Room, client: Client, order: tuple[str, ...]
) -> None:
    [message] = await room.messages()
    for status in order:
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


async def test_what_was_not_delivered_is_sent_again_once_under_a_key_of_its_own(
    room: Room, client: Client
) -> None:
    [message] = await room.messages()
    async with room.working():
        await room.all_sent(1)
        assert await report(client, key=str(message), status="UNDELIV") == 204
        assert [one.id for one in await undelivered(room.pool, 10)] == [message]
        [again] = (await sent_again(room, [message])).messages
        assert await sent_again(room) == SentAgain([])  # a second time, of all
        await room.all_sent(2)
    assert list(room.gateway.taken) == [str(message), str(again)]
    first, second = await room.row(message), await room.row(again)
    assert (second["recipient"], second["body"]) == (first["recipient"], first["body"])
    assert await undelivered(room.pool, 10) == []
    assert await backlog(room.pool, room.now()) == {}
    # Nor does a late receipt of the first one touch the second; that one can be lost as well.
    assert await report(client, key=str(message), status="UNDELIV") == 204
    assert (await room.row(again))["undelivered_at"] is None
    assert await report(client, key=str(again), status="UNDELIV") == 204
    assert len((await sent_again(room)).messages) == 1


async def test_the_backlog_counts_what_was_lost_in_the_last_week_and_all_that_waits(
    room: Room, client: Client
) -> None:
    *_, early, late = await room.messages(4)
    await room.messages(body={})  # held: its template has a variable that it was not given
    await room.pool.execute(
        "update notification set sent_at = $2, next_attempt_at = null where id = any($1)",
        *([early, late], room.now()),
    )
    assert await report(client, key=str(early), status="UNDELIV") == 204
    room.now.advance(timedelta(days=5))
    assert await report(client, key=str(late), status="UNDELIV") == 204
    assert await backlog(room.pool, room.now()) == {"sms": Backlog(2, 1, 2)}
    room.now.advance(timedelta(days=3))
    assert await backlog(room.pool, room.now()) == {"sms": Backlog(2, 1, 1)}
    assert len(await undelivered(room.pool, 10)) == 2  # the list goes back further


async def test_the_backlog_is_counted_by_indexes_that_have_nothing_else(rowless: Pool) -> None:
    """It is asked for as long as we serve, and all messages of the years stay."""
    plan = await plan_of(rowless, "messages_backlog", START)
    found = {(one.index, bool(one.sought)) for one in plan.of("notification")}
    assert found == {
        ("notification_due", False),
        ("notification_held", False),
        ("notification_undelivered", True),
        ("notification_dedupe_key_key", True),
    }


async def test_what_was_delivered_or_waits_is_not_sent_again(room: Room, client: Client) -> None:
    delivered, waiting = await room.messages(2)
    assert await report(client, key=str(delivered), status="delivered") == 204
    assert await sent_again(room, [delivered, waiting]) == SentAgain([])
    assert await sent_again(room) == SentAgain([])


async def lost(room: Room, **changes: Any) -> UUID:
    """A message that a gateway took now, and did not deliver."""
    [message] = await room.messages(**changes)
    await room.pool.execute(
        """update notification set sent_at = $2, undelivered_at = $2, next_attempt_at = null
           where id = $1""",
        *(message, room.now()),
    )
    return message


async def test_of_all_only_what_was_not_delivered_of_late_is_sent_again(room: Room) -> None:
    old = await lost(room)
    room.now.advance(timedelta(days=8))
    await lost(room)
    again = await sent_again(room)
    assert (len(again.messages), again.old, again.over) == (1, 1, 0)
    assert (await sent_again(room)).old == 1
    assert len((await sent_again(room, within=timedelta(days=9))).messages) == 1
    assert await undelivered(room.pool, 10) == []
    assert await sent_again(room, [old]) == SentAgain([])


async def test_what_was_not_delivered_in_all_the_years_is_not_read_to_send_of_late_again(
    rowless: Pool,
) -> None:
    """No message is ever deleted, and the statements have seconds."""
    for asked in (
        ("messages_undelivered_portion", START, START, START, UUID(int=0), 1000),
        ("messages_undelivered_before", START, 1000),
    ):
        plan = await plan_of(rowless, *asked)
        [found] = [one for one in plan.of("notification") if "undelivered_at" in one.sought]
        assert found.index == "notification_undelivered"


async def test_of_the_old_ones_as_many_are_counted_as_can_be_read(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("messages.undelivered._MOST_OLD", 2)
    for _ in range(3):
        await lost(room)
    room.now.advance(timedelta(days=8))
    assert (await sent_again(room)).old == 2


async def test_an_old_one_is_sent_again_where_it_is_named(room: Room) -> None:
    old = await lost(room)
    room.now.advance(timedelta(days=80))
    assert len((await sent_again(room, [old])).messages) == 1


async def test_a_link_that_has_ended_is_not_sent_again(room: Room) -> None:
    ended = await lost(room, links=["https://helpline.example/b/x"])
    without = await lost(room)
    room.now.advance(LINKS_LAST + timedelta(seconds=1))
    valid = await lost(room, links=["https://helpline.example/b/x"])
    again = await sent_again(room, within=2 * LINKS_LAST)
    assert (len(again.messages), again.over) == (2, 1)
    assert [one.id for one in await undelivered(room.pool, 10)] == [ended]
    assert await sent_again(room, [ended, without, valid]) == SentAgain([], over=1)


async def test_who_is_not_awaited_any_more_is_not_asked_to_call(room: Room) -> None:
    body = {"number": "100000017", "until": "22-11-2025"}
    await lost(room, kind=Kind.CITIZEN_ASKED, body=body)
    assert (await sent_again(room)).over == 1
    number = await room.pool.fetchval("select number from complaint")
    await World(room.pool).dispose(number)
    assert len((await sent_again(room)).messages) == 1


async def test_a_receipt_of_an_attempt_that_seemed_to_fail_does_not_stop_the_next_one(
    room: Room, client: Client
) -> None:
    [message] = await room.messages()
    room.gateway.hold.clear()
    async with room.working(send_seconds=0.2):
        failed = await room.failed(message, 1)  # the gateway has it, and did not say so in time
        assert await report(client, key=str(message), status="UNDELIV") == 204
        row = await room.row(message)
        assert (row["next_attempt_at"], row["sent_at"]) == (failed["next_attempt_at"], None)
        assert await undelivered(room.pool, 10) == []
        room.gateway.hold.set()
        room.now.advance(timedelta(minutes=1))
        await room.all_sent(1)
    assert len(room.gateway.seen) == 2
    # It knew the key, so what its receipt says stands, until another says "delivered".
    assert [one.last_error for one in await undelivered(room.pool, 10)] == [
        "not delivered: UNDELIV"
    ]
    assert await report(client, key=str(message), status="delivered") == 204
    assert await undelivered(room.pool, 10) == []


async def test_a_receipt_that_is_quicker_than_our_own_writing_is_asked_for_again(
    room: Room, client: Client
) -> None:
    [message] = await room.messages()
    room.gateway.hold.clear()
    async with room.working():
        await until(lambda: _under_way(room))
        assert await report(client, reference="gw-1", status="DELIVRD") == 503
        assert await report(client, key=str(uuid4()), status="DELIVRD") == 404  # not our key
        room.gateway.hold.set()
        await room.all_sent(1)
    assert await report(client, reference="gw-1", status="DELIVRD") == 204
    assert (await room.row(message))["delivered_at"] is not None
    assert await report(client, reference="another", status="DELIVRD") == 404


async def test_one_whose_worker_died_does_not_ask_for_receipts_again_for_ever(
    room: Room, client: Client
) -> None:
    [message] = await room.messages()
    await room.pool.execute(
        "insert into notification_attempt values ($1, 1, 'sms', $2)", message, room.now()
    )
    assert await report(client, reference="another", status="DELIVRD") == 503
    room.now.advance(timedelta(minutes=2))
    assert await report(client, reference="another", status="DELIVRD") == 404


async def _under_way(room: Room) -> bool:
    return bool(room.gateway.seen)


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
