"""Rows that somebody changed behind our back do not agree with the history any more."""

from pathlib import Path

import pytest

from complaints.attachments.checking import disagreements, read_back
from complaints.attachments.erasing import erase
from complaints.verification import Verified, verify_all, verify_one
from recordings.sweeper import Sweeper
from tests.complaints.files import LETTER, PHOTO, attached_to, disposed_with, in_folder, taken_in
from tests.complaints.world import World

GUARDED = {
    "attachment": "attachment_is_append_only",
    "complaint_history": "history_is_append_only",
    "sealed_file": "sealed_file_removed_in_order",
}


async def tamper(world: World, table: str, statement: str) -> None:
    async with world.pool.acquire() as conn, conn.transaction():
        await conn.execute(f"alter table {table} disable trigger {GUARDED[table]}")
        await conn.execute(statement)
        await conn.execute(f"alter table {table} enable trigger {GUARDED[table]}")


async def attached(world: World, folder: Path) -> str:
    number = (await world.register()).number
    await disposed_with(world, number, await taken_in(world, in_folder(folder), LETTER, PHOTO))
    return number


@pytest.mark.parametrize(
    "statement",
    [
        "update attachment set name = 'other.pdf' where attachment_no = 1",
        "update attachment set media_type = 'image/jpeg' where attachment_no = 2",
        "delete from attachment where attachment_no = 2",
        "update attachment set attachment_no = 3 - attachment_no + 10",
    ],
)
async def test_a_changed_row_is_found(world: World, tmp_path: Path, statement: str) -> None:
    number = await attached(world, tmp_path)
    await tamper(world, "attachment", statement)
    found = await verify_one(world.pool, number)
    assert found == Verified(number, None, ("the attachments are not those of entry 2",))


async def test_a_changed_line_of_the_history_breaks_its_chain_too(
    world: World, tmp_path: Path
) -> None:
    number = await attached(world, tmp_path)
    await tamper(
        world, "complaint_history", "update complaint_history set attached = '' where seq = 2"
    )
    found = await verify_one(world.pool, number)
    assert (found.broken_at, len(found.faults)) == (2, 1)


async def test_a_line_without_a_row_is_found(world: World) -> None:
    assert disagreements({2: "a line"}, [], {}) == ["the attachments are not those of entry 2"]


async def test_a_changed_object_is_found_when_the_files_are_read(
    world: World, tmp_path: Path
) -> None:
    number = await attached(world, tmp_path)
    [path, _] = [one for one in tmp_path.rglob("*") if one.is_file()]
    *whole, last = path.read_bytes()
    path.write_bytes(bytes([*whole, last ^ 1]))
    assert (await verify_one(world.pool, number)).faults == ()
    [one] = [found async for found in verify_all(world.pool, in_folder(tmp_path))]
    assert len(one.faults) == 1
    assert "not what was stored" in one.faults[0]


async def test_a_file_that_is_erased_while_files_are_read_is_no_fault(
    world: World, tmp_path: Path
) -> None:
    registered, vault = await world.register(), in_folder(tmp_path)
    await disposed_with(world, registered.number, await taken_in(world, vault, LETTER, PHOTO))
    kept, gone = await attached_to(world, registered.complaint_id)
    await erase(
        world.pool, gone.id, by="operator:anita", why="आदेश 7", policy=world.policy,
        now=world.now, early=True,
    )  # fmt: skip
    await Sweeper(world.pool, vault, lambda: world.now).delete_removed()
    assert await read_back(world.pool, vault, [kept, gone]) == ()


async def test_a_file_that_opens_to_another_one_is_found(world: World, tmp_path: Path) -> None:
    """Both objects are sealed by us: whoever has the database swapped the rows of two files."""
    number = await attached(world, tmp_path)
    async with world.pool.acquire() as conn, conn.transaction():
        await conn.execute("alter table sealed_file disable trigger user")
        await conn.execute("alter table sealed_file drop constraint sealed_file_location_key")
        await conn.execute(
            """update sealed_file f set location = o.location, stored_sha256 = o.stored_sha256,
                      stored_bytes = o.stored_bytes
               from sealed_file o where o.id <> f.id"""
        )
        await conn.execute("alter table sealed_file add unique (location)")
        await conn.execute("alter table sealed_file enable trigger user")
    assert len((await verify_one(world.pool, number, in_folder(tmp_path))).faults) == 2


async def test_an_erased_file_with_a_key_is_found(world: World, tmp_path: Path) -> None:
    number = await attached(world, tmp_path)
    await world.pool.execute(
        """insert into attachment_erasure
           select id, complaint_id, entry, at, 'x', 'y' from attachment where attachment_no = 1"""
    )
    faults = (await verify_one(world.pool, number)).faults
    assert "is erased, and still has its key" in faults[0]
    assert faults[1:] == ("the attachments are not those of entry 2",)
