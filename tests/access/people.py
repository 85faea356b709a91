"""Users for tests."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from access import grants, sessions, signin, users
from access.log import OPERATOR, By
from access.passwords import Passwords
from access.rights import TENANT, Grant, Person, Role, Scope
from access.sessions import SessionRule, SignedIn
from access.signin import Attempt
from access.users import NewUser, User
from db.pool import Pool
from helpline.clock import ManualClock

BY = By(OPERATOR)
PASSWORD = "correct horse battery"
RULE = SessionRule()


@dataclass(frozen=True)
class People:
    pool: Pool
    passwords: Passwords
    clock: ManualClock

    async def add(
        self, name: str = "sita", role: Role | None = None, scope: Scope = TENANT, **fields: Any
    ) -> User:
        hashed = await self.passwords.hash(PASSWORD)
        new = NewUser(
            sign_in_name=name, display_name="सीता देवी", password_hash=hashed, must_change=False
        )
        for field, value in fields.items():
            object.__setattr__(new, field, value)
        user = await users.add(self.pool, new, BY, self.clock())
        if role:
            await grants.grant(self.pool, user.id, Grant(role, scope), BY, self.clock())
        return user

    async def sign_in(
        self, name: str = "sita", password: str = PASSWORD, remote: str = "10.0.0.1", **more: Any
    ) -> str:
        attempt = Attempt(name=name, password=password, remote=remote, browser="tests", **more)
        return await signin.sign_in(self.pool, attempt, self.passwords, RULE, self.clock())

    async def session(self, token: str) -> SignedIn | None:
        return await sessions.load(self.pool, token, RULE, self.clock())

    async def person(self, user: User) -> Person:
        async with self.pool.acquire() as conn:
            return await grants.person(conn, user, self.clock())

    async def events(self, subject: UUID | None = None) -> list[str]:
        """In no order: the clock of tests stands, and keys of one instant are in none."""
        rows = await self.pool.fetch("select event, subject from access_log")
        return [row["event"] for row in rows if subject in (None, row["subject"])]


class Meanwhile(Passwords):
    """Something else happens while the next password is verified."""

    then: Callable[[], Awaitable[object]] | None = None

    async def verify(self, hashed: str | None, given: str) -> bool:
        right = await super().verify(hashed, given)
        then, self.then = self.then, None
        if then is not None:
            await then()
        return right
