"""Recordings of what was said on the line: their rows may come after what refers to them.

A flow's rows wait together while the database is away, what it confirms is written by itself: when
the database is back, either may be first.
"""

import asyncio
from dataclasses import dataclass
from uuid import UUID

from db.pool import Pool
from db.statements import statements

_LOOK = 0.1  # s
_ACQUIRE_SECONDS = 2.0


@dataclass(slots=True)
class Grace:
    """For how many more seconds a row is waited for that the database does not know: in all,
    however often the answer is tried to be written. A row that was refused never comes.
    """

    seconds: float = 2.0

    @classmethod
    def as_we_stop(cls) -> "Grace":
        """Of who has three seconds to write an answer: a slow database needs them."""
        return cls(0.5)


async def awaited(
    pool: Pool, call_id: UUID, recording_id: UUID | None, grace: Grace | None = None
) -> bool:
    """Wait until the recording of this call is known; whether it is. `grace` is used up.

    Before the transaction that refers to it: no connection is held meanwhile.
    """
    if recording_id is None:
        return False
    grace = grace or Grace()
    loop = asyncio.get_running_loop()
    while True:
        began = loop.time()
        async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
            known = await statements().complaints_own_words(conn, id=recording_id, call_id=call_id)
        if known or grace.seconds <= 0:
            return bool(known)
        await asyncio.sleep(min(_LOOK, grace.seconds))
        grace.seconds -= loop.time() - began
