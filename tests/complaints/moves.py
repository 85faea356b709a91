"""Officers, agents and the CM's team at work on the world's complaints, in few words."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from access import grants, users
from access.log import By
from access.rights import TENANT, Grant, Role, Scope
from complaints.deciding import decide
from complaints.disposal import DisposalKind
from complaints.ending import advise, withdraw
from complaints.ends import OwnWord, SpecialReason
from complaints.escalation import escalate_overdue
from complaints.feedback import Answer, FeedbackResult, record_told
from complaints.interim import comment, interim_reply
from complaints.lifecycle import WithOfficer
from complaints.moving import forward_sorted, return_mapping, transfer
from complaints.officers_line import Spoken
from complaints.reference import PostRow, ReferenceData, load
from complaints.reopening import reopen
from complaints.special_close import close_specially
from complaints.texts import DissatisfactionReason
from tests.complaints.world import World, sign

ENERGY = ReferenceData(
    posts=[PostRow("E1-MAH", "अवर अभियंता विद्युत", "bijli", "lalitpur-mahroni", 1, "+919415000011")]
)


def _by(world: World, post: str) -> dict[str, Any]:
    return {"post": post, "actor": f"officer:{post}", "policy": world.policy, "now": world.now}


async def energy_has_officers(world: World) -> None:
    await load(world.pool, ENERGY)


async def user(world: World, name: str, role: Role, number: str | None) -> None:
    """Somebody with the role everywhere; an officer's is that of L1-MAH."""
    by, scope = By("system:test", "test"), TENANT
    if role is Role.OFFICER:
        scope = Scope(post="L1-MAH")
    new = users.NewUser(sign_in_name=name, display_name=name, number=number)
    added = await users.add(world.pool, new, by, world.now)
    await grants.grant(world.pool, added.id, Grant(role, scope), by, world.now)


async def officer_of(world: World, post: str, number: str | None = "+919415000021") -> UUID:
    """The user of an officer who holds the post from today on."""
    by = By("system:test", "test")
    code = f"officer-of-{post.lower()}"
    await world.pool.execute("insert into officer values ($1, 'राम', null)", code)
    await world.pool.execute(
        "insert into tenure values ($1, $2, 'holder', $3)", post, code, world.now.date()
    )
    new = users.NewUser(sign_in_name=code, display_name="राम", officer=code, number=number)
    return (await users.add(world.pool, new, by, world.now)).id


async def spoken_by_its_officer(world: World, number: str) -> Spoken:
    """What the officer who has the complaint has just said and confirmed."""
    officer, call_id = await officer_of(world, await world.post_of(number)), await world.call()
    remark = await world.recording(call_id, "officer_remark", "open")
    return Spoken(
        call_id=call_id,
        officer=officer,
        number=number,
        kind=DisposalKind.RESOLVED,
        remark=remark,
    )


async def transferred(
    world: World, number: str, to: str = "bijli", post: str = "L1-MAH"
) -> WithOfficer | None:
    by = _by(world, post) | {"signer": sign}
    return await transfer(world.pool, number, department=to, text="ऊर्जा विभाग का विषय", **by)


async def returned(world: World, number: str, post: str = "L1-MAH") -> None:
    await return_mapping(world.pool, number, text="हमारा क्षेत्र नहीं", **_by(world, post))


async def sorted_to(
    world: World, number: str, text: str = "सही विभाग", **corrected: str
) -> WithOfficer:
    return await forward_sorted(
        world.pool,
        number,
        actor="cm_office:5",
        policy=world.policy,
        now=world.now,
        signer=sign,
        text=text,
        **corrected,
    )


async def advised(world: World, number: str) -> None:
    await advise(
        world.pool,
        number,
        advice="सूचना का अधिकार हेतु जन सूचना अधिकारी से मिलें",
        actor="cm_office:5",
        now=world.now,
    )


async def specially_closed(world: World, number: str, post: str = "L2-LAL") -> bool:
    return await close_specially(
        world.pool,
        number,
        code=SpecialReason.COURT_CASE,
        text="भूमि का वाद न्यायालय में है",
        **_by(world, post),
    )


async def decided(world: World, number: str, *, approve: bool, post: str) -> None:
    by = _by(world, post) | {"signer": sign}
    await decide(world.pool, number, approve=approve, text="अभिलेख देखे", **by)


async def withdrawn(world: World, number: str, call_id: UUID | None = None, **words: str) -> None:
    words = {"actor": "citizen", "text": "काम हो गया"} | words
    word = OwnWord(**words, call_id=call_id or await world.call())
    await withdraw(world.pool, number, word=word, now=world.now)


async def reopened(world: World, number: str, call_id: UUID | None = None) -> WithOfficer:
    return await reopen(
        world.pool,
        number,
        reason=DissatisfactionReason.NOT_DONE,
        word=OwnWord(actor="citizen", text="फिर खराब", call_id=call_id or await world.call()),
        policy=world.policy,
        now=world.now,
        signer=sign,
    )


async def told(
    world: World, number: str, *, call_id: UUID, answer: Answer, agent: str = "101"
) -> FeedbackResult:
    return await record_told(
        world.pool,
        number,
        call_id=call_id,
        agent=agent,
        answer=answer,
        policy=world.policy,
        now=world.now,
        signer=sign,
    )


async def interim(world: World, number: str, days: float = 3, post: str = "L1-MAH") -> None:
    await interim_reply(
        world.pool,
        number,
        text="पाइप मंगाया गया है",
        expected_by=world.now + timedelta(days=days),
        post=post,
        actor=f"officer:{post}",
        now=world.now,
    )


async def remarked(world: World, number: str) -> None:
    await comment(world.pool, number, text="फ़ोन पर बात हुई", actor="agent:101", now=world.now)


async def swept(world: World) -> int:
    return await escalate_overdue(world.pool, policy=world.policy, now=world.now, signer=sign)


async def at_level_two(world: World) -> str:
    registered = await world.register()
    world.later(days=7)
    assert await swept(world) == 1
    return registered.number
