"""What officers read of a complaint's history, in Hindi and in English. Pure.

What citizens and officers have said and written stays as it is, in whichever language.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from complaints import texts
from complaints.ends import SpecialReason
from complaints.history import Entry, Event
from complaints.kinds import DisposalKind
from complaints.terms import PauseReason, ProposalKind
from complaints.texts import DissatisfactionReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """One language. `{level}` in events, `{name}` in actors, `{text}` and `{by_then}` in interim
    replies are filled in. Reasons are by their code, "" where none was given; `marks`: of an
    incident, and of a demand.
    """

    events: Mapping[Event, str]
    reasons: Mapping[str, str]
    special_reasons: Mapping[str, str]
    disposals: Mapping[str, str]
    proposals: Mapping[str, str]
    pauses: Mapping[str, str]
    actors: Mapping[str, str]
    officer: str
    helpline: str
    longest_pause: str
    interim: str
    marks: tuple[str, str]

    def event(self, entry: Entry) -> str:
        """What one entry of the history tells, without anybody's words (`entry_words`)."""
        return self.events[entry.event].format(level=entry.level)

    def reason(self, code: str | None) -> str:
        """Why the citizen is not satisfied; None: they hung up before giving a reason."""
        return self.reasons[code or ""]


HINDI = Wording(
    events=texts.EVENTS,
    reasons={**texts.REASONS, "": texts.REASON_NOT_GIVEN},
    special_reasons=texts.SPECIAL_REASONS,
    disposals=texts.DISPOSALS,
    proposals=texts.PROPOSALS,
    pauses={
        PauseReason.WAITING_FOR_CITIZEN: "नागरिक से जानकारी अपेक्षित",
        PauseReason.COURT_STAY: "न्यायालय का स्थगन आदेश",
    },
    actors={
        "agent": "एजेंट {name}",
        "operator": "हेल्पलाइन ऑपरेटर {name}",
        "cm_office": "मुख्यमंत्री कार्यालय",
        "citizen": "नागरिक",
        "clock": "समय सीमा के अनुसार स्वतः",
        "dialer": "स्वचालित कॉल",
    },
    officer="अधिकारी",
    helpline="हेल्पलाइन",
    longest_pause="स्थगन की अधिकतम अवधि पूरी",
    interim="{text} (अगली सूचना {by_then} तक)",
    marks=texts.MARKS,
)

ENGLISH = Wording(
    events={
        Event.REGISTERED: "Registered, sent to level {level}",
        Event.DISPOSED: "Disposed of by level {level}",
        Event.CLOSED_SATISFIED: "The citizen is satisfied: closed",
        Event.RETURNED_FOR_REVIEW: "The citizen is not satisfied: back to level {level} for review",
        Event.ESCALATED_DISSATISFIED: "The citizen is not satisfied: escalated to level {level}",
        Event.ESCALATED_OVERDUE: "The time limit has passed: escalated to level {level}",
        Event.OVERDUE_AT_LAST_LEVEL: "The time limit of level {level} has passed: on the list of "
        "the Chief Minister's office",
        Event.AGENT_TO_CALL: "The citizen was not reached: an agent will call",
        Event.ASKED_TO_CALL: "The citizen was asked by message to call 1076",
        Event.UNVERIFIED: "The citizen could not be reached",
        Event.TRIAGE: "Registered, being sorted by the Chief Minister's office",
        Event.FORWARDED: "Sent to level {level}",
        Event.INTERIM_REPLY: "Interim reply by level {level}",
        Event.PAUSED: "The time limit is suspended",
        Event.RESUMED: "The time limit runs again",
        Event.TRANSFERRED: "Transferred to another department, level {level}",
        Event.GIVEN_BACK: "No new officer was named in time: back to level {level}",
        Event.POST_VACANT: "The officer's post is vacant",
        Event.PASSED_ON_VACANT: "The officer's post is vacant: passed on to level {level}",
        Event.LINK_RENEWED: "A new link to recordings and history was sent",
        Event.WRONG_MAPPING: "Had been sent to the wrong officer: returned",
        Event.PROPOSED: "Proposed to the next level by level {level}",
        Event.REFUSED: "The proposal was refused",
        Event.SPECIAL_CLOSED: "Closed for special reasons",
        Event.WITHDRAWN: "Withdrawn by the citizen",
        Event.REOPENED: "Reopened at the citizen's word, level {level}",
        Event.ADVISED: "Not within the helpline's scope: the citizen was advised",
        Event.NOTED: "Note",
        Event.ANSWERED: "The information was given",
        Event.THANKED: "The citizen was thanked for the suggestion",
        Event.ADDED: "The citizen told the same matter again",
        Event.MADE_CONFIDENTIAL: "Confidential from now on, as the citizen asked",
        Event.MADE_INCIDENT: "An incident from now on, as the citizen told",
        Event.MERGED: "Joined to the same citizen's earlier complaint",
        Event.MERGED_HERE: "The same citizen's other complaint was joined to this one",
        Event.ATTACHMENT_ERASED: "A file attached to a disposal was erased",
    },
    reasons={
        DissatisfactionReason.NOT_DONE: "the work was not done",
        DissatisfactionReason.PARTLY_DONE: "the work was done in part",
        DissatisfactionReason.OFFICER_DID_NOT_CONTACT: "the officer did not get in touch",
        DissatisfactionReason.FALSE_REPORT: "the report is not true",
        DissatisfactionReason.OTHER: "another reason",
        "": "no reason given",
    },
    special_reasons={
        SpecialReason.COURT_CASE: "before a court",
        SpecialReason.BEYOND_POWERS: "beyond the department's powers",
        SpecialReason.NO_BUDGET: "no budget",
        SpecialReason.NEEDS_POLICY: "needs a decision of policy",
        SpecialReason.APPLICANT_AT_FAULT: "waits for the applicant's own action",
        SpecialReason.MATTER_UNFOUNDED: "found untrue on inquiry",
    },
    disposals={
        DisposalKind.RESOLVED: "it is done",
        DisposalKind.NOT_POSSIBLE: "it is not possible",
    },
    proposals={
        ProposalKind.TRANSFER: "transfer to another department",
        ProposalKind.SPECIAL_CLOSE: "closing for special reasons",
    },
    pauses={
        PauseReason.WAITING_FOR_CITIZEN: "information is awaited from the citizen",
        PauseReason.COURT_STAY: "stay order of a court",
    },
    actors={
        "agent": "agent {name}",
        "operator": "helpline operator {name}",
        "cm_office": "Chief Minister's office",
        "citizen": "the citizen",
        "clock": "by itself, at the time limit",
        "dialer": "automatic call",
    },
    officer="officer",
    helpline="helpline",
    longest_pause="the longest time of suspension has passed",
    interim="{text} (next word by {by_then})",
    marks=("Incident", "Demand"),
)

WORDINGS: Mapping[str, Wording] = {"hi": HINDI, "en": ENGLISH}
