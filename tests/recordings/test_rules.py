from datetime import timedelta

import pytest

from db.ids import new_id
from recordings.model import Kind, RecordingRow, State
from recordings.rules import Orphan, Step, is_short, next_step, pause_after
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


def test_a_pause_grows_with_each_failure_to_its_bound() -> None:
    pauses = [pause_after(failures, 1.0, 10.0) for failures in (0, 1, 2, 3, 4, 5, 10_000)]
    assert pauses == [1.0, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0]
