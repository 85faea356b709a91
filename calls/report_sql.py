"""How statements that sum are run: they may take longer than those of calls."""

import asyncpg

from db.pool import Connection
from db.statements import sql, statements

_LONGEST_SECONDS = 60.0
"""A statement that sums for longer than this is stopped."""


async def fetch_slowly(conn: Connection, name: str, **given: object) -> list[asyncpg.Record]:
    """The rows of one named statement; its head names the parameters in the order of
    their first use. Raises `TimeoutError` after a minute, or another of `db.errors.AWAY`.
    """
    ordered = [given[parameter] for parameter in getattr(statements(), name).parameters]
    return list(await conn.fetch(sql(name), *ordered, timeout=_LONGEST_SECONDS))
