"""One cell's recordings, with a real database, a real store and a clock that a test sets."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import numpy as np
from numpy.typing import NDArray

from calls.journal import CallJournal
from calls.model import Direction, NewCall, Outcome
from db.group_commit import GroupCommit
from db.ids import new_id
from db.pool import Pool
from recordings import rows
from recordings.audio import RATE, to_raw
from recordings.capture import Capture
from recordings.closer import Closer, ClosingLimits
from recordings.master import MasterKeys
from recordings.model import Kind
from recordings.store import Store
from recordings.vault import Role, StoredObject, Vault

MASTER = bytes(range(32))
START = datetime(2026, 1, 5, 4, 30, tzinfo=UTC)
AT_ONCE = ClosingLimits(interval=0.01, settle=0, orphan_after=0, retry_after=0)


def tone(hertz: float, seconds: float, amplitude: float = 0.5) -> NDArray[np.int16]:
    time = np.arange(round(seconds * RATE)) / RATE
    return (amplitude * 32767 * np.sin(2 * np.pi * hertz * time)).astype(np.int16)


def conversation(seconds: float = 2.0) -> bytes:
    """What MixMonitor writes: the citizen (left) loud, what is heard (right) soft."""
    left, right = tone(300, seconds, 0.5), tone(800, seconds, 0.05)
    return to_raw(np.stack([left, right], axis=1))


@dataclass
class Room:
    pool: Pool
    commit: GroupCommit
    directory: Path
    folder: Path
    at: datetime = START
    limits: ClosingLimits = AT_ONCE
    vault: Vault = field(init=False)

    def __post_init__(self) -> None:
        self.vault = Vault(Store.local(self.folder), MasterKeys([MASTER]))

    def vault_over(self, store: Store) -> Vault:
        return Vault(store, self.vault.keys)

    def now(self) -> datetime:
        return self.at

    def wait(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)

    def closer(
        self,
        store: Store | None = None,
        rows_wait: Callable[[], bool] = bool,
        **limits: float,
    ) -> Closer:
        vault = self.vault if store is None else self.vault_over(store)
        changed = replace(self.limits, **limits)  # type: ignore[arg-type]
        return Closer(self.pool, vault, self.now, "a", self.directory, changed, rows_wait)

    def capture(self, timeout: float = 20) -> Capture:
        return Capture(self.commit, self.now, "a", self.directory, timeout)

    async def call(self) -> UUID:
        call_id = new_id(self.at)
        call = NewCall(call_id, "a", Direction.INBOUND, self.at, "+919876543210")
        await CallJournal(self.commit, timeout=20).opened(call)
        return call_id

    async def end(self, call_id: UUID, outcome: Outcome = Outcome.IVR_ABANDONED) -> None:
        await CallJournal(self.commit, timeout=20).ended(call_id, outcome, self.at)

    async def recorded(
        self,
        data: bytes,
        kind: Kind = "call",
        seconds: float = 2.0,
        outcome: Outcome = Outcome.IVR_ABANDONED,
    ) -> tuple[UUID, Path]:
        """A call that was recorded and is over: recording id and capture file."""
        call_id = await self.call()
        await CallJournal(self.commit, timeout=20).answered(call_id, self.at)
        target = await self.capture().open(call_id, kind)
        await asyncio.to_thread(Path(target.path).write_bytes, data)
        self.wait(seconds)
        await self.end(call_id, outcome)
        return target.id, Path(target.path)

    async def row(self, recording_id: UUID) -> asyncpg.Record:
        row = await self.pool.fetchrow("select * from recording where id = $1", recording_id)
        assert row is not None
        return row

    async def object(self, recording_id: UUID, role: Role = "original") -> StoredObject:
        async with self.pool.acquire() as conn:
            return (await rows.objects(conn, recording_id))[role]

    async def opened(self, recording_id: UUID, role: Role = "original") -> bytes:
        """The file as it is handed out."""
        one = await self.object(recording_id, role)
        return await asyncio.to_thread(lambda: b"".join(self.vault.pieces(one)))

    async def file(self, recording_id: UUID, role: Role = "original") -> Path:
        """Where its object lies."""
        return self.folder / (await self.object(recording_id, role)).location

    def files(self) -> list[Path]:
        return sorted(path for path in self.folder.rglob("*") if path.is_file())
