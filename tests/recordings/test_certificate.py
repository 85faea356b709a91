"""The certificate says what the file is; file, paper and chain agree."""

import hashlib
import json
from pathlib import Path
from uuid import UUID

import pytest

from recordings import handing_out
from recordings.certificate import Device, Party, print_pdf
from recordings.chain import seal_batch
from recordings.errors import (
    CertificateError,
    NoBrowserError,
    NoHindiFontError,
    NotAllowedError,
)
from recordings.handing_out import hand_out
from recordings.keeper import Keeper
from recordings.listening import Wish
from recordings.vault import Role
from tests.recordings.room import Room, conversation

CHROMIUM = Path("/usr/bin/chromium")
PARTY = Party(name="अनीता <शर्मा>", designation="प्रणाली प्रशासक / System Administrator")
_PRINTS_NOTHING = """#!/bin/sh
for a; do case $a in --print-to-pdf=*) echo %PDF >"${a#*=}";; esac; done
"""
DEVICE = Device(organisation="मुख्यमंत्री हेल्पलाइन 1076", place="लखनऊ", serial_number="SRV-7")


class Everybody:
    async def may_listen(self, user: str, recording_id: UUID) -> bool:
        return True


async def kept(room: Room) -> UUID:
    recording_id, _ = await room.recorded(conversation(1.0), seconds=1)
    await room.closer().sweep()
    await Keeper(room.pool, room.vault, room.now).sweep()
    await seal_batch(room.pool)
    return recording_id


async def handed(
    room: Room, recording_id: UUID, folder: Path, chromium: Path, role: Role | None = None
) -> tuple[Path, Path, str]:
    return await hand_out(
        room.pool,
        room.vault,
        Everybody(),
        Wish("operator:anita", recording_id, "Case 12/2026, न्यायालय"),
        folder,
        party=PARTY,
        device=DEVICE,
        chromium=chromium,
        now=room.at,
        role=role,
    )


@pytest.mark.parametrize("role", ["copy", "original"])
async def test_file_certificate_and_chain_name_the_same_hash(
    room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, role: Role
) -> None:
    pages: list[str] = []

    async def printed(chromium: Path, html: str, path: Path) -> None:
        pages.append(html)

    monkeypatch.setattr(handing_out, "print_pdf", printed)
    recording_id = await kept(room)
    path, _, sha256 = await handed(room, recording_id, tmp_path, CHROMIUM, role)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == sha256
    [html] = pages
    row = await room.row(recording_id)
    one = await room.object(recording_id, role)
    seals = await room.pool.fetch("select hash from recording_seal order by seq")
    assert html.count(sha256) == (4 if role == "original" else 2)  # in Hindi and in English
    for said in (row["sha256"], one.tool, str(recording_id), *(seal["hash"] for seal in seals)):
        assert html.count(said) >= 2
    assert "अनीता &lt;शर्मा&gt;" in html
    facts = await room.pool.fetchval("select facts from recording_event where kind = 'certified'")
    assert json.loads(facts)["sha256"] == sha256
    assert await room.pool.fetchval("select count(*) from recording_access") == 1


@pytest.mark.skipif(not CHROMIUM.exists(), reason="no Chromium on this machine")
async def test_chromium_prints_it_with_a_font_that_has_devanagari(
    room: Room, tmp_path: Path
) -> None:
    recording_id = await kept(room)
    _, pdf, _ = await handed(room, recording_id, tmp_path, CHROMIUM)
    data = pdf.read_bytes()
    assert data.startswith(b"%PDF")
    assert b"Devanagari" in data
    assert pdf.stat().st_mode & 0o077 == 0


async def test_without_chromium_the_error_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(NoBrowserError, match=r"set recordings\.chromium"):
        await print_pdf(tmp_path / "chromium", "<p>", tmp_path / "x.pdf")
    (tmp_path / "chromium").write_text("not a program")
    with pytest.raises(NoBrowserError, match="may not be run"):
        await print_pdf(tmp_path / "chromium", "<p>", tmp_path / "x.pdf")


async def test_without_chromium_nothing_is_taken_out(room: Room, tmp_path: Path) -> None:
    recording_id = await kept(room)
    with pytest.raises(NoBrowserError):
        await handed(room, recording_id, tmp_path, tmp_path / "none")
    assert await room.pool.fetchval("select count(*) from recording_access") == 0


async def test_a_page_without_devanagari_is_refused(tmp_path: Path) -> None:
    """As where no font has it: an empty box is no certificate."""
    chromium = tmp_path / "chromium"
    chromium.write_text(_PRINTS_NOTHING)
    chromium.chmod(0o700)
    with pytest.raises(NoHindiFontError, match="fonts-noto-core"):
        await print_pdf(chromium, "<p>", tmp_path / "x.pdf")
    chromium.write_text("#!/bin/sh\necho no display >&2\nexit 1\n")
    with pytest.raises(CertificateError, match="printed nothing: no display"):
        await print_pdf(chromium, "<p>", tmp_path / "x.pdf")


async def test_a_certificate_needs_the_same_right_and_reason(room: Room, tmp_path: Path) -> None:
    recording_id = await kept(room)
    with pytest.raises(NotAllowedError):
        await hand_out(
            room.pool,
            room.vault,
            Everybody(),
            Wish("operator:anita", recording_id, ""),
            tmp_path,
            party=PARTY,
            device=DEVICE,
            chromium=CHROMIUM,
            now=room.at,
        )
    assert list(tmp_path.glob("*.ogg")) == []
