from datetime import timedelta

import pytest

from complaints.disposal import Disposed
from complaints.errors import (
    AlreadyDisposedError,
    AlreadyEndedError,
    InvalidComplaintNumberError,
    InvalidInputError,
    UnknownComplaintError,
)
from complaints.feedback import Answer
from complaints.number import make
from tests.complaints.world import START, World


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
