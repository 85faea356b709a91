"""Files that officers attach, a store for them, and disposals with them."""

import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

from obstore.store import MemoryStore

from complaints.attachments import rows
from complaints.attachments.intake import Intake
from complaints.attachments.limits import Limits
from complaints.attachments.model import Attachment
from complaints.disposal import DisposalKind, Disposed, dispose
from complaints.feedback import Answer, DissatisfactionReason
from recordings.master import MasterKeys
from recordings.store import Store
from recordings.vault import Vault
from tests.complaints.world import World

MASTER = bytes(range(32))


def _chunk(kind: bytes, data: bytes) -> bytes:
    check = zlib.crc32(kind + data).to_bytes(4, "big")
    return len(data).to_bytes(4, "big") + kind + data + check


#: One red pixel.
PNG = (
    b"\x89PNG\r\n\x1a\n"
    + _chunk(b"IHDR", b"\0\0\0\1\0\0\0\1\x08\2\0\0\0")
    + _chunk(b"IDAT", zlib.compress(b"\0\xff\0\0"))
    + _chunk(b"IEND", b"")
)
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xd9"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
WEBP = b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\0\0\0\x10\x07\x10\x11\x11\x88\x88\xfe\x07\0"
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"
WAV = b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x80\x3e\0\0\2\0\x10\0data\0\0\0\0"
MP3 = b"\xff\xfb\x90\x64" + bytes(413)
OPUS = b"OggS\0\2" + bytes(20) + b"\1\x13OpusHead\1\1"

PHOTO, LETTER = ("सड़क.png", PNG), ("पत्र.pdf", PDF)


def in_memory() -> Vault:
    return Vault(Store(MemoryStore()), MasterKeys([MASTER]))


def in_folder(folder: Path) -> Vault:
    return Vault(Store.local(folder), MasterKeys([MASTER]))


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    """As an upload arrives."""
    for part in parts:
        yield part


async def taken_in(
    world: World, vault: Vault, *files: tuple[str, bytes], limits: Limits | None = None
) -> Intake:
    intake = Intake(vault, limits or Limits(), lambda: world.now)
    for name, content in files:
        await intake.add(name, pieces(content))
    return intake


async def disposed_with(
    world: World,
    number: str,
    intake: Intake,
    post: str | None = None,
    report: str = "सड़क ठीक कर दी गई, फोटो संलग्न",
) -> Disposed:
    post = post or await world.post_of(number)
    return await dispose(
        world.pool,
        number,
        kind=DisposalKind.RESOLVED,
        report=report,
        post=post,
        actor=f"officer:{post}",
        policy=world.policy,
        now=world.now,
        attachments=intake,
    )


async def attached_to(world: World, complaint_id: UUID) -> list[Attachment]:
    async with world.pool.acquire() as conn:
        return (await rows.of_complaints(conn, [complaint_id]))[complaint_id]


async def not_satisfied(world: World, disposed: Disposed) -> None:
    """The citizen is asked about that disposal, and says no."""
    world.later(hours=1)
    attempt = await world.attempt(disposed.complaint_id, disposed.disposal_no)
    await world.answer(attempt, Answer(False, DissatisfactionReason.FALSE_REPORT))
