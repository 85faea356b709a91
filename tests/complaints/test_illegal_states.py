"""States that no use case leads to: the database refuses them, whoever writes."""

from dataclasses import replace
from uuid import UUID

import asyncpg
import pytest

from complaints.disposal import DisposalKind, Via, dispose
from complaints.errors import InvalidInputError, ReferenceDataError
from complaints.feedback import Answer, give_up
from complaints.merging import merge
from complaints.policy import UP_1076
from complaints.reference import Category, Place, PostRow, ReferenceData, load
from complaints.store import transaction
from tests.complaints.moves import energy_has_officers, reopened
from tests.complaints.world import DAYS, REFERENCE, World

ENDED = "due_at = null, remind_at = null, ended_at = now()"


async def refused(world: World, statement: str, constraint: str, *values: object) -> None:
    """By this rule, at once or at the transaction's end; nothing is changed."""
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as found:
        await world.pool.execute(statement, *values)
    assert found.value.constraint_name == constraint


async def test_a_complaint_is_at_the_level_of_its_post(world: World) -> None:
    await world.register()
    rule = "it_is_at_the_level_of_its_post"
    await refused(world, "update complaint set level = 3", rule)
    await refused(world, "update complaint set post = 'L3-LAL'", rule)
    await world.pool.execute("update complaint set level = 3, post = 'L3-LAL'")


async def test_an_officer_of_another_department_does_not_get_it(world: World) -> None:
    await energy_has_officers(world)
    registered = await world.register()
    rule = "its_post_answers_for_it"
    await refused(world, "update complaint set post = 'E1-MAH'", rule)
    copied = """
        insert into complaint (id, number, category, place, citizen_id, contact, text_hi, state,
            level, post, due_at, due_since, due_days, due_policy, due_counting, due_running_since,
            due_left_then, registered_at, changed_at)
        select gen_random_uuid(), '100000090', category, place, citizen_id, contact, text_hi, state,
            level, $2, due_at, due_since, due_days, due_policy, due_counting, due_running_since,
            due_left_then, registered_at, changed_at
        from complaint where number = $1"""
    await refused(world, copied, rule, registered.number, "E1-MAH")
    await world.pool.execute(copied, registered.number, "L1-MAH")
    await world.pool.execute("update complaint set department = 'bijli', post = 'E1-MAH'")


async def test_an_officer_of_another_place_does_not_get_it(world: World) -> None:
    """Of a place that is not the complaint's, nor above it: a neighbour's, or one below."""
    neighbour = Place("lalitpur-bar", "block", "बार", "Bar", "lalitpur")
    theirs = PostRow("L1-BAR", "अवर अभियंता बार", "jal-nigam", "lalitpur-bar", 1, "+919415000031")
    await load(world.pool, ReferenceData(places=[neighbour], posts=[theirs]))
    rule = "its_post_answers_for_it"
    await world.register()
    await refused(world, "update complaint set post = 'L1-BAR'", rule)
    await world.pool.execute("update complaint set place = 'lalitpur-bar', post = 'L1-BAR'")
    await refused(world, "update complaint set place = 'lalitpur', post = 'L1-MAH'", rule)
    await world.pool.execute("update complaint set place = 'lalitpur', level = 4, post = 'L4-UP'")


async def test_an_officer_for_other_categories_does_not_get_it(world: World) -> None:
    [_, second, *_] = REFERENCE.posts
    leaks = Category("leak", "रिसाव", "Leak", "jal-nigam", DAYS)
    only = replace(second, id="L2-LEAK", number="+919415000032", categories=("leak",))
    await load(world.pool, ReferenceData(categories=[leaks], posts=[only]))
    await world.register()
    given = "update complaint set level = 2, post = 'L2-LEAK'"
    await refused(world, given, "its_post_answers_for_it")
    await world.pool.execute(f"{given}, category = 'leak'")


async def test_what_is_with_a_post_stays_there_through_a_reform(world: World) -> None:
    """Nothing that is open hinders it; who is to get it next is found by what is true then."""
    registered = await world.register()
    bar = Place("lalitpur-bar", "block", "बार", "Bar", "lalitpur")
    moved = replace(REFERENCE.posts[0], place="lalitpur-bar")
    await load(world.pool, ReferenceData(places=[bar], posts=[moved]))
    attempt = await world.disposed_and_called(registered.number)
    await world.answer(attempt, Answer(satisfied=False))
    assert await world.post_of(registered.number) == "L2-LAL"


async def test_a_post_keeps_its_level_once_it_has_had_a_complaint(world: World) -> None:
    [first, *others] = REFERENCE.posts
    risen = replace(first, level=4, place="lalitpur-mahroni")
    await load(world.pool, replace(REFERENCE, posts=(risen, *others)))
    await load(world.pool, REFERENCE)
    await world.register()
    with pytest.raises(ReferenceDataError, match="it_is_at_the_level_of_its_post"):
        await load(world.pool, replace(REFERENCE, posts=(risen, *others)))


async def test_nobody_waits_for_a_citizen_whom_nobody_asks(world: World) -> None:
    number = (await world.register()).number
    rule = "the_citizen_was_asked_about_this_disposal"
    waiting = "update complaint set state = 'awaiting_feedback', due_at = null, remind_at = null"
    await refused(world, waiting, rule)
    await refused(world, f"{waiting}, disposals = 1", rule)
    await world.dispose(number)
    done = "update feedback_due set done_at = now(), outcome = 'stopped'"
    await refused(world, done, rule)
    await refused(world, "delete from feedback_due", rule)
    await refused(world, "update feedback_due set done_at = now()", "what_is_done_has_an_outcome")


async def closed_after(world: World, satisfied: bool) -> tuple[str, object]:
    """Disposed of, judged, and disposed of again; with the call in which it was judged."""
    number = (await world.register()).number
    attempt = await world.disposed_and_called(number)
    await world.answer(attempt, Answer(satisfied))
    if satisfied:
        await reopened(world, number)
    world.later(hours=1)
    await world.dispose(number)
    return number, attempt


async def test_the_yes_to_an_earlier_disposal_closes_nothing_again(world: World) -> None:
    """Nobody is closed as satisfied who did not say so: of what was done, as it was done last."""
    number, attempt = await closed_after(world, satisfied=True)
    closing = f"""
        update complaint set state = 'closed_satisfied', closing_attempt = $1, {ENDED}"""
    await refused(world, closing, "closed_by_its_own_citizens_word", attempt)
    both = f"""
        with asked as (update feedback_due set done_at = now(), outcome = 'answered'
                       where done_at is null)
        {closing}"""
    await refused(world, both, "closed_by_its_own_citizens_word", attempt)
    again = await world.attempt((await complaint_id(world, number)), 2)
    await world.answer(again, Answer(satisfied=True))


async def test_a_no_closes_nothing(world: World) -> None:
    _, attempt = await closed_after(world, satisfied=False)
    await refused(
        world,
        f"update complaint set state = 'closed_satisfied', closing_attempt = $1, {ENDED}",
        "closed_by_its_own_citizens_word",
        attempt,
    )


async def test_an_answer_ends_the_asking_about_its_own_disposal(world: World) -> None:
    disposed = await world.dispose((await world.register()).number)
    attempt = await world.attempt(disposed.complaint_id, 1)
    await refused(
        world,
        "insert into feedback (attempt_id, complaint_id, disposal_no, satisfied, at)"
        " values ($1, $2, 1, true, now())",
        "an_answer_ends_the_asking",
        attempt,
        disposed.complaint_id,
    )


async def test_unverified_is_only_whom_nobody_could_reach(world: World) -> None:
    number = (await world.register()).number
    unverified = f"update complaint set state = 'unverified', unverified_reason = 'x', {ENDED}"
    rule = "the_citizen_was_asked_about_this_disposal"
    await refused(world, unverified, rule)
    disposed = await world.dispose(number)
    await refused(world, unverified, rule)
    untried = "update feedback_due set done_at = now(), outcome = 'given_up'"
    await refused(world, untried, "given_up_after_something_was_tried")
    world.policy = replace(UP_1076, after_attempts=())
    async with transaction(world.pool) as conn:
        which = disposed.complaint_id, disposed.disposal_no
        assert await give_up(conn, *which, world.now, policy=world.policy)
    assert (await world.complaint(disposed.complaint_id))["state"] == "unverified"


async def test_who_has_answered_is_not_unverified(world: World) -> None:
    number = (await world.register()).number
    await world.dissatisfied(number)
    await refused(
        world,
        f"update complaint set state = 'unverified', unverified_reason = 'x', {ENDED}",
        "the_citizen_was_asked_about_this_disposal",
    )


MERGED = """
    with entry as (
        insert into complaint_history (complaint_id, seq, at, event, level, actor, previous, hash)
        select id, 9, now(), 'merged', 1, 'agent:101', '', '' from complaint where number = $1)
    insert into complaint_end (complaint_id, entry, kind, actor, text, merged_into, at)
    select a.id, 9, 'merged', 'agent:101', '', b.id, now() from complaint a, complaint b
    where a.number = $1 and b.number = $2"""


async def test_nothing_is_merged_into_another_citizens_file(world: World) -> None:
    other = await world.register(world.form(contact="+919876500000", citizen_name="सीता"))
    world.later(hours=1)
    mine = await world.register()
    rule = "merged_into_the_citizens_older_file"
    await refused(world, MERGED, rule, mine.number, other.number)


async def test_a_merger_is_into_the_older_file_so_there_is_no_ring(world: World) -> None:
    first = await world.register()
    world.later(hours=1)
    second = await world.register()
    world.later(hours=1)
    third = await world.register()
    rule = "merged_into_the_citizens_older_file"
    await refused(world, MERGED, rule, first.number, second.number)
    await merge(world.pool, second.number, into=first.number, actor="agent:1", now=world.now)
    await refused(world, MERGED, rule, first.number, second.number)
    await refused(world, MERGED, rule, third.number, second.number)  # that one has ended
    await merge(world.pool, third.number, into=first.number, actor="agent:1", now=world.now)


@pytest.mark.parametrize(
    "column",
    [
        *("citizen_id = gen_random_uuid()", "registered_at = now()", "contact = '+919876500000'"),
        *("text_hi = 'x'", "kind = 'suggestion'", "source = 'letter'", "confirmed_by = null"),
    ],
)
async def test_whose_a_complaint_is_what_they_said_and_since_when_does_not_change(
    world: World, column: str
) -> None:
    await world.register()
    with pytest.raises(asyncpg.RaiseError, match="append-only"):
        await world.pool.execute(f"update complaint set {column}")


@pytest.mark.parametrize("mark", ["confidential", "incident"])
async def test_a_mark_is_never_taken_off(world: World, mark: str) -> None:
    await world.register()
    await world.pool.execute(f"update complaint set {mark} = true")
    await refused(world, f"update complaint set {mark} = false", "marks_stay")


async def test_what_an_agent_was_told_was_told_in_a_call(world: World) -> None:
    number = (await world.register()).number
    with pytest.raises(InvalidInputError, match="call_id"):
        await dispose(
            world.pool,
            number,
            kind=DisposalKind.RESOLVED,
            report="ठीक",
            post="L1-MAH",
            actor="agent:101",
            via=Via.AGENT,
            policy=world.policy,
            now=world.now,
        )
    for via in ("agent", "officers_line"):
        await refused(
            world,
            "insert into disposal (complaint_id, disposal_no, level, post, kind, report, via,"
            " actor, at) select id, 1, 1, 'L1-MAH', 'resolved', 'x', $1, 'agent:1', now()"
            " from complaint",
            "what_was_told_was_told_in_a_call",
            via,
        )


async def test_what_an_operator_entered_names_them_and_nobody_elses_does(world: World) -> None:
    number = (await world.register()).number
    for via, actor in ((Via.OPERATOR, "post:L1-MAH"), (Via.PORTAL, "operator:anita")):
        with pytest.raises(InvalidInputError, match="actor"):
            await dispose(
                world.pool,
                number,
                kind=DisposalKind.RESOLVED,
                report="ठीक",
                post="L1-MAH",
                actor=actor,
                via=via,
                policy=world.policy,
                now=world.now,
            )
        await refused(
            world,
            "insert into disposal (complaint_id, disposal_no, level, post, kind, report, via,"
            " actor, at) select id, 1, 1, 'L1-MAH', 'resolved', 'x', $1, $2, now()"
            " from complaint",
            "what_an_operator_entered_names_them",
            *(str(via), actor),
        )


async def complaint_id(world: World, number: str) -> UUID:
    found = await world.pool.fetchval("select id from complaint where number = $1", number)
    assert isinstance(found, UUID)
    return found
