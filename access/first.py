"""The first administrator: a one-time code, only while there is no administrator."""

import hashlib
import secrets
from datetime import datetime, timedelta

from access import grants, log, users
from access.errors import AdministratorExistsError, InvalidCodeError
from access.log import NOBODY, OPERATOR, By, Event
from access.passwords import Passwords, check_strength
from access.rights import Grant, Role
from access.users import ACQUIRE_SECONDS, NewUser, User
from db.pool import Pool
from db.statements import statements

GOOD_FOR = timedelta(hours=1)


async def issue_code(pool: Pool, now: datetime) -> str:
    """A code that is good for an hour; one before it is not any more.

    Raises `AdministratorExistsError`.
    """
    code = secrets.token_urlsafe(32)
    async with pool.acquire(timeout=ACQUIRE_SECONDS) as conn, conn.transaction():
        await statements().access_hold_administrators(conn)
        if await statements().access_administrators(conn, now=now):
            raise AdministratorExistsError
        await statements().access_put_code(conn, code_hash=_hash(code), expires_at=now + GOOD_FOR)
        await log.write(conn, Event.FIRST_CODE_ISSUED, By(OPERATOR), now)
    return code


async def code_stands(pool: Pool, code: str, now: datetime) -> bool:
    """Whether the code would be taken now."""
    async with pool.acquire(timeout=ACQUIRE_SECONDS) as conn:
        administrators = await statements().access_administrators(conn, now=now)
        stands = await statements().access_code_stands(conn, code_hash=_hash(code), now=now)
    return bool(stands) and not administrators


async def use_code(
    pool: Pool,
    code: str,
    new: NewUser,
    password: str,
    passwords: Passwords,
    *,
    remote: str,
    now: datetime,
) -> User:
    """Make the first administrator. Of two at once, one wins.

    Raises `InvalidCodeError` (unknown, used, over, or an administrator exists by now),
    `WeakPasswordError`, `InvalidUserError`.
    """
    if not await code_stands(pool, code, now):
        raise InvalidCodeError("the code is unknown, was used, or is over")
    check_strength(password, users.normal_name(new.sign_in_name))
    hashed = await passwords.hash(password)
    by = By(NOBODY, remote)
    async with pool.acquire(timeout=ACQUIRE_SECONDS) as conn, conn.transaction():
        await statements().access_hold_administrators(conn)
        taken = await statements().access_take_code(conn, code_hash=_hash(code), now=now)
        if not taken or await statements().access_administrators(conn, now=now):
            raise InvalidCodeError("the code is unknown, was used, or is over")
        complete = NewUser(
            sign_in_name=new.sign_in_name,
            display_name=new.display_name,
            language=new.language,
            password_hash=hashed,
            must_change=False,
        )
        user = await users.add_within(conn, complete, by, now)
        await grants.grant_within(conn, user.id, Grant(Role.ADMINISTRATOR), by, now)
    return user


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()
