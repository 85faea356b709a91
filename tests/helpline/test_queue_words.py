"""Where each waiting caller stands, written for Asterisk from the real rows."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
import soundfile

from db.ids import new_id
from db.pool import Pool
from helpline.queue_words import QueueWords

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
LENGTHS = {"queue_next": 100, "queue_position": 200, "number_2": 300, "queue_wait_minutes": 400,
           "number_4": 500, "queue_wait_short": 600, "number_3": 700, "number_8": 800}  # fmt: skip


@pytest.fixture
def pool(emptied: Pool) -> Pool:
    return emptied


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    """Each of a length of its own, so that a joined one tells what is in it."""
    for name, length in LENGTHS.items():
        soundfile.write(tmp_path / f"{name}.wav", np.zeros(length), 8000, subtype="PCM_16")
    return tmp_path


async def sign_in(pool: Pool) -> None:
    await pool.execute("insert into agent values ('1001', 'x', 'c1', '{hi,en}')")
    await pool.execute(
        "insert into agent_session (id, agent_id, signed_in_at) values ($1, '1001', $2)",
        new_id(NOW), NOW,
    )  # fmt: skip


async def waits(pool: Pool, seconds: int, *, cell: str = "c1", queue: str = "hi") -> UUID:
    """Somebody who has waited for so long."""
    at, call_id = NOW - timedelta(seconds=seconds), new_id(NOW)
    await pool.execute(
        "insert into call (id, cell, direction, started_at, queue, queued_at)"
        " values ($1, $2, 'inbound', $3, $4, $3)",
        call_id, cell, at, queue,
    )  # fmt: skip
    return call_id


def told(prompts: Path, call: UUID, language: str = "") -> int | None:
    """How long their own sound is."""
    file = prompts / f"{language}_{call.hex[-12:]}/queue_where.wav"
    return soundfile.info(file).frames if file.exists() else None


def said(*names: str) -> int:
    return sum(LENGTHS[name] for name in names)


async def test_each_is_told_their_own_place_and_time_and_hears_it_change(
    pool: Pool, prompts: Path
) -> None:
    await sign_in(pool)
    words = QueueWords(pool, prompts, "c1", ["hi", "en"], lambda: NOW)
    first, second = await waits(pool, 60), await waits(pool, 30)
    elsewhere = await waits(pool, 10, queue="en")
    await words.tick()
    assert told(prompts, first) == told(prompts, elsewhere) == said("queue_next")
    second_in_line = ("queue_position", "number_2", "number_4", "queue_wait_minutes")
    assert told(prompts, second) == told(prompts, second, "en") == said(*second_in_line)
    await pool.execute("update call set agent_answered_at = $2 where id = $1", first, NOW)
    await words.tick()
    assert told(prompts, first) is None
    assert told(prompts, second) == said("queue_next")


async def test_places_count_over_all_cells_and_are_written_for_ones_own(
    pool: Pool, prompts: Path
) -> None:
    await sign_in(pool)
    words = QueueWords(pool, prompts, "c1", ["hi", "en"], lambda: NOW)
    other, mine = await waits(pool, 60, cell="c2"), await waits(pool, 30)
    await words.tick()
    assert told(prompts, other) is None
    assert told(prompts, mine) != said("queue_next")


async def test_where_no_agent_is_nothing_is_promised(pool: Pool, prompts: Path) -> None:
    call = await waits(pool, 60)
    await QueueWords(pool, prompts, "c1", ["hi", "en"], lambda: NOW).tick()
    assert told(prompts, call) is None


async def test_nobody_hears_what_is_old(pool: Pool, prompts: Path) -> None:
    await sign_in(pool)
    call = await waits(pool, 60)
    words = QueueWords(pool, prompts, "c1", ["hi", "en"], lambda: NOW)
    await words.tick()
    assert told(prompts, call)
    await pool.close()
    await words.tick()
    assert told(prompts, call) is None


async def test_a_prompt_that_is_missing_leaves_the_words_for_everybody(
    pool: Pool, prompts: Path
) -> None:
    await sign_in(pool)
    (prompts / "queue_next.wav").unlink()
    call = await waits(pool, 60)
    await QueueWords(pool, prompts, "c1", ["hi", "en"], lambda: NOW).tick()
    assert told(prompts, call) is None


async def test_who_chose_english_is_told_in_english_where_there_is_a_sound(
    pool: Pool, prompts: Path
) -> None:
    await sign_in(pool)
    (prompts / "en").mkdir()
    soundfile.write(prompts / "en/queue_next.wav", np.zeros(111), 8000, subtype="PCM_16")
    call = await waits(pool, 60)
    await QueueWords(pool, prompts, "c1", ["hi", "en"], lambda: NOW).tick()
    assert told(prompts, call, "en") == 111
    assert told(prompts, call) == said("queue_next")
