"""One server for a cell: a second one would end the first one's calls as lost, and dial them again.

A lock in the database would outlive a machine that lost its power for as long as its connection
does. So the newcomer looks whether somebody speaks: who serves says so every second.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from db.pool import Pool
from db.statements import statements
from helpline.settings import SettingsError

_ACQUIRE_SECONDS = 5.0
_YOUNG = timedelta(seconds=4)
_LISTEN_SECONDS = 2.0
_LOOK_SECONDS = 0.2


async def refuse_second(pool: Pool, cell: str, now: Callable[[], datetime]) -> None:
    """Raises `SettingsError` while another server serves the cell.

    At once where the cell has not spoken just now; else after as long as its next word would take.
    """
    async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
        last = await statements().cells_own_word(conn, cell=cell)
        if last is None or abs(now() - last["at"]) > _YOUNG:
            return
        for _ in range(round(_LISTEN_SECONDS / _LOOK_SECONDS)):
            await asyncio.sleep(_LOOK_SECONDS)
            word = await statements().cells_own_word(conn, cell=cell)
            if word is not None and word["word"] != last["word"]:
                where = f" at {word['url']}" if word["url"] else ""
                raise SettingsError(f"cell.name: another server{where} serves {cell}")
