"""The moves beside the main road, each as its officer, agent or citizen makes it."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from complaints import telling, texts
from complaints.disposal import DisposalKind, Via, dispose
from complaints.ends import OwnWord, SpecialReason
from complaints.errors import (
    AlreadyDisposedError,
    AlreadyEndedError,
    InvalidInputError,
    NoEvidenceError,
    NotAllowedError,
    NotNowError,
    WrongPostError,
)
from complaints.feedback import Answer
from complaints.history import Event
from complaints.lifecycle import ProposalKind
from complaints.moving import corrected_words
from complaints.notifications import Kind
from complaints.policy import MP_181, UP_1076, UP_2017, SpecialClose
from complaints.reference import PostRow, ReferenceData, load
from complaints.registration import InTriage
from complaints.store import STATE_NAMES, hold, transaction
from complaints.story import load_story
from complaints.telling import render_story
from complaints.waiting import who_decides
from messages.model import Channel
from messages.wording import word
from tests.complaints.moves import (
    advised,
    at_level_two,
    decided,
    energy_has_officers,
    interim,
    remarked,
    reopened,
    returned,
    sorted_to,
    specially_closed,
    swept,
    transferred,
    withdrawn,
)
from tests.complaints.world import CITIZEN, REFERENCE, START, World

TRIAGE = replace(UP_1076, triage=True)
APPROVED = replace(UP_1076, transfer_needs_approval=True)


NUMBER = "123456789"
MESSAGES: list[tuple[Kind, texts.Variables]] = [
    (Kind.CITIZEN_IN_TRIAGE, texts.citizen_in_triage(NUMBER)),
    (Kind.CITIZEN_INTERIM, texts.citizen_interim(NUMBER, "शीघ्र", START)),
    (Kind.CITIZEN_PAUSED, texts.citizen_paused(NUMBER, False, "स्थगन")),
    (Kind.TEAM_RETURNED, texts.team_returned(NUMBER, "हैंडपंप", "महरौनी", "नहीं", START)),
    (Kind.OFFICER_REPORTED, texts.officer_reported(NUMBER, "हैंडपंप", "महरौनी", START)),
    (Kind.OFFICER_VACANCY, texts.officer_vacancy(NUMBER, "अवर अभियंता", "महरौनी", 7, START)),
    (Kind.CITIZEN_RESUMED, texts.citizen_resumed(NUMBER, START)),
    (Kind.CITIZEN_MOVED, texts.citizen_moved(NUMBER, START)),
    (
        Kind.CITIZEN_SPECIAL_CLOSED,
        texts.citizen_special_closed(NUMBER, SpecialReason.NO_BUDGET, "अगले वर्ष"),
    ),
    (Kind.CITIZEN_WITHDRAWN, texts.citizen_withdrawn(NUMBER)),
    (Kind.CITIZEN_REOPENED, texts.citizen_reopened(NUMBER, START)),
    (Kind.CITIZEN_ADVISED, texts.citizen_advised(NUMBER, "तहसील जाएं")),
    (Kind.CITIZEN_ANSWERED, texts.citizen_answered(NUMBER, "सोमवार को")),
    (Kind.CITIZEN_THANKED, texts.citizen_thanked(NUMBER)),
    (Kind.CITIZEN_ADDED, texts.citizen_added(NUMBER)),
    (Kind.CITIZEN_MERGED, texts.citizen_merged(NUMBER, NUMBER)),
    (
        Kind.OFFICER_INFORMATION,
        texts.officer_assigned(NUMBER, "हैंडपंप", "महरौनी", "कब?", None, START),
    ),
    (Kind.OFFICER_SUGGESTION, texts.officer_suggestion(NUMBER, "हैंडपंप", "महरौनी", "नया")),
    (Kind.OFFICER_ADDED, texts.officer_added(NUMBER, 2, "फिर")),
    (Kind.OFFICER_MERGED, texts.officer_merged(NUMBER, NUMBER)),
    (Kind.OFFICER_REMINDER, texts.officer_reminder(NUMBER, "हैंडपंप", "महरौनी", START)),
    (Kind.OFFICER_ENDED, texts.officer_withdrawn(NUMBER)),
    (Kind.OFFICER_PROPOSAL, texts.officer_proposal(NUMBER, ProposalKind.TRANSFER, "कारण")),
    (Kind.OFFICER_APPROVED, texts.officer_approved(NUMBER, ProposalKind.TRANSFER, "कारण")),
    (Kind.OFFICER_REFUSED, texts.officer_refused(NUMBER, "कारण", START)),
]


async def row_of(world: World, number: str) -> asyncpg.Record:
    row = await world.pool.fetchrow("select * from complaint where number = $1", number)
    assert row is not None
    return row


async def told(world: World, kind: str) -> list[asyncpg.Record]:
    return await world.pool.fetch("select * from notification where kind = $1", kind)


async def closed(world: World) -> str:
    registered = await world.register()
    await world.answer(await world.disposed_and_called(registered.number), Answer(satisfied=True))
    return registered.number


async def test_an_interim_reply_tells_the_citizen_and_leaves_the_clock(world: World) -> None:
    registered = await world.register()
    world.later(days=2)
    await interim(world, registered.number)
    assert (await row_of(world, registered.number))["due_at"] == registered.due_at
    [message] = await told(world, "citizen_interim")
    assert (message["recipient"], "25-11-2025 11:00" in message["body"]) == (CITIZEN, True)
    with pytest.raises(InvalidInputError, match="expected_by"):
        await interim(world, registered.number, days=0)
    await world.dispose(registered.number)
    with pytest.raises(AlreadyDisposedError, match="already disposed"):
        await interim(world, registered.number)


async def test_comments_do_not_put_off_an_escalation(world: World) -> None:
    registered = await world.register()
    for _ in range(7):
        world.later(days=1)
        await remarked(world, registered.number)
    assert await swept(world) == 1
    assert (await row_of(world, registered.number))["level"] == 2


async def test_a_transfer_goes_to_the_other_departments_officer_with_full_time(
    world: World,
) -> None:
    await energy_has_officers(world)
    registered = await world.register()
    world.later(days=2)
    after = await transferred(world, registered.number)
    row = await row_of(world, registered.number)
    assert after is not None
    assert (row["post"], row["department"], row["transfers"]) == ("E1-MAH", "bijli", 1)
    assert row["due_at"] == after.due_at == world.now + timedelta(days=7)
    assert [one["recipient"] for one in await told(world, "officer_assigned")] == [
        "+919415000001",
        "+919415000011",
    ]
    assert len(await told(world, "citizen_moved")) == 1
    with pytest.raises(WrongPostError, match="for E1-MAH to do"):
        await transferred(world, registered.number, to="jal-nigam")


async def test_transfers_are_limited_in_number_and_in_time(world: World) -> None:
    await energy_has_officers(world)
    registered = await world.register()
    world.later(days=3, microseconds=1)
    with pytest.raises(NotAllowedError, match="within 3 calendar days"):
        await transferred(world, registered.number)
    another = await world.register()
    await transferred(world, another.number)
    await transferred(world, another.number, to="jal-nigam", post="E1-MAH")
    with pytest.raises(NotAllowedError, match="moved 2 times"):
        await transferred(world, another.number)


async def test_a_transfer_needs_another_department_with_an_officer(world: World) -> None:
    registered = await world.register()
    for department in ("jal-nigam", "no-such"):
        with pytest.raises(InvalidInputError, match="not another department"):
            await transferred(world, registered.number, to=department)
    with pytest.raises(NotAllowedError, match="no officer for this place"):
        await transferred(world, registered.number)
    assert (await row_of(world, registered.number))["department"] is None


async def test_where_the_policy_wants_it_the_next_level_approves_a_transfer(world: World) -> None:
    await energy_has_officers(world)
    world.policy = APPROVED
    registered = await world.register()
    assert await transferred(world, registered.number) is None
    row = await row_of(world, registered.number)
    assert (row["state"], row["due_at"]) == ("proposed", registered.due_at)
    assert [one["recipient"] for one in await told(world, "officer_proposal")] == ["+919415000002"]
    with pytest.raises(WrongPostError, match="for L2-LAL"):
        await decided(world, registered.number, approve=True, post="L1-MAH")
    await decided(world, registered.number, approve=True, post="L2-LAL")
    row = await row_of(world, registered.number)
    assert (row["state"], row["post"], row["proposal"]) == ("with_officer", "E1-MAH", None)
    proposal = await world.pool.fetchrow("select * from proposal")
    assert proposal is not None
    assert (proposal["approved"], proposal["decided_by"]) == (True, "L2-LAL")
    [approved] = await told(world, "officer_approved")
    assert (approved["recipient"], "अभिलेख देखे" in approved["body"]) == ("+919415000001", True)
    with pytest.raises(NotNowError, match="cannot be decided"):
        await decided(world, registered.number, approve=True, post="L2-LAL")


async def test_a_refused_proposal_leaves_the_clock_and_tells_the_officer(world: World) -> None:
    world.policy = APPROVED
    await energy_has_officers(world)
    registered = await world.register()
    await transferred(world, registered.number)
    world.later(days=1)
    await decided(world, registered.number, approve=False, post="L2-LAL")
    row = await row_of(world, registered.number)
    assert (row["state"], row["post"]) == ("with_officer", "L1-MAH")
    assert row["due_at"] == registered.due_at
    assert [one["recipient"] for one in await told(world, "officer_refused")] == ["+919415000001"]


async def test_a_proposal_that_nobody_decides_lapses_at_the_due_time(world: World) -> None:
    world.policy = APPROVED
    await energy_has_officers(world)
    registered = await world.register()
    await transferred(world, registered.number)
    world.later(days=7)
    assert await swept(world) == 1
    row = await row_of(world, registered.number)
    assert (row["state"], row["level"], row["proposal"]) == ("with_officer", 2, None)


async def test_what_came_to_the_wrong_officer_is_mapped_anew(world: World) -> None:
    await energy_has_officers(world)
    registered = await world.register()
    await returned(world, registered.number)
    assert (await row_of(world, registered.number))["state"] == "returned"
    with pytest.raises(InvalidInputError, match="category"):
        await sorted_to(world, registered.number, category="no-such")
    with pytest.raises(InvalidInputError, match="place"):
        await sorted_to(world, registered.number, place="no-such")
    after = await sorted_to(world, registered.number, category="power-cut")
    row = await row_of(world, registered.number)
    assert (after.post, row["category"], row["transfers"]) == ("E1-MAH", "power-cut", 1)
    with pytest.raises(NotNowError, match="cannot be forwarded"):
        await sorted_to(world, registered.number)


async def test_what_the_team_corrects_is_told_with_what_it_was_before(world: World) -> None:
    await energy_has_officers(world)
    number = (await world.register()).number
    await returned(world, number)
    await sorted_to(world, number, category="power-cut", place="lalitpur-mahroni")
    story = await load_story(world.pool, number)
    assert story.history[-1].reason == "category handpump -> power-cut: सही विभाग"
    assert "category handpump -> power-cut: सही विभाग" in render_story(story)


@pytest.mark.parametrize(
    ("category", "place", "text", "reason"),
    [
        ("handpump", "lalitpur-mahroni", "", ""),
        ("handpump", "lalitpur-mahroni", "सही विभाग", "सही विभाग"),
        ("handpump", "lalitpur", "", "place lalitpur-mahroni -> lalitpur"),
        (
            "power-cut",
            "lalitpur",
            "ठीक",
            "category handpump -> power-cut; place lalitpur-mahroni -> lalitpur: ठीक",
        ),
    ],
)
def test_only_what_changed_is_told_as_corrected(
    category: str, place: str, text: str, reason: str
) -> None:
    before, after = ("handpump", "lalitpur-mahroni"), (category, place)
    assert corrected_words(before, after, text) == reason


async def test_another_place_leaves_it_with_the_department_that_it_was_transferred_to(
    world: World,
) -> None:
    """Transferred to energy, which returns it for the wrong block; and only then back to water."""
    await energy_has_officers(world)
    district = PostRow("E1-LAL", "अवर अभियंता ललितपुर", "bijli", "lalitpur", 1, "+919415000012")
    await load(world.pool, ReferenceData(posts=[district]))
    number = (await world.register()).number
    await transferred(world, number)
    await returned(world, number, post="E1-MAH")
    after = await sorted_to(world, number, place="lalitpur")
    row = await row_of(world, number)
    assert (after.post, row["place"], row["department"]) == ("E1-LAL", "lalitpur", "bijli")
    assert row["category"] == "handpump"

    world.policy = replace(UP_1076, transfers_at_most=3)
    await returned(world, number, post="E1-LAL")
    after = await sorted_to(world, number, category="handpump", place="lalitpur-mahroni")
    assert (after.post, (await row_of(world, number))["department"]) == ("L1-MAH", None)


async def test_a_returned_one_that_nobody_maps_goes_one_level_up(world: World) -> None:
    registered = await world.register()
    await returned(world, registered.number)
    world.later(days=1)
    assert await swept(world) == 1
    assert (await row_of(world, registered.number))["post"] == "L2-LAL"


async def test_with_triage_the_cms_team_sees_it_before_any_officer(world: World) -> None:
    world.policy = TRIAGE
    form = world.form()
    registered = await world.taken_up(form)
    assert registered == await world.taken_up(form)  # a repeat with the same key
    assert isinstance(registered, InTriage)  # whose, and by when, nobody can tell the citizen
    row = await row_of(world, registered.number)
    assert (row["state"], row["due_at"]) == ("triage", registered.look_by)
    assert await told(world, "officer_assigned") == []
    with pytest.raises(NotNowError, match="is triage: it cannot be disposed of"):
        await world.dispose(registered.number)
    world.later(hours=2)
    assert (await sorted_to(world, registered.number)).due_at == world.now + timedelta(days=7)
    assert await world.events(registered.complaint_id) == ["triage", "forwarded"]
    assert len(await told(world, "officer_assigned")) == 1


async def test_triage_holds_nothing_up_for_longer_than_its_time(world: World) -> None:
    world.policy = TRIAGE
    registered = await world.register()
    world.later(days=1)
    assert await swept(world) == 1
    assert await world.events(registered.complaint_id) == ["triage", "forwarded"]
    assert (await row_of(world, registered.number))["post"] == "L1-MAH"
    [told_officer] = await told(world, "officer_assigned")
    [told_citizen] = await told(world, "citizen_moved")
    assert told_officer["recipient"] == "+919415000001"
    assert told_citizen["recipient"] == CITIZEN


async def test_a_returned_one_without_a_level_above_is_given_back_and_the_history_says_so(
    world: World,
) -> None:
    world.policy = replace(UP_1076, last_level=1)
    registered = await world.register()
    await returned(world, registered.number)
    world.later(days=1)
    assert await swept(world) == 1
    assert await world.events(registered.complaint_id) == [
        "registered",
        "wrong_mapping",
        "given_back",
    ]
    assert (await row_of(world, registered.number))["post"] == "L1-MAH"
    assert len(await told(world, "officer_assigned")) == 2
    assert await told(world, "officer_forwarded") == []


async def test_what_is_not_for_the_helpline_ends_with_advice(world: World) -> None:
    world.policy = TRIAGE
    new, wrong = await world.register(), await world.register()
    await advised(world, new.number)
    await sorted_to(world, wrong.number)
    with pytest.raises(NotNowError):
        await advised(world, wrong.number)
    await returned(world, wrong.number)
    await advised(world, wrong.number)
    for one in (new, wrong):
        assert (await row_of(world, one.number))["state"] == "advised"
    assert len(await told(world, "citizen_advised")) == 2
    with pytest.raises(AlreadyEndedError):
        await advised(world, new.number)


async def test_a_special_close_has_code_text_and_name_and_is_counted_apart(world: World) -> None:
    number = await at_level_two(world)
    assert await specially_closed(world, number)
    row = await row_of(world, number)
    assert (row["state"], row["closing_attempt"]) == ("special_closed", None)
    end = await world.pool.fetchrow("select * from complaint_end")
    assert end is not None
    assert (end["kind"], end["reason_code"], end["level"], end["post"], end["actor"]) == (
        "special_closed",
        "court_case",
        2,
        "L2-LAL",
        "officer:L2-LAL",
    )
    [message] = await told(world, "citizen_special_closed")
    assert "न्यायालय में विचाराधीन" in message["body"]
    with pytest.raises(NotNowError, match="cannot be reopened"):
        await reopened(world, number)


async def test_the_lowest_level_cannot_close_specially(world: World) -> None:
    registered = await world.register()
    with pytest.raises(NotAllowedError, match="L2 and above"):
        await specially_closed(world, registered.number, post="L1-MAH")


async def test_where_the_policy_has_none_nobody_closes_specially(world: World) -> None:
    number = await at_level_two(world)
    world.policy = UP_2017
    with pytest.raises(NotAllowedError, match="nobody may"):
        await specially_closed(world, number)


async def test_under_181_level_two_proposes_and_level_three_decides(world: World) -> None:
    number = await at_level_two(world)
    world.policy = MP_181
    assert not await specially_closed(world, number)
    assert (await row_of(world, number))["state"] == "proposed"
    await decided(world, number, approve=True, post="L3-LAL")
    end = await world.pool.fetchrow("select * from complaint_end")
    assert end is not None
    assert (end["reason_code"], end["post"], end["level"]) == ("court_case", "L3-LAL", 3)
    assert (await row_of(world, number))["state"] == "special_closed"
    assert [one["recipient"] for one in await told(world, "officer_approved")] == ["+919415000002"]


async def test_what_was_proposed_before_nobody_may_close_specially_is_refused_and_not_approved(
    world: World,
) -> None:
    number = await at_level_two(world)
    world.policy = MP_181
    assert not await specially_closed(world, number)
    world.policy = replace(MP_181, special_close=SpecialClose.NOBODY)
    with pytest.raises(NotAllowedError, match="nobody may"):
        await decided(world, number, approve=True, post="L3-LAL")
    assert (await row_of(world, number))["state"] == "proposed"
    await decided(world, number, approve=False, post="L3-LAL")
    assert (await row_of(world, number))["state"] == "with_officer"


async def test_nobody_approves_what_they_proposed_themselves(world: World) -> None:
    number = await at_level_two(world)
    world.policy = MP_181
    await world.pool.execute(
        "insert into officer values ('E2', 'अनीता', null), ('E3', 'बाबू', null)"
    )
    holds = "insert into tenure values ($1, $2, $3, $4)"
    long_ago = world.now.date() - timedelta(days=100)
    await world.pool.execute(holds, "L2-LAL", "E2", "holder", long_ago)
    await world.pool.execute(holds, "L3-LAL", "E2", "charge", world.now.date())
    await world.pool.execute("update post set vacant_from = $1 where id = 'L3-LAL'", long_ago)
    assert not await specially_closed(world, number)
    with pytest.raises(WrongPostError, match="for L4-UP"):
        await decided(world, number, approve=True, post="L3-LAL")

    world.later(days=1)  # E2 moves up, and somebody else has the post that proposed
    today = world.now.date()
    await world.pool.execute("update tenure set until_on = $1", today - timedelta(days=1))
    await world.pool.execute(holds, "L2-LAL", "E3", "holder", today)
    await world.pool.execute(holds, "L3-LAL", "E2", "holder", today)
    for approve in (True, False):
        with pytest.raises(WrongPostError, match="for L4-UP"):
            await decided(world, number, approve=approve, post="L3-LAL")
    assert (await row_of(world, number))["state"] == "proposed"
    complaint = (await row_of(world, number))["id"]
    assert await who_decides(world.pool, complaint, world.policy, world.now) == "L4-UP (L4)"
    await decided(world, number, approve=True, post="L4-UP")
    assert (await row_of(world, number))["state"] == "special_closed"


async def test_what_nobody_else_can_decide_is_taken_back_by_the_post_that_has_it(
    world: World,
) -> None:
    number = await at_level_two(world)
    world.policy = MP_181
    today = world.now.date()
    await world.pool.execute("insert into officer values ('E2', 'अनीता', null)")
    holds = "insert into tenure values ($1, $2, $3, $4)"
    await world.pool.execute(holds, "L2-LAL", "E2", "holder", today - timedelta(days=100))
    assert not await specially_closed(world, number)
    await world.pool.execute(holds, "L3-LAL", "E2", "charge", today)
    await world.pool.execute("update post set vacant_from = $1 where level > 2", today)
    complaint = (await row_of(world, number))["id"]
    decided_by = await who_decides(world.pool, complaint, world.policy, world.now)
    assert decided_by is not None
    assert "nobody left" in decided_by
    story = render_story(await load_story(world.pool, number), decided_by)
    assert "what is proposed is decided by nobody left; the post that has it can take" in story
    for post in ("L2-LAL", "L3-LAL"):
        with pytest.raises(NotAllowedError, match="L2-LAL, which has it, can take it back"):
            await decided(world, number, approve=True, post=post)
    with pytest.raises(WrongPostError, match="for L2-LAL"):
        await decided(world, number, approve=False, post="L3-LAL")
    await decided(world, number, approve=False, post="L2-LAL")
    assert (await row_of(world, number))["state"] == "with_officer"
    assert await who_decides(world.pool, complaint, world.policy, world.now) is None


async def test_who_has_the_post_is_known_though_a_nearer_one_was_added(world: World) -> None:
    """Neither asked about a special close that they would propose, nor about one that waits."""
    number = await at_level_two(world)
    world.policy = MP_181
    today = world.now.date()
    await world.pool.execute("insert into officer values ('E2', 'अनीता', null)")
    holds = "insert into tenure values ($1, $2, $3, $4)"
    await world.pool.execute(holds, "L2-LAL", "E2", "holder", today - timedelta(days=100))
    await world.pool.execute(holds, "L3-LAL", "E2", "charge", today)
    await world.pool.execute("update post set vacant_from = $1 where id = 'L3-LAL'", today)
    nearer = replace(REFERENCE.posts[1], id="L2-MAH", place="lalitpur-mahroni")
    await load(world.pool, ReferenceData(posts=[nearer]))
    assert not await specially_closed(world, number)
    told_to = await told(world, "officer_proposal")
    assert [one["recipient"] for one in told_to] == [REFERENCE.posts[3].number]
    await decided(world, number, approve=True, post="L4-UP")


async def test_under_181_with_nobody_above_level_two_does_not_close_alone(world: World) -> None:
    number = await at_level_two(world)
    world.policy = MP_181
    await world.pool.execute("update post set vacant_from = '2025-01-01' where level > 2")
    with pytest.raises(NotAllowedError, match="nobody else is there"):
        await specially_closed(world, number)
    assert (await row_of(world, number))["state"] == "with_officer"


async def test_under_181_level_three_closes_by_itself(world: World) -> None:
    number = await at_level_two(world)
    world.later(days=7)
    await swept(world)
    world.policy = MP_181
    assert await specially_closed(world, number, post="L3-LAL")


async def test_the_citizen_can_withdraw_at_any_time_before_an_end(world: World) -> None:
    asked = await world.register()
    await world.dispose(asked.number)
    for number in (asked.number, (await world.register()).number):
        await withdrawn(world, number)
        assert (await row_of(world, number))["state"] == "withdrawn"
    assert await world.pool.fetchval("select count(*) from feedback_due where done_at is null") == 0
    assert len(await told(world, "officer_ended")) == 2
    with pytest.raises(AlreadyEndedError):
        await withdrawn(world, asked.number)


async def test_a_withdrawal_is_the_citizens_own_call_or_page(world: World) -> None:
    registered = await world.register()
    for evidence in ({}, {"call_id": uuid4(), "page": "session"}):
        with pytest.raises(InvalidInputError, match="citizen's own word"):
            OwnWord(actor="citizen", **evidence)  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError, match="call_id is unknown"):
        await withdrawn(world, registered.number, call_id=uuid4())
    assert (await row_of(world, registered.number))["state"] == "with_officer"


async def test_withdrawn_in_triage_no_officer_is_told(world: World) -> None:
    world.policy = TRIAGE
    registered = await world.register()
    await withdrawn(world, registered.number)
    assert await told(world, "officer_ended") == []


async def test_reopened_it_goes_back_to_the_officer_with_the_call(world: World) -> None:
    number = await closed(world)
    world.later(days=30)
    call = await world.call()
    after = await reopened(world, number, call)
    assert (after.level, after.dissatisfied_at_level) == (1, 1)
    row = await row_of(world, number)
    assert (row["state"], row["closing_attempt"], row["ended_at"]) == ("with_officer", None, None)
    linked = await world.pool.fetchval("select role from complaint_call where call_id = $1", call)
    assert linked == "follow_up"
    assert len(await told(world, "officer_review")) == 1
    await world.answer(await world.disposed_and_called(number), Answer(satisfied=False))
    assert (await row_of(world, number))["level"] == 2


async def test_under_2017s_rules_a_reopened_one_goes_up_with_its_recordings(world: World) -> None:
    world.policy = UP_2017
    number = await closed(world)
    call = await world.call()
    recording = await world.recording(call)
    assert (await reopened(world, number, call)).level == 2
    [message] = await told(world, "officer_forwarded")
    assert message["recordings"] == [recording]


async def test_after_the_window_it_stays_closed(world: World) -> None:
    number = await closed(world)
    world.later(days=30, microseconds=1)
    await remarked(world, number)  # the window runs from the end, not from the last word
    with pytest.raises(NotAllowedError, match="within 30 days"):
        await reopened(world, number)


async def told_by_telephone(world: World, number: str, **changes: object) -> None:
    arguments: dict[str, object] = {
        "actor": "agent:101",
        "via": Via.AGENT,
        "post": "L1-MAH",
        "call_id": await world.talked_with("101", "+919415000001"),
    } | changes
    await dispose(
        world.pool,
        number,
        kind=DisposalKind.RESOLVED,
        report="ठीक कर दिया",
        policy=world.policy,
        now=world.now,
        **arguments,  # type: ignore[arg-type]
    )


async def test_an_officer_can_tell_an_agent_by_telephone(world: World) -> None:
    registered = await world.register()
    await told_by_telephone(world, registered.number)
    row = await world.pool.fetchrow("select * from disposal")
    assert row is not None
    assert (row["via"], row["actor"], row["post"]) == ("agent", "agent:101", "L1-MAH")
    assert isinstance(row["call_id"], UUID)


async def test_what_an_agent_was_told_names_the_post_that_has_it(world: World) -> None:
    registered = await world.register()
    with pytest.raises(WrongPostError):
        await told_by_telephone(world, registered.number, post="L2-LAL")
    with pytest.raises(InvalidInputError, match="actor"):
        await told_by_telephone(world, registered.number, actor="officer:L1-MAH")
    assert await world.pool.fetchval("select count(*) from disposal") == 0


@pytest.mark.parametrize("state", ["special_closed", "withdrawn", "advised", "closed_satisfied"])
async def test_the_database_refuses_an_end_without_its_evidence(world: World, state: str) -> None:
    registered = await world.register()
    end = "due_at = null, remind_at = null, ended_at = now()"
    with pytest.raises(asyncpg.CheckViolationError, match="end_has_its"):
        await world.pool.execute(
            f"update complaint set state = $2, {end} where number = $1", registered.number, state
        )
    await withdrawn(world, registered.number)
    if state in ("special_closed", "advised"):
        with pytest.raises(asyncpg.ForeignKeyViolationError, match="evidence_is_of_this_end"):
            await world.pool.execute("update complaint set state = $1", state)


async def test_every_end_is_read_as_it_was_written(world: World) -> None:
    number, other = await at_level_two(world), (await world.register()).number
    world.policy = TRIAGE
    third = (await world.register()).number
    await specially_closed(world, number)
    await withdrawn(world, other)
    await advised(world, third)
    found = []
    async with transaction(world.pool) as conn:
        for one in (number, other, third):
            found.append((await hold(conn, one)).state)
    special, back, advice = found
    assert (special.ruling.text, special.ruling.post) == ("भूमि का वाद न्यायालय में है", "L2-LAL")  # type: ignore[union-attr]
    assert (back.word.text, back.word.page) == ("काम हो गया", None)  # type: ignore[union-attr]
    assert advice.advice.startswith("सूचना का अधिकार")  # type: ignore[union-attr]


async def test_when_all_higher_posts_are_gone_nobody_decides_and_the_clock_goes_on(
    world: World,
) -> None:
    world.policy = APPROVED
    await energy_has_officers(world)
    registered = await world.register()
    await transferred(world, registered.number)
    await world.pool.execute("update post set vacant_from = '2025-01-01' where level > 1")
    with pytest.raises(NotAllowedError, match="nobody is left above"):
        await decided(world, registered.number, approve=True, post="L2-LAL")
    world.later(days=7)
    assert await swept(world) == 1
    assert (await row_of(world, registered.number))["overdue_at"] == world.now


async def test_the_story_of_what_happened_beside_the_main_road_is_told(world: World) -> None:
    world.policy = TRIAGE
    registered = await world.register()
    await sorted_to(world, registered.number)
    await interim(world, registered.number)
    await withdrawn(world, registered.number)
    text = render_story(await load_story(world.pool, registered.number))
    steps = [
        "now: withdrawn by the citizen, level 1",
        "Registered, with the CM's team first",
        "(up-1076: 1 calendar days)",
        "Forwarded to the officer, level 1 (L1-MAH), by cm_office:5: सही विभाग; due",
        "Interim reply, level 1",
        "Withdrawn by the citizen, level 1 (L1-MAH), by citizen: काम हो गया",
        "History: 4 entries, chain intact",
    ]
    assert [step for step in steps if step not in text] == []


async def test_every_kind_of_message_has_a_template(world: World) -> None:
    rows = await world.pool.fetch("select kind from message_template where channel = 'sms'")
    assert {row["kind"] for row in rows} == set(Kind)


@pytest.mark.parametrize("build", MESSAGES, ids=lambda build: str(build[0]))
async def test_every_template_can_be_filled_in(
    world: World, build: tuple[Kind, texts.Variables]
) -> None:
    kind, variables = build
    async with world.pool.acquire() as conn:
        wording = await word(conn, kind, Channel.SMS, "hi", variables)
    assert (wording.fault, variables["number"] in wording.body) == (None, True)


def test_every_event_and_every_state_has_words() -> None:
    assert set(telling._EVENTS) == set(texts.EVENTS) == set(Event)
    assert set(telling._STATES) == set(STATE_NAMES.values())


async def test_only_who_has_it_reports_and_replies(world: World) -> None:
    number = await at_level_two(world)
    with pytest.raises(WrongPostError):
        await told_by_telephone(world, number, via=Via.OFFICERS_LINE, actor="officer:L1-MAH")
    with pytest.raises(WrongPostError):
        await interim(world, number, post="L1-MAH")
    await interim(world, number, post="L2-LAL")


async def test_another_persons_call_takes_nothing_back_and_reopens_nothing(world: World) -> None:
    number = await closed(world)
    stranger = await world.talked_with("101", "+919876500000")
    with pytest.raises(NoEvidenceError, match="no agent confirmed"):
        await reopened(world, number, stranger)
    other = await world.register()
    with pytest.raises(NoEvidenceError, match="none of the citizen's"):
        await withdrawn(world, other.number, stranger)
    with pytest.raises(InvalidInputError, match="confirmed"):
        await withdrawn(world, other.number, stranger, confirmed="father's name")
    await withdrawn(
        world, other.number, stranger, actor="agent:101", confirmed="father's name and village"
    )
    entry = await world.pool.fetchrow("select * from complaint_end")
    assert entry is not None
    assert (entry["actor"], entry["call_id"]) == ("agent:101", stranger)
    assert entry["text"].endswith("; identity confirmed: father's name and village")
    await reopened(world, number, await world.call())


async def test_words_that_are_sent_twice_are_told_once(world: World) -> None:
    registered = await world.register()
    for _ in range(2):
        await interim(world, registered.number)
        await remarked(world, registered.number)
    assert await world.events(registered.complaint_id) == ["registered", "interim_reply", "noted"]
    assert len(await world.messages(registered.complaint_id, "citizen_interim")) == 1

    world.later(hours=2)  # said again, not sent again
    await remarked(world, registered.number)
    assert (await world.events(registered.complaint_id))[-1] == "noted"
    assert len(await world.events(registered.complaint_id)) == 4


@pytest.mark.parametrize("text", ["क" * 3401, " \x00 "])
async def test_what_the_citizen_says_must_be_fit_to_be_stored(world: World, text: str) -> None:
    registered = await world.register()
    with pytest.raises(InvalidInputError, match="text"):
        await withdrawn(world, registered.number, text=text)


async def test_who_waited_for_a_special_close_is_told_that_it_has_ended(world: World) -> None:
    """The waiting statement must see the end's evidence, which was not there when it began."""
    number = await at_level_two(world)
    complaint = await world.pool.fetchval("select id from complaint where number = $1", number)
    call = await world.call()
    first, second = await world.at_once(
        complaint, specially_closed(world, number), withdrawn(world, number, call)
    )
    refused = [one for one in (first, second) if isinstance(one, BaseException)]
    assert [type(one) for one in refused] == [AlreadyEndedError]
