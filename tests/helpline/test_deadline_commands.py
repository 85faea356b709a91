"""`helpline deadlines`, as an operator types it."""

import asyncio

import pytest

from complaints.escalation import remind
from complaints.reference import load
from db.pool import open_pool
from helpline.cli import main
from tests.complaints.bad_rows import without_a_due_entry
from tests.complaints.world import REFERENCE, World
from tests.conftest import EMPTY


async def _one_that_cannot_be_reminded(url: str) -> str:
    pool = await open_pool(url, size=2)
    await pool.execute(EMPTY)
    await load(pool, REFERENCE)
    world = World(pool)
    registered = await world.register()
    await without_a_due_entry(world, registered.complaint_id)
    world.later(days=6)
    await remind(pool, now=world.now)
    await pool.close()
    return registered.number


def test_what_is_stuck_is_told_and_can_be_tried_again(
    migrated_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HELPLINE_DATABASE_URL", migrated_url)
    monkeypatch.setenv("HELPLINE_LOG__LEVEL", "error")
    number = asyncio.run(_one_that_cannot_be_reminded(migrated_url))
    capsys.readouterr()
    assert main(["deadlines", "stuck"]) == 1
    told, err = capsys.readouterr()
    assert err == ""
    assert f"{number} (with officer): its officer cannot be reminded" in told
    assert "1 time(s)" in told
    assert "NoHistoryError" in told
    assert told.endswith("1 deadline(s) set aside\n")
    assert main(["deadlines", "retry", number]) == 0
    assert "1 deadline(s) are tried again" in capsys.readouterr().out
    assert main(["deadlines", "retry", "123"]) == 1
    assert "not a complaint number" in capsys.readouterr().err
