"""Roles given to people and taken back."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg

from access import log, users
from access.errors import GrantError, GrantFault
from access.log import By, Event
from access.rights import RIGHTS_OF, SCOPES_OF, Grant, Person, Right, Role, Scope, fitting
from access.users import ACQUIRE_SECONDS, User
from db.ids import new_id
from db.pool import Connection, Pool
from db.statements import statements

_INDIA = ZoneInfo("Asia/Kolkata")  # tenures are days there
_LAST_DAY = date(2099, 12, 31)  # a later one is a slip, and the calendar itself ends in 9999


async def grant(pool: Pool, user_id: UUID, given: Grant, by: By, now: datetime) -> UUID:
    """Give a role from `given.from_at` (default: now). Raises `GrantError`, `UnknownUserError`."""
    async with pool.acquire(timeout=ACQUIRE_SECONDS) as conn, conn.transaction():
        return await grant_within(conn, user_id, given, by, now)


async def grant_within(
    conn: Connection, user_id: UUID, given: Grant, by: By, now: datetime
) -> UUID:
    """The same in the caller's transaction."""
    await users.load(conn, user_id)
    from_at = given.from_at or now
    _check(given, from_at, now)
    await statements().access_close_ended_grants(conn, user_id=user_id, now=now)
    grant_id = new_id(now)
    try:
        await statements().access_grant(
            conn,
            id=grant_id,
            user_id=user_id,
            role=given.role,
            from_at=from_at,
            until_at=given.until_at,
            **_columns(given.scope),
        )
    except asyncpg.UniqueViolationError as error:
        message = "this role is given already, for the same scope"
        raise GrantError(GrantFault.GIVEN, message) from error
    except asyncpg.ForeignKeyViolationError as error:
        message = "the scope names a department, place or post that is unknown"
        raise GrantError(GrantFault.UNKNOWN, message) from error
    told = {"role": given.role, **given.scope.parts, "until": given.until_at}
    await log.write(conn, Event.ROLE_GRANTED, by, now, subject=user_id, **told)
    return grant_id


async def revoke(pool: Pool, user_id: UUID, grant_id: UUID, by: By, now: datetime) -> None:
    """Take a role back, at once. Raises `GrantError`, `LastAdministratorError`."""
    async with pool.acquire(timeout=ACQUIRE_SECONDS) as conn, conn.transaction():
        await statements().access_hold_administrators(conn)
        before = await statements().access_administrators(conn, now=now)
        row = await statements().access_revoke(conn, id=grant_id, user_id=user_id, now=now)
        if row is None:
            raise GrantError(GrantFault.GONE, "no such role to take back")
        await users.keep_an_administrator(conn, before, now)
        scope = {name: value for name, value in dict(row).items() if value is not None}
        await log.write(conn, Event.ROLE_REVOKED, by, now, subject=user_id, **scope)


def end_of(day: str) -> datetime:
    """When a role ends whose last day (ISO, in India) was typed so. Raises `GrantError`."""
    try:
        last = date.fromisoformat(day)
    except ValueError:
        last = date.max
    if last > _LAST_DAY:
        message = f"{day} is not a day such as 2026-03-31, until {_LAST_DAY}"
        raise GrantError(GrantFault.DAY, message)
    return datetime.combine(last + timedelta(days=1), time(), _INDIA)


async def person(conn: Connection, user: User, now: datetime) -> Person:
    """The user with what is granted now."""
    return (await persons(conn, [user], now))[0]


async def persons(conn: Connection, found: Iterable[User], now: datetime) -> list[Person]:
    """Several, in one look."""
    found = list(found)
    granted: dict[UUID, list[Grant]] = {user.id: [] for user in found}
    rows = statements().access_grants(
        conn, user_ids=list(granted), now=now, today=now.astimezone(_INDIA).date()
    )
    async for row in rows:
        granted[row["user_id"]].append(_grant_of(row))
    return [
        Person(
            user.id,
            user.sign_in_name,
            user.display_name,
            user.language,
            user.agent_id,
            tuple(granted[user.id]),
        )
        for user in found
    ]


async def numbers_of(conn: Connection, right: Right, now: datetime) -> list[str]:
    """Registered telephones (E.164) of those whose roles have the right, wherever they have it."""
    roles = [role for role in Role if right in RIGHTS_OF[role]]
    rows = statements().access_numbers_of(conn, roles=roles, now=now)
    return [row["number"] async for row in rows]


async def standing(conn: Connection, user_id: UUID) -> list[Grant]:
    """All that was not taken back, also what begins later or is over."""
    return [
        _grant_of(row) async for row in statements().access_standing_grants(conn, user_id=user_id)
    ]


def _check(given: Grant, from_at: datetime, now: datetime) -> None:
    if not fitting(given.role, given.scope):
        needed, allowed = SCOPES_OF[given.role]
        if not needed | allowed:
            message = f"{given.role}: its scope is always the whole helpline"
            raise GrantError(GrantFault.WHOLE, message)
        words = [*sorted(needed), *(f"optionally {part}" for part in sorted(allowed))]
        raise GrantError(GrantFault.SCOPE, f"{given.role}: its scope is {', '.join(words)}")
    if given.until_at is not None and given.until_at <= max(from_at, now):
        raise GrantError(GrantFault.ORDER, "the role would end before it begins")


def _columns(scope: Scope) -> dict[str, str | None]:
    return {
        "department": scope.department,
        "place": scope.place,
        "post": scope.post,
        "queue": scope.queue,
    }


def _grant_of(row: Any) -> Grant:
    scope = Scope(
        department=row["department"], place=row["place"], post=row["post"], queue=row["queue"]
    )
    return Grant(Role(row["role"]), scope, row["id"], row["from_at"], row["until_at"])
