"""How fast overdue complaints move on, with one, two and four processes at it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from queue import Empty
from time import perf_counter
from typing import Any
from uuid import UUID

import uvloop

from bench.complaints.building import BuildError
from bench.complaints.country import NOW
from complaints.bundle_link import sign
from complaints.escalation import escalate_overdue
from complaints.policy import UP_1076
from db.pool import Pool, open_pool
from helpline import logs

WORKERS = (1, 2, 4)
BATCH = 200
_WAIT_SECONDS = 120
_SECRET = b"a bench has no secrets"
# When so many will be overdue.
_DUE_BY = """
    select due_at from complaint where due_at is not null and overdue_at is null
    order by due_at offset $1 limit 1
"""
_WAITING = "select count(*) from complaint where due_at is not null and overdue_at is null"


@dataclass(frozen=True, slots=True)
class Swept:
    """`seconds`: from the start of all workers to the end of the last."""

    workers: int
    complaints: int
    seconds: float
    by_worker: Sequence[int]

    @property
    def per_second(self) -> float:
        """Complaints moved on."""
        return self.complaints / self.seconds


async def sweep(url: str, pool: Pool, backlog: int, each: Sequence[int] = WORKERS) -> list[Swept]:
    """Each number of workers on a backlog of its own: the clock goes on until so many are due."""
    there = int(await pool.fetchval(_WAITING))
    backlog = min(backlog, there // (len(each) + 1))
    found = []
    for workers in each:
        now = await pool.fetchval(_DUE_BY, backlog - 1)
        found.append(await asyncio.to_thread(_with_workers, url, max(now, NOW), workers))
    return found


def _with_workers(url: str, now: datetime, workers: int) -> Swept:
    context = get_context("spawn")
    ready, results = context.Barrier(workers + 1), context.Queue()
    processes = [
        context.Process(target=_work, args=(url, now, ready, results), daemon=True)
        for _ in range(workers)
    ]
    for process in processes:
        process.start()
    ready.wait(_WAIT_SECONDS)
    began = perf_counter()
    try:
        by_worker = [results.get(timeout=_WAIT_SECONDS) for _ in processes]
    except Empty as error:
        raise BuildError("a process that sweeps gave no answer") from error
    seconds = perf_counter() - began
    for process in processes:
        process.join(_WAIT_SECONDS)
    return Swept(workers, sum(by_worker), seconds, by_worker)


def _work(url: str, now: datetime, ready: Barrier, results: Any) -> None:
    logs.configure(level="warning", json=False)
    uvloop.run(_swept(url, now, ready, results))  # as the server has it


async def _swept(url: str, now: datetime, ready: Barrier, results: Any) -> None:
    pool = await open_pool(url, size=1, statement_seconds=60)
    moved = 0
    await asyncio.to_thread(ready.wait, _WAIT_SECONDS)
    while some := await escalate_overdue(
        pool, policy=UP_1076, now=now, signer=_signed, limit=BATCH
    ):
        moved += some
    results.put(moved)
    await pool.close()


def _signed(bundle: UUID) -> str:
    return sign(_SECRET, "https://helpline.example", bundle, NOW)
