"""The named statements of `db/queries`, loaded once. `statements().calls_open(conn, ...)` runs one.

Names are unique over all files and begin with their file's area. The rooms put thin typed
functions over them; nothing else writes SQL.
"""

from functools import cache
from pathlib import Path
from typing import Any

import aiosql

QUERIES = Path(__file__).with_name("queries")


@cache
def statements() -> Any:
    """All named statements, as methods that take a connection and the statement's parameters."""
    return aiosql.from_path(QUERIES, "asyncpg")


def sql(name: str) -> str:
    """The text of one named statement with `$n` parameters, for the few that are run in batches."""
    return str(getattr(statements(), name).sql)
