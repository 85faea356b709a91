from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from complaints import officers_line
from complaints.bundles import open_bundle
from complaints.disposal import DisposalKind, Disposed, dispose
from complaints.errors import (
    AlreadyDisposedError,
    AlreadyEndedError,
    InvalidComplaintNumberError,
    InvalidInputError,
    UnknownComplaintError,
)
from complaints.escalation import escalate_overdue
from complaints.feedback import Answer
from complaints.number import make
from complaints.story import load_story
from complaints.telling import render_story
from complaints.verification import verify_one
from tests.complaints.moves import spoken_by_its_officer
from tests.complaints.world import CITIZEN, START, World, sign


async def test_disposal_stops_the_clock_and_the_citizen_is_to_be_asked(world: World) -> None:
    registered = await world.register()
    world.later(days=2)
    disposed = await world.dispose(registered.number, "नया हैंडपंप लगाया")
    ask_from = START + timedelta(days=2, minutes=15)
    assert disposed == Disposed(registered.number, registered.complaint_id, 1, 1, ask_from)
    row = await world.complaint(registered.complaint_id)
    assert (row["state"], row["due_at"], row["disposals"]) == ("awaiting_feedback", None, 1)
    due = await world.pool.fetchrow("select * from feedback_due")
    assert due is not None
    assert (due["next_attempt_at"], due["attempts_made"], due["done_at"]) == (ask_from, 0, None)
    report = await world.pool.fetchrow("select * from disposal")
    assert report is not None
    assert (report["report"], report["kind"], report["post"]) == (
        "नया हैंडपंप लगाया",
        "resolved",
        "L1-MAH",
    )
    assert await world.events(registered.complaint_id) == ["registered", "disposed"]


async def test_the_number_may_be_written_in_devanagari_with_blanks(world: World) -> None:
    registered = await world.register()
    devanagari = registered.number.translate(str.maketrans("0123456789", "०१२३४५६७८९"))
    assert (await world.dispose(f" {devanagari[:3]} {devanagari[3:]}")).disposal_no == 1


async def test_a_second_submission_is_refused_and_changes_nothing(world: World) -> None:
    registered = await world.register()
    await world.dispose(registered.number)
    with pytest.raises(AlreadyDisposedError):
        await world.dispose(registered.number, "फिर से")
    assert await world.pool.fetchval("select count(*) from disposal") == 1
    assert await world.events(registered.complaint_id) == ["registered", "disposed"]


async def test_of_two_officers_at_once_one_disposes(world: World) -> None:
    registered = await world.register()
    done = await world.at_once(
        registered.complaint_id,
        *(world.dispose(registered.number, f"आख्या {n}") for n in range(4)),
    )
    assert sum(isinstance(one, Disposed) for one in done) == 1
    assert sum(isinstance(one, AlreadyDisposedError) for one in done) == 3
    assert await world.pool.fetchval("select count(*) from feedback_due") == 1


async def test_a_closed_complaint_cannot_be_disposed_again(world: World) -> None:
    registered = await world.register()
    attempt = await world.disposed_and_called(registered.number)
    await world.answer(attempt, Answer(satisfied=True))
    with pytest.raises(AlreadyEndedError, match="closed_satisfied"):
        await world.dispose(registered.number)


async def test_a_wrong_number_is_caught_before_the_database_is_asked(world: World) -> None:
    with pytest.raises(InvalidComplaintNumberError):
        await world.dispose("123456789")
    with pytest.raises(UnknownComplaintError):
        await world.dispose(make(99_999_999))


async def test_a_report_says_something(world: World) -> None:
    registered = await world.register()
    with pytest.raises(InvalidInputError):
        await world.dispose(registered.number, " \n ")


async def _by_portal(world: World, number: str, kind: DisposalKind) -> str:
    await dispose(
        world.pool, number, kind=kind, report="भूमि निजी है", post="L1-MAH", actor="post:L1-MAH",
        policy=world.policy, now=world.now,
    )  # fmt: skip
    return "भूमि निजी है"


async def _by_telephone(world: World, number: str, kind: DisposalKind) -> str:
    spoken = replace(await spoken_by_its_officer(world, number), kind=kind)
    await officers_line.report(world.pool, spoken, policy=world.policy, now=world.now)
    return "अधिकारी ने दूरभाष पर निस्तारण बताया। टिप्पणी रिकॉर्ड है।"


@pytest.mark.parametrize("report", [_by_portal, _by_telephone])
@pytest.mark.parametrize(
    ("kind", "in_story", "to_people"),
    [
        (DisposalKind.RESOLVED, "Disposed of, resolved,", "निस्तारण हो गया है"),
        (DisposalKind.NOT_POSSIBLE, "Disposed of, not possible,", "निस्तारण संभव नहीं है"),
    ],
)
async def test_whether_it_was_done_reaches_history_citizen_and_the_next_officer(
    world: World,
    report: Callable[[World, str, DisposalKind], Awaitable[str]],
    kind: DisposalKind,
    in_story: str,
    to_people: str,
) -> None:
    registered = await world.register(world.form(confidential=True))
    words = await report(world, registered.number, kind)
    attempt = await world.attempt(registered.complaint_id, 1)
    await world.answer(attempt, Answer(satisfied=False))
    world.later(days=8)
    await escalate_overdue(world.pool, policy=world.policy, now=world.now, signer=sign)

    story = await load_story(world.pool, registered.number)
    assert story.history[1].reason == f"{kind}: {words}"
    assert in_story in render_story(story)
    assert (await verify_one(world.pool, registered.number)).broken_at is None
    bundle = await open_bundle(
        world.pool, await world.pool.fetchval("select id from bundle"), policy=world.policy,
        remote="192.0.2.1", now=world.now,
    )  # fmt: skip
    assert bundle is not None
    assert bundle.history[1].words == f"{to_people}: {words}"
    [told] = await world.messages(registered.complaint_id, "citizen_disposed")
    assert told["recipient"] == CITIZEN
    assert f"{to_people}। {words}" in told["body"]


async def test_a_citizens_landline_gets_no_message_of_a_disposal(world: World) -> None:
    registered = await world.register(world.form(contact="+915176222333"))
    await world.dispose(registered.number)
    assert await world.messages(registered.complaint_id, "citizen_disposed") == []
