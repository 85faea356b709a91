"""Who may listen to which recording: the table of rights, asked about its call and complaints."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from access import grants, users
from access.errors import UnknownUserError
from access.rights import Person, Right, Subject, may
from db.pool import Connection, Pool
from db.statements import statements
from helpline.clock import Clock

_ACQUIRE_SECONDS = 5.0
_USER = "user:"


class ListeningRights:
    """`recordings.listening.Rights`. `user` is a person's `actor` (`user:<id>`); others may not.

    Agents hear their own calls; an officer what belongs to a complaint that their post was handed
    with a bundle; a call of a confidential complaint only who may see such complaints.
    """

    def __init__(self, pool: Pool, now: Clock) -> None:
        self._pool = pool
        self._now = now

    async def may_listen(self, user: str, recording_id: UUID) -> bool:
        """Asked anew each time: a right may be gone by the next. Raises one of `AWAY`."""
        user_id = _user_id(user)
        if user_id is None:
            return False
        async with self._pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
            person = await self._person(conn, user_id)
            call = await statements().listening_call(conn, id=recording_id)
            found = statements().listening_complaints(conn, id=recording_id)
            complaints = [row async for row in found]
        return person is not None and call is not None and allowed(person, call, complaints)

    async def _person(self, conn: Connection, user_id: UUID) -> Person | None:
        try:
            user = await users.load(conn, user_id)
        except UnknownUserError:
            return None
        return await grants.person(conn, user, self._now()) if user.active else None


def allowed(person: Person, call: asyncpg.Record, complaints: Sequence[asyncpg.Record]) -> bool:
    """Pure. One of the call's complaints within a scope is enough; each confidential one counts."""
    subjects = [_subject(call, row) for row in complaints] or [Subject(queue=call["queue"])]
    for row, subject in zip(complaints, subjects, strict=False):
        if row["confidential"] and not may(person, Right.CONFIDENTIAL_SEE, subject):
            return False
    own = person.agent_id is not None and person.agent_id == call["agent_id"]
    if own and may(person, Right.CALL_TAKE, Subject(queue=call["queue"])):
        return True
    return any(may(person, Right.RECORDING_LISTEN, one) for one in subjects)


def _subject(call: asyncpg.Record, complaint: asyncpg.Record) -> Subject:
    return Subject(
        department=complaint["department"],
        places=frozenset(complaint["places"]),
        posts=frozenset(complaint["posts"]),
        queue=call["queue"],
    )


def _user_id(user: str) -> UUID | None:
    if not user.startswith(_USER):
        return None
    try:
        return UUID(user.removeprefix(_USER))
    except ValueError:
        return None
