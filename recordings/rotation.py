"""After a change of the master key: every data key is wrapped anew; no object is touched."""

from uuid import UUID

from db.pool import Pool
from db.statements import statements
from recordings.master import MasterKeys, WrappedKey

_BATCH = 500


async def rewrap(pool: Pool, keys: MasterKeys) -> int:
    """Wrap by the current master what another one wraps; how many. Safe to repeat and to stop.

    Raises `MasterKeyError` when one of the older masters is not among ours.
    """
    done, last = 0, UUID(int=0)
    while True:
        async with pool.acquire(timeout=5) as conn, conn.transaction():
            found = statements().recordings_to_rewrap(
                conn, master_id=keys.current, after=last, at_most=_BATCH
            )
            page = [row async for row in found]
            for row in page:
                old = WrappedKey(row["master_id"], row["wrapped_key"])
                new = keys.rewrap(old, row["id"])
                await statements().recordings_rewrap(
                    conn,
                    id=row["id"],
                    before=old.wrapped,
                    master_id=new.master_id,
                    wrapped_key=new.wrapped,
                )
                last = row["id"]
        done += len(page)
        if len(page) < _BATCH:
            return done
