"""From which call: what an agent enters names the call in which they were told."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from complaints.deciding import decide
from complaints.disposal import DisposalKind, Via, dispose
from complaints.ends import SpecialReason
from complaints.errors import InvalidInputError, NoEvidenceError
from complaints.interim import comment, interim_reply
from complaints.lifecycle import PauseReason
from complaints.merging import merge
from complaints.moving import return_mapping, transfer
from complaints.pausing import pause, resume
from complaints.policy import MP_181, UP_1076
from complaints.special_close import close_specially
from complaints.story import load_story
from complaints.telling import render_story
from db.statements import sql
from tests.complaints.moves import (
    at_level_two,
    energy_has_officers,
    specially_closed,
    transferred,
)
from tests.complaints.world import World, sign

OFFICER, AGENT = "+919415000001", "agent:101"
APPROVED = replace(UP_1076, transfer_needs_approval=True)

#: A complaint brought to where the move begins; its number, and the move with the agent's words.
Prepared = tuple[str, Callable[..., Awaitable[object]]]


def _at(world: World, number: str, move: Any, post: str = "L1-MAH", **words: Any) -> Prepared:
    words = {"text": "दूरभाष पर बताया", "post": post, "policy": world.policy} | words

    def told(**by: Any) -> Awaitable[object]:
        done: Awaitable[object] = move(world.pool, number, now=world.now, **words, **by)
        return done

    return number, told


async def _new(world: World) -> str:
    return (await world.register()).number


async def pausing(world: World) -> Prepared:
    return _at(world, await _new(world), pause, reason=PauseReason.COURT_STAY)


async def resuming(world: World) -> Prepared:
    number, stop = await pausing(world)
    await stop(actor="officer:L1-MAH")
    return _at(world, number, resume)


async def replying(world: World) -> Prepared:
    number = await _new(world)

    async def reply(pool: Any, complaint: str, policy: object, **words: Any) -> None:
        await interim_reply(pool, complaint, expected_by=world.now + timedelta(days=1), **words)

    return _at(world, number, reply)


async def transferring(world: World) -> Prepared:
    await energy_has_officers(world)
    return _at(world, await _new(world), transfer, department="bijli", signer=sign)


async def proposing_a_transfer(world: World) -> Prepared:
    world.policy = APPROVED
    return await transferring(world)


async def returning(world: World) -> Prepared:
    return _at(world, await _new(world), return_mapping)


async def closing_specially(world: World) -> Prepared:
    number = await at_level_two(world)
    return _at(world, number, close_specially, "L2-LAL", code=SpecialReason.NO_BUDGET)


async def proposing_a_close(world: World) -> Prepared:
    world.policy = MP_181
    return await closing_specially(world)


async def approving_a_transfer(world: World) -> Prepared:
    world.policy = APPROVED
    await energy_has_officers(world)
    number = await _new(world)
    await transferred(world, number)
    return _at(world, number, decide, "L2-LAL", approve=True, signer=sign)


async def approving_a_close(world: World) -> Prepared:
    world.policy = MP_181
    number = await at_level_two(world)
    await specially_closed(world, number)
    return _at(world, number, decide, "L3-LAL", approve=True, signer=sign)


async def refusing(world: World) -> Prepared:
    number, _ = await approving_a_close(world)
    return _at(world, number, decide, "L3-LAL", approve=False, signer=sign)


async def disposing(world: World) -> Prepared:
    async def report(pool: Any, complaint: str, text: str, **words: Any) -> None:
        kind = DisposalKind.RESOLVED
        await dispose(pool, complaint, kind=kind, report=text, via=Via.AGENT, **words)

    return _at(world, await _new(world), report)


async def remarking(world: World) -> Prepared:
    async def remark(pool: Any, complaint: str, policy: object, post: str, **words: Any) -> None:
        await comment(pool, complaint, **words)

    return _at(world, await _new(world), remark)


async def merging(world: World) -> Prepared:
    older = await _new(world)
    world.later(hours=1)

    async def one(pool: Any, complaint: str, policy: object, post: str, **words: Any) -> None:
        await merge(pool, complaint, into=older, **words)

    return _at(world, await _new(world), one)


MOVES = [
    pausing,
    resuming,
    replying,
    transferring,
    proposing_a_transfer,
    returning,
    closing_specially,
    proposing_a_close,
    approving_a_transfer,
    approving_a_close,
    refusing,
    disposing,
    remarking,
    merging,
]
every_move = pytest.mark.parametrize("begin", MOVES, ids=lambda one: one.__name__)


async def last_entry(world: World, number: str) -> asyncpg.Record:
    row = await world.pool.fetchrow(
        """select h.* from complaint_history h join complaint c on c.id = h.complaint_id
           where c.number = $1 order by seq desc limit 1""",
        number,
    )
    assert row is not None
    return row


async def role(world: World, number: str, call: UUID) -> str | None:
    found: str | None = await world.pool.fetchval(
        """select l.role from complaint_call l join complaint c on c.id = l.complaint_id
           where c.number = $1 and l.call_id = $2""",
        *(number, call),
    )
    return found


@every_move
async def test_an_agents_entry_names_the_call_in_which_they_were_told(
    world: World, begin: Callable[[World], Awaitable[Prepared]]
) -> None:
    number, move = await begin(world)
    call = await world.talked_with("101", OFFICER)
    await move(actor=AGENT, call_id=call)
    entry = await last_entry(world, number)
    assert (entry["actor"], entry["call_id"]) == (AGENT, call)
    assert await role(world, number, call) == ("disposal" if begin is disposing else "officer")
    assert "The officer called, agent 101" in render_story(await load_story(world.pool, number))


@every_move
async def test_another_agents_call_is_no_evidence_and_nothing_is_changed(
    world: World, begin: Callable[[World], Awaitable[Prepared]]
) -> None:
    number, move = await begin(world)
    before = await last_entry(world, number)
    with pytest.raises(NoEvidenceError, match="agent 101 did not have it"):
        await move(actor=AGENT, call_id=await world.talked_with("102", OFFICER))
    with pytest.raises(InvalidInputError, match="call_id is unknown"):
        await move(actor=AGENT, call_id=UUID(int=7))
    assert await last_entry(world, number) == before


officers_moves = pytest.mark.parametrize(
    "begin", [one for one in MOVES if one not in (remarking, merging)], ids=lambda one: one.__name__
)


@officers_moves
async def test_what_an_officer_told_an_agent_needs_a_call_that_is_not_the_citizens(
    world: World, begin: Callable[[World], Awaitable[Prepared]]
) -> None:
    number, move = await begin(world)
    before = await last_entry(world, number)
    with pytest.raises(InvalidInputError, match="in which call was the agent told"):
        await move(actor=AGENT)
    with pytest.raises(NoEvidenceError, match="the citizen's own"):
        await move(actor=AGENT, call_id=await world.talked_with("101"))
    assert await last_entry(world, number) == before


async def test_what_a_citizen_said_follows_the_complaint_up(world: World) -> None:
    number, remark = await remarking(world)
    call = await world.talked_with("101")
    await remark(actor=AGENT, call_id=call)
    assert await role(world, number, call) == "follow_up"


async def test_who_handed_the_caller_on_was_told_in_that_call_all_the_same(world: World) -> None:
    number, remark = await remarking(world)
    call = await world.talked_with("101")
    world.later(minutes=2)
    await world.pool.execute(sql("calls_agent_answered"), call, "102", world.now)
    await remark(actor=AGENT, call_id=call)
    assert await role(world, number, call) == "follow_up"
    text = render_story(await load_story(world.pool, number))
    assert "The citizen called, agent 101, 102: still going on" in text


async def test_a_mergers_call_goes_with_the_older_file_too(world: World) -> None:
    younger, one = await merging(world)
    call = await world.talked_with("101")
    await one(actor=AGENT, call_id=call)
    older = await world.pool.fetchval("select number from complaint where number <> $1", younger)
    assert (await role(world, younger, call), await role(world, older, call)) == (
        "follow_up",
        "follow_up",
    )
    assert (await last_entry(world, older))["call_id"] == call


async def test_the_database_keeps_no_agents_disposal_without_a_call(world: World) -> None:
    registered = await world.register()
    with pytest.raises(asyncpg.CheckViolationError, match="told_in_a_call"):
        await world.pool.execute(
            """insert into disposal (complaint_id, disposal_no, level, post, kind, report, via,
                                     actor, at)
               values ($1, 1, 1, 'L1-MAH', 'resolved', 'x', 'agent', 'agent:101', now())""",
            registered.complaint_id,
        )
