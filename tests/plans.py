"""How PostgreSQL would find the rows of a statement among many.

The tables are (almost) empty: what an index can serve is only seen where nothing else is allowed.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from db.pool import Pool
from db.statements import sql

_INDEXES_ONLY = ("enable_seqscan", "enable_bitmapscan", "enable_hashjoin", "enable_mergejoin")


@dataclass(frozen=True)
class Scan:
    """How one table is read. `sought`: by what within the index; empty: all of it is read."""

    table: str
    index: str
    sought: str


@dataclass(frozen=True)
class Plan:
    scans: list[Scan]
    sorted_by: list[list[str]]

    def of(self, *tables: str) -> list[Scan]:
        return [one for one in self.scans if one.table in tables]


async def plan_of(pool: Pool, name: str, *asked: object) -> Plan:
    """Of a named statement, with its parameters in the order of their first use."""
    async with pool.acquire() as conn, conn.transaction():
        for setting in _INDEXES_ONLY:
            await conn.execute(f"set local {setting} = off")
        found = await conn.fetchval("explain (format json) " + sql(name), *asked)
    nodes = list(_nodes(json.loads(found)[0]["Plan"]))
    scans = [
        Scan(one["Relation Name"], one.get("Index Name", ""), one.get("Index Cond", ""))
        for one in nodes
        if "Relation Name" in one
    ]
    return Plan(scans, [one["Sort Key"] for one in nodes if one["Node Type"] == "Sort"])


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for part in node.get("Plans", ()):
        yield from _nodes(part)
