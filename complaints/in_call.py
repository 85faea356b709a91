"""From which call: what an agent enters names the call in which they were told."""

from uuid import UUID

from complaints.errors import InvalidInputError, NoEvidenceError
from complaints.store import Complaint, link_call
from db.pool import Connection
from db.statements import statements

_AGENT = "agent:"


async def take_call(
    conn: Connection,
    complaint: Complaint,
    call_id: UUID | None,
    *,
    actor: str,
    role: str | None = None,
) -> None:
    """The call belongs to the complaint that the caller holds, with its recordings; None: no call.

    `role`: as what; None: the citizen's own call follows it up, any other is an officer's. An
    agent's call is one that this agent had. Raises `InvalidInputError` (call_id: unknown) and
    `NoEvidenceError`.
    """
    if call_id is None:
        return
    call = await statements().followup_call(conn, call_id=call_id, complaint_id=complaint.id)
    if call is None:
        raise InvalidInputError("call_id", "is unknown")
    agent = actor.removeprefix(_AGENT)
    if actor.startswith(_AGENT) and call["agent_id"] != agent:
        raise NoEvidenceError(call_id, f"agent {agent} did not have it")
    await link_call(
        conn, complaint.id, call_id, role or ("follow_up" if call["theirs"] else "officer")
    )
