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
    select k.confrelid::regclass::text as kept, array(
        select a.attname::text from pg_attribute a
        where a.attrelid = k.confrelid and a.attnum = any(k.confkey)) as key
    from pg_constraint k
    where k.contype = 'f' and not exists (
        select from pg_index i
        where i.indrelid = k.conrelid and i.indkey[0] = any(k.conkey)
          and (i.indpred is null or pg_get_expr(i.indpred, i.indrelid) in (
              select format('(%I IS NOT NULL)', a.attname) from pg_attribute a
              where a.attrelid = k.conrelid and a.attnum = any(k.conkey))))
"""
OTHERS = """
    select a.attname::text from pg_attribute a
    where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped
      and a.attname <> all($2::text[])
"""


async def statements_that_would_read_all_that_refers(connection: asyncpg.Connection) -> list[str]:
    """What is refused to who may not touch a key that is referred to without an index: it deletes
    such rows, or can change their key. PostgreSQL itself knows. To be rolled back.
    """
    keys: dict[str, set[str]] = {}
    for row in await connection.fetch(UNINDEXED):
        keys.setdefault(row["kept"], set()).update(row["key"])
    for table, key in keys.items():
        others = [row[0] for row in await connection.fetch(OTHERS, table, list(key))]
        await connection.execute(f"revoke update, delete on {table} from current_user")
        granted = ", ".join(others)
        await connection.execute(f"grant update ({granted}) on {table} to current_user")
    refused = []
    for name in NAMES:
        values = [None] * len((await connection.prepare(sql(name))).get_parameters())
        try:
            async with connection.transaction():
                await connection.fetch("explain " + sql(name), *values)
        except asyncpg.PostgresSyntaxError:  # touches no rows: nothing to explain
            assert sql(name).split()[0].lower() not in (
                "select",
                "with",
                "insert",
                "update",
                "delete",
            )
        except asyncpg.InsufficientPrivilegeError:
            refused.append(name)
    return refused


async def test_what_refers_to_rows_that_go_or_get_another_key_is_found_by_an_index(
    connection: asyncpg.Connection,
) -> None:
    """Without one each of them reads the whole of the table that refers, within its 5 seconds."""
    for dropped, refused in (
        ("select 1", []),
        ("drop index disposal_of_post", ["complaints_put_posts"]),
        ("drop index disposal_by_recording", ["recordings_withdraw_batch"]),
    ):
        turn = connection.transaction()
        await turn.start()
        await connection.execute(dropped)
        assert await statements_that_would_read_all_that_refers(connection) == refused
        await turn.rollback()
