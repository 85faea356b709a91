"""PINs of the officers' line: the registered number and the PIN together name an officer (R11)."""

import hashlib
import re
import secrets
from calendar import monthrange
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from uuid import UUID

from access import grants, limits, log, users
from access.errors import InvalidPinError, TooManyGuessesError
from access.limits import LimitRule
from access.log import NOBODY, By, Event
from access.passwords import Passwords
from access.users import ACQUIRE_SECONDS
from db.pool import Connection, Pool
from db.statements import statements

DIGITS = 6
_GUESSES_IN_ALL = "pin-line:all"
_CENTURIES = ("19", "20")


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
    """Too many guesses at this number, from this telephone or in all: none is judged until then."""

    until: datetime


PinResult = PinAccepted | PinRefused | PinLocked


async def verify(
    pool: Pool,
    number: str,
    pin: str,
    now: datetime,
    passwords: Passwords,
    *,
    calling: str | None,
    in_all: LimitRule | None = None,
) -> PinResult:
    """Who calls. `number` is E.164, the registered one; `pin` as keyed; `calling`: the number of
    the telephone (E.164), None when withheld; `in_all`: how many may be wrong from all telephones.

    An unknown number takes as long as a wrong PIN, and is locked as soon.
    """
    key, lines = _guesses_at(number), {_guesses_from(calling): limits.PIN_LINE}
    lines[_GUESSES_IN_ALL] = in_all or limits.all_pin_lines()
    async with pool.acquire(timeout=ACQUIRE_SECONDS) as conn:
        try:
            async with conn.transaction():
                await limits.count_guess(conn, [(key, limits.PIN), *lines.items()], now)
        except TooManyGuessesError as error:
            return PinLocked(error.until)
        row = await statements().access_pin_of(conn, number=number)
    right = await passwords.verify(row["pin_hash"] if row else None, pin)
    async with pool.acquire(timeout=ACQUIRE_SECONDS) as conn, conn.transaction():
        stands = await statements().access_pin_of(conn, number=number) if right else None
        if stands is None or stands["pin_hash"] != row["pin_hash"]:  # taken away meanwhile, too
            await log.write(
                conn,
                Event.PIN_REFUSED,
                By(NOBODY, "phone"),
                now,
                subject=row["id"] if row else None,
            )
            return PinRefused()
        await limits.forgive(conn, key, list(lines), now)
        user = await users.load(conn, row["id"])
        person = await grants.person(conn, user, now)
        await log.write(conn, Event.PIN_ACCEPTED, By(person.actor, "phone"), now, subject=user.id)
    return PinAccepted(user.id, user.display_name, user.language, person.posts)


async def resting_lines(conn: Connection, since: datetime, now: datetime) -> int:
    """How many telephones had to wait after wrong PINs since then; all together are one more."""
    until = now + limits.PIN_LINE.longest
    return int(await statements().access_resting_lines(conn, since=since, until=until))


async def set_pin(
    pool: Pool, user_id: UUID, pin: str, passwords: Passwords, by: By, now: datetime
) -> None:
    """Give a new PIN; locks of the number end. Raises `InvalidPinError`, `UnknownUserError`."""
    check_pin(pin)
    hashed = await passwords.hash(pin)
    async with pool.acquire(timeout=ACQUIRE_SECONDS) as conn, conn.transaction():
        user = await users.held(conn, user_id)
        if user.number is None:
            raise InvalidPinError("a PIN goes with a registered number, and this user has none")
        if user.number.endswith(pin):
            raise InvalidPinError("the PIN is the end of the registered number")
        await statements().access_put_pin(
            conn, user_id=user_id, pin_hash=hashed, now=now, set_by=by.actor
        )
        await statements().access_forget_limit(conn, key=_guesses_at(user.number))
        await log.write(conn, Event.PIN_SET, by, now, subject=user_id)


async def remove_pin(pool: Pool, user_id: UUID, by: By, now: datetime) -> None:
    """No more disposal by telephone."""
    async with pool.acquire(timeout=ACQUIRE_SECONDS) as conn, conn.transaction():
        await users.remove_pin_within(conn, user_id, by, now)


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
    """Six digits, not those that are tried first: rows, repetitions, dates. Raises
    `InvalidPinError`.

    It leaves 89 % of all PINs. Who chose one before it was refused keeps it until they change it.
    """
    if not re.fullmatch(rf"[0-9]{{{DIGITS}}}", pin):
        raise InvalidPinError(f"a PIN has {DIGITS} digits")
    if _is_in_a_row(pin) or _is_repeated(pin) or _is_date(pin):
        raise InvalidPinError("the PIN is too easy to guess")


def _is_in_a_row(pin: str) -> bool:
    """Five or more that are the same, go up or down by one, or all six by any step."""
    steps = [(int(b) - int(a)) % 10 for a, b in pairwise(pin)]
    runs = (set(steps[:-1]), set(steps[1:]))
    return len(set(steps)) == 1 or any(len(run) == 1 and run <= {0, 1, 9} for run in runs)


def _is_repeated(pin: str) -> bool:
    """Two digits only, the same three twice or turned round, or three pairs."""
    first, last = pin[:3], pin[3:]
    return len(set(pin)) < 3 or last in (first, first[::-1]) or pin[::2] == pin[1::2]


def _is_date(pin: str) -> bool:
    """A day as people write one, or a month with a year of four digits.

    Each year of two digits is one of the last hundred, and those that divide by four have 29
    days in February (until 2100).
    """
    one, two, three = (int(pin[at : at + 2]) for at in (0, 2, 4))
    days = ((one, two, three), (two, one, three), (three, two, one))  # DDMMYY, MMDDYY, YYMMDD
    if any(_is_day(day, month, year) for day, month, year in days):
        return True
    months = ((one, pin[2:4]), (three, pin[:2]))  # MMYYYY, YYYYMM
    if any(1 <= month <= 12 and century in _CENTURIES for month, century in months):
        return True
    return "0" not in pin[:2] and pin[2:4] in _CENTURIES  # DMYYYY


def _is_day(day: int, month: int, year: int) -> bool:
    return 1 <= month <= 12 and 1 <= day <= monthrange(2000 + year, month)[1]


def _guesses_from(calling: str | None) -> str:
    """Under which name guesses from this telephone are counted."""
    who = "withheld" if calling is None else hashlib.sha256(calling.encode()).hexdigest()
    return f"pin-line:{who}"


def _guesses_at(number: str) -> str:
    """Under which name guesses at this number's PIN are counted."""
    return f"pin:{hashlib.sha256(number.encode()).hexdigest()}"
