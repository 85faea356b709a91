"""A disposal with photographs and letters: one transaction, one entry, and never a second one."""

import asyncio
import re
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from complaints import history
from complaints.attachments import rows
from complaints.attachments.intake import Intake
from complaints.attachments.limits import Limits
from complaints.errors import (
    AlreadyDisposedError,
    IntakeOverError,
    InvalidInputError,
    UnknownAttachmentError,
    WrongPostError,
)
from complaints.kinds import MatterKind
from complaints.story import load_story
from complaints.telling import render_story
from complaints.verification import verify_one
from recordings.master import MasterKeys
from recordings.rotation import rewrap
from recordings.sweeper import Sweeper
from recordings.vault import Vault
from tests.complaints.files import (
    LETTER,
    PDF,
    PHOTO,
    PNG,
    attached_to,
    disposed_with,
    in_folder,
    in_memory,
    not_satisfied,
    taken_in,
)
from tests.complaints.world import World


def objects(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_the_history_names_each_file_with_its_hash(world: World) -> None:
    registered = await world.register()
    intake = await taken_in(world, in_memory(), PHOTO, LETTER)
    disposed = await disposed_with(world, registered.number, intake)
    photo, letter = await attached_to(world, disposed.complaint_id)
    assert [photo.name, letter.name] == ["सड़क.png", "पत्र.pdf"]
    assert (photo.disposal_no, photo.attachment_no, letter.attachment_no) == (1, 1, 2)
    async with world.pool.acquire() as conn:
        entry = (await history.entries(conn, disposed.complaint_id))[photo.entry - 1]
    assert entry.event == "disposed"
    assert entry.attached == (
        f"{photo.sha256} {len(PNG)} image/png {photo.id} सड़क.png\n"
        f"{letter.sha256} {len(PDF)} application/pdf {letter.id} पत्र.pdf"
    )
    assert (await verify_one(world.pool, registered.number)).broken_at is None
    story = render_story(await load_story(world.pool, registered.number))
    assert f"Attached to disposal 1: पत्र.pdf (application/pdf, {len(PDF)} bytes)" in story
    assert letter.sha256 in story


async def test_an_answer_to_a_question_may_have_files_too(world: World) -> None:
    asked = await world.register(world.form(kind=MatterKind.INFORMATION))
    intake = await taken_in(world, in_memory(), LETTER)
    disposed = await disposed_with(world, asked.number, intake)
    [letter] = await attached_to(world, disposed.complaint_id)
    async with world.pool.acquire() as conn:
        entry = (await history.entries(conn, disposed.complaint_id))[letter.entry - 1]
    assert (entry.event, str(letter.id) in entry.attached) == ("answered", True)


async def test_a_disposal_without_files_is_hashed_as_it_always_was(world: World) -> None:
    disposed = await world.dispose((await world.register()).number)
    async with world.pool.acquire() as conn:
        entry = (await history.entries(conn, disposed.complaint_id))[-1]
    assert '"attached"' not in history.canonical(disposed.complaint_id, 2, entry)


async def test_submitted_twice_it_has_its_files_once_and_the_second_ones_are_deleted(
    world: World, tmp_path: Path
) -> None:
    vault = in_folder(tmp_path)
    number = (await world.register()).number
    first, second = [await taken_in(world, vault, PHOTO, LETTER) for _ in range(2)]
    done = await asyncio.gather(
        *(disposed_with(world, number, one) for one in (first, second)), return_exceptions=True
    )
    [disposed] = [one for one in done if not isinstance(one, BaseException)]
    [refused] = [one for one in done if isinstance(one, BaseException)]
    assert isinstance(refused, AlreadyDisposedError)
    kept = await attached_to(world, disposed.complaint_id)
    assert len(kept) == len(objects(tmp_path)) == 2
    async with world.pool.acquire() as conn:
        assert (await rows.load(conn, kept[0].id)).sha256 == kept[0].sha256


async def test_the_same_files_handed_over_twice_are_not_deleted(
    world: World, tmp_path: Path
) -> None:
    number = (await world.register()).number
    intake = await taken_in(world, in_folder(tmp_path), PHOTO)
    await disposed_with(world, number, intake)
    with pytest.raises(IntakeOverError):
        await disposed_with(world, number, intake)
    assert len(objects(tmp_path)) == 1


@pytest.mark.parametrize(
    ("post", "report", "refusal"),
    [("L2-LAL", "ठीक", WrongPostError), ("L1-MAH", " ", InvalidInputError)],
)
async def test_after_a_refusal_the_files_are_gone(
    world: World, tmp_path: Path, post: str, report: str, refusal: type[Exception]
) -> None:
    number = (await world.register()).number
    intake = await taken_in(world, in_folder(tmp_path), PHOTO)
    with pytest.raises(refusal):
        await disposed_with(world, number, intake, post, report)
    assert objects(tmp_path) == []
    assert await world.pool.fetchval("select count(*) from attachment") == 0


async def test_a_second_disposal_has_files_of_its_own(world: World) -> None:
    registered = await world.register()
    vault = in_memory()
    first = await disposed_with(world, registered.number, await taken_in(world, vault, PHOTO))
    await not_satisfied(world, first)
    await disposed_with(world, registered.number, await taken_in(world, vault, PHOTO, LETTER))
    files = await attached_to(world, registered.complaint_id)
    assert [(one.disposal_no, one.name) for one in files] == [
        (1, "सड़क.png"),
        (2, "सड़क.png"),
        (2, "पत्र.pdf"),
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "update attachment set name = 'x'",
        "delete from attachment",
        "update attachment_access set reason = 'x'",
        "delete from attachment_access",
        "delete from sealed_file",
        "update sealed_file set location = 'x'",
        "update sealed_file set sha256 = repeat('ab', 32)",
        # Its key goes only with a tombstone.
        "update sealed_file set removed_at = now(), master_id = null, wrapped_key = null",
    ],
)
async def test_what_is_attached_is_not_rewritten(world: World, statement: str) -> None:
    disposed = await disposed_with(
        world, (await world.register()).number, await taken_in(world, in_memory(), PHOTO)
    )
    [photo] = await attached_to(world, disposed.complaint_id)
    async with world.pool.acquire() as conn:
        access = rows.Access("L2-LAL", "test", "192.0.2.1")
        await rows.log_access(conn, photo.id, access, world.now)
    with pytest.raises((asyncpg.RaiseError, asyncpg.CheckViolationError)):
        await world.pool.execute(statement)


async def test_a_file_is_the_one_that_was_sealed_whatever_a_program_writes(world: World) -> None:
    registered = await world.register()
    intake = await taken_in(world, in_memory(), PHOTO)
    disposed = await disposed_with(world, registered.number, intake)
    [photo] = await attached_to(world, disposed.complaint_id)
    await not_satisfied(world, disposed)
    other = await world.dispose(registered.number)
    with pytest.raises(asyncpg.ForeignKeyViolationError, match="what_is_attached"):
        await world.pool.execute(
            """insert into attachment select gen_random_uuid(), complaint_id, $1, attachment_no,
               entry, name, media_type, sha256, bytes, at from attachment where id = $2""",
            *(other.disposal_no, photo.id),
        )


async def test_an_unknown_attachment_cannot_be_loaded(world: World) -> None:
    async with world.pool.acquire() as conn:
        with pytest.raises(UnknownAttachmentError):
            await rows.load(conn, UUID(int=1))


async def test_the_sweep_deletes_what_no_disposal_names_and_nothing_else(
    world: World, tmp_path: Path
) -> None:
    """Both sides agree: from the commit on an object is named, and before it is young."""
    vault = in_folder(tmp_path)
    number = (await world.register()).number
    await disposed_with(world, number, await taken_in(world, vault, PHOTO))
    [kept] = objects(tmp_path)
    await taken_in(world, vault, LETTER)  # and the process died
    sweep = Sweeper(world.pool, vault, lambda: world.now)
    await sweep.reconcile_all()
    assert len(objects(tmp_path)) == 2
    world.later(days=35, hours=1)
    await sweep.reconcile_all()
    assert (objects(tmp_path), sweep.totals) == ([kept], {"rubbish": 1})


async def test_the_sweep_tells_a_file_that_the_store_lost_and_found_again(
    world: World, tmp_path: Path
) -> None:
    vault = in_folder(tmp_path / "store")
    number = (await world.register()).number
    disposed = await disposed_with(world, number, await taken_in(world, vault, PHOTO))
    [path] = objects(tmp_path)
    hidden = path.rename(tmp_path / "hidden")
    sweep = Sweeper(world.pool, vault, lambda: world.now)
    day = f"{world.now:%Y/%m/%d}"
    await sweep.reconcile(day)
    await sweep.reconcile(day)
    assert sweep.totals == {"lost": 1}
    assert await world.pool.fetchval("select lost_at from sealed_file") == world.now
    verified = await verify_one(world.pool, disposed.number, vault)
    assert "cannot read" in verified.faults[0]
    hidden.rename(path)
    await sweep.reconcile(day)
    assert sweep.totals == {"lost": 1, "found_again": 1}
    assert (await verify_one(world.pool, disposed.number, vault)).faults == ()


async def test_a_key_that_is_changed_opens_the_files_too(world: World, tmp_path: Path) -> None:
    vault = in_folder(tmp_path)
    number = (await world.register()).number
    await disposed_with(world, number, await taken_in(world, vault, PHOTO))
    both = MasterKeys([bytes(32), bytes(range(32))])
    assert (await rewrap(world.pool, both)).done == 1
    fresh = Vault(vault.store, MasterKeys([bytes(32)]))
    assert (await verify_one(world.pool, number, fresh)).faults == ()
    assert "master key" in (await verify_one(world.pool, number, vault)).faults[0]


async def test_limits_reach_the_disposal(world: World) -> None:
    """A file that is refused leaves the complaint with its officer."""
    number = (await world.register()).number
    intake = Intake(in_memory(), Limits(most=0), lambda: world.now)
    with pytest.raises(Exception, match=re.escape("is one too many: 0 files")):
        await taken_in(world, in_memory(), PHOTO, limits=Limits(most=0))
    world.now += timedelta(minutes=1)
    disposed = await disposed_with(world, number, intake)
    assert await attached_to(world, disposed.complaint_id) == []
