"""Who sits at the desks: users with a role and a session that stands, as sign-in leaves them."""

from collections.abc import Sequence
from datetime import datetime

from access import grants, sessions, users
from access.log import OPERATOR, By
from access.rights import Grant, Role
from access.sessions import SessionRule
from access.users import NewUser
from db.pool import Pool

_BY = By(OPERATOR)


async def agents(pool: Pool, ids: Sequence[str], now: datetime) -> dict[str, str]:
    """A session's token for each agent. Nobody types a password, so nobody has one."""
    return {id: await _one(pool, f"agent{id}", Role.AGENT, id, now) for id in ids}


async def supervisors(pool: Pool, how_many: int, now: datetime) -> dict[str, str]:
    """The same for supervisors of the whole cell, by name."""
    names = [f"supervisor{n}" for n in range(how_many)]
    return {name: await _one(pool, name, Role.SUPERVISOR, None, now) for name in names}


async def _one(pool: Pool, name: str, role: Role, agent: str | None, now: datetime) -> str:
    new = NewUser(sign_in_name=name, display_name=name, agent_id=agent, must_change=False)
    async with pool.acquire(timeout=5) as conn, conn.transaction():
        user = await users.add_within(conn, new, _BY, now)
        await grants.grant_within(conn, user.id, Grant(role), _BY, now)
        return await sessions.open_within(
            conn, user, SessionRule(), remote="127.0.0.1", browser="bench", now=now
        )
