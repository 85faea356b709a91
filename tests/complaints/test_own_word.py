"""Which call shows that a citizen took their complaint back, or had it opened again."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest

from calls.model import Direction, Outcome
from complaints.ending import withdraw
from complaints.ends import OwnWord
from complaints.errors import NoEvidenceError
from complaints.feedback import Answer
from complaints.reopening import reopen
from tests.complaints.world import World, sign

STRANGER = "+919876500000"
AGENT = "agent:101"

#: A complaint that its citizen may move from now on, and the move by their word.
Move = Callable[[OwnWord], Awaitable[object]]


async def withdrawing(world: World) -> tuple[str, Move]:
    number = (await world.register()).number
    return number, lambda word: withdraw(world.pool, number, word=word, now=world.now)


async def reopening(world: World) -> tuple[str, Move]:
    number = (await world.register()).number
    await world.answer(await world.disposed_and_called(number), Answer(satisfied=True))
    return number, lambda word: reopen(
        world.pool,
        number,
        reason=None,
        word=word,
        policy=world.policy,
        now=world.now,
        signer=sign,
    )


every_move = pytest.mark.parametrize(
    "begin", [withdrawing, reopening], ids=lambda one: one.__name__
)


async def reaching(world: World, *, answered: bool) -> UUID:
    """A call of ours to the citizen."""
    call = await world.call(Direction.OUTBOUND)
    if answered:
        await world.pool.execute("update call set answered_at = $2 where id = $1", call, world.now)
    await world.hung_up(call, Outcome.NO_ANSWER)
    return call


async def state(world: World, number: str) -> str:
    return str(await world.pool.fetchval("select state from complaint where number = $1", number))


@every_move
async def test_an_agent_answers_only_for_what_was_said_in_a_call_that_they_had(
    world: World, begin: Callable[[World], Awaitable[tuple[str, Move]]]
) -> None:
    number, move = await begin(world)
    before = await state(world, number)
    for theirs in (await world.talked_with("102"), await world.call()):
        with pytest.raises(NoEvidenceError, match="agent 101 did not have it"):
            await move(OwnWord(actor=AGENT, call_id=theirs))
    anybodys = await world.talked_with("102", STRANGER)
    with pytest.raises(NoEvidenceError, match="agent 999 did not have it"):
        await move(OwnWord(actor="agent:999", call_id=anybodys, confirmed="x"))
    assert await state(world, number) == before
    await move(OwnWord(actor="agent:102", call_id=anybodys, confirmed="पिता का नाम"))
    assert await state(world, number) != before


@every_move
async def test_a_call_that_nobody_answered_says_nothing(
    world: World, begin: Callable[[World], Awaitable[tuple[str, Move]]]
) -> None:
    number, move = await begin(world)
    before = await state(world, number)
    with pytest.raises(NoEvidenceError, match="nobody answered it"):
        await move(OwnWord(actor="citizen", call_id=await reaching(world, answered=False)))
    assert await state(world, number) == before
    await move(OwnWord(actor="citizen", call_id=await reaching(world, answered=True)))
    assert await state(world, number) != before


@every_move
async def test_what_was_said_long_before_is_not_said_about_this(
    world: World, begin: Callable[[World], Awaitable[tuple[str, Move]]]
) -> None:
    long_ago, talk = await world.call(), await world.talked_with("101")
    await world.hung_up(talk, Outcome.AGENT_ANSWERED)
    world.later(days=400)
    number, move = await begin(world)
    before = await state(world, number)
    with pytest.raises(NoEvidenceError, match="it began before"):
        await move(OwnWord(actor="citizen", call_id=long_ago))
    for confirmed in ("", "पिता का नाम"):
        with pytest.raises(NoEvidenceError, match="it was over before"):
            await move(OwnWord(actor=AGENT, call_id=talk, confirmed=confirmed))
    assert await state(world, number) == before


@every_move
async def test_what_is_said_while_the_call_goes_on_is_told_to_its_agent(
    world: World, begin: Callable[[World], Awaitable[tuple[str, Move]]]
) -> None:
    """Registered, or satisfied, and then the citizen thinks better of it."""
    talk = await world.talked_with("101")
    world.now += timedelta(minutes=5)
    number, move = await begin(world)
    before = await state(world, number)
    await move(OwnWord(actor=AGENT, call_id=talk))
    assert await state(world, number) != before
