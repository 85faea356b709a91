"""Sealed objects in a real local store."""

import asyncio
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from db.ids import new_id
from recordings.errors import MasterKeyError, SealBrokenError, StoreError
from recordings.master import MasterKeys
from recordings.model import object_location, object_of
from recordings.seal import SEGMENT
from recordings.store import Store
from recordings.vault import NewFile, StoredObject, Vault
from tests.recordings.room import MASTER, START

DATA = secrets.token_bytes(3 * SEGMENT + 5)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(Store.local(tmp_path), MasterKeys([MASTER]))


def put(vault: Vault, data: bytes = DATA) -> StoredObject:
    new = NewFile(new_id(START), START, "original", "wav", "a test")
    return vault.put(new, [data], START)


async def test_what_was_put_comes_back_in_parts_and_lies_there_in_no_clear(
    vault: Vault, tmp_path: Path
) -> None:
    one = put(vault)
    for start, end in ((0, 1), (SEGMENT - 1, SEGMENT + 1), (100, 100), (len(DATA) - 1, len(DATA))):
        assert await vault.read(one, start, end) == DATA[start:end]
    assert b"".join(vault.pieces(one)) == DATA
    lies = (tmp_path / one.location).read_bytes()
    assert not any(DATA[at : at + 16] in lies for at in range(0, len(DATA), SEGMENT))
    assert vault.is_whole(one)
    assert vault.plain_digest(one).sha256 == one.sha256


async def test_a_file_that_was_changed_in_the_store_is_not_handed_out(
    vault: Vault, tmp_path: Path
) -> None:
    one = put(vault)
    path = tmp_path / one.location
    lies = bytearray(path.read_bytes())
    lies[2 * SEGMENT] ^= 1
    path.write_bytes(lies)
    assert not vault.is_whole(one)
    assert await vault.read(one, 0, 10) == DATA[:10]  # its segment is sound
    with pytest.raises(SealBrokenError):
        await vault.read(one, 2 * SEGMENT - 100, 2 * SEGMENT)
    with pytest.raises(SealBrokenError):
        list(vault.pieces(one))


async def test_two_recordings_that_changed_places_in_the_store_do_not_open(
    vault: Vault, tmp_path: Path
) -> None:
    one, other = put(vault), put(vault)
    first, second = tmp_path / one.location, tmp_path / other.location
    first_lies = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(first_lies)
    for moved in (one, other):
        with pytest.raises(SealBrokenError):
            await vault.read(moved, 0, 10)


async def test_a_truncated_object_is_a_store_error_or_a_broken_seal(
    vault: Vault, tmp_path: Path
) -> None:
    one = put(vault)
    path = tmp_path / one.location
    path.write_bytes(path.read_bytes()[:-SEGMENT])
    assert not vault.is_whole(one)
    with pytest.raises((StoreError, SealBrokenError)):
        await vault.read(one, len(DATA) - 10, len(DATA))


def test_without_the_master_key_nothing_opens(vault: Vault) -> None:
    one = put(vault)
    stranger = Vault(vault.store, MasterKeys([bytes(32)]))
    with pytest.raises(MasterKeyError):
        list(stranger.pieces(one))


class _Liar(Store):
    """Says that it stored, and stored something else."""

    def put(self, location: str, pieces: Iterable[bytes]) -> None:
        whole = b"".join(pieces)
        super().put(location, [whole[:-1] + bytes([whole[-1] ^ 1])])


def test_a_store_that_stored_something_else_is_found_out_at_once(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="as it was written"):
        put(Vault(_Liar.local(tmp_path), MasterKeys([MASTER])))


def test_a_large_file_passes_in_pieces(vault: Vault) -> None:
    biggest = 0

    def pieces() -> Iterator[bytes]:
        for _ in range(40):
            yield bytes(1 << 18)

    one = vault.put(NewFile(new_id(START), START, "copy", "ogg", "a test"), pieces(), START)
    for piece in vault.pieces(one):
        biggest = max(biggest, len(piece))
    assert (one.bytes, biggest) == (40 << 18, 4 * SEGMENT)


async def test_an_empty_file_can_be_kept(vault: Vault, tmp_path: Path) -> None:
    one = put(vault, b"")
    assert b"".join(vault.pieces(one)) == await vault.read(one, 0, 0) == b""
    path = tmp_path / one.location
    lies = path.read_bytes()
    path.write_bytes(lies[:-1] + bytes([lies[-1] ^ 1]))
    with pytest.raises(SealBrokenError):
        list(vault.pieces(one))


def test_an_opened_file_is_its_owners_only(vault: Vault, tmp_path: Path) -> None:
    one = put(vault)
    vault.write_file(one, tmp_path / "out" / "a.wav")
    assert (tmp_path / "out" / "a.wav").read_bytes() == DATA
    assert (tmp_path / "out" / "a.wav").stat().st_mode & 0o077 == 0


def test_a_location_names_its_recording_and_object() -> None:
    recording, one = new_id(START), new_id(START)
    assert object_of(object_location(recording, one, START)) == (recording, one)
    assert object_of("2026/01/05/notes.txt") is None


async def test_the_store_lists_its_days_and_what_is_in_them(vault: Vault) -> None:
    one = put(vault)
    assert await asyncio.to_thread(vault.store.days) == ["2026/01/05"]
    [listed] = vault.store.objects_of("2026/01/05")
    assert (listed.location, listed.bytes) == (one.location, one.stored_bytes)
    await vault.store.delete(one.location)
    await vault.store.delete(one.location)  # a repeat changes nothing
    assert vault.store.objects_of("2026/01/05") == []


def test_a_store_that_cannot_be_is_refused_in_words() -> None:
    with pytest.raises(StoreError, match="no recordings store at"):
        Store.at("nonsense://x", {})
