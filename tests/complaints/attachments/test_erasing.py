"""Erased for a reason, with a tombstone, inside the history; and not while it is evidence."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from complaints import history
from complaints.attachments.erasing import erase
from complaints.attachments.model import Attachment, line
from complaints.errors import (
    ErasedAttachmentError,
    HeldAttachmentError,
    InvalidInputError,
    UnknownAttachmentError,
)
from complaints.feedback import Answer
from complaints.story import load_story
from complaints.telling import render_story
from complaints.verification import verify_one
from recordings.errors import NoSuchFileError
from recordings.sealed_files import destroy_key, find
from tests.complaints.files import LETTER, PHOTO, attached_to, disposed_with, in_folder, taken_in
from tests.complaints.world import World


async def attached(world: World, folder: Path) -> tuple[str, Attachment]:
    number = (await world.register()).number
    intake = await taken_in(world, in_folder(folder), LETTER, PHOTO)
    disposed = await disposed_with(world, number, intake)
    return number, (await attached_to(world, disposed.complaint_id))[0]


async def erased(world: World, which: UUID, *, early: bool = False, why: str = "आदेश 7") -> None:
    await erase(
        world.pool,
        which,
        by="operator:anita",
        why=why,
        policy=world.policy,
        now=world.now,
        early=early,
    )


async def test_it_leaves_a_tombstone_its_hash_and_nothing_that_opens_it(
    world: World, tmp_path: Path
) -> None:
    number, letter = await attached(world, tmp_path)
    world.later(days=1)
    await erased(world, letter.id, early=True)
    [after, photo] = await attached_to(world, letter.complaint_id)
    assert (after.erased_at, photo.erased_at) == (world.now, None)
    assert after.sha256 == letter.sha256
    async with world.pool.acquire() as conn:
        with pytest.raises(NoSuchFileError):
            await find(conn, letter.id)
        assert not await destroy_key(conn, letter.id, world.now)
        entry = (await history.entries(conn, letter.complaint_id))[-1]
    assert (entry.event, entry.reason, entry.actor) == (
        "attachment_erased",
        "आदेश 7",
        "operator:anita",
    )
    assert entry.attached == line(letter)
    assert (await verify_one(world.pool, number, in_folder(tmp_path))).faults == ()
    story = render_story(await load_story(world.pool, number))
    assert "An attached file was erased" in story
    assert "ERASED" in story
    with pytest.raises(ErasedAttachmentError):
        await erased(world, letter.id, early=True)


@pytest.mark.parametrize("own", [{}, {"handpump": {"reopen_days": 90}}])
async def test_it_stays_while_its_complaint_is_open_or_can_be_reopened(
    world: World, tmp_path: Path, own: dict[str, dict[str, int]]
) -> None:
    world.policy = replace(world.policy, by_category=own)
    _, letter = await attached(world, tmp_path)
    with pytest.raises(HeldAttachmentError, match="its complaint is open"):
        await erased(world, letter.id)
    world.later(hours=1)
    attempt = await world.attempt(letter.complaint_id, letter.disposal_no)
    await world.answer(attempt, Answer(satisfied=True))
    with pytest.raises(HeldAttachmentError, match="can still be reopened"):
        await erased(world, letter.id)
    world.now += timedelta(days=world.policy.of("handpump").reopen_days, seconds=-1)
    with pytest.raises(HeldAttachmentError, match="can still be reopened"):
        await erased(world, letter.id)
    world.now += timedelta(seconds=1)
    await erased(world, letter.id)


async def test_it_wants_a_reason_and_an_attachment(world: World, tmp_path: Path) -> None:
    _, letter = await attached(world, tmp_path)
    with pytest.raises(InvalidInputError, match="why is empty"):
        await erased(world, letter.id, early=True, why=" ")
    with pytest.raises(UnknownAttachmentError):
        await erased(world, UUID(int=1))


async def test_two_who_erase_it_at_once_erase_it_once(world: World, tmp_path: Path) -> None:
    _, letter = await attached(world, tmp_path)
    done = await world.at_once(
        letter.complaint_id, *(erased(world, letter.id, early=True) for _ in range(2))
    )
    assert sorted(type(one).__name__ for one in done) == ["ErasedAttachmentError", "NoneType"]
    assert (await world.events(letter.complaint_id)).count("attachment_erased") == 1
