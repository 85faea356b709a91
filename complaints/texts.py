"""What citizens and officers read, in Hindi. Times are Indian Standard Time.

A message's wording is data: `message_template`. Here is what its variables hold.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from complaints.calendar import IST
from complaints.ends import SpecialReason
from complaints.history import Entry, Event
from complaints.kinds import DisposalKind, MatterKind
from complaints.lifecycle import ProposalKind

#: What a template is filled in with: the wording itself is data (`message_template`).
Variables = Mapping[str, str]

_EXCERPT = 160  # characters of a citizen's or an officer's text within a message


class DissatisfactionReason(StrEnum):
    """Why the citizen is not satisfied, as chosen in the feedback call."""

    NOT_DONE = "not_done"
    PARTLY_DONE = "partly_done"
    OFFICER_DID_NOT_CONTACT = "officer_did_not_contact"
    FALSE_REPORT = "false_report"
    OTHER = "other"


REASONS: dict[str, str] = {
    DissatisfactionReason.NOT_DONE: "काम नहीं हुआ",
    DissatisfactionReason.PARTLY_DONE: "काम अधूरा हुआ",
    DissatisfactionReason.OFFICER_DID_NOT_CONTACT: "अधिकारी ने संपर्क नहीं किया",
    DissatisfactionReason.FALSE_REPORT: "आख्या सही नहीं है",
    DissatisfactionReason.OTHER: "अन्य कारण",
}
REASON_NOT_GIVEN = "कारण नहीं बताया"

SPECIAL_REASONS: dict[str, str] = {
    SpecialReason.COURT_CASE: "न्यायालय में विचाराधीन",
    SpecialReason.BEYOND_POWERS: "विभाग के अधिकार क्षेत्र से बाहर",
    SpecialReason.NO_BUDGET: "बजट उपलब्ध नहीं",
    SpecialReason.NEEDS_POLICY: "नीतिगत निर्णय आवश्यक",
    SpecialReason.APPLICANT_AT_FAULT: "आवेदक स्तर पर कार्यवाही लंबित",
    SpecialReason.MATTER_UNFOUNDED: "जांच में शिकायत सही नहीं पाई गई",
}
DISPOSALS: dict[str, str] = {
    DisposalKind.RESOLVED: "निस्तारण हो गया है",
    DisposalKind.NOT_POSSIBLE: "निस्तारण संभव नहीं है",
}
_PAUSES = {
    True: "आपसे जानकारी अपेक्षित है",
    False: "न्यायालय के स्थगन आदेश के कारण कार्यवाही रुकी है",
}
PROPOSALS: dict[str, str] = {
    ProposalKind.TRANSFER: "दूसरे विभाग को स्थानांतरण",
    ProposalKind.SPECIAL_CLOSE: "विशेष परिस्थिति में बंद करने",
}

CONFIDENTIAL = "गोपनीय"
REPORTED_BY_TELEPHONE = "अधिकारी ने दूरभाष पर निस्तारण बताया। टिप्पणी रिकॉर्ड है।"
REPORTED_WITHOUT_REMARK = "अधिकारी ने दूरभाष पर निस्तारण बताया। टिप्पणी कॉल की रिकॉर्डिंग में है।"
VOICE_WITHHELD = "नागरिक की पहचान गोपनीय है, आवाज़ नहीं दी गई"
_REOPENED = "नागरिक के कहने पर पुनः खोली गई"
MARKS = _INCIDENT, _DEMAND = "घटना", "मांग"

EVENTS = {
    Event.REGISTERED: "पंजीकृत, स्तर-{level} को भेजी गई",
    Event.DISPOSED: "स्तर-{level} द्वारा निस्तारण",
    Event.CLOSED_SATISFIED: "नागरिक संतुष्ट, बंद",
    Event.RETURNED_FOR_REVIEW: "नागरिक असंतुष्ट, स्तर-{level} को पुनः परीक्षण हेतु वापस",
    Event.ESCALATED_DISSATISFIED: "नागरिक असंतुष्ट, स्तर-{level} को अग्रसारित",
    Event.ESCALATED_OVERDUE: "समय सीमा समाप्त, स्तर-{level} को अग्रसारित",
    Event.OVERDUE_AT_LAST_LEVEL: "स्तर-{level} की समय सीमा समाप्त, मुख्यमंत्री कार्यालय की सूची में",
    Event.AGENT_TO_CALL: "नागरिक से संपर्क नहीं हुआ, एजेंट कॉल करेंगे",
    Event.ASKED_TO_CALL: "नागरिक को 1076 पर कॉल करने हेतु संदेश भेजा गया",
    Event.UNVERIFIED: "नागरिक से संपर्क नहीं हो सका",
    Event.TRIAGE: "पंजीकृत, मुख्यमंत्री कार्यालय के परीक्षण में",
    Event.FORWARDED: "स्तर-{level} को भेजी गई",
    Event.INTERIM_REPLY: "स्तर-{level} द्वारा अंतरिम उत्तर",
    Event.PAUSED: "समय सीमा स्थगित",
    Event.RESUMED: "समय सीमा पुनः प्रारंभ",
    Event.TRANSFERRED: "दूसरे विभाग को स्थानांतरित, स्तर-{level}",
    Event.GIVEN_BACK: "समय से नया अधिकारी तय नहीं हुआ, स्तर-{level} को ही वापस",
    Event.POST_VACANT: "अधिकारी का पद रिक्त है",
    Event.PASSED_ON_VACANT: "अधिकारी का पद रिक्त, स्तर-{level} को अग्रसारित",
    Event.LINK_RENEWED: "रिकॉर्डिंग व इतिहास का नया लिंक भेजा गया",
    Event.WRONG_MAPPING: "गलत अधिकारी को भेजी गई थी, वापस",
    Event.PROPOSED: "स्तर-{level} द्वारा उच्च स्तर को प्रस्ताव",
    Event.REFUSED: "प्रस्ताव अस्वीकृत",
    Event.SPECIAL_CLOSED: "विशेष परिस्थिति में बंद",
    Event.WITHDRAWN: "नागरिक द्वारा वापस ली गई",
    Event.REOPENED: f"{_REOPENED}, स्तर-{{level}}",
    Event.ADVISED: "हेल्पलाइन के दायरे से बाहर, सलाह दी गई",
    Event.NOTED: "टिप्पणी",
    Event.ANSWERED: "सूचना दी गई",
    Event.THANKED: "सुझाव के लिए धन्यवाद दिया गया",
    Event.ADDED: "नागरिक ने इसी विषय में पुनः बताया",
    Event.MADE_CONFIDENTIAL: "नागरिक के कहने पर पहचान अब से गोपनीय",
    Event.MADE_INCIDENT: "नागरिक के बताने पर अब से घटना के रूप में दर्ज",
    Event.MERGED: "उसी नागरिक की पहली शिकायत में जोड़ी गई",
    Event.MERGED_HERE: "उसी नागरिक की दूसरी शिकायत इसमें जोड़ी गई",
    Event.ATTACHMENT_ERASED: "निस्तारण का एक संलग्नक मिटाया गया",
}


def clock(at: datetime) -> str:
    """A moment as people here write it: 25-11-2025 14:30."""
    return at.astimezone(IST).strftime("%d-%m-%Y %H:%M")


def reason(code: DissatisfactionReason | None) -> str:
    """A reason of dissatisfaction; None: the citizen hung up before giving one."""
    return REASON_NOT_GIVEN if code is None else REASONS[code]


def citizen_registered(number: str, post_title: str, due_at: datetime) -> Variables:
    """To the citizen: the number to keep, who has it, and by when."""
    return {"number": number, "post": post_title, "due": clock(due_at)}


def citizen_in_triage(number: str) -> Variables:
    """To the citizen: the number to keep; no officer has it yet."""
    return {"number": number}


def subject(
    category: str, kind: MatterKind, *, incident: bool, marks: tuple[str, str] = MARKS
) -> str:
    """What it is about, as an officer reads it first."""
    of_incident, of_demand = marks
    found = [of_incident] if incident else []
    if kind is MatterKind.DEMAND:
        found.append(of_demand)
    return ": ".join([*found, category])


def officer_assigned(
    number: str, category: str, place: str, text: str, contact: str | None, due_at: datetime
) -> Variables:
    """To the officer of the first level, at once. `contact` None: the office is not to know it."""
    return {
        "number": number,
        "category": category,
        "place": place,
        "due": clock(due_at),
        "contact": contact or CONFIDENTIAL,
        "matter": _excerpt(text),
    }


def officer_review(
    number: str, category: str, place: str, why: DissatisfactionReason | None, due_at: datetime
) -> Variables:
    """To the officer whose disposal did not satisfy."""
    return {
        "number": number,
        "category": category,
        "place": place,
        "reason": reason(why),
        "due": clock(due_at),
    }


def officer_forwarded(
    number: str,
    category: str,
    place: str,
    contact: str | None,
    due_at: datetime,
    why: Entry,
    link: str,
) -> Variables:
    """To the officer of a higher level. `why`: the entry that brought it.

    `contact` None: the office is not to know who complains, so voices do not go along either.
    """
    told = why_forwarded(why)
    return {
        "number": number,
        "category": category,
        "place": place,
        "reason": told if contact else f"{told} ({VOICE_WITHHELD})",
        "due": clock(due_at),
        "link": link,
        "contact": contact or CONFIDENTIAL,
    }


def officer_reminder(number: str, category: str, place: str, due_at: datetime) -> Variables:
    """To the officer who has used most of their time."""
    return {"number": number, "category": category, "place": place, "due": clock(due_at)}


def officer_vacancy(
    number: str, post_title: str, place: str, complaints: int, moves_at: datetime | None
) -> Variables:
    """To the officer who gets them: a post below has fallen vacant. `number`: of one complaint.

    `moves_at` None: each at its own limit.
    """
    return {
        "number": number,
        "post": post_title,
        "place": place,
        "complaints": str(complaints),
        "moves": f"{clock(moves_at)} से" if moves_at else "समय सीमा समाप्त होने पर",
    }


def officer_resumed(number: str, category: str, place: str, due_at: datetime) -> Variables:
    """To the officer whose longest pause is over."""
    return {"number": number, "category": category, "place": place, "due": clock(due_at)}


def officer_link(number: str, category: str, place: str, link: str) -> Variables:
    """To the officer whose link to recordings, reasons and history has expired."""
    return {"number": number, "category": category, "place": place, "link": link}


def citizen_paused(number: str, waiting: bool, why: str) -> Variables:
    """To the citizen: the officer waits, for them or for a court."""
    return {"number": number, "reason": _PAUSES[waiting], "matter": _excerpt(why)}


def citizen_resumed(number: str, due_at: datetime) -> Variables:
    """To the citizen: the officer is at work on it again."""
    return {"number": number, "due": clock(due_at)}


def citizen_interim(number: str, text: str, expected_by: datetime) -> Variables:
    """To the citizen: how it stands, and when to expect more."""
    return {"number": number, "matter": _excerpt(text), "expected": clock(expected_by)}


def citizen_moved(number: str, due_at: datetime) -> Variables:
    """To the citizen: another officer has it now."""
    return {"number": number, "due": clock(due_at)}


def citizen_special_closed(number: str, code: SpecialReason, text: str) -> Variables:
    """To the citizen: why it is closed although they are not satisfied."""
    return {"number": number, "reason": SPECIAL_REASONS[code], "matter": _excerpt(text)}


def citizen_withdrawn(number: str) -> Variables:
    """To the citizen who took it back."""
    return {"number": number}


def citizen_reopened(number: str, due_at: datetime) -> Variables:
    """To the citizen who is not satisfied after all."""
    return {"number": number, "due": clock(due_at)}


def citizen_advised(number: str, advice: str) -> Variables:
    """To the citizen whose matter is not for this helpline."""
    return {"number": number, "matter": _excerpt(advice)}


def citizen_answered(number: str, answer: str) -> Variables:
    """To the citizen who asked for information."""
    return {"number": number, "matter": _excerpt(answer)}


def citizen_thanked(number: str) -> Variables:
    """To the citizen who made a suggestion."""
    return {"number": number}


def citizen_added(number: str) -> Variables:
    """To the citizen who told the same matter again: the number that they have already."""
    return {"number": number}


def citizen_merged(number: str, older: str) -> Variables:
    """To the citizen of two files about one matter: which number goes on."""
    return {"number": number, "older": older}


def officer_suggestion(number: str, category: str, place: str, text: str) -> Variables:
    """To the officer of the department, for information."""
    return {"number": number, "category": category, "place": place, "matter": _excerpt(text)}


def officer_added(number: str, weight: int, text: str, *, incident: bool = False) -> Variables:
    """To the officer who has it: the citizen told it again. `incident`: and it is one now."""
    matter = f"{_INCIDENT}: {text}" if incident else text
    return {"number": number, "weight": str(weight), "matter": _excerpt(matter)}


def officer_merged(number: str, older: str) -> Variables:
    """To the officer who had the younger file."""
    return {"number": number, "older": older}


def officer_reported(number: str, category: str, place: str, at: datetime) -> Variables:
    """To the officer in whose name a disposal was reported by telephone."""
    return {"number": number, "category": category, "place": place, "at": clock(at)}


def officer_withdrawn(number: str) -> Variables:
    """To the officer who had it."""
    return {"number": number}


def officer_proposal(number: str, kind: ProposalKind, text: str) -> Variables:
    """To the officer of the next level, who decides."""
    return {"number": number, "proposal": PROPOSALS[kind], "matter": _excerpt(text)}


def team_returned(number: str, category: str, place: str, text: str, due_at: datetime) -> Variables:
    """To the CM's team: an officer says that it is not theirs."""
    return {
        "number": number,
        "category": category,
        "place": place,
        "matter": _excerpt(text),
        "due": clock(due_at),
    }


def officer_approved(number: str, kind: ProposalKind, text: str) -> Variables:
    """To the officer who proposed it. `text`: what the next level says."""
    return {"number": number, "proposal": PROPOSALS[kind], "matter": _excerpt(text)}


def officer_refused(number: str, text: str, due_at: datetime) -> Variables:
    """To the officer whose proposal was refused."""
    return {"number": number, "matter": _excerpt(text), "due": clock(due_at)}


def citizen_disposed(number: str, kind: DisposalKind, report: str) -> Variables:
    """To the citizen, before they are asked: what the officer says became of it."""
    return {"number": number, "report": DISPOSALS[kind], "matter": _excerpt(report)}


def citizen_closed(number: str) -> Variables:
    """To the citizen who said that they are satisfied."""
    return {"number": number}


def citizen_asked(number: str, until: datetime) -> Variables:
    """To the citizen who could not be reached by telephone: please call, until then."""
    return {"number": number, "until": clock(until)}


def citizen_unverified(number: str) -> Variables:
    """To the citizen who could not be reached."""
    return {"number": number}


def why_forwarded(entry: Entry) -> str:
    """In a few words: the limit has passed, or what the citizen said."""
    if entry.event is Event.ESCALATED_OVERDUE:
        return "समय सीमा समाप्त"
    code = entry.reason.partition(": ")[0]
    given = DissatisfactionReason(code) if code in set(DissatisfactionReason) else None
    if entry.event is Event.REOPENED:
        return f"{_REOPENED}, {reason(given)}"
    if entry.event in (Event.ESCALATED_DISSATISFIED, Event.RETURNED_FOR_REVIEW):
        return f"नागरिक असंतुष्ट, {reason(given)}"
    return event(entry)


def event(entry: Entry) -> str:
    """What one entry of the history tells, without anybody's words (`entry_words`)."""
    return EVENTS[entry.event].format(level=entry.level)


def _excerpt(text: str) -> str:
    return text if len(text) <= _EXCERPT else text[: _EXCERPT - 1] + "…"
