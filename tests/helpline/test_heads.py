"""Heads of histories that cannot be written are told, and not only waited for."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from structlog.testing import capture_logs
from structlog.typing import EventDict

from db.pool import open_pool
from helpline.heads import HeadsKept
from tests.complaints.world import START


async def _told(logs: list[EventDict], enough: Callable[[list[str]], bool]) -> list[str]:
    async with asyncio.timeout(20):
        while not enough([line["log_level"] for line in logs]):
            await asyncio.sleep(0.01)
    return [line["log_level"] for line in logs]


async def test_what_waiting_does_not_mend_is_an_error(postgres_url: str, tmp_path: Path) -> None:
    pool = await open_pool(postgres_url, size=1)
    await pool.close()
    kept = HeadsKept(pool, tmp_path, b"k" * 32, lambda: START, seconds=0)
    with capture_logs() as logs:
        loop = asyncio.create_task(kept.run())
        told = await _told(logs, lambda levels: len(levels) >= 4)
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)
    assert told[:4] == ["warning", "warning", "error", "error"]
    assert logs[3]["event"] == "heads of histories are not kept"
    assert logs[3]["tries"] == 4
