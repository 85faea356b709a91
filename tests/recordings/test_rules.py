from datetime import datetime, timedelta

import pytest

from db.ids import new_id
from recordings.model import Kind, RecordingRow, State
from recordings.rules import Orphan, Part, Step, is_short, next_step, part_of_call, pause_after
from tests.recordings.room import START


def _row(state: State = "open", seconds: float | None = 60) -> RecordingRow:
    ended = None if seconds is None else START + timedelta(seconds=seconds)
    return RecordingRow(new_id(START), START, state, None, None, None, ended)


@pytest.mark.parametrize(
    ("known", "settled", "step"),
    [
        (_row("open"), True, Step.CLOSE),
        (_row("open"), False, Step.WAIT),
        (_row("open", seconds=None), True, Step.WAIT),
        (_row("missing"), True, Step.CLOSE),
        (_row("stored"), False, Step.DISCARD),
        (Orphan(True, None, 999), True, Step.WAIT),
        (Orphan(True, START, 0), True, Step.ADOPT),
        (Orphan(True, START, 0), False, Step.WAIT),
        (Orphan(False, None, 59), True, Step.WAIT),
        (Orphan(False, None, 60), True, Step.ADOPT),
        (Orphan(False, None, 999), False, Step.WAIT),
    ],
)
def test_next_step(known: RecordingRow | Orphan, settled: bool, step: Step) -> None:
    assert next_step(known, settled=settled, orphan_after=60) is step


@pytest.mark.parametrize(
    ("kind", "call", "audio", "short"),
    [
        ("call", 60, 59, False),
        ("call", 60, 54, True),
        ("call", 600, 575, False),
        ("call", 600, 560, True),
        ("call", 10, 0, True),
        ("call", 3, 0, False),
        ("own_words", 60, 5, False),
        ("call", None, 0, False),
    ],
)
def test_a_recording_shorter_than_its_call_is_noticed(
    kind: Kind, call: float | None, audio: float, short: bool
) -> None:
    row = _row(seconds=call)
    assert is_short(kind, row.started_at, row.call_ended_at, audio) is short


@pytest.mark.parametrize(
    ("answered", "began", "seconds", "ended", "others", "part"),
    [
        (0, 0, 60, 60, 0, Part(whole=True)),
        (0, 1.9, 58.2, 60, 0, Part(whole=True)),
        (0, 0, 62, 60, 0, Part(whole=True)),
        (0, 0, 58, 60, 0, Part(whole=False, call_seconds=60)),
        (0, 0, 1195, 1200, 0, Part(whole=False, call_seconds=1200)),
        (0, 25, 35, 60, 0, Part(whole=False, call_seconds=60)),
        (-20, 0, 60, 60, 0, Part(whole=False, call_seconds=80)),
        (0, 2, 59, 60, 0, Part(whole=False)),
        (0, 0, 60, 60, 1, Part(whole=False)),
        (None, 0, 60, 60, 0, Part(whole=False)),
    ],
)
def test_a_recording_is_the_whole_call_only_alone_and_from_answer_to_end(
    answered: float | None, began: float, seconds: float, ended: float, others: int, part: Part
) -> None:
    def at(second: float) -> datetime:
        return START + timedelta(seconds=second)

    said = part_of_call(
        answered_at=None if answered is None else at(answered),
        ended_at=at(ended),
        started_at=at(began),
        seconds=seconds,
        others=others,
    )
    assert said == part


def test_a_pause_grows_with_each_failure_to_its_bound() -> None:
    pauses = [pause_after(failures, 1.0, 10.0) for failures in (0, 1, 2, 3, 4, 5, 10_000)]
    assert pauses == [1.0, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0]
