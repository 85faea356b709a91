"""Keeping and erasing: never under a hold, never by half."""

import asyncio
import json
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from db.pool import Connection
from recordings import retention
from recordings.errors import HeldError, NoSuchFileError, NotAllowedError, NotDueError
from recordings.keeper import Keeper
from recordings.master import MasterKeys, master_id
from recordings.retention import NoCases
from recordings.rotation import Rewrapped, rewrap
from recordings.sweeper import Sweeper
from recordings.vault import Vault
from recordings.verification import verify_one
from tests.recordings.room import MASTER, Room, conversation

FREE = NoCases()
_RELEASE = "update recording_hold set released_at = $1, released_by = 'a', release_why = 'b'"


class Open:
    """A complaint that is open."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def holding(self, conn: Connection, call_id: UUID, now: datetime) -> str | None:
        self.asked.append("one")
        return "complaint 1000001 is open"

    async def held(self, conn: Connection, call_ids: Collection[UUID], now: datetime) -> set[UUID]:
        self.asked.append("many")
        return set(call_ids)


async def kept(room: Room) -> UUID:
    """A recording with its copy."""
    recording_id, _ = await room.recorded(conversation(1.0), seconds=1)
    await room.closer().sweep()
    await Keeper(room.pool, room.vault, room.now).sweep()
    return recording_id


async def erase(
    room: Room, recording_id: UUID, cases: retention.OpenCases = FREE, **how: bool
) -> None:
    await retention.erase(
        room.pool, cases, recording_id, by="operator:a", why="retention ended", now=room.at, **how
    )


def later(room: Room, days: float) -> None:
    room.wait(days * 86_400)


async def test_a_due_recording_is_erased_for_good_and_leaves_a_tombstone(room: Room) -> None:
    recording_id = await kept(room)
    original = await room.object(recording_id)
    sealed = [path.read_bytes() for path in room.files()]
    later(room, 400)
    await erase(room, recording_id)
    row = await room.row(recording_id)
    assert (row["state"], row["sha256"], row["seconds"]) == ("erased", original.sha256, 1)
    tomb = await room.pool.fetchrow("select * from recording_erasure")
    assert tomb is not None
    assert (tomb["erased_at"], tomb["erased_by"], tomb["why"], tomb["sha256"]) == (
        *(room.at, "operator:a", "retention ended"),
        original.sha256,
    )
    assert await room.pool.fetchval("select count(wrapped_key) from recording_object") == 0
    assert len(sealed) == 2  # nobody can open them, also before the sweep deletes them
    sweeper = Sweeper(room.pool, room.vault, room.now)
    assert await sweeper.delete_removed() == 2
    assert room.files() == []
    assert (await verify_one(room.pool, room.vault, recording_id)).faults == ()
    facts = await room.pool.fetchval("select facts from recording_event where kind = 'erased'")
    assert json.loads(facts)["sha256"] == original.sha256


async def test_before_its_time_it_is_erased_only_when_that_is_said(room: Room) -> None:
    recording_id = await kept(room)
    later(room, 399)
    with pytest.raises(NotDueError, match="is kept until 2027-02-09 10:00 IST"):
        await erase(room, recording_id)
    await erase(room, recording_id, early=True)
    assert (await room.row(recording_id))["state"] == "erased"


@pytest.mark.parametrize("early", [False, True])
async def test_an_open_complaint_holds_it(room: Room, early: bool) -> None:
    recording_id = await kept(room)
    later(room, 4000)
    with pytest.raises(HeldError, match="1000001 is open"):
        await erase(room, recording_id, Open(), early=early)
    assert (await room.row(recording_id))["state"] == "stored"
    await room.opened(recording_id)


async def test_a_persons_hold_stands_until_it_is_released_or_over(room: Room) -> None:
    recording_id = await kept(room)
    later(room, 400)
    until = room.at + timedelta(days=10)
    for ends in (None, until):
        await retention.hold(
            room.pool, recording_id, by="judge", why="case 12", until=ends, now=room.at
        )
    with pytest.raises(HeldError, match="held by judge: case 12"):
        await erase(room, recording_id)
    await room.pool.execute(f"{_RELEASE} where until is null", room.at)
    with pytest.raises(HeldError):
        await erase(room, recording_id)
    later(room, 10)
    await erase(room, recording_id)


async def test_a_release_says_who_and_why_and_is_in_the_chain(room: Room) -> None:
    recording_id = await kept(room)
    with pytest.raises(NoSuchFileError, match="not held"):
        await retention.release(room.pool, recording_id, by="a", why="b", now=room.at)
    await retention.hold(room.pool, recording_id, by="judge", why="case", until=None, now=room.at)
    assert await retention.release(room.pool, recording_id, by="a", why="b", now=room.at) == 1
    kinds = await room.pool.fetch("select kind from recording_event order by at, id")
    assert {"held", "released"} <= {row["kind"] for row in kinds}


async def test_the_schema_itself_refuses_to_erase_under_a_hold_or_by_half(room: Room) -> None:
    recording_id = await kept(room)
    await retention.hold(room.pool, recording_id, by="judge", why="case", until=None, now=room.at)
    erasing = "update recording set state = 'erased' where id = $1"
    with pytest.raises(asyncpg.CheckViolationError, match="no erasure on record"):
        await room.pool.execute(erasing, recording_id)
    tombstone = "insert into recording_erasure values ($1, $2, 'x', 'y', 'z')"
    await room.pool.execute(tombstone, recording_id, room.at)
    with pytest.raises(asyncpg.CheckViolationError, match="is held"):
        await room.pool.execute(erasing, recording_id)
    await room.pool.execute(_RELEASE, room.at)
    with pytest.raises(asyncpg.CheckViolationError, match="still has an object"):
        await room.pool.execute(erasing, recording_id)


async def test_what_is_erased_stays_erased(room: Room) -> None:
    recording_id = await kept(room)
    await erase(room, recording_id, early=True)
    with pytest.raises(asyncpg.CheckViolationError, match="is erased"):
        await room.pool.execute("update recording set state = 'stored'")
    with pytest.raises(NoSuchFileError):
        await erase(room, recording_id, early=True)
    with pytest.raises(NoSuchFileError):
        await retention.hold(room.pool, recording_id, by="a", why="b", until=None, now=room.at)


async def test_a_hold_that_comes_at_the_same_time_either_wins_or_comes_too_late(room: Room) -> None:
    for _ in range(5):
        recording_id = await kept(room)
        placing = retention.hold(room.pool, recording_id, by="j", why="c", until=None, now=room.at)
        results = await asyncio.gather(
            placing, erase(room, recording_id, early=True), return_exceptions=True
        )
        failed = [result for result in results if isinstance(result, Exception)]
        assert len(failed) == 1
        state = (await room.row(recording_id))["state"]
        assert (state, type(failed[0])) in (("stored", HeldError), ("erased", NoSuchFileError))


async def test_who_and_why_are_needed(room: Room) -> None:
    recording_id = await kept(room)
    for by, why in (("", "why"), ("who", " ")):
        with pytest.raises(NotAllowedError):
            await retention.erase(
                room.pool, FREE, recording_id, by=by, why=why, now=room.at, early=True
            )
        with pytest.raises(NotAllowedError):
            await retention.hold(room.pool, recording_id, by=by, why=why, until=None, now=room.at)
    assert (await room.row(recording_id))["state"] == "stored"


async def test_all_that_is_due_is_erased_and_what_is_held_is_passed_over(room: Room) -> None:
    ids = [await kept(room) for _ in range(4)]
    await retention.hold(room.pool, ids[0], by="judge", why="case", until=None, now=room.at)
    later(room, 400)
    young = await kept(room)
    listed = await retention.due(room.pool, FREE, room.at, limit=3)
    assert [(one.id, one.held is not None) for one in listed] == list(
        zip(ids[:3], [True, False, False], strict=True)
    )
    rest = await retention.due(room.pool, FREE, room.at, after=listed[-1])
    assert [one.id for one in rest] == ids[3:]
    assert await retention.erase_due(room.pool, FREE, by="clock", now=room.at) == 3
    states = {one: (await room.row(one))["state"] for one in (*ids, young)}
    assert [states[one] for one in ids] == ["stored", "erased", "erased", "erased"]
    assert states[young] == "stored"


async def test_the_policy_is_data(room: Room) -> None:
    async with room.pool.acquire() as conn:
        kinds = ("call", "officer_remark", "own_words")
        assert await retention.days_kept(conn) == dict.fromkeys(kinds, 400)
    recording_id = await kept(room)
    later(room, 30)
    await retention.keep_for(room.pool, "call", 30, by="operator:a", now=room.at)
    await erase(room, recording_id)
    with pytest.raises(NotAllowedError, match="30 to 36500"):
        await retention.keep_for(room.pool, "call", 1, by="operator:a", now=room.at)
    await retention.keep_for(room.pool, "call", 400, by="operator:a", now=room.at)


async def strip(room: Room, days: float, cases: retention.OpenCases = FREE) -> int:
    before = room.at - timedelta(days=days)
    return await retention.remove_originals(
        room.pool, room.vault, cases, made_before=before, now=room.at
    )


async def test_an_original_goes_when_its_copy_is_old_enough_and_whole(room: Room) -> None:
    recording_id = await kept(room)
    later(room, 6)
    assert await strip(room, 7) == 0
    later(room, 2)
    assert await strip(room, 7, Open()) == 0
    assert await strip(room, 7) == 1
    await Sweeper(room.pool, room.vault, room.now).delete_removed()
    assert room.files() == [await room.file(recording_id, "copy")]
    await room.opened(recording_id, "copy")
    assert (await verify_one(room.pool, room.vault, recording_id)).faults == ()


async def test_originals_that_are_held_are_not_asked_about_one_by_one(room: Room) -> None:
    """They are held for months, and looked through every hour."""
    recordings = [await kept(room) for _ in range(3)]
    later(room, 8)
    cases = Open()
    assert await strip(room, 7, cases) == 0
    assert cases.asked == ["many"]
    for one in recordings[:2]:
        await retention.hold(room.pool, one, by="user:1", why="court", until=None, now=room.at)
    assert await strip(room, 7) == 1
    assert len(room.files()) == 6, "their keys are destroyed, the sweep deletes them"


async def test_one_that_is_held_in_the_last_moment_stays(room: Room) -> None:
    """As when its complaint is opened again between the two questions."""

    class JustNow(Open):
        async def held(
            self, conn: Connection, call_ids: Collection[UUID], now: datetime
        ) -> set[UUID]:
            return set()

    await kept(room)
    later(room, 8)
    cases = JustNow()
    assert await strip(room, 7, cases) == 0
    assert cases.asked == ["one"]


async def test_an_original_stays_without_a_copy_or_with_a_spoilt_one(room: Room) -> None:
    lonely, _ = await room.recorded(conversation(1.0), seconds=1)
    await room.closer().sweep()
    later(room, 8)
    assert await strip(room, 7) == 0
    await Keeper(room.pool, room.vault, room.now).sweep()
    later(room, 8)
    path = await room.file(lonely, "copy")
    *whole, last = path.read_bytes()
    path.write_bytes(bytes([*whole, last ^ 1]))
    assert await strip(room, 7) == 0
    path.unlink()
    assert await strip(room, 7) == 0
    await room.opened(lonely)


async def test_after_a_change_of_the_master_key_everything_opens_with_the_new_one(
    room: Room,
) -> None:
    recording_id = await kept(room)
    new = bytes(32)
    assert await rewrap(room.pool, MasterKeys([new, MASTER])) == Rewrapped(2, {})
    assert await rewrap(room.pool, MasterKeys([new, MASTER])) == Rewrapped(0, {})
    room.vault = Vault(room.vault.store, MasterKeys([new]))
    assert await room.opened(recording_id)
    assert (await verify_one(room.pool, room.vault, recording_id)).faults == ()


async def test_a_lost_master_key_keeps_no_other_key_from_being_wrapped_anew(room: Room) -> None:
    lost, spoilt, sound = [await kept(room) for _ in range(3)]
    change = "update recording_object set {} where recording_id = $1"
    await room.pool.execute(change.format("master_id = 'gone'"), lost)
    await room.pool.execute(change.format("wrapped_key = '\\x00'"), spoilt)
    new = bytes(32)
    done = await rewrap(room.pool, MasterKeys([new, MASTER]))
    assert done == Rewrapped(2, {"gone": 2, master_id(MASTER): 2})
    room.vault = Vault(room.vault.store, MasterKeys([new]))
    assert await room.opened(sound)


async def test_a_recording_from_before_encryption_is_heard_copied_and_then_only_sealed(
    room: Room,
) -> None:
    recording_id, _ = await room.recorded(conversation(1.0), seconds=1)
    await room.closer().sweep()
    plain = await room.opened(recording_id)
    await room.pool.execute(
        "update recording_object set sealed = false, master_id = null, wrapped_key = null,"
        " location = 'old.wav', stored_sha256 = sha256, stored_bytes = bytes"
    )
    for path in room.files():
        path.unlink()
    (room.folder / "old.wav").write_bytes(plain)
    assert await room.opened(recording_id) == plain
    assert (await verify_one(room.pool, room.vault, recording_id)).faults == ()
    await Keeper(room.pool, room.vault, room.now).sweep()
    later(room, 8)
    assert await strip(room, 7) == 1
    await Sweeper(room.pool, room.vault, room.now).delete_removed()
    assert room.files() == [await room.file(recording_id, "copy")]
