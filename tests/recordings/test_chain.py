"""The audit chain: every event is sealed once, and nothing can be changed, moved or cut off."""

import asyncio
from contextlib import suppress
from pathlib import Path
from uuid import UUID

import pytest

from db.pool import Pool
from helpline.cell import state_folder
from helpline.recorded import RecordingJobs
from helpline.settings import GivenSettings
from recordings import chain
from recordings.chain import Found, Head, export_head, exported_heads, seal_batch, verify_chain
from recordings.errors import NoSuchFileError, RecordingError
from recordings.keeper import Keeper
from recordings.verification import verify_each, verify_one
from tests.recordings.room import START, Room, conversation

NONE = Found(0, ())
_LINK = "recording_seal_event_id_fkey"


def event(seq: int) -> str:
    return f"(select event_id from recording_seal where seq = {seq})"


async def closed(room: Room) -> UUID:
    recording_id, _ = await room.recorded(conversation(1.0), seconds=1)
    await room.closer().sweep()
    return recording_id


async def sealed(room: Room, events: int = 3) -> Head:
    for _ in range(events):
        await closed(room)
    assert await seal_batch(room.pool) == events
    return await the_head(room.pool)


async def the_head(pool: Pool) -> Head:
    async with pool.acquire() as conn:
        return await chain.head(conn)


async def as_owner(pool: Pool, *changes: str) -> None:
    """What somebody does who may do everything to the database."""
    async with pool.acquire() as conn, conn.transaction():
        tables = ("recording_event", "recording_seal")
        for table in tables:
            await conn.execute(f"alter table {table} disable trigger user")
        await conn.execute(f"alter table recording_seal drop constraint {_LINK}")
        for change in changes:
            await conn.execute(change)
        await conn.execute(
            f"alter table recording_seal add constraint {_LINK} foreign key (event_id)"
            " references recording_event not valid"
        )
        for table in tables:
            await conn.execute(f"alter table {table} enable trigger user")


async def test_events_are_sealed_in_batches_and_the_chain_holds(room: Room) -> None:
    for _ in range(3):
        await closed(room)
    assert [await seal_batch(room.pool, 2) for _ in range(3)] == [2, 1, 0]
    report = await verify_chain(room.pool, [await the_head(room.pool)])
    assert (report.sealed, report.unsealed, report.sound) == (3, 0, True)


async def test_two_jobs_seal_each_event_once(room: Room) -> None:
    for _ in range(4):
        await closed(room)
    await asyncio.gather(*(seal_batch(room.pool, 3) for _ in range(4)))
    while await seal_batch(room.pool):
        pass
    assert (await verify_chain(room.pool, [])).sealed == 4


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (
            f"update recording_event set facts = '{{}}' where id = {event(2)}",
            "entry 2: its event was changed",
        ),
        (
            f"update recording_event set at = at + interval '1s' where id = {event(3)}",
            "entry 3: its event was changed",
        ),
        (f"delete from recording_event where id = {event(1)}", "entry 1: its event is gone"),
        (
            "update recording_seal set seq = seq + 10 where seq = 3",
            "10 entries are missing before entry 13",
        ),
    ],
)
async def test_a_change_of_the_past_is_found(room: Room, change: str, why: str) -> None:
    await sealed(room)
    await as_owner(room.pool, change)
    assert (await verify_chain(room.pool, [])).misfits == Found(1, (why,))


async def test_an_entry_that_was_taken_out_is_missed_and_its_event_too(room: Room) -> None:
    await sealed(room)
    taken = await room.pool.fetchval(f"select {event(2)}")
    await as_owner(room.pool, "delete from recording_seal where seq = 2")
    report = await verify_chain(room.pool, [])
    assert (report.sealed, report.sound) == (2, False)
    assert report.misfits.first == (
        f"event {taken} was taken out of the queue",  # neither sealed nor waiting
        "entry 2 is missing before entry 3",
    )


async def test_one_fault_does_not_hide_the_next_one(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sealed(room, 6)
    await as_owner(
        room.pool,
        f"delete from recording_event where id = {event(5)}",
        f"update recording_event set facts = '{{}}' where id = {event(2)}",
        "update recording_seal set hash = repeat('ab', 32) where seq = 3",
    )
    found = (
        "entry 2: its event was changed",
        "entry 3: its event was changed",
        "entry 4 does not follow the one before it",
        "entry 5: its event is gone",
    )
    assert (await verify_chain(room.pool, [])).misfits == Found(4, found)
    monkeypatch.setattr("recordings.chain._MOST_TOLD", 3)
    assert (await verify_chain(room.pool, [])).misfits == Found(4, found[:3])


async def test_a_tail_that_was_cut_off_is_found_by_the_exported_head(
    room: Room, tmp_path: Path
) -> None:
    file = export_head(tmp_path, await sealed(room), room.at)
    await as_owner(
        room.pool,
        f"delete from recording_event where id = {event(3)}",
        "delete from recording_seal where seq = 3",
    )
    assert (await verify_chain(room.pool, [])).sound
    report = await verify_chain(room.pool, exported_heads(tmp_path))
    assert (report.sound, report.misfits) == (False, NONE)
    assert report.lost.first == (f"{file.name}: entry 3 is gone",)


async def test_a_chain_that_was_written_anew_is_found_by_the_exported_head(room: Room) -> None:
    await sealed(room)
    report = await verify_chain(room.pool, [Head(2, "0" * 64, "kept.json")])
    assert (report.sound, report.misfits) == (False, NONE)
    assert report.lost == Found(1, ("kept.json: entry 2 is another one now",))


async def test_after_a_restore_a_forgery_is_found_beside_the_heads_that_it_does_not_have(
    room: Room,
) -> None:
    """Heads of after the back-up are not in the chain that counts on from it, and never will be."""
    true = await sealed(room, 3)
    after = [Head(2, "0" * 64, "second.json"), Head(9, "0" * 64, "last.json")]
    heads = [*after, Head(true.seq, "0" * 64, "third.json"), true]  # two of one number
    await as_owner(room.pool, f"update recording_event set facts = '{{}}' where id = {event(3)}")
    report = await verify_chain(room.pool, heads)
    assert report.misfits == Found(1, ("entry 3: its event was changed",))
    assert report.lost.first == (
        "second.json: entry 2 is another one now",
        "third.json: entry 3 is another one now",
        "last.json: entry 9 is gone",
    )


async def test_an_event_that_was_kept_from_the_chain_is_found(room: Room) -> None:
    await closed(room)
    await as_owner(room.pool, "delete from recording_event_unsealed")
    assert not (await verify_chain(room.pool, [])).sound


async def test_events_and_seals_cannot_be_changed(room: Room) -> None:
    await sealed(room, 1)
    for change in (
        "update recording_event set facts = '{}'",
        "delete from recording_event",
        "update recording_seal set hash = previous",
        "delete from recording_seal",
    ):
        with pytest.raises(Exception, match="append-only"):
            await room.pool.execute(change)


def test_a_head_is_exported_once_and_read_back(tmp_path: Path) -> None:
    path = export_head(tmp_path, Head(7, "ab" * 32), START)
    assert path.name == "recordings-2026-01-05-000000000007.json"
    assert export_head(tmp_path, Head(7, "ab" * 32), START) == path
    other = export_head(tmp_path, Head(7, "cd" * 32), START)  # of a back-up that was restored
    assert export_head(tmp_path, Head(7, "cd" * 32), START) == other
    assert set(tmp_path.iterdir()) == {path, other}
    told = [(one.seq, one.hash, one.file) for one in exported_heads(tmp_path)]
    assert told == [(7, "cd" * 32, other.name), (7, "ab" * 32, path.name)]
    assert chain.is_exported(tmp_path, START)
    (tmp_path / "recordings-x.json").write_text("{}")
    with pytest.raises(RecordingError, match="not a head"):
        exported_heads(tmp_path)


async def _faults(room: Room, recording_id: UUID) -> tuple[str, ...]:
    return (await verify_one(room.pool, room.vault, recording_id)).faults


async def test_a_sound_recording_has_no_faults(room: Room) -> None:
    recording_id = await closed(room)
    await Keeper(room.pool, room.vault, room.now).sweep()
    assert await _faults(room, recording_id) == ()
    assert [one.faults async for one in verify_each(room.pool, room.vault)] == [()]


async def test_bytes_that_were_changed_or_are_gone_are_found(room: Room) -> None:
    recording_id = await closed(room)
    path = await room.file(recording_id)
    data = path.read_bytes()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert await _faults(room, recording_id) == (
        "the original in the store is not what was stored",
    )
    path.unlink()
    assert "cannot read" in (await _faults(room, recording_id))[0]


async def test_rows_that_were_changed_together_are_found_by_the_chain(room: Room) -> None:
    """Somebody exchanges a recording for another, with key and hashes."""
    one, other = await closed(room), await closed(room)
    await room.pool.execute(
        "update recording_object o set location = n.location || 'x', sha256 = n.sha256,"
        " stored_sha256 = repeat('ab', 32) from recording_object n"
        " where o.recording_id = $1 and n.recording_id = $2",
        *(one, other),
    )
    assert "the original is not what the chain says" in await _faults(room, one)


async def test_a_recording_that_never_was_is_an_error(room: Room) -> None:
    with pytest.raises(NoSuchFileError):
        await verify_one(room.pool, room.vault, UUID(int=1))


async def test_while_the_clock_cannot_be_trusted_no_head_is_kept_of_another_day(
    room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the true day, when it comes, would be taken for exported."""
    monkeypatch.setattr("helpline.recorded._SEAL_SECONDS", 0.01)
    settings, sound = GivenSettings(state_dir=tmp_path / "state"), False
    jobs = RecordingJobs(room.pool, room.vault, settings, Mutes(), room.now, lambda: sound)
    folder = state_folder(settings).audit
    seals = asyncio.ensure_future(jobs.services["recordings: audit chain"]())
    async with asyncio.timeout(20):
        for number in (1, 2):  # by the second, all that follows the first was done
            await closed(room)
            while (await the_head(room.pool)).seq < number:
                await asyncio.sleep(0.01)
        assert exported_heads(folder) == []
        sound = True
        while not exported_heads(folder):
            await asyncio.sleep(0.01)
    seals.cancel()
    with suppress(asyncio.CancelledError):
        await seals


class Mutes:
    """Asterisk, which nobody asks here."""

    async def mute(self, channel: str, *, muted: bool) -> None:
        raise AssertionError(channel, muted)

    async def file(self, channel: str) -> str:
        raise AssertionError(channel)
