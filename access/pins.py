"""PINs of the officers' line: the registered number and the PIN together name an officer (R11)."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from uuid import UUID

from access import grants, limits, log, users
from access.errors import InvalidPinError, TooManyGuessesError
from access.log import NOBODY, By, Event
from access.passwords import Passwords
from access.users import ACQUIRE_SECONDS
from db.pool import Pool
from db.statements import statements

DIGITS = 6


@dataclass(frozen=True, slots=True)
class PinAccepted:
    """The officer, and the posts they speak for today; it may be none."""

    user_id: UUID
    name: str
    language: str
    posts: frozenset[str]


@dataclass(frozen=True, slots=True)
class PinRefused:
    """Number and PIN do not belong together; which of them is wrong is not told."""


@dataclass(frozen=True, slots=True)
class PinLocked:
    """Too many guesses for this number: none is judged until then."""

    until: datetime


PinResult = PinAccepted | PinRefused | PinLocked


async def verify(
    pool: Pool, number: str, pin: str, now: datetime, passwords: Passwords
) -> PinResult:
    """Who calls. `number` is E.164, as the line shows it; `pin` as keyed.

    An unknown number takes as long as a wrong PIN, and is locked as soon.
    """
    key = _guesses_at(number)
    async with pool.acquire(timeout=ACQUIRE_SECONDS) as conn:
        try:
            async with conn.transaction():
                await limits.count_guess(conn, [(key, limits.PIN)], now)
        except TooManyGuessesError as error:
            return PinLocked(error.until)
        row = await statements().access_pin_of(conn, number=number)
    right = await passwords.verify(row["pin_hash"] if row else None, pin)
    async with pool.acquire(timeout=ACQUIRE_SECONDS) as conn, conn.transaction():
        if not right:
            await log.write(
                conn,
                Event.PIN_REFUSED,
                By(NOBODY, "phone"),
                now,
                subject=row["id"] if row else None,
            )
            return PinRefused()
        await statements().access_forget_limit(conn, key=key)
        user = await users.load(conn, row["id"])
        person = await grants.person(conn, user, now)
        await log.write(conn, Event.PIN_ACCEPTED, By(person.actor, "phone"), now, subject=user.id)
    return PinAccepted(user.id, user.display_name, user.language, person.posts)


async def set_pin(
    pool: Pool, user_id: UUID, pin: str, passwords: Passwords, by: By, now: datetime
) -> None:
    """Give a new PIN; locks of the number end. Raises `InvalidPinError`, `UnknownUserError`."""
    check_pin(pin)
    hashed = await passwords.hash(pin)
    async with pool.acquire(timeout=ACQUIRE_SECONDS) as conn, conn.transaction():
        user = await users.load(conn, user_id)
        if user.number is None:
            raise InvalidPinError("a PIN goes with a registered number, and this user has none")
        await statements().access_put_pin(
            conn, user_id=user_id, pin_hash=hashed, now=now, set_by=by.actor
        )
        await statements().access_forget_limit(conn, key=_guesses_at(user.number))
        await log.write(conn, Event.PIN_SET, by, now, subject=user_id)


async def remove_pin(pool: Pool, user_id: UUID, by: By, now: datetime) -> None:
    """No more disposal by telephone."""
    async with pool.acquire(timeout=ACQUIRE_SECONDS) as conn, conn.transaction():
        await statements().access_remove_pin(conn, user_id=user_id)
        await log.write(conn, Event.PIN_REMOVED, by, now, subject=user_id)


def random_pin() -> str:
    """A PIN that `check_pin` takes."""
    while True:
        pin = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
        try:
            check_pin(pin)
        except InvalidPinError:
            continue
        return pin


def check_pin(pin: str) -> None:
    """Six digits, not the first ones that everybody tries. Raises `InvalidPinError`."""
    if not re.fullmatch(rf"[0-9]{{{DIGITS}}}", pin):
        raise InvalidPinError(f"a PIN has {DIGITS} digits")
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    if len(steps) == 1 or len(set(pin)) < 3 or pin[:3] == pin[3:]:
        raise InvalidPinError("the PIN is too easy to guess")


def _guesses_at(number: str) -> str:
    """Under which name guesses at this number's PIN are counted."""
    return f"pin:{hashlib.sha256(number.encode()).hexdigest()}"
