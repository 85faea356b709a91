"""`helpline user ...`: people who sign in, their roles, sessions and PINs."""

import argparse
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from access import first, grants, log, pins, sessions, signin, users
from access.errors import InvalidUserError
from access.log import OPERATOR, By
from access.rights import Grant, Role, Scope
from access.users import Correction, NewUser, User
from calls.numbers import to_e164
from complaints.texts import clock
from db.pool import Pool
from helpline.clock import shifted_clock
from helpline.database import command_pool
from helpline.known_names import must_be_a_queue
from helpline.settings import Settings
from helpline.sign_in import passwords, session_rule

_BY = By(OPERATOR, "command line")
_PASSWORD_BYTES = 12


async def bootstrap(settings: Settings, _options: argparse.Namespace) -> int:
    """Print the link; refused once there is an administrator."""
    async with command_pool(settings) as pool:
        code = await first.issue_code(pool, _now(settings))
    print(f"open {settings.http.public_url}/first-administrator and enter this code, once:")
    print(code)
    print("it is good for one hour; a newer one ends it")
    return 0


async def add(settings: Settings, options: argparse.Namespace) -> int:
    """Add, and print the password that has to be changed at the first sign-in."""
    password = secrets.token_urlsafe(_PASSWORD_BYTES)
    new = NewUser(
        sign_in_name=options.name,
        display_name=options.display,
        language=options.language,
        number=_e164(options.number),
        officer=options.officer,
        agent_id=options.agent,
        password_hash=await passwords(settings).hash(password),
    )
    async with command_pool(settings) as pool:
        user = await users.add(pool, new, _BY, _now(settings))
    print(f"{user.sign_in_name}: added, without a role; password for the first sign-in: {password}")
    return 0


async def change(settings: Settings, options: argparse.Namespace) -> int:
    """What is not given stays as it is, what is given empty is taken away."""
    display, number, officer = options.display, options.number, options.officer
    async with _user(settings, options) as (pool, user):
        correction = Correction(
            display_name=user.display_name if display is None else display,
            number=user.number if number is None else _e164(number or None),
            officer=user.officer if officer is None else officer or None,
        )
        changed = await users.change(pool, user.id, correction, _BY, _now(settings))
    print(f"{user.sign_in_name}: {', '.join(changed) or 'nothing'} changed")
    if "number" in changed:
        print("a PIN that was given for the telephone of before is gone")
    return 0


async def grant(settings: Settings, options: argparse.Namespace) -> int:
    """Give the role from now on."""
    scope = Scope(
        department=options.department,
        place=options.place,
        post=options.post,
        queue=options.queue,
    )
    until = None if options.until is None else grants.end_of(options.until)
    given = Grant(Role(options.role), scope, until_at=until)
    async with _user(settings, options) as (pool, user):
        if scope.queue is not None:
            async with pool.acquire(timeout=5) as conn:
                await must_be_a_queue(conn, settings, scope.queue)
        grant_id = await grants.grant(pool, user.id, given, _BY, _now(settings))
    print(f"{user.sign_in_name}: {given.role} granted ({grant_id})")
    return 0


async def revoke(settings: Settings, options: argparse.Namespace) -> int:
    """Take it back at once."""
    async with _user(settings, options) as (pool, user):
        await grants.revoke(pool, user.id, options.id, _BY, _now(settings))
    print(f"{user.sign_in_name}: role taken back")
    return 0


async def show(settings: Settings, options: argparse.Namespace) -> int:
    """Print who it is, what was granted, and the latest of the log."""
    async with _user(settings, options) as (pool, user), pool.acquire(timeout=5) as conn:
        held = await grants.standing(conn, user.id)
        entries = await log.entries_about(conn, user.id, 20)
    state = "active" if user.active else "disabled"
    print(
        f"{user.sign_in_name}: {user.display_name}, {state}, agent {user.agent_id or '-'}, "
        f"telephone {user.number or '-'}, officer {user.officer or '-'}"
    )
    for one in held:
        scope = ", ".join(f"{part} {code}" for part, code in one.scope.parts.items())
        until = f" until {clock(one.until_at)}" if one.until_at else ""
        print(f"  {one.id}  {one.role} ({scope or 'everywhere'}){until}")
    for entry in entries:
        print(f"  {clock(entry.at)}  {entry.event} by {entry.actor} {entry.remote}")
    return 0


async def disable(settings: Settings, options: argparse.Namespace) -> int:
    """No sign-in, no session."""
    return await _set_active(settings, options, active=False)


async def enable(settings: Settings, options: argparse.Namespace) -> int:
    """As before, with the roles they had."""
    return await _set_active(settings, options, active=True)


async def password(settings: Settings, options: argparse.Namespace) -> int:
    """Print a password that has to be changed."""
    given = secrets.token_urlsafe(_PASSWORD_BYTES)
    hasher = passwords(settings)
    async with _user(settings, options) as (pool, user):
        await signin.reset_password(pool, user.id, given, hasher, _BY, _now(settings))
    print(f"{user.sign_in_name}: password for the next sign-in: {given}")
    return 0


async def pin(settings: Settings, options: argparse.Namespace) -> int:
    """Print a new PIN, once."""
    given = pins.random_pin()
    hasher = passwords(settings)
    async with _user(settings, options) as (pool, user):
        await pins.set_pin(pool, user.id, given, hasher, _BY, _now(settings))
    print(f"{user.sign_in_name}: PIN for the officers' line: {given}")
    return 0


async def sessions_of(settings: Settings, options: argparse.Namespace) -> int:
    """Print each session that stands."""
    async with _user(settings, options) as (pool, user):
        found = await sessions.own(pool, user.id, session_rule(settings), _now(settings))
    for one in found:
        print(
            f"{one.id}  from {one.remote}, since {clock(one.created_at)}, "
            f"last used {clock(one.last_seen_at)}: {one.browser}"
        )
    if not found:
        print(f"{user.sign_in_name} is not signed in")
    return 0


async def sign_out(settings: Settings, options: argparse.Namespace) -> int:
    """End one session, or all."""
    now = _now(settings)
    async with _user(settings, options) as (pool, user):
        if options.session:
            ended = int(await sessions.end(pool, options.session, user.id, "forced", _BY, now))
        else:
            ended = await sessions.end_all(pool, user.id, "forced", _BY, now)
    print(f"{user.sign_in_name}: {ended} session(s) ended")
    return 0


async def _set_active(settings: Settings, options: argparse.Namespace, *, active: bool) -> int:
    async with _user(settings, options) as (pool, user):
        await users.set_active(pool, user.id, active, _BY, _now(settings))
    print(f"{user.sign_in_name}: {'can sign in' if active else 'disabled, all sessions ended'}")
    return 0


@asynccontextmanager
async def _user(
    settings: Settings, options: argparse.Namespace
) -> AsyncIterator[tuple[Pool, User]]:
    async with command_pool(settings) as pool:
        async with pool.acquire(timeout=5) as conn:
            user = await users.find(conn, options.name)
        yield pool, user


def _now(settings: Settings) -> datetime:
    return shifted_clock(settings.clock_shift)()


def _e164(typed: str | None) -> str | None:
    if typed is None:
        return None
    number = to_e164(typed)
    if number is None:
        raise InvalidUserError("number", "form", "not a telephone number")
    return number
