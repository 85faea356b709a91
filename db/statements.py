"""The named statements of `db/queries`, loaded once. `statements().calls_open(conn, ...)` runs one.

Names are unique over all files and begin with their file's area. The rooms put thin typed
functions over them; nothing else writes SQL.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import aiosql
from aiosql.adapters.asyncpg import AsyncPGAdapter

QUERIES = Path(__file__).with_name("queries")


@cache
def statements() -> Any:
    """All named statements, as methods that take a connection and the statement's parameters."""
    adapter: Callable[[], Any] = _Adapter
    return aiosql.from_path(QUERIES, adapter)


def sql(name: str) -> str:
    """The text of one named statement with `$n` parameters, for the few that are run in batches."""
    return str(getattr(statements(), name).sql)


class _Adapter(AsyncPGAdapter):
    """The library's, less what it does at every statement to find out whether it was given a pool:
    it lists all names of the connection, which costs more (16 us) than to encode a row.
    """

    async def select(
        self, conn: Any, query_name: Any, sql: Any, parameters: Any, record_class: Any = None
    ) -> AsyncIterator[Any]:
        for row in await conn.fetch(sql, *self._ordered(query_name, parameters)):
            yield row

    async def select_one(
        self, conn: Any, query_name: Any, sql: Any, parameters: Any, record_class: Any = None
    ) -> Any:
        return await conn.fetchrow(sql, *self._ordered(query_name, parameters))

    async def select_value(self, conn: Any, query_name: Any, sql: Any, parameters: Any) -> Any:
        return await conn.fetchval(sql, *self._ordered(query_name, parameters))

    async def insert_update_delete(
        self, conn: Any, query_name: Any, sql: Any, parameters: Any
    ) -> Any:
        return await conn.execute(sql, *self._ordered(query_name, parameters))

    def _ordered(self, query_name: str, parameters: Mapping[str, Any]) -> list[Any]:
        return [parameters[name] for name in self.var_sorted[query_name]]
