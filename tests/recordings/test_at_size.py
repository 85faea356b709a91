"""What sweeps and operators' commands ask page by page: each page is cut within an index, and all
pages together have everything.
"""

import shutil
from datetime import timedelta
from uuid import UUID

import pytest

from db.ids import new_id
from db.pool import Pool
from recordings import retention
from recordings.chain import seal_batch, verify_chain
from recordings.keeper import Keeper
from recordings.master import MasterKeys
from recordings.rotation import Rewrapped, rewrap
from recordings.sweeper import Sweeper, SweepLimits
from recordings.vault import Vault
from tests.plans import plan_of
from tests.recordings.room import MASTER, START, Room, conversation

LATER = START + timedelta(days=9)
NOBODY = UUID(int=0)


async def kept(room: Room) -> UUID:
    recording_id, _ = await room.recorded(conversation(0.5), seconds=1)
    await room.closer().sweep()
    return recording_id


async def test_old_originals_are_found_by_their_index_in_its_order(rowless: Pool) -> None:
    plan = await plan_of(rowless, "recordings_originals_to_remove", LATER, START, NOBODY, LATER, 9)
    [originals] = [
        one for one in plan.of("recording_object") if one.index == "recording_object_originals"
    ]
    assert "made_at" in originals.sought
    assert plan.sorted_by == []


async def test_what_is_to_be_copied_is_sought_by_its_time(rowless: Pool) -> None:
    plan = await plan_of(rowless, "recordings_claim_uncopied", START, LATER, 9)
    sought = [one.sought for one in plan.of("recording") if one.index == "recording_uncopied"]
    assert ["copy_after <=" in one for one in sought] == [True]


async def test_what_is_to_be_deleted_is_found_without_what_is_not(rowless: Pool) -> None:
    plan = await plan_of(rowless, "recordings_to_delete", START, NOBODY, 9)
    assert {one.index for one in plan.scans} == {
        "recording_object_to_delete",
        "sealed_file_to_delete",
    }
    assert plan.sorted_by == []


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("recordings_to_rewrap", "recording_object"),
        ("recordings_to_rewrap", "sealed_file"),
        ("guidance_to_rewrap", "complaint_field"),
    ],
)
async def test_keys_of_another_master_are_sought_by_it(
    rowless: Pool, name: str, table: str
) -> None:
    plan = await plan_of(rowless, name, NOBODY, 9, "x")
    sought = [
        one.sought for one in plan.of(table) if " id >" in one.sought or "(id >" in one.sought
    ]
    assert sought
    assert all("master_id =" in one for one in sought), sought


async def test_the_days_that_have_recordings_are_stepped_to_by_indexes(rowless: Pool) -> None:
    plan = await plan_of(rowless, "recordings_next_day", START)
    assert {(one.table, "started_at >" in one.sought) for one in plan.of("recording")} == {
        ("recording", True)
    }
    assert all("made_at >" in one.sought for one in plan.of("sealed_file"))


async def test_events_are_walked_by_their_id(rowless: Pool) -> None:
    plan = await plan_of(rowless, "recordings_events_part", NOBODY, 9)
    tables = ("recording_event", "recording_seal", "recording_event_unsealed")
    assert all(one.sought for one in plan.of(*tables)), plan.scans
    assert len(plan.of(*tables)) == 3


async def test_originals_of_many_pages_are_given_up(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "_MANY", 2)
    for _ in range(5):
        await kept(room)
    await Keeper(room.pool, room.vault, room.now).sweep()
    # Closed by several processes at once: the id says nothing of the order, and two have one time.
    await room.pool.execute("update recording_object set made_at = $1", START)
    room.wait(86_400)
    removed = await retention.remove_originals(
        room.pool, room.vault, retention.NoCases(), made_before=room.at, now=room.at
    )
    assert removed == 5


async def test_recordings_and_files_of_many_pages_are_deleted(room: Room) -> None:
    for _ in range(3):
        await kept(room)
    await room.pool.execute(
        "update recording_object set removed_at = $1, master_id = null, wrapped_key = null",
        room.at,
    )
    for _ in range(5):
        await room.pool.execute(
            "insert into sealed_file (id, location, sha256, bytes, stored_sha256, stored_bytes,"
            " made_at, removed_at) values ($1, $1::uuid::text, $2, 1, $2, 1, $3, $3)",
            *(new_id(room.at), "0" * 64, room.at),
        )
    sweep = Sweeper(room.pool, room.vault, room.now, SweepLimits(batch=2))
    assert await sweep.delete_removed() == 8
    assert room.files() == []
    assert await sweep.delete_removed() == 0


async def test_a_day_that_the_store_has_not_any_more_is_looked_at(room: Room) -> None:
    await kept(room)
    room.wait(3 * 86_400)
    await kept(room)
    room.wait(30 * 86_400)
    await room.recorded(conversation(0.5), seconds=1)  # not in the store yet
    shutil.rmtree(room.folder)
    room.folder.mkdir()
    sweep = Sweeper(room.pool, room.vault, room.now)
    await sweep.reconcile_all()
    assert sweep.totals == {"lost": 2}


async def test_an_event_kept_from_the_chain_is_found_after_many_pages(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recordings.chain._BATCH", 2)
    for _ in range(5):
        await kept(room)
    while await seal_batch(room.pool, 2):
        pass
    last = await kept(room)
    assert (await verify_chain(room.pool, [])).sound
    await room.pool.execute("delete from recording_event_unsealed")
    [event] = await room.pool.fetch("select id from recording_event where recording_id = $1", last)
    [why] = (await verify_chain(room.pool, [])).misfits.first
    assert str(event["id"]) in why


async def test_keys_of_many_pages_and_of_several_masters_are_wrapped_anew_once(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the key changed again before everything was under the one before."""
    monkeypatch.setattr("recordings.rotation._BATCH", 2)
    second, third = bytes([2] * 32), bytes([3] * 32)
    recordings = []
    for master in (MASTER, second, MASTER, second, MASTER, MASTER):
        room.vault = Vault(room.vault.store, MasterKeys([master]))
        recordings.append(await kept(room))
    assert await rewrap(room.pool, MasterKeys([third, second, MASTER])) == Rewrapped(6, {})
    assert await rewrap(room.pool, MasterKeys([third, second, MASTER])) == Rewrapped(0, {})
    room.vault = Vault(room.vault.store, MasterKeys([third]))
    for one in recordings:
        assert await room.opened(one)
