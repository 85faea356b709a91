"""Many messages, some at a time: each statement has its seconds, however many there are."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from db.pool import Pool

_BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)
_ACQUIRE_SECONDS = 5.0


Find = Callable[..., AsyncIterator[Mapping[str, Any]]]
"""(conn, after_at=, after=, at_most=): the next rows after these, in the order of `at`, `id`."""


async def portions(
    pool: Pool, ids: Sequence[UUID] | None, find: Find, at_most: int
) -> AsyncIterator[list[UUID]]:
    """Of these, or of all that are found (None). No connection is held in between."""
    if ids is not None:
        for begin in range(0, len(ids), at_most):
            yield list(ids[begin : begin + at_most])
        return
    after_at, after = _BEFORE_ALL, UUID(int=0)
    while True:
        async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
            rows = find(conn, after_at=after_at, after=after, at_most=at_most)
            found = [(row["at"], row["id"]) async for row in rows]
        if not found:
            return
        yield [one for _, one in found]
        after_at, after = found[-1]
