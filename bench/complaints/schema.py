"""Keys, foreign keys and indices out of the way of a load, and back: whatever the schema has."""

from collections.abc import Sequence
from dataclasses import dataclass

from db.pool import Connection


@dataclass(frozen=True, slots=True)
class Definitions:
    """What was dropped, in the order in which it is made again: keys, indices, foreign keys."""

    keys: Sequence[str]
    indices: Sequence[str]
    foreign_keys: Sequence[str]


_CONSTRAINTS = """
    select conrelid::regclass::text as on_table, conname as name, contype::text as kind,
           pg_get_constraintdef(oid) as definition
    from pg_constraint
    where contype in ('p', 'u', 'f') and conrelid = any($1::regclass[])
    order by conrelid::regclass::text, conname
"""
_INDICES = """
    select i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as definition
    from pg_index i
    left join pg_constraint c on c.conindid = i.indexrelid and c.contype in ('p', 'u')
    where i.indrelid = any($1::regclass[]) and c.oid is null
    order by 1
"""
# What refers to a loaded table from elsewhere would keep its key from being dropped.
_REFERRING = """
    select distinct conrelid::regclass::text as name from pg_constraint
    where contype = 'f' and confrelid = any($1::regclass[])
"""


async def drop(conn: Connection, tables: Sequence[str]) -> Definitions:
    """Drop the keys and indices of `tables`, and the foreign keys of and to them."""
    referring = [row["name"] for row in await conn.fetch(_REFERRING, list(tables))]
    involved = sorted({*tables, *referring})
    found = await conn.fetch(_CONSTRAINTS, involved)
    foreign = [row for row in found if row["kind"] == "f"]
    keys = [row for row in found if row["kind"] != "f" and row["on_table"] in tables]
    for row in (*foreign, *keys):
        await conn.execute(f"alter table {row['on_table']} drop constraint {row['name']}")
    indices = await conn.fetch(_INDICES, list(tables))
    for row in indices:
        await conn.execute(f"drop index {row['name']}")
    return Definitions(
        keys=[_added(*row) for row in keys],
        indices=[row["definition"] for row in indices],
        foreign_keys=[_added(*row) for row in foreign],
    )


def _added(on_table: str, name: str, _kind: str, definition: str) -> str:
    return f"alter table {on_table} add constraint {name} {definition}"
