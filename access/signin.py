"""Signing in and changing a password. Nothing tells whether a name exists: no text, no time."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from access import limits, log, sessions, users
from access.clients import client_behind
from access.errors import WrongPasswordError
from access.log import NOBODY, By, Event
from access.passwords import Passwords, check_strength
from access.sessions import SessionRule
from access.users import ACQUIRE_SECONDS, User, normal_name, user_of
from db.pool import Connection, Pool
from db.statements import statements

_LOOKS = 3  # how often a password may be changed while it is verified


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What the sign-in page sent. `replaces`: a session that this browser had until now."""

    name: str
    password: str
    remote: str
    browser: str
    replaces: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What the page of the own password sent, and by which browser."""

    present: str
    new: str
    browser: str


async def sign_in(
    pool: Pool, attempt: Attempt, passwords: Passwords, rule: SessionRule, now: datetime
) -> str:
    """The token of a new session.

    Raises `WrongPasswordError` for a name that is unknown, disabled or without password just as
    for a wrong password, and `TooManyGuessesError` while guesses rest.
    """
    name = normal_name(attempt.name)
    client = client_behind(attempt.remote)
    keys = [(_key("name", name), limits.NAME), (f"address:{client}", limits.ADDRESS)]
    async with pool.acquire(timeout=ACQUIRE_SECONDS) as conn, conn.transaction():
        await limits.count_guess(conn, keys, now)
    for _ in range(_LOOKS):
        user_id, hashed = await _verified(pool, name, attempt, passwords, now)
        fresh = await passwords.hash(attempt.password) if passwords.stale(hashed) else None
        async with pool.acquire(timeout=ACQUIRE_SECONDS) as conn, conn.transaction():
            row = await statements().access_hold_user(conn, id=user_id)
            if not row["active"] or row["password_hash"] != hashed:
                continue  # while it was hashed: what stands now is looked at
            if fresh is not None:
                await statements().access_rehash(
                    conn, id=user_id, before=hashed, password_hash=fresh
                )
            await limits.forgive(conn, keys[0][0], [keys[1][0]], now)
            if attempt.replaces is not None:
                await statements().access_end_session(
                    conn, id=attempt.replaces, user_id=user_id, now=now, why="rotated"
                )
            return await _open(conn, user_of(row), attempt.remote, attempt.browser, rule, now)
    raise WrongPasswordError


async def _verified(
    pool: Pool, name: str, attempt: Attempt, passwords: Passwords, now: datetime
) -> tuple[UUID, str]:
    """Who it is, and the hash that the password was right for. Raises `WrongPasswordError`.

    No connection is held while the password is hashed.
    """
    async with pool.acquire(timeout=ACQUIRE_SECONDS) as conn:
        row = await statements().access_user_by_name(conn, sign_in_name=name)
    hashed = row["password_hash"] if row is not None and row["active"] else None
    if not await passwords.verify(hashed, attempt.password) or row is None or hashed is None:
        await _log_failure(pool, row and row["id"], attempt, now)
        raise WrongPasswordError
    return row["id"], hashed


async def change_password(
    pool: Pool,
    user_id: UUID,
    change: Change,
    passwords: Passwords,
    rule: SessionRule,
    by: By,
    now: datetime,
) -> str:
    """Change the own password; ends all sessions, this one too. The token of the one that this
    browser has instead: no guess, so that nothing is changed without it.

    Raises `WeakPasswordError`, `WrongPasswordError` (also who was disabled meanwhile, or was given
    another password), `TooManyGuessesError`.
    """
    async with pool.acquire(timeout=ACQUIRE_SECONDS) as conn, conn.transaction():
        row = await statements().access_user(conn, id=user_id)
        check_strength(change.new, row["sign_in_name"])
    present = await confirm(pool, user_id, change.present, passwords, by, now)
    hashed = await passwords.hash(change.new)
    async with pool.acquire(timeout=ACQUIRE_SECONDS) as conn, conn.transaction():
        held = await statements().access_hold_user(conn, id=user_id)
        if not held["active"] or held["password_hash"] != present:
            raise WrongPasswordError
        await _set(conn, user_id, hashed, must_change=False, by=by, now=now)
        return await _open(conn, user_of(held), by.remote, change.browser, rule, now)


async def confirm(
    pool: Pool, user_id: UUID, present: str, passwords: Passwords, by: By, now: datetime
) -> str:
    """Whether it is still they who sit there; the hash that their password was right for.

    Raises `WrongPasswordError`, `TooManyGuessesError`. A wrong one counts as a guess.
    """
    async with pool.acquire(timeout=ACQUIRE_SECONDS) as conn, conn.transaction():
        row = await statements().access_user(conn, id=user_id)
        key = _key("name", row["sign_in_name"])
        await limits.count_guess(conn, [(key, limits.NAME)], now)
    if not await passwords.verify(row["password_hash"], present):
        await _logged(pool, Event.PASSWORD_CHANGE_REFUSED, by, now, user_id)
        raise WrongPasswordError
    async with pool.acquire(timeout=ACQUIRE_SECONDS) as conn:
        await statements().access_forget_limit(conn, key=key)
    hashed: str = row["password_hash"]
    return hashed


async def reset_password(
    pool: Pool, user_id: UUID, new: str, passwords: Passwords, by: By, now: datetime
) -> None:
    """A password that its owner has to change at the next sign-in; ends all their sessions."""
    hashed = await passwords.hash(new)
    async with pool.acquire(timeout=ACQUIRE_SECONDS) as conn, conn.transaction():
        await users.load(conn, user_id)
        await _set(conn, user_id, hashed, must_change=True, by=by, now=now)


async def _set(
    conn: Connection, user_id: UUID, hashed: str, *, must_change: bool, by: By, now: datetime
) -> None:
    await statements().access_set_password(
        conn, id=user_id, password_hash=hashed, must_change=must_change
    )
    await users.end_sessions(conn, user_id, "password", now)
    event = Event.PASSWORD_RESET if must_change else Event.PASSWORD_CHANGED
    await log.write(conn, event, by, now, subject=user_id)


async def _open(
    conn: Connection, user: User, remote: str, browser: str, rule: SessionRule, now: datetime
) -> str:
    token = await sessions.open_within(conn, user, rule, remote=remote, browser=browser, now=now)
    by = By(f"user:{user.id}", remote)
    await log.write(conn, Event.SIGNED_IN, by, now, subject=user.id)
    return token


async def _log_failure(pool: Pool, user_id: UUID | None, attempt: Attempt, now: datetime) -> None:
    """Without the name that was typed: people type their password there."""
    await _logged(pool, Event.SIGN_IN_REFUSED, By(NOBODY, attempt.remote), now, user_id)


async def _logged(pool: Pool, event: Event, by: By, now: datetime, subject: UUID | None) -> None:
    async with pool.acquire(timeout=ACQUIRE_SECONDS) as conn:
        await log.write(conn, event, by, now, subject=subject)


def _key(kind: str, typed: str) -> str:
    """Of fixed length, whatever was typed."""
    return f"{kind}:{hashlib.sha256(typed.encode()).hexdigest()}"
