"""Files on their way in: within bounds, sealed, and gone again where nothing comes of them."""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from complaints.attachments.intake import Intake
from complaints.attachments.limits import Limits
from complaints.errors import IntakeOverError, RefusedFileError
from recordings.errors import StoreError
from recordings.store import Store
from recordings.vault import Vault
from tests.complaints.files import JPEG, PDF, PNG, in_folder, pieces
from tests.complaints.world import START

SMALL = Limits(most=2, bytes_each=1024, bytes_together=1500)


def intake(vault: Vault, limits: Limits = SMALL) -> Intake:
    return Intake(vault, limits, lambda: START)


def objects(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_a_file_is_sealed_and_reads_back_as_it_came(tmp_path: Path) -> None:
    vault = in_folder(tmp_path / "store")
    source = tmp_path / "सड़क.png"
    source.write_bytes(PNG)
    one = intake(vault)
    await one.add(source.name, source)
    await one.add("letter.pdf", pieces(PDF[:3], PDF[3:]))
    photo, letter = one.hand_over(START)
    assert (photo.media_type, letter.media_type) == ("image/png", "application/pdf")
    assert b"".join(vault.pieces(letter.object)) == PDF
    for path in objects(tmp_path / "store"):
        assert b"PNG" not in path.read_bytes()
        assert b"%PDF" not in path.read_bytes()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is empty"),
        (b"MZ\x90", "is of no kind that is taken: PDF, JPEG, PNG"),
        (PNG + bytes(1024), "is too large: a file has 1024 bytes at most"),
        (PDF, "is the same file as letter.pdf"),
    ],
)
async def test_what_is_not_taken_is_said_in_one_sentence_and_leaves_nothing(
    tmp_path: Path, content: bytes, why: str
) -> None:
    one = intake(in_folder(tmp_path))
    await one.add("letter.pdf", pieces(PDF))
    assert len(objects(tmp_path)) == 1
    with pytest.raises(RefusedFileError) as refused:
        await one.add("../photo.png", pieces(content))
    assert str(refused.value).startswith(f"attachment photo.png {why}")
    assert objects(tmp_path) == []
    with pytest.raises(IntakeOverError):
        await one.add("photo.png", pieces(PNG))
    with pytest.raises(IntakeOverError):
        one.hand_over(START)


async def test_files_are_bounded_in_number_and_together(tmp_path: Path) -> None:
    one = intake(in_folder(tmp_path))
    await one.add("a.pdf", pieces(PDF + bytes(900)))
    with pytest.raises(RefusedFileError, match="all files of a disposal have 1500 bytes"):
        await one.add("b.pdf", pieces(PDF + bytes(800)))
    two = intake(in_folder(tmp_path))
    for name, content in (("a.pdf", PDF), ("b.png", PNG)):
        await two.add(name, pieces(content))
    with pytest.raises(RefusedFileError, match=r"c.jpg is one too many: 2 files a disposal"):
        await two.add("c.jpg", pieces(JPEG))


def test_a_size_is_told_in_mebibytes_where_it_is_one() -> None:
    assert "10 MiB" in str(Limits().too_large("a", 10 << 20))


async def test_no_more_is_read_than_there_is_room_for(tmp_path: Path) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 256
            yield PDF.ljust(256, b"x")

    with pytest.raises(RefusedFileError, match="too large"):
        await intake(in_folder(tmp_path)).add("a.pdf", endless())
    assert read <= 1024 + 256


async def test_what_does_not_arrive_in_time_is_refused(tmp_path: Path) -> None:
    async def stalled() -> AsyncIterator[bytes]:
        yield PDF
        await asyncio.sleep(60)

    with pytest.raises(RefusedFileError, match="did not arrive in time"):
        await intake(in_folder(tmp_path), Limits(seconds_each=0.05)).add("a.pdf", stalled())


async def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, why in (
        ("missing", "cannot be read: No such file or directory"),
        (".", "cannot be read: not a file"),
        ("pipe", "cannot be read: not a file"),
    ):
        with pytest.raises(RefusedFileError, match=why):
            await intake(in_folder(tmp_path / "store")).add("a.pdf", tmp_path / name)


async def test_files_are_handed_over_once_and_while_they_are_fresh(tmp_path: Path) -> None:
    one = intake(in_folder(tmp_path))
    await one.add("a.pdf", pieces(PDF))
    one.hand_over(START)
    with pytest.raises(IntakeOverError):
        one.hand_over(START)
    late = intake(in_folder(tmp_path))
    await late.add("a.pdf", pieces(PDF))
    with pytest.raises(IntakeOverError):
        late.hand_over(START + timedelta(hours=2))


class _Failing(Store):
    """A store whose disk is full, or that cannot delete."""

    def put(self, location: str, pieces: object) -> None:
        raise StoreError("full")


class _Keeping(Store):
    async def delete(self, location: str) -> None:
        raise StoreError("away")


async def test_a_store_that_fails_is_told_and_one_that_keeps_is_left_to_the_sweep(
    tmp_path: Path,
) -> None:
    keys = in_folder(tmp_path).keys
    with pytest.raises(StoreError, match="full"):
        await intake(Vault(_Failing.local(tmp_path), keys)).add("a.pdf", pieces(PDF))
    one = intake(Vault(_Keeping.local(tmp_path), keys))
    await one.add("a.pdf", pieces(PDF))
    await one.give_up()
    assert len(objects(tmp_path)) == 1
