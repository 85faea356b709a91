"""Officers who have an address are told by e-mail too; another system hears of complaints."""

import json
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from complaints.escalation import escalate_overdue, remind
from complaints.feedback import Answer
from complaints.notifications import Kind
from complaints.officers import Officer, TenureKind
from complaints.reference import ReferenceData, Tenure, load
from complaints.vacancies import pass_on_vacant
from tests.complaints.moves import remarked
from tests.complaints.world import CITIZEN, START, World, sign

ANITA, BABU = "anita@up.example.in", "babu@up.example.in"
TODAY = START.date()
OFFICERS = ReferenceData(
    officers=(
        Officer("anita", "अनीता", "+919415100001", ANITA),
        Officer("babu", "बाबू", None, BABU),
        Officer("chand", "चाँद", "+919415100003"),
    ),
    tenures=(
        Tenure("L1-MAH", "anita", TenureKind.HOLDER, TODAY),
        Tenure("L2-LAL", "babu", TenureKind.HOLDER, TODAY),
        Tenure("L3-LAL", "chand", TenureKind.HOLDER, TODAY),
    ),
)


@pytest.fixture
async def mailed(world: World) -> World:
    await load(world.pool, OFFICERS)
    return world


async def told(world: World, channel: str) -> list[asyncpg.Record]:
    return await world.pool.fetch(
        "select * from notification where channel = $1 order by created_at, dedupe_key", channel
    )


async def test_an_officer_with_an_address_is_told_by_sms_and_by_email(mailed: World) -> None:
    registered = await mailed.register()
    [mail] = await told(mailed, "email")
    assert (mail["kind"], mail["recipient"]) == ("officer_assigned", ANITA)
    assert mail["subject"] == f"नई शिकायत {registered.number}: हैंडपंप खराब, महरौनी"
    assert "गाँव का हैंडपंप दो महीने से खराब है" in mail["body"]
    assert (mail["encoding"], mail["parts"], mail["held_at"]) == (None, None, None)
    assert mail["next_attempt_at"] == mailed.now
    recipients = {row["recipient"] for row in await told(mailed, "sms")}
    assert recipients == {CITIZEN, "+919415100001"}


async def test_who_is_to_get_a_vacant_posts_complaints_is_told_by_email_too(mailed: World) -> None:
    registered = await mailed.register()
    mailed.later(days=1)
    await mailed.pool.execute("delete from tenure where post = 'L1-MAH'")
    await mailed.pool.execute(
        "update post set vacant_from = $1 where id = 'L1-MAH'", mailed.now.date()
    )
    await pass_on_vacant(mailed.pool, policy=mailed.policy, now=mailed.now, signer=sign)
    mails = [one for one in await told(mailed, "email") if one["kind"] == "officer_vacancy"]
    assert [(one["recipient"], one["held_at"]) for one in mails] == [(BABU, None)]
    assert registered.number in mails[0]["body"]


async def test_a_reminder_and_an_escalation_with_its_link_come_by_email_too(mailed: World) -> None:
    await mailed.register(mailed.form(call_id=await mailed.call()))
    mailed.later(days=6)
    assert await remind(mailed.pool, now=mailed.now) == 1
    mailed.later(days=2)
    for _ in range(2):  # the second one to an officer without an address
        await escalate_overdue(mailed.pool, policy=mailed.policy, now=mailed.now, signer=sign)
        mailed.later(days=8)
    _, reminder, forwarded = await told(mailed, "email")
    assert (reminder["kind"], reminder["recipient"]) == ("officer_reminder", ANITA)
    assert (forwarded["kind"], forwarded["recipient"]) == ("officer_forwarded", BABU)
    bundle = await mailed.pool.fetchval("select id from bundle where post = 'L2-LAL'")
    assert forwarded["links"] == [sign(bundle)]
    assert sign(bundle) in forwarded["body"]
    messages = [row["kind"] for row in await told(mailed, "sms")]
    assert messages.count("officer_forwarded") == 2


async def test_without_an_address_or_an_officer_nothing_is_mailed(world: World) -> None:
    await world.register()
    await load(
        world.pool,
        replace(OFFICERS, officers=[replace(one, email=None) for one in OFFICERS.officers]),
    )
    await world.register()
    assert await told(world, "email") == []


async def test_who_is_on_leave_gets_no_mail_while_another_is_in_charge(mailed: World) -> None:
    charge = Tenure("L1-MAH", "babu", TenureKind.CHARGE, TODAY)
    await load(mailed.pool, ReferenceData(tenures=[charge]))
    await mailed.pool.execute("insert into officer_leave values ('anita', $1, null)", TODAY)
    await mailed.register()
    assert [row["recipient"] for row in await told(mailed, "email")] == [BABU]


async def test_every_message_to_officers_has_a_text_for_emails(world: World) -> None:
    rows = await world.pool.fetch(
        "select kind, channel, subject, variables from message_template"
        " where kind ~ '^officer_' and language = 'hi' order by kind"
    )
    of = {
        channel: {row["kind"]: row["variables"] for row in rows if row["channel"] == channel}
        for channel in ("sms", "email")
    }
    assert set(of["email"]) == {kind for kind in Kind if kind.startswith("officer_")}
    assert of["email"] == of["sms"]  # they are filled in with the same
    assert all(row["subject"] for row in rows if row["channel"] == "email")


@pytest.mark.parametrize("address", ["", "a", "a@b", "a b@c.in", "a@c.in\nBcc: x@y.in"])
async def test_the_database_refuses_what_is_no_address(mailed: World, address: str) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await mailed.pool.execute("update officer set email = $1", address)


async def listened_to(world: World) -> World:
    await world.pool.execute("insert into webhook_audience values ('complaints', $1)", world.now)
    return world


async def test_nobody_outside_is_told_unless_somebody_is_to_be(world: World) -> None:
    await world.dissatisfied((await world.register()).number)
    assert await told(world, "webhook") == []


async def test_what_happens_to_a_complaint_is_told_outside_and_nothing_of_the_citizen(
    world: World,
) -> None:
    await listened_to(world)
    number = (await world.register(world.form(call_id=await world.call()))).number
    for _ in range(2):
        await world.dissatisfied(number)
    await remarked(world, number)  # leads nowhere
    attempt = await world.disposed_and_called(number)
    await world.answer(attempt, Answer(satisfied=True))
    await world.answer(attempt, Answer(satisfied=True))  # told again, not closed again
    rows = await world.pool.fetch("select * from notification where channel = 'webhook'")
    events: list[dict[str, Any]] = sorted(
        (json.loads(row["body"]) for row in rows), key=lambda one: int(one["entry"])
    )
    assert [(one["event"], one["state"], one["level"]) for one in events] == [
        ("registered", "with_officer", 1),
        ("disposed", "awaiting_feedback", 1),
        ("returned_for_review", "with_officer", 1),
        ("disposed", "awaiting_feedback", 1),
        ("escalated_dissatisfied", "with_officer", 2),
        ("disposed", "awaiting_feedback", 2),
        ("closed_satisfied", "closed_satisfied", 2),
    ]
    assert {frozenset(one) for one in events} == {
        frozenset({"number", "event", "entry", "state", "level"})
    }
    assert {one["number"] for one in events} == {number}
    assert {(row["recipient"], row["subject"]) for row in rows} == {("complaints", "")}
    assert {row["kind"] for row in rows} == {f"complaint_{one['event']}" for one in events}
    assert all(row["next_attempt_at"] == row["created_at"] for row in rows)


async def test_a_backlog_that_is_moved_at_once_is_told_each(world: World) -> None:
    await listened_to(world)
    numbers = {(await world.register()).number for _ in range(3)}
    world.later(days=8)
    await escalate_overdue(world.pool, policy=world.policy, now=world.now, signer=sign)
    rows = [json.loads(row["body"]) for row in await told(world, "webhook")]
    moved = [one for one in rows if one["event"] == "escalated_overdue"]
    assert {one["number"] for one in moved} == numbers
    assert {(one["level"], one["entry"]) for one in moved} == {(2, 2)}
