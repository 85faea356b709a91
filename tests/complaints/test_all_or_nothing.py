"""The connection is cut at every statement of every use case: all of it happened, or nothing."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from complaints import feedback
from complaints.escalation import escalate_overdue, remind
from complaints.feedback import Answer
from complaints.kinds import MatterKind
from complaints.lifecycle import PauseReason
from complaints.merging import merge
from complaints.pausing import pause, resume
from complaints.policy import UP_1076
from complaints.store import transaction
from db.pool import Pool
from tests.complaints.dying import CUT, DyingPool, as_pool
from tests.complaints.moves import (
    advised,
    at_level_two,
    decided,
    energy_has_officers,
    interim,
    reopened,
    returned,
    sorted_to,
    specially_closed,
    transferred,
    withdrawn,
)
from tests.complaints.world import World, sign

TABLES = (
    "citizen",
    "citizen_number",
    "complaint",
    "complaint_call",
    "registration_key",
    "complaint_history",
    "complaint_end",
    "proposal",
    "disposal",
    "feedback_due",
    "feedback",
    "dissatisfaction_register",
    "notification",
    "bundle",
)
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
    return lambda cut: cut.dispose(registered.number)


async def disposing(world: World) -> UseCase:
    registered = await world.register()
    return lambda cut: cut.dispose(registered.number)


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
            return await feedback.give_up(conn, disposed.complaint_id, 1, cut.now)

    return give_up


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


async def pausing(world: World) -> UseCase:
    return pausing_of((await world.register()).number)


def pausing_of(number: str) -> UseCase:
    return lambda cut: pause(
        cut.pool,
        number,
        reason=PauseReason.COURT_STAY,
        text="स्थगन",
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
    await energy_has_officers(world)
    return on(transferred, (await world.register()).number)


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


async def everything(pool: Pool) -> dict[str, list[Any]]:
    return {table: await pool.fetch(f"select * from {table} order by 1, 2") for table in TABLES}


@pytest.mark.parametrize(
    "prepare",
    [
        registering,
        ending_at_the_desk,
        linking_a_number,
        adding,
        merging,
        answering,
        disposing,
        closing,
        returning_for_review,
        forwarding,
        giving_up,
        sweeping,
        reminding,
        pausing,
        resuming,
        interim_reply,
        transferring,
        proposing,
        approving,
        refusing,
        returning_a_mapping,
        mapping_anew,
        advising,
        closing_specially,
        withdrawing,
        reopening,
    ],
)
async def test_a_cut_connection_leaves_nothing_half_done(
    world: World, prepare: Callable[[World], Awaitable[UseCase]]
) -> None:
    use_case = await prepare(world)
    before = await everything(world.pool)
    cut_at, committed = 0, False
    while not committed:
        cut_at += 1
        dying = DyingPool(world.pool, cut_at)
        with pytest.raises(CUT):
            await use_case(replace(world, pool=as_pool(dying)))
        assert await everything(world.pool) == before
        committed = (
            dying.statements < cut_at
        )  # that one was cut at the commit, after all statements
    assert cut_at > 4

    await use_case(world)  # and then it can be done, once
    after = await everything(world.pool)
    added = len(after["complaint_history"]) - len(before["complaint_history"])
    entries: dict[object, int] = {sweeping: 2, reminding: 0, merging: 2}
    assert added == entries.get(prepare, 1)
    moved = prepare is not interim_reply
    assert (after["complaint"] != before["complaint"]) == moved
