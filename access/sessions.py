"""Sessions: a browser that is signed in. The token is in its cookie; here is only its hash."""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from access import grants, log
from access.log import By, Event
from access.rights import Person
from access.users import ACQUIRE_SECONDS, User, end_sessions, user_of
from db.ids import new_id
from db.pool import Connection, Pool
from db.statements import statements

_TOKEN_BYTES = 32
_TOUCH = timedelta(minutes=1)
_LONGEST_BROWSER = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRule:
    """How long a session stands at all, and how long without being used."""

    whole: timedelta = timedelta(hours=12)
    idle: timedelta = timedelta(minutes=45)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that stands. `must_change`: nothing but a new password is open to it."""

    id: UUID
    person: Person
    language: str
    must_change: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """A session as its owner sees it."""

    id: UUID
    remote: str
    browser: str
    created_at: datetime
    last_seen_at: datetime


async def open_within(
    conn: Connection, user: User, rule: SessionRule, *, remote: str, browser: str, now: datetime
) -> str:
    """A new session in the caller's transaction; its token, which is kept nowhere."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    await statements().access_open_session(
        conn,
        id=new_id(now),
        token_hash=_hash(token),
        user_id=user.id,
        language=user.language,
        remote=remote,
        browser=browser[:_LONGEST_BROWSER],
        now=now,
        expires_at=now + rule.whole,
    )
    return token


async def load(pool: Pool, token: str, rule: SessionRule, now: datetime) -> SignedIn | None:
    """Whose token it is, if their session stands; notes that it was used, once a minute."""
    return (await load_many(pool, [token], rule, now)).get(token)


async def load_many(
    pool: Pool, tokens: Collection[str], rule: SessionRule, now: datetime
) -> dict[str, SignedIn]:
    """The same for many, with as many statements as for one; those that stand, by token."""
    token_of = {_hash(token): token for token in tokens}
    async with pool.acquire(timeout=ACQUIRE_SECONDS) as conn:
        found = statements().access_sessions_standing(
            conn, token_hashes=list(token_of), now=now, seen_after=now - rule.idle
        )
        rows = [row async for row in found]
        if not rows:
            return {}
        unnoted = [row["session_id"] for row in rows if now - row["last_seen_at"] >= _TOUCH]
        if unnoted:
            await statements().access_touch_sessions(conn, ids=unnoted, now=now)
        people = await grants.persons(conn, [user_of(row) for row in rows], now)
    return {
        token_of[row["token_hash"]]: SignedIn(
            row["session_id"], person, row["session_language"], row["must_change"]
        )
        for row, person in zip(rows, people, strict=True)
    }


async def own(pool: Pool, user_id: UUID, rule: SessionRule, now: datetime) -> list[Listed]:
    """The sessions of a person that stand, last used first."""
    async with pool.acquire(timeout=ACQUIRE_SECONDS) as conn:
        rows = statements().access_sessions(
            conn, user_id=user_id, now=now, seen_after=now - rule.idle
        )
        return [
            Listed(row["id"], row["remote"], row["browser"], row["created_at"], row["last_seen_at"])
            async for row in rows
        ]


async def end(pool: Pool, session_id: UUID, user_id: UUID, why: str, by: By, now: datetime) -> bool:
    """End one session of a person; False when it had ended before."""
    async with pool.acquire(timeout=ACQUIRE_SECONDS) as conn, conn.transaction():
        ended = await statements().access_end_session(
            conn, id=session_id, user_id=user_id, now=now, why=why
        )
        if ended:
            await log.write(conn, Event.SIGNED_OUT, by, now, subject=user_id, why=why)
    return ended is not None


async def end_all(
    pool: Pool, user_id: UUID, why: str, by: By, now: datetime, *, but: UUID | None = None
) -> int:
    """End all sessions of a person, but one; how many they were."""
    async with pool.acquire(timeout=ACQUIRE_SECONDS) as conn, conn.transaction():
        ended = await end_sessions(conn, user_id, why, now, but=but)
        await log.write(conn, Event.SIGNED_OUT, by, now, subject=user_id, why=why, sessions=ended)
    return ended


async def tidy(pool: Pool, rule: SessionRule, now: datetime) -> int:
    """Mark sessions that are over, forget old guesses; how many sessions they were."""
    async with pool.acquire(timeout=ACQUIRE_SECONDS) as conn, conn.transaction():
        rows = statements().access_end_expired(conn, now=now, seen_after=now - rule.idle)
        ended = len([row async for row in rows])
        await statements().access_forget_old_limits(conn, before=now - timedelta(days=3))
    return ended


def _hash(token: str) -> bytes:
    """The token has 256 random bits: a plain hash cannot be guessed backwards."""
    return hashlib.sha256(token.encode()).digest()
