"""A recording handed out with its certificate: file, PDF and chain agree on the hash."""

import asyncio
import hashlib
from datetime import datetime
from pathlib import Path

import asyncpg

from db.pool import Pool
from db.statements import statements
from recordings import events, finding, pausing
from recordings.certificate import (
    Certificate,
    ChainEntry,
    Device,
    Party,
    as_html,
    print_pdf,
    without_browser,
)
from recordings.errors import FileChangedError, NoBrowserError, NoSuchFileError
from recordings.listening import Rights, Wish, take_out
from recordings.rules import Part, part_of_call
from recordings.vault import Role, StoredObject, Vault


async def hand_out(
    pool: Pool,
    vault: Vault,
    rights: Rights,
    wish: Wish,
    folder: Path,
    *,
    party: Party,
    device: Device,
    chromium: Path,
    now: datetime,
    role: Role | None = None,
) -> tuple[Path, Path, str]:
    """Write the file and its certificate into `folder`; both paths, and the file's SHA-256.

    Raises `CertificateError`, and what `listening.take_out` raises.
    """
    if (why := without_browser(chromium)) is not None:
        raise NoBrowserError(why)  # before anything is taken out, and written down as taken
    path, one = await take_out(pool, vault, rights, wish, folder, now, role=role)
    written = await asyncio.to_thread(_sha256, path)
    if written != one.sha256:
        raise FileChangedError(f"{path} is not what the store holds")
    certificate = await _gather(pool, wish, one, party, device, now)
    pdf = folder / f"{one.recording_id}.{one.format}.certificate.pdf"
    await print_pdf(chromium, as_html(certificate), pdf)
    facts = {"who": wish.user, "why": wish.reason, "sha256": one.sha256, "signs": party.name}
    async with pool.acquire(timeout=5) as conn:
        await events.note(conn, one.recording_id, "certified", now, facts)
    return path, pdf, one.sha256


async def _gather(
    pool: Pool, wish: Wish, one: StoredObject, party: Party, device: Device, now: datetime
) -> Certificate:
    async with pool.acquire(timeout=5) as conn:
        found = await finding.found(conn, one.recording_id)
        row = await statements().recordings_to_certify(conn, id=one.recording_id)
        told = statements().recordings_events(conn, recording_id=one.recording_id)
        chain = [
            ChainEntry(event["kind"], event["at"], event["seq"], event["hash"])
            async for event in told
            if event["kind"] in ("closed", "copied")
        ]
        pauses = await pausing.pauses(conn, one.recording_id)
    if found is None or row is None:
        raise NoSuchFileError(f"recording {one.recording_id} is not in the store")
    ended_at = row["call_ended_at"]
    return Certificate(
        party=party,
        device=device,
        recording=found,
        channels=row["channels"],
        file=one,
        original_sha256=row["sha256"],
        original_bytes=row["bytes"],
        chain=chain,
        made_at=now,
        reason=wish.reason,
        speaker=row["speaker"],
        pauses=[(pause.paused_at, pause.resumed_at) for pause in pauses],
        part=None if ended_at is None else _part(found, row, ended_at),
        others=row["others"],
    )


def _part(found: finding.Found, row: asyncpg.Record, ended_at: datetime) -> Part:
    return part_of_call(
        answered_at=row["answered_at"],
        ended_at=ended_at,
        started_at=found.started_at,
        seconds=float(found.seconds or 0),
        others=len(row["others"]),
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
