import re
from collections.abc import AsyncIterator

import asyncpg
import pytest

from db.pool import open_pool
from db.statements import QUERIES, sql, statements

NAMES = sorted(name for name in statements().available_queries if not name.endswith(("_cursor",)))


@pytest.fixture
async def connection(migrated_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(migrated_url)
    yield connection
    await connection.close()


@pytest.mark.parametrize("name", NAMES)
async def test_every_named_statement_can_be_prepared(
    connection: asyncpg.Connection, name: str
) -> None:
    await connection.prepare(sql(name))


def test_every_name_in_the_files_is_loaded_and_begins_with_an_area() -> None:
    written = [
        line.split(":", 1)[1].split("(")[0].strip().rstrip("^$!*<>#")
        for path in sorted(QUERIES.glob("*.sql"))
        for line in path.read_text("utf-8").splitlines()
        if line.startswith("-- name:")
    ]
    assert len(written) == len(set(written))
    assert sorted(written) == NAMES


async def test_connections_speak_utc_and_give_up_on_slow_statements(postgres_url: str) -> None:
    pool = await open_pool(postgres_url, size=1, statement_seconds=0.1)
    assert await pool.fetchval("show timezone") == "UTC"
    with pytest.raises(TimeoutError):
        await pool.execute("select pg_sleep(5)")
    assert await pool.fetchval("select 1") == 1
    await pool.close()


UNINDEXED = """
    select format('%s.%s -> %s', k.conrelid::regclass, a.attname, k.confrelid::regclass)
    from pg_constraint k
    join pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[1]
    where k.contype = 'f' and k.confrelid::regclass::text = any($1::text[])
      and not exists (
        select from pg_index i where i.indrelid = k.conrelid and i.indkey[0] = k.conkey[1]
        and (i.indpred is null
             or pg_get_expr(i.indpred, i.indrelid) = format('(%s IS NOT NULL)', a.attname)))
    order by 1
"""


async def test_what_refers_to_rows_that_are_deleted_is_found_by_an_index(
    connection: asyncpg.Connection,
) -> None:
    """Without one every deletion reads the whole of the table that refers."""
    found = (re.findall(r"delete from (\w+)", sql(name).lower()) for name in NAMES)
    tables = sorted({table for tables in found for table in tables})
    assert {"recording", "cell", "tenure"} <= set(tables)
    assert [row[0] for row in await connection.fetch(UNINDEXED, tables)] == []
