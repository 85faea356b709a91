"""Each text, as long as its use case says that it may be, is stored; a longer one is said to be so.

What a use case puts before a text, or joins it with, has room too.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from complaints.attachments.erasing import erase
from complaints.deciding import decide
from complaints.disposal import DisposalKind, dispose
from complaints.ending import advise, withdraw
from complaints.ends import OwnWord, SpecialReason
from complaints.errors import InputFault, InvalidInputError
from complaints.feedback import Answer
from complaints.interim import comment, interim_reply
from complaints.kinds import MatterKind
from complaints.lifecycle import PauseReason
from complaints.merging import merge
from complaints.moving import forward_sorted, return_mapping, transfer
from complaints.pausing import pause, resume
from complaints.policy import MP_181, UP_1076
from complaints.reopening import reopen
from complaints.special_close import close_specially
from complaints.texts import DissatisfactionReason
from tests.complaints.files import LETTER, disposed_with, in_memory, taken_in
from tests.complaints.moves import (
    at_level_two,
    energy_has_officers,
    returned,
    specially_closed,
    transferred,
)
from tests.complaints.use_cases import pausing_of
from tests.complaints.world import World, sign

#: Carries it out with these words.
Said = Callable[[str], Awaitable[object]]


def _by(world: World, post: str = "L1-MAH") -> dict[str, Any]:
    return {"post": post, "actor": f"officer:{post}", "policy": world.policy, "now": world.now}


def _registers(world: World, field: str, **changes: object) -> Said:
    return lambda said: world.taken_up(world.form(**changes | {field: said}))


async def registering(world: World) -> Said:
    return _registers(world, "text")


async def naming(world: World) -> Said:
    return _registers(world, "citizen_name")


async def suggesting(world: World) -> Said:
    return _registers(world, "text", kind=MatterKind.SUGGESTION)


async def answering_at_once(world: World) -> Said:
    return _registers(world, "answer", kind=MatterKind.INFORMATION)


async def adding(world: World) -> Said:
    older = await world.register()
    return _registers(world, "text", adds_to=older.number, separate=False)


async def merging(world: World) -> Said:
    older = await world.register()
    world.later(hours=1)
    younger = await world.register(world.form(text="क" * 4000))
    return lambda said: merge(
        world.pool,
        younger.number,
        into=older.number,
        actor="agent:101",
        now=world.now,
        text=said,
    )


async def _disposes(world: World, kind: MatterKind) -> Said:
    number = (await world.register(world.form(kind=kind))).number
    return lambda said: dispose(
        world.pool, number, kind=DisposalKind.RESOLVED, report=said, **_by(world)
    )


async def disposing(world: World) -> Said:
    return await _disposes(world, MatterKind.COMPLAINT)


async def answering(world: World) -> Said:
    return await _disposes(world, MatterKind.INFORMATION)


async def telling_how_it_stands(world: World) -> Said:
    number = (await world.register()).number
    by = _by(world) | {"expected_by": world.later(days=1)}
    del by["policy"]
    return lambda said: interim_reply(world.pool, number, text=said, **by)


async def remarking(world: World) -> Said:
    number = (await world.register()).number
    return lambda said: comment(world.pool, number, text=said, actor="agent:101", now=world.now)


async def pausing(world: World) -> Said:
    number = (await world.register()).number
    reason = PauseReason.WAITING_FOR_CITIZEN
    return lambda said: pause(world.pool, number, reason=reason, text=said, **_by(world))


async def resuming(world: World) -> Said:
    number = (await world.register()).number
    await pausing_of(number)(world)
    return lambda said: resume(world.pool, number, text=said, **_by(world))


async def transferring(world: World) -> Said:
    await energy_has_officers(world)
    number = (await world.register()).number
    by = _by(world) | {"department": "bijli", "signer": sign}
    return lambda said: transfer(world.pool, number, text=said, **by)


async def proposing(world: World) -> Said:
    world.policy = replace(UP_1076, transfer_needs_approval=True)
    return await transferring(world)


async def _decides(world: World, *, approve: bool) -> Said:
    world.policy = replace(UP_1076, transfer_needs_approval=True)
    await energy_has_officers(world)
    number = (await world.register()).number
    await transferred(world, number)
    by = _by(world, "L2-LAL") | {"signer": sign}
    return lambda said: decide(world.pool, number, approve=approve, text=said, **by)


async def approving(world: World) -> Said:
    return await _decides(world, approve=True)


async def refusing(world: World) -> Said:
    return await _decides(world, approve=False)


async def returning(world: World) -> Said:
    number = (await world.register()).number
    return lambda said: return_mapping(world.pool, number, text=said, **_by(world))


async def mapping_anew(world: World) -> Said:
    number = (await world.register()).number
    await returned(world, number)
    by = _by(world) | {"actor": "cm_office:5", "signer": sign}
    del by["post"]
    return lambda said: forward_sorted(world.pool, number, text=said, **by)


async def advising(world: World) -> Said:
    number = (await world.register()).number
    await returned(world, number)
    return lambda said: advise(world.pool, number, advice=said, actor="cm_office:5", now=world.now)


async def closing_specially(world: World) -> Said:
    number, code = await at_level_two(world), SpecialReason.COURT_CASE
    by = _by(world, "L2-LAL")
    return lambda said: close_specially(world.pool, number, code=code, text=said, **by)


async def proposing_a_special_close(world: World) -> Said:
    world.policy = MP_181
    return await closing_specially(world)


async def deciding_a_special_close(world: World) -> Said:
    world.policy = MP_181
    number = await at_level_two(world)
    await specially_closed(world, number)
    by = _by(world, "L3-LAL") | {"signer": sign}
    return lambda said: decide(world.pool, number, approve=True, text=said, **by)


def _word(call: UUID, said: str, confirmed: str) -> OwnWord:
    return OwnWord(actor="agent:101", text=said, call_id=call, confirmed=confirmed)


async def withdrawing(world: World) -> Said:
    number, call = (await world.register()).number, await world.talked_with("101")
    proof = "क" * 500
    return lambda said: withdraw(world.pool, number, word=_word(call, said, proof), now=world.now)


async def confirming(world: World) -> Said:
    number, call = (await world.register()).number, await world.talked_with("101")
    text = "क" * 3400
    return lambda said: withdraw(world.pool, number, word=_word(call, text, said), now=world.now)


async def reopening(world: World) -> Said:
    number = (await world.register()).number
    await world.answer(await world.disposed_and_called(number), Answer(satisfied=True))
    call = await world.talked_with("101")
    return lambda said: reopen(
        world.pool,
        number,
        reason=DissatisfactionReason.NOT_DONE,
        word=_word(call, said, "क" * 500),
        policy=world.policy,
        now=world.now,
        signer=sign,
    )


async def erasing(world: World) -> Said:
    number = (await world.register()).number
    await disposed_with(world, number, await taken_in(world, in_memory(), LETTER))
    attached = await world.pool.fetchval("select id from attachment")
    return lambda said: erase(
        world.pool,
        attached,
        by="operator:anita",
        why=said,
        policy=world.policy,
        now=world.now,
        early=True,
    )


USE_CASES = [
    registering, naming, suggesting, answering_at_once, adding, merging, disposing, answering,
    telling_how_it_stands, remarking, pausing, resuming, transferring, proposing, approving,
    refusing, returning, mapping_anew, advising, closing_specially, proposing_a_special_close,
    deciding_a_special_close, withdrawing, confirming, reopening, erasing,
]  # fmt: skip


@pytest.mark.parametrize("prepare", USE_CASES, ids=lambda one: one.__name__)
async def test_the_longest_text_is_stored_and_a_longer_one_is_said(
    world: World, prepare: Callable[[World], Awaitable[Said]]
) -> None:
    carry_out = await prepare(world)
    with pytest.raises(InvalidInputError) as refused:
        await carry_out("क" * 10_000)
    assert refused.value.fault is InputFault.TOO_LONG
    most = int(refused.value.values["most"])
    with pytest.raises(InvalidInputError):
        await carry_out("क" * (most + 1))
    await carry_out("क" * most)


async def test_to_merge_with_4000_characters_is_said_to_be_too_long(world: World) -> None:
    carry_out = await merging(world)
    with pytest.raises(InvalidInputError, match="text is longer than") as refused:
        await carry_out("क" * 4000)
    assert refused.value.field == "text"
