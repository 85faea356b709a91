"""Who may hear which recording: asked when a link is made, and at each download again."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from access import grants, users
from access.errors import UnknownUserError
from access.rights import Person, Right, Subject, may, may_somewhere
from cti.supervisor.finding import subject_of
from db.pool import Connection, Pool
from db.statements import statements

#: How far back an agent hears the calls of the citizen with whom they speak.
LAST_CALLS = timedelta(days=90)
_ACQUIRE_SECONDS = 5.0
_USER = "user:"


class ListeningRights:
    """`recordings.listening.Rights`. `user` is a person's `actor` (`user:<id>`); others may not.

    Agents hear the calls whose citizen they had, whole, also what was said before and after, and
    the last calls of the number with which they speak now, until they have written up; who has a
    queue, the calls that stayed in it; an officer what belongs to a complaint that their post has,
    or was handed with a bundle; heads and magistrates what belongs to complaints of theirs. A call
    of a confidential complaint is heard only by who may see such complaints.
    """

    def __init__(self, pool: Pool, now: Callable[[], datetime]) -> None:
        self._pool = pool
        self._now = now

    async def may_listen(self, user: str, recording_id: UUID) -> bool:
        """Asked anew each time: a right may be gone by the next. Raises one of `AWAY`."""
        async with self._pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
            return await self.audience_may_hear(conn, recording_id, user)

    async def audience_may_hear(self, conn: Connection, recording_id: UUID, audience: str) -> bool:
        """The same for a link that was given to them; False for who is no user of ours."""
        try:
            user = await users.load(conn, UUID(audience.removeprefix(_USER)))
        except (ValueError, UnknownUserError):
            return False
        if not is_user(audience) or not user.active:
            return False
        now = self._now()
        person = await grants.person(conn, user, now)
        return await person_may_hear(conn, recording_id, person, now)


async def person_may_hear(
    conn: Connection, recording_id: UUID, person: Person, now: datetime
) -> bool:
    """As the call and its complaints are now; False for a recording that there is not."""
    call = await statements().listening_call(conn, id=recording_id)
    complaints = [row async for row in statements().listening_complaints(conn, id=recording_id)]
    if call is None:
        return False
    return allowed(person, call, complaints) or (
        may_hear_last_calls(person, call, complaints)
        and await _speaks_now(conn, recording_id, person, now)
    )


def may_hear_last_calls(
    person: Person, call: asyncpg.Record, complaints: Sequence[asyncpg.Record]
) -> bool:
    """Whether it may be one of the last calls that an agent hears: never a confidential one's."""
    if person.agent_id is None or any(row["confidential"] for row in complaints):
        return False
    return may(person, Right.LAST_CALLS_HEAR, subject_of(call))


async def _speaks_now(conn: Connection, recording_id: UUID, person: Person, now: datetime) -> bool:
    found: bool = await statements().listening_speaks_now(
        conn, recording_id=recording_id, agent_id=person.agent_id, began_after=now - LAST_CALLS
    )
    return found


def allowed(person: Person, call: asyncpg.Record, complaints: Sequence[asyncpg.Record]) -> bool:
    """Pure. One of the call's complaints within a scope is enough; each confidential one counts."""
    subjects = [_subject(call, row) for row in complaints] or [subject_of(call)]
    for row, subject in zip(complaints, subjects, strict=False):
        if row["confidential"] and not may(person, Right.CONFIDENTIAL_SEE, subject):
            return False
    own = person.agent_id is not None and person.agent_id in call["agents"]
    if own and may_somewhere(person, Right.CALL_TAKE):
        return True
    return any(may(person, Right.RECORDING_LISTEN, one) for one in subjects)


def _subject(call: asyncpg.Record, complaint: asyncpg.Record) -> Subject:
    return replace(
        subject_of(call),
        department=complaint["department"],
        places=frozenset(complaint["places"]),
        posts=frozenset(complaint["posts"]),
    )


def is_user(audience: str) -> bool:
    """Whether a link was given to somebody who signed in."""
    return audience.startswith(_USER)
