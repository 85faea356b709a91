"""Statements that pass their time although the database answers: another's lock, a bad plan.

A database that is away is waited for; for such a statement everything else would wait as long.
"""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

import asyncpg

from db.pool import Connection

#: What a statement raises that was not done in its time: ours, or the server's own limit.
LATE = (TimeoutError, asyncpg.QueryCanceledError)

_TRIES = 3
_IMPATIENT_SECONDS = 0.3  # a row alone takes about one millisecond
_MISSES = 3
_ANSWER_SECONDS = 5

# A commit of its own, and no table: a disk or a standby that keeps all commits waiting is away too.
_TRIVIAL = "select pg_logical_emit_message(true, 'helpline', '')"


async def make_sure_it_answers(connection: Connection) -> None:
    """Raises one of `errors.AWAY` when the database does not commit a trivial statement either."""
    async with asyncio.timeout(_ANSWER_SECONDS):
        await connection.fetchval(_TRIVIAL)


class InTime:
    """Carries out one row at a time. Of the statement that missed its time the last time, the rows
    after it are tried once and briefly, and after some of them not at all, until `renew`.
    """

    def __init__(self) -> None:
        self._misses: dict[str, int] = {}  # by SQL, in a row

    def __contains__(self, sql: str) -> bool:
        """Whether this statement missed its time the last time."""
        return sql in self._misses

    def __bool__(self) -> bool:
        return bool(self._misses)

    def renew(self) -> None:
        """Some rows of each statement are tried again; one that went well is as all others."""
        self._misses = {sql: 1 for sql, misses in self._misses.items() if misses}

    async def __call__(
        self, connection: Connection, sql: str, columns: Iterable[Sequence[Any]]
    ) -> bool:
        """Whether it was carried out; False: not in its time, although the database answers.

        Raises the server's error, and one of `errors.AWAY` when it does not answer.
        """
        stuck, arrays = sql in self._misses, list(columns)
        if self._misses.get(sql, 0) > _MISSES:
            return False
        for _ in range(1 if stuck else _TRIES):
            try:
                await connection.execute(
                    sql, *arrays, timeout=_IMPATIENT_SECONDS if stuck else None
                )
            except TimeoutError:
                await make_sure_it_answers(connection)
                continue
            if stuck:
                self._misses[sql] = 0
            return True
        self._misses[sql] = self._misses.get(sql, 0) + 1
        return False
