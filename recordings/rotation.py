"""After a change of the master key: every data key is wrapped anew; no object is touched."""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog

from db.pool import Connection, Pool
from db.statements import statements
from recordings.errors import MasterKeyError
from recordings.master import MasterKeys, WrappedKey

_log = structlog.get_logger(__name__)
_BATCH = 500

#: Named statements with the parameters of `recordings_to_rewrap` and `recordings_rewrap`.
Find = Callable[..., AsyncIterator[Any]]
Write = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Rewrapped:
    """`done`: keys wrapped anew. `left`: by master key, how many it still wraps, since we have it
    not, or it does not open them.
    """

    done: int
    left: Mapping[str, int]

    def __add__(self, other: "Rewrapped") -> "Rewrapped":
        return Rewrapped(self.done + other.done, Counter(self.left) + Counter(other.left))


async def lacking(pool: Pool, keys: MasterKeys) -> list[str]:
    """Master keys that wrap what is kept, and that we have not: also an error in the log.

    A new one is made where there is none, and so a file that was not brought back is not missed.
    """
    async with pool.acquire(timeout=5) as conn:
        used = [row["master_id"] async for row in statements().recordings_masters(conn)]
    if missing := keys.lacking(used):
        _log.error("recordings cannot be opened: master keys are not among ours", masters=missing)
    return missing


async def rewrap(pool: Pool, keys: MasterKeys) -> Rewrapped:
    """Wrap by the current master what another one wraps: keys of recordings and of others' sealed
    files. Safe to repeat and to stop. What cannot be opened stays as it is, and stops nothing.
    """
    asked = statements()
    return await rewrap_each(pool, keys, asked.recordings_to_rewrap, asked.recordings_rewrap)


async def rewrap_each(pool: Pool, keys: MasterKeys, find: Find, write: Write) -> Rewrapped:
    """The same for wrapped keys wherever they lie."""
    done, last, left = 0, UUID(int=0), Counter[str]()
    while True:
        async with pool.acquire(timeout=5) as conn, conn.transaction():
            found = find(conn, master_id=keys.current, after=last, at_most=_BATCH)
            page = [row async for row in found]
            for row in page:
                last = row["id"]
                if not await _wrapped(conn, keys, row, write):
                    left[row["master_id"]] += 1
        done += len(page)
        if len(page) < _BATCH:
            return Rewrapped(done - left.total(), left)


async def _wrapped(conn: Connection, keys: MasterKeys, row: Any, write: Write) -> bool:
    old = WrappedKey(row["master_id"], row["wrapped_key"])
    try:
        new = keys.rewrap(old, row["id"])
    except MasterKeyError as error:
        _log.error("key not wrapped anew", object=str(row["id"]), error=str(error))
        return False
    await write(
        conn, id=row["id"], before=old.wrapped, master_id=new.master_id, wrapped_key=new.wrapped
    )
    return True
