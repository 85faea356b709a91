"""What can be done to a complaint, each brought to where it begins. A new use case is a line in
`USE_CASES` and a function that prepares it; then it is killed at each of its statements.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

from access.rights import Role
from complaints import feedback, officers_line
from complaints.attachments.erasing import erase
from complaints.bundles import open_bundle, renew
from complaints.deciders import tell_new_deciders
from complaints.disposal import DisposalKind, Via, dispose
from complaints.escalation import escalate_overdue, remind
from complaints.feedback import Answer
from complaints.guidance import answers
from complaints.guidance.importer import import_guidance
from complaints.guidance.known import Current
from complaints.guidance.layouts import GuidanceKind
from complaints.guidance.model import FormField
from complaints.kinds import MatterKind
from complaints.lifecycle import PauseReason
from complaints.merging import merge
from complaints.pausing import end_long_pauses, pause, resume
from complaints.policy import MP_181, UP_1076
from complaints.second_look import look_again
from complaints.store import transaction
from complaints.vacancies import pass_on_vacant
from recordings.master import MasterKeys
from tests.complaints.bad_rows import with_its_due_entry, without_a_due_entry
from tests.complaints.files import LETTER, PHOTO, disposed_with, in_memory, taken_in
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
    spoken_by_its_officer,
    told,
    transferred,
    user,
    withdrawn,
)
from tests.complaints.world import World, sign

_KEYS = MasterKeys([bytes(32)])
_FIELDS = "code,category,name_hi,name_en,sensitive\naccount,handpump,खाता,Account,yes\n"

#: Carried out by the world's people, on the world's pool.
UseCase = Callable[[World], Awaitable[object]]


async def registering(world: World) -> UseCase:
    form = world.form(call_id=await world.call())
    return lambda cut: cut.register(form)


async def ending_at_the_desk(world: World) -> UseCase:
    form = world.form(kind=MatterKind.SUGGESTION, call_id=await world.call())
    return lambda cut: cut.taken_up(form)


async def linking_a_number(world: World) -> UseCase:
    first = await world.register()
    citizen = (await world.complaint(first.complaint_id))["citizen_id"]
    form = world.form(contact="+919876500000", citizen_id=citizen, links_number=True)
    return lambda cut: cut.register(form)


async def adding(world: World) -> UseCase:
    older = await world.register()
    form = world.form(adds_to=older.number, separate=False, call_id=await world.call())
    return lambda cut: cut.taken_up(form)


async def merging(world: World) -> UseCase:
    older = await world.register()
    world.later(hours=1)
    younger = await world.register(world.form(call_id=await world.call()))
    return lambda cut: merge(
        cut.pool, younger.number, into=older.number, actor="agent:101", now=cut.now
    )


async def answering(world: World) -> UseCase:
    registered = await world.register(world.form(kind=MatterKind.INFORMATION))
    return lambda cut: cut.dispose(registered.number, post="L1-MAH")


async def disposing(world: World) -> UseCase:
    registered = await world.register()
    return lambda cut: cut.dispose(registered.number, post="L1-MAH")


async def being_told_a_disposal(world: World) -> UseCase:
    number = (await world.register()).number
    call = await world.talked_with("101", "+919415000001")
    return lambda cut: dispose(
        cut.pool,
        number,
        kind=DisposalKind.RESOLVED,
        report="ठीक कर दिया",
        post="L1-MAH",
        actor="agent:101",
        policy=cut.policy,
        now=cut.now,
        via=Via.AGENT,
        call_id=call,
    )


async def disposing_with_files(world: World) -> UseCase:
    number = (await world.register()).number
    vault = in_memory()

    async def dispose(cut: World) -> object:
        return await disposed_with(cut, number, await taken_in(cut, vault, PHOTO, LETTER))

    return dispose


async def answering_with_a_file(world: World) -> UseCase:
    number = (await world.register(world.form(kind=MatterKind.INFORMATION))).number
    vault = in_memory()

    async def answer(cut: World) -> object:
        return await disposed_with(cut, number, await taken_in(cut, vault, LETTER))

    return answer


async def erasing_a_file(world: World) -> UseCase:
    await (await disposing_with_files(world))(world)
    attached = await world.pool.fetchval("select id from attachment where attachment_no = 1")
    return lambda cut: erase(
        cut.pool,
        attached,
        by="operator:anita",
        why="किसी और का पत्र",
        policy=cut.policy,
        now=cut.now,
        early=True,
    )


async def reporting_by_telephone(world: World) -> UseCase:
    registered = await world.register()
    spoken = await spoken_by_its_officer(world, registered.number)
    return lambda cut: officers_line.report(cut.pool, spoken, policy=cut.policy, now=cut.now)


async def closing(world: World) -> UseCase:
    attempt = await world.disposed_and_called((await world.register()).number)
    return lambda cut: cut.answer(attempt, Answer(satisfied=True))


async def returning_for_review(world: World) -> UseCase:
    attempt = await world.disposed_and_called((await world.register()).number)
    return lambda cut: cut.answer(attempt, Answer(False))


async def forwarding(world: World) -> UseCase:
    registered = await world.register(world.form(call_id=await world.call()))
    await world.dissatisfied(registered.number)
    attempt = await world.disposed_and_called(registered.number)
    return lambda cut: cut.answer(attempt, Answer(False))


async def giving_up(world: World) -> UseCase:
    disposed = await world.dispose((await world.register()).number)

    async def give_up(cut: World) -> object:
        async with transaction(cut.pool) as conn:
            return await feedback.give_up(
                conn, disposed.complaint_id, 1, cut.now, policy=cut.policy
            )

    return give_up


async def giving_up_without_further_steps(world: World) -> UseCase:
    world.policy = replace(UP_1076, after_attempts=())
    return await giving_up(world)


async def asking_by_sms(world: World) -> UseCase:
    await (await giving_up(world))(world)
    world.later(days=2)
    return lambda cut: feedback.follow_up(cut.pool, policy=cut.policy, now=cut.now)


async def ending_unverified(world: World) -> UseCase:
    await (await asking_by_sms(world))(world)
    world.later(days=3)
    return lambda cut: feedback.follow_up(cut.pool, policy=cut.policy, now=cut.now)


async def ending_a_pause(world: World) -> UseCase:
    await (await pausing(world))(world)
    world.later(days=180)
    return lambda cut: end_long_pauses(cut.pool, policy=cut.policy, now=cut.now)


async def looking_again(world: World) -> UseCase:
    higher = "update post set vacant_from = $1 where level > 1"
    await world.pool.execute(higher, world.now.date())
    await (await sweeping(world))(world)
    await world.pool.execute(higher, None)
    world.later(hours=1)
    return lambda cut: look_again(cut.pool, policy=cut.policy, now=cut.now, signer=sign)


async def _at_a_vacant_post(world: World, days: float) -> UseCase:
    await world.register(world.form(call_id=await world.call()))
    await world.register()
    world.later(days=1)
    await world.pool.execute(
        "update post set vacant_from = $1 where id = 'L1-MAH'", world.now.date()
    )
    world.later(days=days)
    return lambda cut: pass_on_vacant(cut.pool, policy=cut.policy, now=cut.now, signer=sign)


async def telling_of_a_vacancy(world: World) -> UseCase:
    return await _at_a_vacant_post(world, 0)


async def telling_a_new_decider(world: World) -> UseCase:
    await (await proposing(world))(world)
    await world.pool.execute(
        "update post set vacant_from = $1 where id = 'L2-LAL'", world.now.date()
    )
    world.later(hours=1)
    return lambda cut: tell_new_deciders(cut.pool, policy=cut.policy, now=cut.now)


async def passing_on_from_a_vacant_post(world: World) -> UseCase:
    return await _at_a_vacant_post(world, 3)


async def calling_back(world: World) -> UseCase:
    disposed = await world.dispose((await world.register()).number)
    call = await world.call()
    return lambda cut: feedback.record_called_back(
        cut.pool,
        disposed.complaint_id,
        disposed.disposal_no,
        call_id=call,
        answer=Answer(satisfied=True),
        policy=cut.policy,
        now=cut.now,
        signer=sign,
    )


async def telling_an_agent(world: World) -> UseCase:
    disposed = await world.dispose((await world.register()).number)
    call = await world.talked_with("101")
    return on(told, disposed.number, call_id=call, answer=Answer(False))


async def sweeping(world: World) -> UseCase:
    for _ in range(2):
        await world.register()
    world.later(days=8)
    return lambda cut: escalate_overdue(cut.pool, policy=cut.policy, now=cut.now, signer=sign)


async def reminding(world: World) -> UseCase:
    for _ in range(2):
        await world.register()
    world.later(days=6)
    return lambda cut: remind(cut.pool, now=cut.now)


async def setting_aside(world: World) -> UseCase:
    """One of three officers cannot be reminded: nothing says when they got it."""
    for _ in range(3):
        await world.register()
    await without_a_due_entry(world, (await world.register()).complaint_id)
    world.later(days=6)
    return lambda cut: remind(cut.pool, now=cut.now)


async def carrying_out_what_was_set_aside(world: World) -> UseCase:
    await (await setting_aside(world))(world)
    await with_its_due_entry(world)
    world.later(minutes=2)
    return lambda cut: remind(cut.pool, now=cut.now)


async def pausing(world: World) -> UseCase:
    return pausing_of((await world.register()).number)


def pausing_of(number: str) -> UseCase:
    return lambda cut: pause(
        cut.pool,
        number,
        reason=PauseReason.COURT_STAY,
        text="स्थगन",
        post="L1-MAH",
        actor="officer:L1-MAH",
        policy=cut.policy,
        now=cut.now,
    )


async def resuming(world: World) -> UseCase:
    registered = await world.register()
    await pausing_of(registered.number)(world)
    return lambda cut: resume(
        cut.pool,
        registered.number,
        text="स्थगन समाप्त",
        post="L1-MAH",
        actor="officer:L1-MAH",
        policy=cut.policy,
        now=cut.now,
    )


def on(move: Callable[..., Awaitable[object]], number: str, **words: Any) -> UseCase:
    async def cut_short(cut: World) -> object:
        return await move(cut, number, **words)

    return cut_short


async def interim_reply(world: World) -> UseCase:
    return on(interim, (await world.register()).number)


async def transferring(world: World) -> UseCase:
    """With all that was said by then."""
    await energy_has_officers(world)
    registered = await world.register(world.form(call_id=await world.call()))
    await world.dissatisfied(registered.number)
    return on(transferred, registered.number)


async def proposing(world: World) -> UseCase:
    world.policy = replace(UP_1076, transfer_needs_approval=True)
    return await transferring(world)


async def approving(world: World) -> UseCase:
    propose = await proposing(world)
    await propose(world)
    number = await world.pool.fetchval("select number from complaint")
    return on(decided, number, approve=True, post="L2-LAL")


async def refusing(world: World) -> UseCase:
    await approving(world)
    number = await world.pool.fetchval("select number from complaint")
    return on(decided, number, approve=False, post="L2-LAL")


async def returning_a_mapping(world: World) -> UseCase:
    await user(world, "anita", Role.CM_OFFICE, "+919415000051")
    return on(returned, (await world.register()).number)


async def mapping_anew(world: World) -> UseCase:
    await energy_has_officers(world)
    number = (await world.register()).number
    await returned(world, number)
    return on(sorted_to, number, category="power-cut")


async def advising(world: World) -> UseCase:
    world.policy = replace(UP_1076, triage=True)
    return on(advised, (await world.register()).number)


async def closing_specially(world: World) -> UseCase:
    return on(specially_closed, await at_level_two(world))


async def withdrawing(world: World) -> UseCase:
    disposed = await world.dispose((await world.register()).number)
    return on(withdrawn, disposed.number, call_id=await world.call())


async def reopening(world: World) -> UseCase:
    registered = await world.register()
    attempt = await world.disposed_and_called(registered.number)
    await world.answer(attempt, Answer(satisfied=True))
    return on(reopened, registered.number, call_id=await world.call())


async def sweeping_from_triage(world: World) -> UseCase:
    world.policy = replace(UP_1076, triage=True)
    return await sweeping(world)


async def sweeping_at_the_last_level(world: World) -> UseCase:
    world.policy = replace(UP_1076, last_level=1)
    return await sweeping(world)


async def remarking(world: World) -> UseCase:
    return on(remarked, (await world.register()).number)


async def proposing_a_special_close(world: World) -> UseCase:
    world.policy = MP_181
    return on(specially_closed, await at_level_two(world))


async def deciding_a_special_close(world: World) -> UseCase:
    world.policy = MP_181
    number = await at_level_two(world)
    await specially_closed(world, number)
    return on(decided, number, approve=True, post="L3-LAL")


async def keeping_what_was_said_too_late(world: World) -> UseCase:
    disposed = await world.dispose((await world.register()).number)
    call = await world.call()
    return lambda cut: feedback.said_in(cut.pool, disposed.complaint_id, call)


async def confirming_who_speaks(world: World) -> UseCase:
    attempt = await world.disposed_and_called((await world.register()).number)
    return lambda cut: feedback.confirmed(cut.pool, attempt)


async def claiming_a_feedback_call(world: World) -> UseCase:
    await world.dispose((await world.register()).number)
    world.later(hours=1)

    async def claim(cut: World) -> object:
        async with transaction(cut.pool) as conn:
            return await feedback.claim_due(conn, cut.now, 5)

    return claim


async def escalated(world: World) -> str:
    """With a bundle, handed to the next level; the number."""
    number = (await world.register(world.form(call_id=await world.call()))).number
    world.later(days=8)
    await escalate_overdue(world.pool, policy=world.policy, now=world.now, signer=sign)
    return number


async def renewing_a_link(world: World) -> UseCase:
    number = await escalated(world)
    return lambda cut: renew(cut.pool, number, actor="cm_office:5", signer=sign, now=cut.now)


async def opening_a_bundle(world: World) -> UseCase:
    await escalated(world)
    bundle = await world.pool.fetchval("select id from bundle")
    return lambda cut: open_bundle(
        cut.pool, bundle, policy=cut.policy, remote="192.0.2.1", now=cut.now
    )


async def loading_reference_data(world: World) -> UseCase:
    return energy_has_officers


def _guidance(kind: GuidanceKind, text: str) -> UseCase:
    files = [("a.csv", text.encode())]
    return lambda cut: import_guidance(cut.pool, kind, files, by="operator:test", now=cut.now)


async def bringing_in_guidance(world: World) -> UseCase:
    return _guidance(GuidanceKind.FIELDS, _FIELDS)


@cache
def _sealed_once(now: datetime) -> tuple[answers.KeptAnswer, ...]:
    """The same bytes each time: a seal is made by chance, and what is left is compared."""
    account = FormField(
        code="account", category="handpump", name_hi="खाता", name_en="Account", sensitive=True
    )
    return answers.kept(_KEYS, [Current(account, 1)], {"account": "12"}, now)


async def registering_with_answers(world: World) -> UseCase:
    await _guidance(GuidanceKind.FIELDS, _FIELDS)(world)
    form = world.form(answers=_sealed_once(world.now))
    return lambda cut: cut.register(form)


async def opening_what_is_sealed(world: World) -> UseCase:
    await _guidance(GuidanceKind.FIELDS, _FIELDS)(world)
    number = (await world.register(world.form(answers=_sealed_once(world.now)))).number
    reader = answers.operator("root")
    return lambda cut: answers.opened(cut.pool, _KEYS, reader, number, "why", cut.now)


USE_CASES: list[Callable[[World], Awaitable[UseCase]]] = [
    registering,
    ending_at_the_desk,
    linking_a_number,
    adding,
    merging,
    answering,
    disposing,
    being_told_a_disposal,
    disposing_with_files,
    answering_with_a_file,
    erasing_a_file,
    reporting_by_telephone,
    closing,
    returning_for_review,
    forwarding,
    giving_up,
    giving_up_without_further_steps,
    asking_by_sms,
    ending_unverified,
    telling_an_agent,
    calling_back,
    ending_a_pause,
    looking_again,
    sweeping,
    sweeping_from_triage,
    sweeping_at_the_last_level,
    reminding,
    telling_of_a_vacancy,
    telling_a_new_decider,
    passing_on_from_a_vacant_post,
    setting_aside,
    carrying_out_what_was_set_aside,
    pausing,
    resuming,
    interim_reply,
    remarking,
    transferring,
    proposing,
    approving,
    refusing,
    returning_a_mapping,
    mapping_anew,
    advising,
    closing_specially,
    proposing_a_special_close,
    deciding_a_special_close,
    withdrawing,
    reopening,
    keeping_what_was_said_too_late,
    confirming_who_speaks,
    claiming_a_feedback_call,
    renewing_a_link,
    opening_a_bundle,
    loading_reference_data,
    bringing_in_guidance,
    registering_with_answers,
    opening_what_is_sealed,
]
#: Asked for again they happen again: another link is sent, another access is written down.
AGAIN = [renewing_a_link, opening_a_bundle, opening_what_is_sealed]
