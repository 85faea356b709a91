"""`report.json`: what the story left in the database, in plain names."""

from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from complaints.policy import Policy
from complaints.story import Story, StoryCall, StoryRecording

Json = dict[str, Any]


def report(story: Story, *, policy: Policy, clock: Json, recordings: Path, durations: Json) -> Json:
    """The report as JSON values. `recordings` is the folder they were written to."""
    paths = {one.id: _path(recordings, one) for one in story.recordings}
    return {
        "clock": clock,
        "policy": {
            "name": policy.name,
            "reviews_per_level": policy.reviews_per_level,
            "day_s": policy.day.total_seconds(),
        },
        "complaint": {
            "number": story.complaint.number,
            "state": story.complaint.state,
            "level": story.complaint.level,
            "history": [
                {
                    "at": _time(entry.at),
                    "event": entry.event,
                    "level": entry.level,
                    "reason": entry.reason,
                }
                for entry in story.history
            ],
        },
        "calls": [_call(call) for call in story.calls],
        "recordings": [
            {
                "call": str(one.call_id),
                "path": paths[one.id],
                "sha256": one.sha256,
                "seconds": one.seconds,
                "channels": one.channels,
            }
            for one in story.recordings
        ],
        "notifications": [
            {
                "kind": one.kind,
                "to": one.recipient,
                "recordings": [paths[recording] for recording in one.recordings],
                "sent": _time(one.sent_at),
            }
            for one in story.notifications
        ],
        "register": [
            {"reason": entry.reason_code, "recording": _known(paths, entry.recording_id)}
            for entry in story.register
        ],
        "durations": durations,
    }


def _call(call: StoryCall) -> Json:
    inbound = call.direction == "inbound"
    citizen, ours = call.number or "", call.service_number
    return {
        "id": str(call.id),
        "direction": call.direction,
        "from": citizen if inbound else ours,
        "to": ours if inbound else citizen,
        "outcome": call.outcome,
        "started": _time(call.started_at),
        "answered": _time(call.answered_at),
        "ended": _time(call.ended_at),
        "pop_at": _time(call.pop_at),
        "agent_answered_at": _time(call.agent_answered_at),
    }


def _path(folder: Path, recording: StoryRecording) -> str | None:
    return str(folder / f"{recording.id}.wav") if recording.location else None


def _known(paths: dict[UUID, str | None], recording: UUID | None) -> str | None:
    return paths.get(recording) if recording else None


def _time(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
