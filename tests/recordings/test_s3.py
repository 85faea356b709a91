"""The same store at an S3-compatible address."""

import secrets

import pytest

from db.ids import new_id
from recordings.errors import StoreError
from recordings.master import MasterKeys
from recordings.store import Store
from recordings.sweeper import Sweeper, SweepLimits
from recordings.vault import NewFile, StoredObject, Vault
from recordings.verification import verify_one
from tests.recordings.fake_s3 import s3
from tests.recordings.room import MASTER, START, Room, conversation


def at(url: str) -> Vault:
    options = {
        "endpoint": url,
        "region": "us-east-1",
        "access_key_id": "a",
        "secret_access_key": "b",
        "allow_http": "true",
    }
    return Vault(Store.at("s3://helpline/lko", options), MasterKeys([MASTER]))


def put(vault: Vault, data: bytes) -> StoredObject:
    pieces = [data[start : start + 70_000] for start in range(0, len(data), 70_000)]
    new = NewFile(new_id(START), START, "original", "wav", "a test")
    return vault.put(new, pieces, START)


@pytest.mark.parametrize("size", [0, 100, 12_000_000])
async def test_a_bucket_keeps_what_it_was_given_and_hands_out_parts(size: int) -> None:
    data = secrets.token_bytes(size)
    with s3() as bucket:
        vault = at(bucket.url)
        one = put(vault, data)
        assert b"".join(vault.pieces(one)) == data
        assert await vault.read(one, size // 3, size // 2) == data[size // 3 : size // 2]
        assert await vault.store.size(one.location) == one.stored_bytes
        assert vault.store.days() == ["2026/01/05"]
        [listed] = vault.store.objects_of("2026/01/05")
        assert listed.location == one.location
        await vault.store.delete(one.location)
        await vault.store.delete(one.location)
        assert await vault.store.size(one.location) is None
        with pytest.raises(StoreError):
            list(vault.pieces(one))


async def test_a_bucket_that_refuses_or_spoils_is_a_store_error() -> None:
    with s3() as bucket:
        vault = at(bucket.url)
        bucket.away = True
        with pytest.raises(StoreError, match="cannot store"):
            put(vault, b"abc")
        bucket.away, bucket.flip = False, True
        with pytest.raises(StoreError, match="as it was written"):
            put(vault, b"abc")


async def test_a_recording_lives_in_a_bucket_like_in_a_folder(room: Room) -> None:
    with s3() as bucket:
        room.vault = at(bucket.url)
        recording_id, capture = await room.recorded(conversation(1.0), seconds=1)
        await room.closer().sweep()
        assert not capture.exists()
        assert (await verify_one(room.pool, room.vault, recording_id)).faults == ()
        bucket.objects[f"lko/2026/01/05/{recording_id}.{new_id(START)}.sealed"] = b"rubbish"
        sweeper = Sweeper(room.pool, room.vault, room.now, SweepLimits(young=0, grace=0))
        await sweeper.reconcile_all()
        assert sweeper.totals == {"rubbish": 1}
        assert len(bucket.objects) == 1
