"""Recordings, wired: the vault of these settings, and files taken out of it."""

import asyncio
from pathlib import Path
from uuid import UUID

from db.pool import Pool
from helpline.cell import state_folder
from helpline.keys import master_keys
from helpline.settings import Settings
from recordings import rows
from recordings.errors import NoSuchFileError
from recordings.store import Store
from recordings.vault import Role, Vault


def recording_vault(settings: Settings) -> Vault:
    """Store and keys. Raises `SettingsError`, `StoreError`."""
    options = settings.recordings
    if options.store_url is None:
        store = Store.local(state_folder(settings).recordings)
    else:
        given = {name: value.get_secret_value() for name, value in options.store_options.items()}
        store = Store.at(options.store_url, given)
    return Vault(store, master_keys(settings))


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
