"""A complaint's story as a person would tell it: a line for each thing that happened."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from calls.course import Talk, in_order, told
from calls.numbers import is_landline
from complaints.attachments.model import Attachment
from complaints.calendar import IST
from complaints.history import Entry, Event
from complaints.kinds import DisposalKind
from complaints.story import (
    RegisterEntry,
    Story,
    StoryBundle,
    StoryCall,
    StoryComplaint,
    StoryNotification,
    StoryRecording,
)

_STATES = {
    "with_officer": "with the officer",
    "awaiting_feedback": "disposed of, the citizen is to be asked",
    "closed_satisfied": "closed, the citizen is satisfied",
    "unverified": "unverified, the citizen could not be asked",
    "triage": "with the CM's team, before any officer",
    "proposed": "with the officer, who has proposed something to the next level",
    "paused": "with the officer, whose time stands still",
    "returned": "returned as wrongly mapped, to be mapped anew",
    "special_closed": "closed specially by an officer, not by the citizen's word",
    "withdrawn": "withdrawn by the citizen",
    "advised": "not for this helpline, the citizen was told where to go",
    "answered": "the information was given",
    "thanked": "a suggestion, the citizen was thanked",
    "merged": "the same citizen's same matter, goes on in the older file",
}
_EVENTS = {
    Event.REGISTERED: "Registered",
    Event.DISPOSED: "Disposed of",
    Event.CLOSED_SATISFIED: "The citizen is satisfied. Closed",
    Event.RETURNED_FOR_REVIEW: "The citizen is not satisfied. Back for review",
    Event.ESCALATED_DISSATISFIED: "The citizen is not satisfied again. Escalated",
    Event.ESCALATED_OVERDUE: "Not answered in time. Escalated",
    Event.OVERDUE_AT_LAST_LEVEL: "Not answered in time at the last level. To the CM's office",
    Event.AGENT_TO_CALL: "The dialer did not reach the citizen. An agent is to call",
    Event.ASKED_TO_CALL: "The citizen was not reached. Asked by SMS to call",
    Event.UNVERIFIED: "The citizen could not be asked. Ended as unverified",
    Event.TRIAGE: "Registered, with the CM's team first",
    Event.FORWARDED: "Forwarded to the officer",
    Event.INTERIM_REPLY: "Interim reply",
    Event.PAUSED: "The officer's time stands still",
    Event.RESUMED: "The officer's time goes on",
    Event.TRANSFERRED: "Transferred to another department",
    Event.GIVEN_BACK: "Not mapped anew in time, and no level is above. Back to the same officer",
    Event.POST_VACANT: "Nobody holds the officer's post",
    Event.PASSED_ON_VACANT: "Nobody holds the officer's post. Passed on",
    Event.LINK_RENEWED: "A new link to recordings, reasons and history",
    Event.WRONG_MAPPING: "Returned: not this officer's",
    Event.PROPOSED: "Proposed to the next level",
    Event.REFUSED: "The proposal is refused",
    Event.SPECIAL_CLOSED: "Closed specially, without the citizen's word",
    Event.WITHDRAWN: "Withdrawn by the citizen",
    Event.REOPENED: "Reopened at the citizen's word",
    Event.ADVISED: "Not for this helpline: the citizen was told where to go",
    Event.NOTED: "Noted",
    Event.ANSWERED: "The information was given",
    Event.THANKED: "The citizen was thanked",
    Event.ADDED: "The citizen told it again",
    Event.MADE_CONFIDENTIAL: "Confidential from now on, as the citizen asked",
    Event.MADE_INCIDENT: "An incident from now on, as the citizen told",
    Event.MERGED: "Ended as the same matter",
    Event.MERGED_HERE: "The same citizen's younger complaint goes on here",
    Event.ATTACHMENT_ERASED: "An attached file was erased",
}
_KINDS = {
    "complaint": "Complaint",
    "information": "Request for information",
    "demand": "Demand",
    "suggestion": "Suggestion",
}
_CHANNELS = {"sms": "SMS", "email": "E-mail", "webhook": "Webhook"}
_RECORDED = {
    "own_words": "The citizen's own words",
    "officer_remark": "The officer's remark",
}
_Line = tuple[datetime, str]


def render_story(story: Story, decided_by: str | None = None) -> str:
    """Plain text; times in Indian Standard Time. `decided_by`: of what is proposed, in words."""
    happened: list[_Line] = [
        *(line for call in story.calls for line in _course(call, story)),
        *(_entry(entry) for entry in story.history),
        *(_attachment(attachment) for attachment in story.attachments),
        *(_recording(recording) for recording in story.recordings),
        *(_bundle(bundle) for bundle in story.bundles),
        *(_notification(notification) for notification in story.notifications),
    ]
    # A stable sort: what has one time keeps the order call, its course, event, file, recording,
    # message.
    lines = [f"  {_clock(at)}  {text}" for at, text in sorted(happened, key=lambda line: line[0])]
    heading = _heading(story.complaint)
    if decided_by:
        heading.append(f"  what is proposed is decided by {decided_by}")
    return "\n".join([*heading, "", *lines, "", *_register(story), _chain(story)])


def _heading(complaint: StoryComplaint) -> list[str]:
    who = "" if complaint.level is None else f", level {complaint.level} ({complaint.post_title})"
    lines = [
        f"{_kind(complaint)} {complaint.number}: {complaint.category}, {complaint.place}",
        f"  by {complaint.citizen or 'a citizen without a name'}, {_contact(complaint)}",
        *_marks(complaint),
        f"  {complaint.text_hi}",
        f"  now: {_STATES[complaint.state]}{who}",
    ]
    if complaint.merged_into:
        lines.append(f"  goes on as {complaint.merged_into}")
    if complaint.due_at:
        lines.append(f"  due {_clock(complaint.due_at)}")
    if complaint.cm_office_since:
        lines.append(f"  on the CM's office's list since {_clock(complaint.cm_office_since)}")
    return lines


def _contact(complaint: StoryComplaint) -> str:
    number = complaint.contact
    return f"{number} (a landline: no SMS reaches it)" if is_landline(number) else number


def _kind(complaint: StoryComplaint) -> str:
    what = _KINDS[complaint.kind]
    return f"{what} (INCIDENT)" if complaint.incident else what


def _marks(complaint: StoryComplaint) -> Iterator[str]:
    confirmed = complaint.confirmed_by
    who = f"{confirmed} confirmed who speaks" if confirmed else "nobody confirmed who speaks"
    yield f"  through {complaint.source}; {who}"
    if complaint.confidential:
        yield "  CONFIDENTIAL: the office complained of learns neither name, number nor voice"
    if complaint.weight > 1:
        yield f"  weight {complaint.weight}: the citizen told it so many times"
    if complaint.linked:
        yield (
            f"  linked with {complaint.linked} complaint(s) of other citizens, "
            f"{complaint.linked_open} of them open"
        )


def _entry(entry: Entry) -> _Line:
    where = "" if entry.level is None else f", level {entry.level} ({entry.post})"
    what, reason = _EVENTS[entry.event], entry.reason
    if entry.event is Event.DISPOSED:  # entries from before the kind was told are the report alone
        kind, _, report = reason.partition(": ")
        if kind in set(DisposalKind):
            what, reason = f"{what}, {kind.replace('_', ' ')}", report
    text = f"{what}{where}, by {entry.actor}"
    if reason:
        text += f": {reason}"
    if entry.due_at:
        text += f"; due {_clock(entry.due_at)}"
    if entry.basis:
        text += f" ({entry.basis})"
    return entry.at, text


def _course(call: StoryCall, story: Story) -> Iterator[_Line]:
    """The call, then each stay in a queue and each talk of it."""
    stays = [one for one in story.stays if one.call_id == call.id]
    talks = [one for one in story.talks if one.call_id == call.id]
    yield _call(call, talks)
    course = in_order(stays, talks)
    for part in course:
        yield part.began, f"  {told(part, course, call.outcome)}"


def _call(call: StoryCall, talks: Sequence[Talk]) -> _Line:
    who = "The citizen called" if call.direction == "inbound" else "The citizen was called"
    if call.role in ("disposal", "officer"):
        who = "The officer called" if call.direction == "inbound" else "The officer was called"
    if call.attempt_no:
        who += f" about disposal {call.disposal_no}, attempt {call.attempt_no}"
    if talks:
        who += f", agent {', '.join(dict.fromkeys(one.agent_id for one in talks))}"
    return call.started_at, f"{who}: {call.outcome or 'still going on'}"


def _recording(recording: StoryRecording) -> _Line:
    what = _RECORDED.get(recording.kind, "The call")
    if recording.seconds is None:
        return recording.started_at, f"{what}: recording is {recording.state}"
    whole = (
        f"{recording.seconds:.1f} s, {recording.channels} channel(s), SHA-256 {recording.sha256}"
    )
    return recording.closed_at or recording.started_at, f"{what} recorded: {whole}"


def _attachment(one: Attachment) -> _Line:
    """The key is what `helpline complaint attachment` wants."""
    told = (
        f"Attached to disposal {one.disposal_no}: {one.name} ({one.media_type}, {one.bytes} bytes)"
    )
    fate = f", opened {one.opened} time(s)"
    if one.erased_at:
        fate += f", ERASED {_clock(one.erased_at)}"
    return one.at, f"{told}, SHA-256 {one.sha256}, {one.id}{fate}"


def _notification(notification: StoryNotification) -> _Line:
    with_it = f" with {len(notification.recordings)} recording(s)" if notification.links else ""
    what = _CHANNELS[notification.channel]
    if notification.parts:
        what += f" of {notification.parts} part(s)"
    text = f"{what}: {notification.kind} to {notification.recipient}{with_it}"
    return notification.created_at, f"{text}, {_delivery(notification)}"


def _delivery(notification: StoryNotification) -> str:
    one, why = notification, f": {notification.last_error}" if notification.last_error else ""
    if one.delivered_at:
        return f"delivered {_clock(one.delivered_at)}"
    if one.undelivered_at and one.sent_at:
        return f"sent, but NOT delivered{why}"
    if one.sent_at:
        return f"sent {_clock(one.sent_at)}" + (
            f" at attempt {one.attempts}" if one.attempts > 1 else ""
        )
    if one.held_at:
        return f"HELD after {one.attempts} attempt(s){why}"
    return f"waiting to be sent, {one.attempts} attempt(s) so far{why}"


def _bundle(bundle: StoryBundle) -> _Line:
    opened = (
        f"opened {bundle.opened} time(s), first {_clock(bundle.first_opened_at)}"
        if bundle.first_opened_at
        else "not opened yet"
    )
    return bundle.created_at, f"Recordings, reasons and history handed to {bundle.post}: {opened}"


def _register(story: Story) -> list[str]:
    return [
        f"Register of dissatisfaction, entry {entry.entry_no}: level {entry.level}, "
        f"{entry.reason_code or 'no reason given'}, {_own_words(entry)}"
        for entry in story.register
    ]


def _own_words(entry: RegisterEntry) -> str:
    if entry.attempt_id is None:
        return f"when it was opened again: {entry.words or 'no words'}"
    return "own words recorded" if entry.recording_id else "no recording"


def _chain(story: Story) -> str:
    if story.broken_at is None:
        return f"History: {len(story.history)} entries, chain intact"
    return f"History: {len(story.history)} entries, CHAIN BROKEN at entry {story.broken_at}"


def _clock(at: datetime) -> str:
    return at.astimezone(IST).strftime("%d-%m-%Y %H:%M:%S")
