"""Where each waiting caller stands, written for Asterisk from app_queue's own order."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
import soundfile

from calls.waiting import Queued, Standing
from cti.errors import AmiNotConnectedError
from db.ids import new_id
from helpline.queue_words import QueueWords

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
LENGTHS = {"queue_position": 200, "number_2": 300, "queue_wait_minutes": 400, "number_4": 500,
           "queue_wait_short": 600, "number_3": 700, "number_8": 800}  # fmt: skip
HUSH = 400  # 50 ms at 8 kHz


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    """Each of a length of its own, so that a joined one tells what is in it."""
    for name, length in LENGTHS.items():
        soundfile.write(tmp_path / f"{name}.wav", np.zeros(length), 8000, subtype="PCM_16")
    return tmp_path


@dataclass
class Line:
    """Who waits, in app_queue's order; one agent, unless a queue is named."""

    waiting: list[tuple[str, UUID]] = field(default_factory=list)
    queues: dict[str, Queued | None] = field(default_factory=dict)
    away: bool = False

    def waits(self, queue: str = "hi", at: int | None = None) -> UUID:
        call = new_id(NOW)
        self.waiting.insert(len(self.waiting) if at is None else at, (queue, call))
        return call

    async def in_line(self) -> Sequence[Standing]:
        if self.away:
            raise AmiNotConnectedError
        places: dict[str, int] = {}
        found = []
        for queue, call in self.waiting:
            places[queue] = places.get(queue, 0) + 1
            found.append(Standing(call, queue, places[queue]))
        return found

    async def queue_now(self, queue: str) -> Queued | None:
        return self.queues.get(queue, Queued(len(self.waiting), 1, 0))

    def words(self, prompts: Path) -> QueueWords:
        return QueueWords(self.in_line, self.queue_now, prompts, ["hi", "en"])


def told(prompts: Path, call: UUID, language: str = "", sound: str = "queue_where") -> int | None:
    """How long their own sound is."""
    file = prompts / f"{language}_{call.hex[-12:]}/{sound}.wav"
    return soundfile.info(file).frames if file.exists() else None


def said(*names: str) -> int:
    return sum(LENGTHS[name] for name in names)


SECOND = said("queue_position", "number_2", "number_4", "queue_wait_minutes")


async def test_each_is_told_their_own_place_and_time_and_hears_it_change(prompts: Path) -> None:
    line = Line()
    words = line.words(prompts)
    first, second, third = line.waits(), line.waits(), line.waits()
    elsewhere = line.waits("en")
    await words.tick()
    assert told(prompts, second) == told(prompts, second, "en") == SECOND
    assert told(prompts, third) == said(
        "queue_position", "number_3", "number_8", "queue_wait_minutes"
    )
    assert told(prompts, elsewhere) == HUSH
    line.waiting.remove(("hi", first))
    await words.tick()
    assert told(prompts, first) is None
    assert told(prompts, third) == SECOND


async def test_who_is_let_in_before_others_is_told_so_and_they_of_it(prompts: Path) -> None:
    line = Line()
    words = line.words(prompts)
    first = line.waits()
    await words.tick()
    assert told(prompts, first) == told(prompts, first, sound="keep_place_offer") == HUSH
    urgent = line.waits(at=0)  # of a higher priority
    await words.tick()
    assert told(prompts, urgent) == HUSH
    assert told(prompts, first) == SECOND
    assert told(prompts, first, sound="keep_place_offer") is None  # the one for all


async def test_near_the_head_is_silence_in_both_turns_that_nobody_keeps_an_agent_waiting(
    prompts: Path,
) -> None:
    line = Line(queues={"hi": Queued(3, 24, 0)})  # an agent gets free every 10 s
    calls = [line.waits() for _ in range(4)]
    await line.words(prompts).tick()
    for sound in ("queue_where", "keep_place_offer"):
        for language in ("", "en"):
            near = [told(prompts, call, language, sound) for call in calls[:3]]
            assert near == [HUSH] * 3
    assert told(prompts, calls[3]) != HUSH
    assert told(prompts, calls[3], sound="keep_place_offer") is None


async def test_where_no_agent_is_nothing_is_promised(prompts: Path) -> None:
    """The head is hushed also then: an agent may come back from a pause."""
    line = Line(queues={"hi": Queued(2, 0, 0)})
    head, behind = line.waits(), line.waits()
    await line.words(prompts).tick()
    assert told(prompts, head) == HUSH
    assert told(prompts, behind) is None


@pytest.mark.parametrize("lost", ["asterisk", "database"])
async def test_nobody_hears_what_is_old(prompts: Path, lost: str) -> None:
    line = Line()
    line.waits()
    call = line.waits()
    words = line.words(prompts)
    await words.tick()
    assert told(prompts, call)
    line.away = lost == "asterisk"
    if lost == "database":
        line.queues["hi"] = None
    await words.tick()
    assert told(prompts, call) is None


async def test_a_prompt_that_is_missing_leaves_the_words_for_everybody(prompts: Path) -> None:
    (prompts / "queue_position.wav").unlink()
    line = Line()
    line.waits()
    call = line.waits()
    await line.words(prompts).tick()
    assert told(prompts, call) is None


async def test_who_chose_english_is_told_in_english_where_there_is_a_sound(prompts: Path) -> None:
    (prompts / "en").mkdir()
    soundfile.write(prompts / "en/number_2.wav", np.zeros(311), 8000, subtype="PCM_16")
    line = Line()
    line.waits()
    call = line.waits()
    await line.words(prompts).tick()
    assert told(prompts, call, "en") == SECOND + 11
    assert told(prompts, call) == SECOND
