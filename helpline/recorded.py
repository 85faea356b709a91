"""Recordings, wired: the vault of these settings, and the jobs that look after what is in it."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import structlog

from db.errors import AWAY, stop_if_cancelled
from db.pool import Pool
from helpline.cell import state_folder
from helpline.clock import Clock
from helpline.clock_watch import Sound, always
from helpline.keys import master_keys
from helpline.metrics import Metrics
from helpline.recording_adapters import ComplaintCases
from helpline.settings import Settings
from helpline.supervise import Service
from recordings import rows
from recordings.certificate import Device, Source
from recordings.chain import export_head, head, is_exported, seal_batch
from recordings.errors import NoSuchFileError, RecordingError
from recordings.keeper import Keeper
from recordings.pausing import PauseWatch
from recordings.recorder import Recorder
from recordings.retention import erase_due, remove_originals
from recordings.store import Store
from recordings.sweeper import Sweeper
from recordings.vault import Role, Vault

_log = structlog.get_logger(__name__)
_SEAL_SECONDS = 10.0
_FULL_BATCH = 1000
_RETENTION_SECONDS = 3600.0


def recording_vault(settings: Settings) -> Vault:
    """Store and keys. Raises `SettingsError`, `StoreError`."""
    options = settings.recordings
    if options.store_url is None:
        store = Store.local(state_folder(settings).recordings)
    else:
        given = {name: value.get_secret_value() for name, value in options.store_options.items()}
        store = Store.at(options.store_url, given)
    return Vault(store, master_keys(settings))


def certified_device(settings: Settings) -> Device:
    """What certificates say of where recordings lie."""
    options = settings.recordings
    url = options.store_url or ""
    kept_at: Source = "server" if url.startswith("file:") or not url else "cloud"
    given = options.device.model_dump()
    return Device(**{**given, "source": options.device.source or kept_at})


async def take_out(
    pool: Pool, vault: Vault, recording_id: UUID, folder: Path, role: Role = "original"
) -> Path:
    """Write a recording, opened, into `folder`. For the demo and tests: nobody is noted."""
    async with pool.acquire(timeout=5) as conn:
        one = (await rows.objects(conn, recording_id)).get(role)
    if one is None:
        raise NoSuchFileError(f"recording {recording_id} has no {role}")
    path = folder / one.file_name
    await asyncio.to_thread(vault.write_file, one, path)
    return path


class RecordingJobs:
    """What happens to recordings after their closing. Its `services` belong to the supervisor."""

    def __init__(
        self,
        pool: Pool,
        vault: Vault,
        settings: Settings,
        recorder: Recorder,
        now: Clock,
        sound: Sound = always,
    ) -> None:
        """`sound`: whether that time can be acted on; else nothing is given up or erased, and no
        head is kept under the name of another day.
        """
        self._pool = pool
        self._sound = sound
        self._vault = vault
        self._options = settings.recordings
        self._audit = state_folder(settings).audit
        self._cases = ComplaintCases(settings.rules)
        self._now = now
        self._keeper = Keeper(pool, vault, now, self._options.copy_kbits)
        self._sweeper = Sweeper(pool, vault, now, sound=sound)
        self._pauses = PauseWatch(pool, recorder, now, settings.cell.name)

    @property
    def services(self) -> Mapping[str, Service]:
        """What has to run, by name."""
        return {
            "recordings: kept copies": self._keeper.run,
            "recordings: sweep": self._sweeper.run,
            "recordings: pauses": self._pauses.run,
            "recordings: audit chain": self._seal,
            "recordings: retention": self._retain,
        }

    def add_metrics(self, metrics: Metrics) -> None:
        """What an operator watches: `lost` and `failed` want a look."""
        keeper, sweeper = self._keeper, self._sweeper
        metrics.counter(
            "recording_copies", "Kept copies made, and failed", lambda: dict(keeper.totals), "fate"
        )
        metrics.counter(
            "recording_objects_swept",
            "Objects in the store by what the sweep found",
            lambda: dict(sweeper.totals),
            "fate",
        )
        metrics.gauge(
            "recording_objects_lost",
            "Objects that the store has not, of the days looked at since the start",
            lambda: sweeper.lost_now,
        )

    async def _seal(self) -> None:
        while True:
            sealed = 0
            try:
                sealed = await seal_batch(self._pool, _FULL_BATCH)
                if self._sound() and not is_exported(self._audit, self._now()):
                    await seal_and_export(self._pool, self._audit, self._now)
            except AWAY as error:
                stop_if_cancelled()
                _log.warning("audit chain waits", error=repr(error))
            if sealed < _FULL_BATCH:
                await asyncio.sleep(_SEAL_SECONDS)

    async def _retain(self) -> None:
        while True:
            try:
                if self._sound():
                    await self._retain_once()
            except (*AWAY, RecordingError) as error:
                stop_if_cancelled()
                _log.warning("retention waits", error=repr(error))
            await asyncio.sleep(_RETENTION_SECONDS)

    async def _retain_once(self) -> None:
        now = self._now()
        before = now - timedelta(days=self._options.keep_original_days)
        removed = await remove_originals(
            self._pool, self._vault, self._cases, made_before=before, now=now
        )
        erased = 0
        if self._options.erase_when_due:
            erased = await erase_due(self._pool, self._cases, by="policy:retention", now=now)
        if removed or erased:
            _log.info("retention", originals_removed=removed, erased=erased)


async def seal_and_export(pool: Pool, folder: Path, now: Clock) -> Path | None:
    """Seal all that waits and write the head; None while the chain is empty."""
    while await seal_batch(pool, _FULL_BATCH):
        pass
    async with pool.acquire(timeout=5) as conn:
        reached = await head(conn)
    if reached.seq == 0:
        return None
    return await asyncio.to_thread(export_head, folder, reached, now())
