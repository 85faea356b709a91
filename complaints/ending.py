"""The ends without the citizen's answer: each writes its evidence, or the database refuses it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from calls.model import Direction
from complaints import number, texts
from complaints.ends import (
    Answered,
    Final,
    Merged,
    OwnWord,
    Ruling,
    SpecialClosed,
    Withdrawn,
)
from complaints.errors import EvidenceFault, InvalidInputError, NoEvidenceError
from complaints.history import Event
from complaints.in_call import agent_of
from complaints.lifecycle import Returned, Triage
from complaints.notifications import Kind
from complaints.store import Complaint, hold, link_call, move, transaction
from complaints.taking import must_be, must_be_open, note, tell_citizen, tell_post
from complaints.words import clean
from db.pool import Connection, Pool
from db.statements import statements

_log = structlog.get_logger(__name__)
_LONGEST = 4000
_LONGEST_WORD, _LONGEST_PROOF = 3400, 500  # one text in the end


async def withdraw(pool: Pool, complaint_number: str, *, word: OwnWord, now: datetime) -> None:
    """The citizen takes the complaint back, in a call or on their page; the officer is told.

    Raises the number's errors, `InvalidInputError` (call_id, text, confirmed), `NoEvidenceError`
    (somebody else's call, and no agent confirmed who was speaking; not the agent's; from before it
    was registered; unanswered) and `AlreadyEndedError`.
    """
    digits, word = number.parse(complaint_number), cleaned(word)
    async with transaction(pool) as conn:
        complaint = await hold(conn, digits)
        state = must_be_open(complaint)
        await take_at_its_word(conn, complaint, word, since=complaint.registered_at)
        entry = await end_withdrawn(conn, complaint, state.withdraw(word, now), now)
        body = texts.citizen_withdrawn(digits)
        await tell_citizen(conn, complaint, entry, Kind.CITIZEN_WITHDRAWN, body, now)
        if not isinstance(state, Triage):
            told = texts.officer_withdrawn(digits)
            await tell_post(conn, complaint, entry, Kind.OFFICER_ENDED, state.post, told, now)
    _log.info("complaint withdrawn", complaint=str(complaint.id))


async def advise(
    pool: Pool, complaint_number: str, *, advice: str, actor: str, now: datetime
) -> None:
    """The CM's team finds that it is not for this helpline: the citizen is told where to go.

    Raises the number's errors, `InvalidInputError` (advice), `NotNowError`, `AlreadyEndedError`.
    """
    digits, advice = number.parse(complaint_number), clean("advice", advice, _LONGEST)
    async with transaction(pool) as conn:
        complaint = await hold(conn, digits)
        before: Triage | Returned
        if isinstance(complaint.state, Returned):
            before = complaint.state
        else:
            before = must_be(complaint, Triage, "answered with advice")
        after = before.advise(advice, actor, now)
        entry = await _end(
            conn,
            complaint,
            after,
            {"kind": "advised", "actor": actor, "text": advice},
            event=Event.ADVISED,
            now=now,
        )
        body = texts.citizen_advised(digits, advice)
        await tell_citizen(conn, complaint, entry, Kind.CITIZEN_ADVISED, body, now)
    _log.info("complaint ended with advice", complaint=str(complaint.id))


def cleaned(word: OwnWord) -> OwnWord:
    """Fit to be stored. Raises `InvalidInputError` (text, confirmed: too long, or blank)."""
    return replace(
        word,
        text=clean("text", word.text, _LONGEST_WORD) if word.text else "",
        confirmed=clean("confirmed", word.confirmed, _LONGEST_PROOF) if word.confirmed else "",
    )


async def take_at_its_word(
    conn: Connection, complaint: Complaint, word: OwnWord, *, since: datetime
) -> None:
    """A call must be the citizen's own, by its number or as an agent confirmed who had it, and of
    the time from `since` on; it then belongs to the complaint, with its recordings.

    Raises `InvalidInputError` and `NoEvidenceError`.
    """
    if word.call_id is None:
        return
    call = await statements().followup_call(conn, call_id=word.call_id, complaint_id=complaint.id)
    if call is None:
        raise InvalidInputError("call_id", "is unknown")
    if why := _no_evidence(call, word, since):
        raise NoEvidenceError(word.call_id, *why)
    await link_call(conn, complaint.id, word.call_id, "follow_up")


def _no_evidence(
    call: Mapping[str, Any], word: OwnWord, since: datetime
) -> tuple[str, EvidenceFault] | None:
    """Why the call does not show the citizen's word; None: it does.

    An agent may be told in the call in which it was registered, or in which they were satisfied.
    Where nobody answers for what was said, the whole call must be of the time after that.
    """
    if not call["theirs"] and not word.confirmed:
        why = "its number is none of the citizen's, and no agent confirmed who was speaking"
        return why, EvidenceFault.NOT_THEIR_NUMBER
    agent = agent_of(word.actor)
    if agent is not None:
        if not call["answered"] or agent not in call["agents"]:
            return f"agent {agent} did not have it", EvidenceFault.NOT_HAD
        over = call["ended_at"] is not None and call["ended_at"] < since
        return (f"it was over before {since.isoformat()}", EvidenceFault.BEFORE) if over else None
    if call["direction"] != Direction.INBOUND and not call["picked_up"]:
        return "nobody answered it", EvidenceFault.OTHER
    if call["started_at"] < since:
        return f"it began before {since.isoformat()}", EvidenceFault.BEFORE
    return None


async def end_specially(
    conn: Connection,
    complaint: Complaint,
    after: SpecialClosed,
    now: datetime,
    *,
    call_id: UUID | None = None,
) -> None:
    """Write a special close: history, evidence, state; tell the citizen why."""
    ruling: Ruling = after.ruling
    evidence = {
        "kind": "special_closed",
        "actor": ruling.actor,
        "level": ruling.level,
        "post": ruling.post,
        "reason_code": ruling.code,
        "text": ruling.text,
        "call_id": call_id,
    }
    entry = await _end(conn, complaint, after, evidence, event=Event.SPECIAL_CLOSED, now=now)
    body = texts.citizen_special_closed(complaint.number, ruling.code, ruling.text)
    await tell_citizen(conn, complaint, entry, Kind.CITIZEN_SPECIAL_CLOSED, body, now)
    _log.info("complaint closed specially", complaint=str(complaint.id), reason=ruling.code)


async def end_withdrawn(
    conn: Connection, complaint: Complaint, after: Withdrawn, now: datetime
) -> int:
    """Write a withdrawal: history, evidence, state; the history's entry."""
    word = after.word
    evidence = {
        "kind": "withdrawn",
        "actor": word.actor,
        "text": word.said,
        "call_id": word.call_id,
        "page": word.page,
    }
    return await _end(conn, complaint, after, evidence, event=Event.WITHDRAWN, now=now)


async def end_answered(
    conn: Connection,
    complaint: Complaint,
    after: Answered,
    call_id: UUID | None,
    now: datetime,
    attached: str = "",
) -> int:
    """Write the officer's answer as the end; tell the citizen. The history's entry."""
    evidence = {
        "kind": "answered",
        "actor": after.actor,
        "level": after.level,
        "post": after.post,
        "text": after.answer,
        "call_id": call_id,
    }
    entry = await _end(
        conn, complaint, after, evidence, event=Event.ANSWERED, now=now, attached=attached
    )
    body = texts.citizen_answered(complaint.number, after.answer)
    await tell_citizen(conn, complaint, entry, Kind.CITIZEN_ANSWERED, body, now)
    return entry


async def end_merged(
    conn: Connection, complaint: Complaint, after: Merged, call_id: UUID | None, now: datetime
) -> int:
    """Write a merger: history, evidence, state; the history's entry."""
    evidence = {
        "kind": "merged",
        "actor": after.actor,
        "text": after.text,
        "merged_into": after.into,
        "call_id": call_id,
    }
    return await _end(conn, complaint, after, evidence, event=Event.MERGED, now=now)


_NO_EVIDENCE: dict[str, Any] = {
    "level": None,
    "post": None,
    "reason_code": None,
    "call_id": None,
    "page": None,
    "merged_into": None,
}


async def _end(
    conn: Connection,
    complaint: Complaint,
    after: Final,
    evidence: dict[str, Any],
    *,
    event: Event,
    now: datetime,
    attached: str = "",
) -> int:
    code = evidence.get("reason_code")
    entry = await note(
        conn,
        complaint,
        after,
        event=event,
        actor=evidence["actor"],
        now=now,
        reason=f"{code}: {evidence['text']}" if code else evidence["text"],
        call_id=evidence.get("call_id"),
        attached=attached,
    )
    await statements().lifecycle_add_end(
        conn, complaint_id=complaint.id, entry=entry, at=now, **_NO_EVIDENCE | evidence
    )
    await move(conn, complaint.id, after, now, end_entry=entry)
    await statements().lifecycle_stop_asking(conn, complaint_id=complaint.id, at=now)
    return entry
