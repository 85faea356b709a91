"""A complaint that ends while its citizen is being dialled."""

from dataclasses import replace
from itertools import count

from calls.model import Outcome
from campaigns import attempts
from campaigns.attempts import Attempt
from complaints import feedback
from complaints.ending import withdraw
from complaints.ends import OwnWord
from complaints.policy import UP_1076
from complaints.store import transaction
from db.pool import Pool
from tests.complaints.interleaving import Worker, interleaved
from tests.complaints.world import World


async def _dialled(world: World, later: int) -> tuple[Worker, list[Attempt]]:
    """The attempts that a dialer writes before that statement of a withdrawal."""
    disposed = await world.dispose((await world.register()).number)
    call = await world.call()
    await world.hung_up(call, Outcome.AGENT_ANSWERED)  # who is in a call with us is not claimed
    word = OwnWord(actor="citizen", text="काम हो गया", call_id=call)
    now = world.later(hours=1)

    async def dial(pool: Pool) -> list[Attempt | None]:
        async with transaction(pool) as conn:
            due = await feedback.claim_due(conn, now, 1)
            return [
                await attempts.write(conn, one, cell="cell-1", caller_id="1600111076", at=now)
                for one in due
            ]

    withdrawing = Worker(lambda pool: withdraw(pool, disposed.number, word=word, now=now))
    turns = [0] * later + [1] * 30
    ended, written = await interleaved(world.pool, [withdrawing, Worker(dial)], turns)
    assert ended is None
    assert isinstance(written, list)
    return withdrawing, written


async def test_nobody_is_dialled_about_a_complaint_that_is_withdrawn_meanwhile(
    world: World,
) -> None:
    """The claim takes the question alone, and may see the complaint as it was. Before the call is
    requested the question is looked at again.
    """
    world.policy = replace(UP_1076, registrations_per_month=None)
    how_many = set()
    for later in count():
        withdrawing, written = await _dialled(world, later)
        async with world.pool.acquire() as conn:
            for attempt in written:
                assert not await attempts.mark_requested(conn, attempt.id, world.now)
            assert await feedback.claim_due(conn, world.later(hours=1), 1) == []
        await world.pool.execute("update attempt set settled_at = $1", world.now)
        await world.pool.execute(
            "update call set ended_at = $1, outcome = 'failed' where ended_at is null", world.now
        )
        how_many.add(len(written))
        if later > withdrawing.statements:
            break
    assert how_many == {0, 1}  # too late for the claim, and in time for it
