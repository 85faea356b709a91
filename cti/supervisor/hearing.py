"""Who may hear which recording: asked when a link is made, and at each download again."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from access import grants, users
from access.errors import UnknownUserError
from access.rights import Person, Right, Subject, may
from db.pool import Connection, Pool
from db.statements import statements

_ACQUIRE_SECONDS = 5.0
_USER = "user:"


def may_hear(person: Person, queue: str | None, *, confidential: bool) -> bool:
    """Whether the person may hear a call of this queue; `confidential`: one that hides who called.

    A call that never came to a queue is only for those whose right is the whole helpline's.
    """
    subject = Subject(queue=queue)
    if confidential and not may(person, Right.CONFIDENTIAL_SEE, subject):
        return False
    return may(person, Right.RECORDING_LISTEN, subject)


class UsersRights:
    """`recordings.listening.Rights` of people who signed in (`user:<id>`)."""

    def __init__(self, pool: Pool, now: Callable[[], datetime]) -> None:
        self._pool = pool
        self._now = now

    async def may_listen(self, user: str, recording_id: UUID) -> bool:
        """As their roles are now."""
        async with self._pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
            return await self.audience_may_hear(conn, recording_id, user)

    async def audience_may_hear(self, conn: Connection, recording_id: UUID, audience: str) -> bool:
        """The same for a link that was given to them; False for who is no user of ours."""
        row = await statements().supervision_of_recording(conn, id=recording_id)
        if row is None or not audience.startswith(_USER):
            return False
        try:
            user = await users.load(conn, UUID(audience.removeprefix(_USER)))
        except (ValueError, UnknownUserError):
            return False
        if not user.active:
            return False
        person = await grants.person(conn, user, self._now())
        return may_hear(person, row["queue"], confidential=row["confidential"])


def is_user(audience: str) -> bool:
    """Whether a link was given to somebody who signed in."""
    return audience.startswith(_USER)
