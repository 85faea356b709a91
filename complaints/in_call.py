"""From which call: what an agent enters names the call in which they were told."""

from uuid import UUID

import asyncpg

from complaints.errors import EvidenceFault, InvalidInputError, NoEvidenceError
from complaints.store import Complaint, link_call
from db.pool import Connection
from db.statements import statements

_AGENT = "agent:"


def agent_of(actor: str) -> str | None:
    """The agent's id, where the actor is one."""
    return actor.removeprefix(_AGENT) if actor.startswith(_AGENT) else None


async def take_call(
    conn: Connection, complaint: Complaint, call_id: UUID | None, *, actor: str
) -> None:
    """The call belongs to the complaint that the caller holds, with its recordings; None: no call.

    The citizen's own call follows it up, any other is an officer's. An agent's call is one that
    this agent had. Raises `InvalidInputError` (call_id: unknown) and `NoEvidenceError`.
    """
    if call_id is None:
        return
    call = await _had_by(conn, complaint, call_id, actor)
    await link_call(conn, complaint.id, call_id, "follow_up" if call["theirs"] else "officer")


async def take_officers_call(
    conn: Connection,
    complaint: Complaint,
    call_id: UUID | None,
    *,
    actor: str,
    role: str = "officer",
) -> None:
    """As `take_call`, for what an officer has told: an agent must have been told it in a call, and
    not in the citizen's own.

    Raises `InvalidInputError` (call_id: unknown, or needed) and `NoEvidenceError`.
    """
    if call_id is None:
        if agent_of(actor) is not None:
            raise InvalidInputError("call_id", "is needed: in which call was the agent told?")
        return
    call = await _had_by(conn, complaint, call_id, actor)
    if call["theirs"]:
        raise NoEvidenceError(
            call_id, "it is the citizen's own, and no officer's", EvidenceFault.OWN_CALL
        )
    await link_call(conn, complaint.id, call_id, role)


async def _had_by(
    conn: Connection, complaint: Complaint, call_id: UUID, actor: str
) -> asyncpg.Record:
    found = await statements().followup_call(conn, call_id=call_id, complaint_id=complaint.id)
    if found is None:
        raise InvalidInputError("call_id", "is unknown")
    call: asyncpg.Record = found
    agent = agent_of(actor)
    if agent is not None and agent not in call["agents"]:
        raise NoEvidenceError(call_id, f"agent {agent} did not have it", EvidenceFault.NOT_HAD)
    return call
