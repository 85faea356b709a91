"""To another officer: transfer, wrong mapping, and what the CM's team sorts."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

import structlog

from complaints import history, number, texts
from complaints.assigning import Assigned, tell_assigned
from complaints.categories import answered_category, category_of_open
from complaints.conditions import astray
from complaints.errors import InvalidInputError, NotAllowedError
from complaints.forwarding import Forwarded, forward
from complaints.history import Entry, Event
from complaints.in_call import take_officers_call
from complaints.lifecycle import Returned, Terms, Triage, WithOfficer
from complaints.mapping import Ladder, ladder_for
from complaints.notifications import Kind, Signer
from complaints.policy import Policy
from complaints.proposals import propose
from complaints.store import Complaint, hold, holidays, lock_subject, move, terms_for, transaction
from complaints.taking import Word, entry_of, must_act, must_be, take, tell_team
from complaints.words import clean
from db.pool import Connection, Pool
from db.statements import statements

_log = structlog.get_logger(__name__)
_LONGEST = 4000


async def transfer(
    pool: Pool,
    complaint_number: str,
    *,
    department: str,
    text: str,
    post: str,
    actor: str,
    policy: Policy,
    now: datetime,
    signer: Signer,
    only_propose: bool = False,
    call_id: UUID | None = None,
) -> WithOfficer | None:
    """The officer of `post` hands it to another department; None when the next level decides.

    `only_propose`: refused (`NotAllowedError`) where no approval is needed. `call_id`: in which
    the agent who enters it was told.

    Raises the number's errors, `InvalidInputError` (text, department, call_id), `WrongPostError`,
    `NotNowError`, `AlreadyEndedError`, `NotAllowedError` (limit, window, no officer there) and
    `NoEvidenceError` (somebody else's call).
    """
    digits = number.parse(complaint_number)
    word = Word(clean("text", text, _LONGEST), actor, now, call_id)
    async with transaction(pool) as conn:
        complaint = await hold(conn, digits)
        before = held_by(complaint, post, "transferred")
        here = await terms_for(conn, complaint, policy, now)
        await _must_be_another(conn, complaint, department, theirs=not astray(before, here))
        await take_officers_call(conn, complaint, call_id, actor=actor)
        if decider := before.approves_transfer(here):
            proposed = before.propose_transfer(0, here, now)
            await propose(conn, complaint, proposed, decider, word, to=department)
            return None
        if only_propose:
            raise NotAllowedError("a transfer needs no approval: the officer decides")
        there = replace(here, ladder=await ladder_there(conn, complaint, department, now))
        after = before.transfer(here, there, now)
        await write_transfer(conn, complaint, after, department, word, policy, signer)
    return after


async def _must_be_another(
    conn: Connection, complaint: Complaint, department: str, *, theirs: bool
) -> None:
    """`theirs`: whether the post that has it still answers for it."""
    known = await statements().lifecycle_department(conn, code=department)
    if department == complaint.department and not theirs:
        raise InvalidInputError("department", "has it by its category: return it as wrongly mapped")
    if known is None or department == complaint.department:
        raise InvalidInputError("department", "is not another department")


async def return_mapping(
    pool: Pool,
    complaint_number: str,
    *,
    text: str,
    post: str,
    actor: str,
    policy: Policy,
    now: datetime,
    call_id: UUID | None = None,
) -> None:
    """The officer of `post` says that it is not theirs: the CM's team is told, and maps it anew.

    Raises as `transfer`.
    """
    digits, text = number.parse(complaint_number), clean("text", text, _LONGEST)
    async with transaction(pool) as conn:
        complaint = await hold(conn, digits)
        before = held_by(complaint, post, "returned")
        after = before.return_mapping(await terms_for(conn, complaint, policy, now), now)
        await take_officers_call(conn, complaint, call_id, actor=actor)
        entry = await take(
            conn,
            complaint,
            after,
            event=Event.WRONG_MAPPING,
            actor=actor,
            now=now,
            reason=text,
            call_id=call_id,
        )
        body = texts.team_returned(
            digits, complaint.subject, complaint.place_name, text, after.due_at
        )
        told = await tell_team(conn, complaint, entry, Kind.TEAM_RETURNED, body, now)
    _log.info("returned as wrongly mapped", complaint=str(complaint.id), team=told)


async def forward_sorted(
    pool: Pool,
    complaint_number: str,
    *,
    actor: str,
    policy: Policy,
    now: datetime,
    signer: Signer,
    category: str | None = None,
    place: str | None = None,
    text: str = "",
) -> WithOfficer:
    """The CM's team sends what is new or was returned to its officer, corrected where it must be.

    Raises the number's errors, `InvalidInputError` (category, place, text), `NotNowError`,
    `AlreadyEndedError`.
    """
    digits = number.parse(complaint_number)
    text = clean("text", text, _LONGEST) if text else ""
    async with transaction(pool) as conn:
        if category or place:
            await lock_subject(conn, digits, category=category, place=place)
        complaint = await hold(conn, digits)
        before: Triage | Returned
        if isinstance(complaint.state, Returned):
            before = complaint.state
        else:
            before = must_be(complaint, Triage, "forwarded")
        as_it_was = complaint.category, complaint.place
        complaint, terms = await _mapped_anew(conn, complaint, category, place, policy, now)
        text = corrected_words(as_it_was, (complaint.category, complaint.place), text)
        after = before.forward(terms, now)
        why = entry_of(complaint, after, event=Event.FORWARDED, actor=actor, now=now, reason=text)
        await _give(conn, complaint, after, why, policy, signer)
    _log.info("complaint forwarded", complaint=str(complaint.id), level=after.level)
    return after


def corrected_words(before: tuple[str, str], after: tuple[str, str], text: str) -> str:
    """What the history says of a mapping, (category, place), that was corrected: what it was, and
    what it is; and `text`.
    """
    of_each = zip(("category", "place"), before, after, strict=True)
    changes = "; ".join(f"{what} {was} -> {now}" for what, was, now in of_each if was != now)
    return ": ".join(filter(None, [changes, text]))


async def write_transfer(
    conn: Connection,
    complaint: Complaint,
    after: WithOfficer,
    department: str,
    word: Word,
    policy: Policy,
    signer: Signer,
) -> None:
    """Write what `transfer`, or the level that approved it, has decided."""
    await statements().lifecycle_map(
        conn,
        id=complaint.id,
        category=complaint.category,
        place=complaint.place,
        department=department,
    )
    why = entry_of(
        complaint,
        after,
        event=Event.TRANSFERRED,
        actor=word.actor,
        now=word.now,
        reason=f"to {department}: {word.text}",
        call_id=word.call_id,
    )
    await _give(conn, complaint, after, why, policy, signer)
    _log.info("complaint transferred", complaint=str(complaint.id), level=after.level)


async def _give(
    conn: Connection,
    complaint: Complaint,
    after: WithOfficer,
    why: Entry,
    policy: Policy,
    signer: Signer,
) -> None:
    """To an officer who has it anew. Once something was reported about it, all that was said goes
    along, as with an escalation: another post has not heard it.
    """
    seq = await history.append(conn, complaint.id, why)
    await move(conn, complaint.id, after, why.at)
    await tell_assigned(conn, [Assigned(complaint, after, seq)], policy, why.at)
    if after.disposals and after.post != complaint.state.post:
        handed = Forwarded(complaint, after, seq, why)
        await forward(conn, [handed], policy=policy, signer=signer, now=why.at)


async def ladder_there(
    conn: Connection, complaint: Complaint, department: str, now: datetime
) -> Ladder:
    """Who would have the complaint in this department."""
    return await ladder_for(conn, department, complaint.category, complaint.place, now)


def held_by(complaint: Complaint, post: str, move: str) -> WithOfficer:
    """The state, when the officer of `post` has it. Raises `WrongPostError` and `must_be`'s."""
    state = must_be(complaint, WithOfficer, move)
    must_act(state, post)
    return state


async def _mapped_anew(
    conn: Connection,
    complaint: Complaint,
    category: str | None,
    place: str | None,
    policy: Policy,
    now: datetime,
) -> tuple[Complaint, Terms]:
    """Corrected where it must be. Another place leaves it with the department that has it, also
    with one that it was transferred to; a category that is given brings its own.
    """
    if category is None and place is None:
        return complaint, await terms_for(conn, complaint, policy, now)
    if category is None:
        found = await category_of_open(conn, complaint.category)
    else:
        found = await answered_category(conn, category)
    where = await statements().complaints_place(conn, code=place or complaint.place)
    if where is None:
        raise InvalidInputError("place", "is unknown")
    department = complaint.department if category is None else found.department
    await statements().lifecycle_map(
        conn,
        id=complaint.id,
        category=found.code,
        place=where["code"],
        department=None if department == found.department else department,
    )
    corrected = replace(
        complaint,
        category=found.code,
        category_name=found.name_hi,
        department=department,
        level_days=found.level_days,
        place=where["code"],
        place_name=where["name_hi"],
    )
    rules = policy.of(corrected.category)
    ladder = await ladder_there(conn, corrected, department or found.department, now)
    return corrected, Terms(rules, ladder, corrected.level_days, await holidays(conn, rules))
