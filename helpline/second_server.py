"""One server for a cell: a second one would end the first one's calls as lost, and dial them again.

A lock in the database would outlive a machine that lost its power for as long as its connection
does. So the newcomer looks whether somebody speaks: who serves says so every second.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from db.migrate import migrate, missing
from db.pool import Connection, Pool, open_pool
from db.statements import statements
from helpline.settings import SettingsError

_ACQUIRE_SECONDS = 5.0
_YOUNG = timedelta(seconds=4)
_LISTEN_SECONDS = 2.0
_LOOK_SECONDS = 0.2


async def bring_up_to_date(url: str) -> list[str]:
    """The schema; the migrations that were applied.

    Raises `SettingsError` where something is missing in it while a server of any cell serves: it
    would meet tables that it does not know, or wait for their locks.
    """
    if not await asyncio.to_thread(missing, url):
        return []
    async with await open_pool(url, size=1) as pool, pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
        if await conn.fetchval("select to_regclass('cell_board') is not null"):
            await _refuse_while_served(conn)
    return await asyncio.to_thread(migrate, url)


async def _refuse_while_served(conn: Connection) -> None:
    before = await _words(conn)
    for _ in range(round(_LISTEN_SECONDS / _LOOK_SECONDS) if before else 0):
        await asyncio.sleep(_LOOK_SECONDS)
        spoke = [cell for cell, word in (await _words(conn)).items() if word != before.get(cell)]
        if spoke:
            raise SettingsError(
                f"the database's schema is older than this version, and {', '.join(sorted(spoke))} "
                "serves with it: stop every `helpline serve` first, then `helpline migrate`"
            )


async def _words(conn: Connection) -> dict[str, object]:
    return {row["cell"]: row["word"] async for row in statements().cells_last_words(conn)}


async def refuse_second(pool: Pool, cell: str, now: Callable[[], datetime]) -> datetime | None:
    """Raises `SettingsError` while another server serves the cell; else when one last did, as far
    as is known.

    At once where the cell has not spoken just now; else after as long as its next word would take.
    """
    async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
        last = await statements().cells_own_word(conn, cell=cell)
        spoke: datetime | None = None if last is None else last["at"]
        if spoke is None or abs(now() - spoke) > _YOUNG:
            return spoke
        for _ in range(round(_LISTEN_SECONDS / _LOOK_SECONDS)):
            await asyncio.sleep(_LOOK_SECONDS)
            word = await statements().cells_own_word(conn, cell=cell)
            if word is not None and word["word"] != last["word"]:
                where = f" at {word['url']}" if word["url"] else ""
                raise SettingsError(f"cell.name: another server{where} serves {cell}")
    return spoke
