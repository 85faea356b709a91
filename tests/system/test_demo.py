"""The demo, as `make demo` runs it: what it leaves must tell the story that it promises."""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import soundfile

pytestmark = pytest.mark.timeout(600)

CALLED = ("feedback_given", "feedback_given", "no_answer", "feedback_given")
HISTORY = (
    ("registered", 1),
    ("disposed", 1),
    ("returned_for_review", 1),
    ("disposed", 1),
    ("escalated_dissatisfied", 2),
    ("disposed", 2),
    ("closed_satisfied", 2),
)


@pytest.fixture(scope="module")
def report() -> Iterator[dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="hl-") as folder:
        # An operator's own helpline, named in the environment, is none of the demo's business.
        theirs = {"HELPLINE_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing"}
        done = subprocess.run(
            [sys.executable, "-m", "helpline.cli", "demo", "--output", folder],
            env={**os.environ, **theirs},
            capture_output=True,
            text=True,
            timeout=500,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        told: dict[str, Any] = json.loads((Path(folder) / "report.json").read_text("utf-8"))
        yield told


def at(time: str) -> datetime:
    return datetime.fromisoformat(time)


def test_the_report_has_what_it_promises(report: dict[str, Any]) -> None:
    assert set(report) == {
        *("clock", "policy", "complaint", "calls", "recordings", "notifications", "register"),
        "durations",
    }
    assert set(report["complaint"]) == {"number", "state", "level", "history"}
    assert set(report["durations"]) == {"setup_s", "story_s"}
    for name, fields in {
        "calls": "id direction from to outcome started answered ended pop_at agent_answered_at",
        "recordings": "call path sha256 seconds channels",
        "notifications": "kind to recordings sent",
        "register": "reason recording",
    }.items():
        assert report[name]
        assert all(set(one) == set(fields.split()) for one in report[name])
    assert min(report["durations"].values()) > 0


def test_the_complaint_goes_up_one_level_and_ends_with_a_satisfied_citizen(
    report: dict[str, Any],
) -> None:
    complaint = report["complaint"]
    assert (complaint["state"], complaint["level"]) == ("closed_satisfied", 2)
    assert tuple((one["event"], one["level"]) for one in complaint["history"]) == HISTORY
    times = [at(one["at"]) for one in complaint["history"]]
    assert times == sorted(times)


def test_the_calls_ended_as_the_citizen_made_them_end(report: dict[str, Any]) -> None:
    first, *called = sorted(report["calls"], key=lambda call: at(call["started"]))
    assert (first["direction"], first["outcome"]) == ("inbound", "agent_answered")
    assert at(first["started"]) < at(first["answered"]) < at(first["pop_at"])
    assert at(first["pop_at"]) < at(first["agent_answered_at"]) < at(first["ended"])
    assert {call["direction"] for call in called} == {"outbound"}
    assert tuple(call["outcome"] for call in called) == CALLED
    assert {call["to"] for call in called} == {first["from"]}
    assert [call["answered"] is None for call in called] == [False, False, True, False]
    assert all(at(one["ended"]) <= at(next_["started"]) for one, next_ in pairwise(called))


def test_every_recording_is_there_and_is_what_its_hash_says(report: dict[str, Any]) -> None:
    answered = {call["id"] for call in report["calls"] if call["answered"]}
    conversations = [one for one in report["recordings"] if one["channels"] == 2]
    assert sorted(one["call"] for one in conversations) == sorted(answered)
    words = [one for one in report["recordings"] if one["channels"] == 1]
    assert len(words) == 2
    for one in report["recordings"]:
        file = Path(one["path"])
        assert hashlib.sha256(file.read_bytes()).hexdigest() == one["sha256"]
        info = soundfile.info(file)
        assert info.channels == one["channels"]
        assert info.duration == pytest.approx(one["seconds"], abs=0.01)
        assert info.duration > 1


def test_with_the_escalation_went_every_recording_there_was(report: dict[str, Any]) -> None:
    (forwarded,) = [one for one in report["notifications"] if one["kind"] == "officer_forwarded"]
    started = {call["id"]: at(call["started"]) for call in report["calls"]}
    escalated = at(report["complaint"]["history"][4]["at"])
    earlier = {one["path"] for one in report["recordings"] if started[one["call"]] < escalated}
    assert len(forwarded["recordings"]) == 5
    assert set(forwarded["recordings"]) == earlier
    kinds = [one["kind"] for one in report["notifications"]]
    assert sorted(kinds) == [
        "citizen_closed",
        *["citizen_disposed"] * 3,
        *["citizen_moved"] * 2,
        *("citizen_registered", "officer_assigned", "officer_forwarded", "officer_review"),
    ]


def test_every_message_was_sent(report: dict[str, Any]) -> None:
    assert all(one["sent"] for one in report["notifications"])


def test_the_register_holds_both_dissatisfactions_in_the_citizens_words(
    report: dict[str, Any],
) -> None:
    assert [one["reason"] for one in report["register"]] == ["not_done", "false_report"]
    words = {one["path"] for one in report["recordings"] if one["channels"] == 1}
    assert {one["recording"] for one in report["register"]} == words
