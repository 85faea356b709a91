"""Who may know who complains, where a citizen asked that the office does not (confidential)."""

from collections.abc import Sequence
from uuid import UUID

from complaints.policy import Policy
from db.pool import Connection
from db.statements import statements


def may_know(policy: Policy, level: int) -> bool:
    """Whether an officer of `level` may know who it is. `policy`: of the complaint's category."""
    lowest = policy.confidential_seen_from
    return lowest is not None and level >= lowest


def may_hear(policy: Policy, level: int, confidential_as: Sequence[str]) -> bool:
    """Whether an officer of `level` may hear a recording.

    `confidential_as`: categories of the confidential complaints that its call belongs to. One call
    may bring several complaints: the voice in it is the same.
    """
    return all(may_know(policy.of(category), level) for category in confidential_as)


async def audience_may_hear(
    conn: Connection, recording_id: UUID, audience: str, policy: Policy
) -> bool:
    """Whether a link to a recording, given to `audience`, may still be used.

    An audience that is no officer's post is ours (an agent, the CM's office): nothing is withheld.
    """
    row = await statements().complaints_recording_for(conn, id=recording_id, post=audience)
    return row is None or may_hear(policy, row["level"], row["confidential_as"])
