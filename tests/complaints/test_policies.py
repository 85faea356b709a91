"""One story under each of the four policies: four histories, as an official would read them."""

from datetime import timedelta
from typing import Any

import pytest

from complaints.calendar import IST, Counting
from complaints.errors import InvalidInputError, NotAllowedError
from complaints.explaining import explain
from complaints.feedback import Answer, DissatisfactionReason
from complaints.history import Entry, entries
from complaints.policy import (
    HP_1100,
    MP_181,
    READY,
    UP_1076,
    UP_2017,
    FollowUp,
    Policy,
    SpecialClose,
    Step,
)
from complaints.reference import Category, ReferenceData, load
from tests.complaints.moves import decided, specially_closed, swept
from tests.complaints.world import World

# Level 1 has 5 days, the others 10, 20 and 30.
DAYS = (5, 10, 20, 30)


async def happens(world: World) -> list[str]:
    """Two disposals that do not satisfy; L2 tries a special close; then nobody answers in time."""
    await load(
        world.pool,
        ReferenceData(categories=[Category("handpump", "हैंडपंप", "Pump", "jal-nigam", DAYS)]),
    )
    registered = await world.register()
    for _ in range(2):
        world.later(days=1)
        attempt = await world.disposed_and_called(registered.number)
        await world.answer(attempt, Answer(False, DissatisfactionReason.NOT_DONE))
    world.later(days=3)
    await tries_a_special_close(world, registered.number)
    world.later(days=18)
    await swept(world)
    async with world.pool.acquire() as conn:
        return [_line(entry) for entry in await entries(conn, registered.complaint_id)]


def _line(entry: Entry) -> str:
    due = f", due {entry.due_at.astimezone(IST):%d-%m}" if entry.due_at else ""
    return f"{entry.at:%d-%m} {entry.event} L{entry.level} by {entry.actor}{due}"


async def tries_a_special_close(world: World, number: str) -> None:
    has_it = "select post from complaint where number = $1"
    try:
        closed = await specially_closed(world, number, await world.pool.fetchval(has_it, number))
    except NotAllowedError:
        return
    if not closed:
        await decided(world, number, approve=True, post="L3-LAL")


HISTORIES = {
    # Back to L1 first, then up; L2 may close it specially.
    "up-1076": """
        20-11 registered L1 by agent:101, due 25-11
        21-11 disposed L1 by officer:L1-MAH
        21-11 returned_for_review L1 by citizen, due 24-11
        22-11 disposed L1 by officer:L1-MAH
        22-11 escalated_dissatisfied L2 by citizen, due 02-12
        25-11 special_closed L2 by officer:L2-LAL
    """,
    # Up at once, each time; nobody may close it without the citizen.
    "up-2017": """
        20-11 registered L1 by agent:101, due 25-11
        21-11 disposed L1 by officer:L1-MAH
        21-11 escalated_dissatisfied L2 by citizen, due 01-12
        22-11 disposed L2 by officer:L2-LAL
        22-11 escalated_dissatisfied L3 by citizen, due 12-12
        13-12 escalated_overdue L4 by clock, due 12-01
    """,
    # As 1076, but L2 only proposes the special close, and L3 decides.
    "mp-181": """
        20-11 registered L1 by agent:101, due 25-11
        21-11 disposed L1 by officer:L1-MAH
        21-11 returned_for_review L1 by citizen, due 24-11
        22-11 disposed L1 by officer:L1-MAH
        22-11 escalated_dissatisfied L2 by citizen, due 02-12
        25-11 proposed L2 by officer:L2-LAL
        25-11 special_closed L2 by officer:L3-LAL
    """,
    # Up at once, and every level has 7 to 14 days: 5 become 7, 20 and 30 become 14.
    "hp-1100": """
        20-11 registered L1 by agent:101, due 27-11
        21-11 disposed L1 by officer:L1-MAH
        21-11 escalated_dissatisfied L2 by citizen, due 01-12
        22-11 disposed L2 by officer:L2-LAL
        22-11 escalated_dissatisfied L3 by citizen, due 06-12
        13-12 escalated_overdue L4 by clock, due 27-12
    """,
}


@pytest.mark.parametrize("policy", READY, ids=lambda policy: policy.name)
async def test_one_story_under_each_policy(world: World, policy: Policy) -> None:
    world.policy = policy
    told = await happens(world)
    assert told == [line.strip() for line in HISTORIES[policy.name].strip().splitlines()]


async def explained(world: World, policy: Policy, place: str = "lalitpur-mahroni") -> str:
    return await explain(world.pool, "handpump", place, policy, world.now)


async def test_a_policy_is_explained_in_plain_words(world: World) -> None:
    assert await explained(world, UP_1076) == EXPLAINED


EXPLAINED = """\
हैंडपंप खराब, महरौनी: policy up-1076
  L1 अवर अभियंता महरौनी (L1-MAH): 7 calendar days, holidays counted; due 27-11-2025 11:00 if given now.
     at 80 % of the time: a reminder; past it: to L2.
     citizen not satisfied, the first time: back to L1 for 3.5 days; then to L2.
  L2 अधिशासी अभियंता ललितपुर (L2-LAL): 7 calendar days, holidays counted; due 27-11-2025 11:00 if given now.
     at 80 % of the time: a reminder; past it: to L3.
     citizen not satisfied, the first time: back to L2 for 3.5 days; then to L3.
  L3 मुख्य विकास अधिकारी ललितपुर (L3-LAL): 10 calendar days, holidays counted; due 30-11-2025 11:00 if given now.
     at 80 % of the time: a reminder; past it: to L4.
     citizen not satisfied, the first time: back to L3 for 5 days; then to L4.
  L4 प्रमुख सचिव जल निगम (L4-UP): 14 calendar days, holidays counted; due 04-12-2025 11:00 if given now.
     at 80 % of the time: a reminder; past it: it stays, on the list of the CM's office.
     citizen not satisfied: back to L4 for 7 days, on the list of the CM's office.
  With every step up go the citizen's recordings, the reasons and the history.
  A pause ends by itself: after 15 days for the citizen, 180 for a court, all pauses at one level together.
  What is with a post that falls vacant goes to the next post held after 2 days; who holds that is told at once.
  Who complains confidentially is not told to any officer, nor is the voice.
  An officer can pass it on, or return it as wrongly mapped, within 3 days, 2 time(s) in all.
  From L2 on the officer can close it specially, with reason and name.
  One mobile registers at most 10 in a month; incidents and landlines any number.
  A suggestion ends with thanks; information ends with its answer, and nobody is asked.
  Disposed of, the citizen is called 15 minutes later, at most 4 times; only their own word closes it as satisfied.
  Nobody reached: an agent calls, within 2 day(s); then an SMS asks the citizen to call, within 3 day(s); then it ends as unverified, never as satisfied.
  Satisfied or unverified, the citizen can reopen it for 30 days.\
"""  # noqa: E501


OFFICE_DAYS = Policy(name="x", counting=Counting.WORKING_DAYS, triage=True)


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        (UP_2017, "citizen not satisfied: to L2 at once"),
        (Policy(name="x", after_attempts=()), "Nobody reached: it ends as unverified"),
        (Policy(name="x", special_close=SpecialClose.NOBODY), "Nobody can close it"),
        (UP_2017, "Nobody can close it without the citizen's satisfaction."),
        (MP_181, "L2 can propose a special close, the next level decides"),
        (HP_1100, "L4 प्रमुख सचिव जल निगम (L4-UP): 14 calendar days"),
        (Policy(name="x", triage=True), "The CM's team sees it first; 1 day(s) later"),
        (Policy(name="x", transfer_needs_approval=True), "with the approval of the next level"),
        (Policy(name="x", reviews_per_level=2), "the first 2 times: back to L1"),
        (Policy(name="x", counting=Counting.WORKING_DAYS), "(L1-MAH): 7 working days"),
        (OFFICE_DAYS, "The CM's team sees it first; 1 working day(s) later"),
        (OFFICE_DAYS, "back to L1 for 3.5 working days"),
        (OFFICE_DAYS, "return it as wrongly mapped, within 3 working days,"),
        (OFFICE_DAYS, "goes to the next post held after 2 days"),
        (Policy(name="x", by_category={"handpump": {"reopen_days": 3}}), "reopen it for 3 days"),
        (Policy(name="x", vacancy_days=None), "falls vacant goes to the next level at its limit"),
        (Policy(name="x", confidential_seen_from=3), "confidentially is told from L3 on only"),
    ],
)
async def test_what_differs_is_said(world: World, policy: Policy, words: str) -> None:
    assert words in await explained(world, policy)


async def test_what_cannot_be_registered_or_is_unknown_is_said(world: World) -> None:
    nobody = await explain(world.pool, "power-cut", "lalitpur", UP_1076, world.now)
    assert "No officer of the department serves this place" in nobody
    assert "An officer can pass it on" not in await explained(
        world, Policy(name="x", transfers_at_most=0)
    )
    for category, place in (("no-such", "lalitpur"), ("handpump", "no-such")):
        with pytest.raises(InvalidInputError):
            await explain(world.pool, category, place, UP_1076, world.now)


@pytest.mark.parametrize(
    "changes",
    [
        *({"last_level": 0}, {"last_level": 5}, {"reviews_per_level": -1}, {"review_share": -0.1}),
        *({"review_at_least_days": -1}, {"transfers_at_most": -1}, {"transfer_days": -1}),
        *({"reopen_days": -1}, {"longest_wait_days": 0}, {"longest_stay_days": 0}),
        *({"reminder_share": 0}, {"reminder_share": 1.1}, {"fewest_days": 9, "most_days": 8}),
        *({"day": timedelta(0)}, {"feedback_delay": timedelta(seconds=-1)}, {"sorting_days": 0}),
        *({"feedback_attempts": 0}, {"registrations_per_month": 0}),
        *(
            {"confidential_seen_from": 5},
            {"vacancy_days": -1},
            {"rest_weekdays": frozenset(range(7))},
        ),
        {"after_attempts": (FollowUp(Step.SMS, 1), FollowUp(Step.SMS, 2))},
        *({"by_category": {"x": {"last_level": 5}}}, {"by_category": {"x": {"name": "y"}}}),
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_policy_that_cannot_be_carried_out_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=" "):
        Policy(name="x", **changes)


def test_a_step_of_the_follow_up_lasts_some_time() -> None:
    with pytest.raises(ValueError, match="lasts some time"):
        FollowUp(Step.SMS, 0)
