"""Users: adding, finding and disabling them."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from access import log
from access.errors import InvalidUserError, LastAdministratorError, UnknownUserError
from access.log import By, Event
from db.ids import new_id
from db.pool import Connection, Pool
from db.statements import statements

ACQUIRE_SECONDS = 5.0
LANGUAGES = ("hi", "en")

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,62}")
_LONGEST_TYPED = 200
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_DESK = re.compile(r"[0-9]{3,6}")
_TAKEN = {
    "app_user_sign_in_name_key": ("sign_in_name", "taken"),
    "one_user_per_number": ("number", "taken"),
    "one_user_per_desk": ("agent_id", "taken"),
    "agent_number_was_anothers": ("agent_id", "had"),
    "one_user_per_officer": ("officer", "taken"),
}
_WORDS = {
    "taken": "another user has it",
    "had": "another user has it or had it: what they wrote and were told stands under it",
}


@dataclass(frozen=True, slots=True)
class User:
    """A row of `app_user`, without its password. `number` is E.164."""

    id: UUID
    sign_in_name: str
    display_name: str
    language: str
    active: bool
    number: str | None
    officer: str | None
    agent_id: str | None
    must_change: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    """What is known of a user to be. `password_hash` None: they cannot sign in by password."""

    sign_in_name: str
    display_name: str
    language: str = "hi"
    number: str | None = None
    officer: str | None = None
    agent_id: str | None = None
    password_hash: str | None = None
    must_change: bool = True


@dataclass(frozen=True, slots=True)
class Correction:
    """What of a person can be put right, as it is to be from now on. `number` is E.164.

    Neither the name they sign in with nor the agent's number: much stands under both.
    """

    display_name: str
    number: str | None
    officer: str | None


def normal_name(typed: str) -> str:
    """A sign-in name as it is kept: lower case, no spaces around it.

    Of what is longer than any name could be typed, the beginning: marks are put in order in
    quadratic time, and anybody may send some.
    """
    return unicodedata.normalize("NFKC", typed[:_LONGEST_TYPED]).strip().casefold()


async def add(pool: Pool, new: NewUser, by: By, now: datetime) -> User:
    """Add a user without any role. Raises `InvalidUserError`, also when something is taken."""
    async with pool.acquire(timeout=ACQUIRE_SECONDS) as conn, conn.transaction():
        return await add_within(conn, new, by, now)


async def add_within(conn: Connection, new: NewUser, by: By, now: datetime) -> User:
    """The same in the caller's transaction."""
    fields = _checked(new)
    user_id = new_id(now)
    try:
        await statements().access_add_user(conn, id=user_id, now=now, **fields)
    except asyncpg.UniqueViolationError as error:
        raise _taken(error) from error
    except asyncpg.ForeignKeyViolationError as error:
        raise _no_officer() from error
    await log.write(conn, Event.USER_ADDED, by, now, subject=user_id)
    row = await statements().access_user(conn, id=user_id)
    return user_of(row)


async def change(pool: Pool, user_id: UUID, given: Correction, by: By, now: datetime) -> list[str]:
    """Put a person's data right; the names of those that were not so before. Who gets another
    telephone, or none, has no PIN any more: it was given for that one.

    Raises `InvalidUserError`, also when something is taken, and `UnknownUserError`.
    """
    shown = _checked_name(given.display_name)
    _check_number(given.number)
    new = {"display_name": shown, "number": given.number, "officer": given.officer}
    async with pool.acquire(timeout=ACQUIRE_SECONDS) as conn, conn.transaction():
        user = await held(conn, user_id)
        different = [field for field, value in new.items() if value != getattr(user, field)]
        if not different:
            return []
        try:
            await statements().access_correct_user(conn, id=user_id, **new)
        except asyncpg.UniqueViolationError as error:
            raise _taken(error) from error
        except asyncpg.ForeignKeyViolationError as error:
            raise _no_officer() from error
        # Whose posts they speak for is a right, and told; numbers are in no log.
        told = {"officer_before": user.officer, "officer": given.officer}
        details = told if "officer" in different else {}
        await log.write(
            conn, Event.USER_CHANGED, by, now, subject=user_id, fields=different, **details
        )
        if "number" in different:
            await remove_pin_within(conn, user_id, by, now)
    return different


async def remove_pin_within(conn: Connection, user_id: UUID, by: By, now: datetime) -> None:
    """No more disposal by telephone, in the caller's transaction; a row when there was a PIN."""
    if await statements().access_remove_pin(conn, user_id=user_id):
        await log.write(conn, Event.PIN_REMOVED, by, now, subject=user_id)


async def find(conn: Connection, sign_in_name: str) -> User:
    """By name. Raises `UnknownUserError`."""
    row = await statements().access_user_by_name(conn, sign_in_name=normal_name(sign_in_name))
    if row is None:
        raise UnknownUserError(sign_in_name)
    return user_of(row)


async def load(conn: Connection, user_id: UUID) -> User:
    """By key. Raises `UnknownUserError`."""
    row = await statements().access_user(conn, id=user_id)
    if row is None:
        raise UnknownUserError(user_id)
    return user_of(row)


async def held(conn: Connection, user_id: UUID) -> User:
    """The same until the transaction ends: nobody changes their data meanwhile."""
    row = await statements().access_hold_user(conn, id=user_id)
    if row is None:
        raise UnknownUserError(user_id)
    return user_of(row)


async def listed(conn: Connection, part: str = "", most: int = 200) -> list[User]:
    """Those whose name holds `part`, active ones first."""
    literal = re.sub(r"([\\%_])", r"\\\1", part.strip())
    return [user_of(row) async for row in statements().access_users(conn, part=literal, most=most)]


async def set_active(pool: Pool, user_id: UUID, active: bool, by: By, now: datetime) -> None:
    """Disable or enable. Disabling ends all sessions. Raises `LastAdministratorError`."""
    async with pool.acquire(timeout=ACQUIRE_SECONDS) as conn, conn.transaction():
        await statements().access_hold_administrators(conn)
        user = await load(conn, user_id)
        if user.active == active:
            return
        before = await statements().access_administrators(conn, now=now)
        try:
            await statements().access_set_active(conn, id=user_id, active=active)
        except asyncpg.UniqueViolationError as error:
            raise _taken(error) from error
        await keep_an_administrator(conn, before, now)
        if not active:
            await end_sessions(conn, user_id, "disabled", now)
        await log.write(
            conn, Event.USER_ENABLED if active else Event.USER_DISABLED, by, now, subject=user_id
        )


async def set_language(pool: Pool, user_id: UUID, session_id: UUID, language: str) -> None:
    """The language of their pages, in this session and the next ones."""
    async with pool.acquire(timeout=ACQUIRE_SECONDS) as conn, conn.transaction():
        await statements().access_set_language(conn, id=user_id, language=language)
        await statements().access_session_language(conn, id=session_id, language=language)


async def keep_an_administrator(conn: Connection, before: int, now: datetime) -> None:
    """Raises `LastAdministratorError` when there was one and is none any more.

    Hold `access_hold_administrators` first.
    """
    if before and not await statements().access_administrators(conn, now=now):
        raise LastAdministratorError


async def end_sessions(
    conn: Connection, user_id: UUID, why: str, now: datetime, *, but: UUID | None = None
) -> int:
    """End all sessions of a person, but one; how many they were."""
    ended = statements().access_end_sessions(conn, user_id=user_id, but=but, now=now, why=why)
    return len([row async for row in ended])


def user_of(row: asyncpg.Record) -> User:
    """From a row that has all columns of `app_user`."""
    return User(
        id=row["id"],
        sign_in_name=row["sign_in_name"],
        display_name=row["display_name"],
        language=row["language"],
        active=row["active"],
        number=row["number"],
        officer=row["officer"],
        agent_id=row["agent_id"],
        must_change=row["must_change"],
    )


def _taken(error: asyncpg.UniqueViolationError) -> InvalidUserError:
    field, fault = _TAKEN.get(error.constraint_name or "", ("sign_in_name", "taken"))
    return InvalidUserError(field, fault, _WORDS[fault])


def _no_officer() -> InvalidUserError:
    return InvalidUserError("officer", "unknown", "no officer of that code")


def _checked_name(typed: str) -> str:
    shown = unicodedata.normalize("NFC", typed).strip()
    if not 1 <= len(shown) <= 120:
        raise InvalidUserError("display_name", "form", "1 to 120 characters")
    return shown


def _check_number(number: str | None) -> None:
    if number is not None and not _NUMBER.fullmatch(number):
        raise InvalidUserError("number", "form", "a number such as +919876543210")


def _checked(new: NewUser) -> dict[str, object]:
    name = normal_name(new.sign_in_name)
    if not _NAME.fullmatch(name):
        raise InvalidUserError(
            "sign_in_name", "form", "2 to 63 letters a-z, digits, full stops, hyphens"
        )
    shown = _checked_name(new.display_name)
    if new.language not in LANGUAGES:
        raise InvalidUserError("language", "form", "hi or en")
    _check_number(new.number)
    if new.agent_id is not None and not _DESK.fullmatch(new.agent_id):
        raise InvalidUserError("agent_id", "form", "3 to 6 digits")
    return {
        "sign_in_name": name,
        "display_name": shown,
        "language": new.language,
        "number": new.number,
        "officer": new.officer,
        "agent_id": new.agent_id,
        "password_hash": new.password_hash,
        "must_change": new.must_change,
    }
