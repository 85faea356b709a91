"""What citizen and officer are told of a registration. Pure."""

from dataclasses import dataclass
from uuid import UUID

from complaints import texts
from complaints.ends import AdvisedAtDesk, AnsweredAtDesk, DeskEnd, Thanked
from complaints.lifecycle import Triage, WithOfficer
from complaints.mapping import Post
from complaints.notifications import Body, Kind, Notification, assignment_of
from complaints.registration_form import Registration

_FIRST = 1
#: What a registration may tell: templates that are read beforehand, with all else.
TOLD = (
    Kind.CITIZEN_REGISTERED,
    Kind.OFFICER_ASSIGNED,
    Kind.OFFICER_INFORMATION,
    Kind.CITIZEN_IN_TRIAGE,
    Kind.CITIZEN_ADVISED,
    Kind.CITIZEN_ANSWERED,
    Kind.CITIZEN_THANKED,
    Kind.OFFICER_SUGGESTION,
)


@dataclass(frozen=True, slots=True)
class NewComplaint:
    """What is registered. `post`: who gets it, or, of a suggestion, is to know of it.

    `citizen_shown`: whether that post may know who complains.
    """

    id: UUID
    number: str
    category_name: str
    place_name: str
    state: WithOfficer | Triage | DeskEnd
    post: Post | None
    citizen_shown: bool = False


def messages(form: Registration, new: NewComplaint) -> list[Notification]:
    """To the citizen always; to the officer when it is theirs."""
    return [
        Notification(
            complaint_id=new.id,
            entry=_FIRST,
            kind=kind,
            recipient=recipient,
            officer=new.post.officer if new.post and kind.startswith("officer_") else None,
            body=body,
        )
        for kind, recipient, body in _bodies(form, new)
    ]


def _bodies(form: Registration, new: NewComplaint) -> list[tuple[Kind, str, Body]]:
    number, citizen = new.number, form.contact
    match new.state:
        case AdvisedAtDesk(text=text):
            return [(Kind.CITIZEN_ADVISED, citizen, texts.citizen_advised(number, text))]
        case AnsweredAtDesk(text=text):
            return [(Kind.CITIZEN_ANSWERED, citizen, texts.citizen_answered(number, text))]
        case Thanked():
            thanks = (Kind.CITIZEN_THANKED, citizen, texts.citizen_thanked(number))
            return [thanks, *_suggestion(form, new)]
        case Triage():  # nobody's yet
            return [(Kind.CITIZEN_IN_TRIAGE, citizen, texts.citizen_in_triage(number))]
        case WithOfficer() as state:
            return _assignment(form, new, state)


def _suggestion(form: Registration, new: NewComplaint) -> list[tuple[Kind, str, Body]]:
    if new.post is None:
        return []
    body = texts.officer_suggestion(new.number, new.category_name, new.place_name, form.text)
    return [(Kind.OFFICER_SUGGESTION, new.post.number, body)]


def _assignment(
    form: Registration, new: NewComplaint, state: WithOfficer
) -> list[tuple[Kind, str, Body]]:
    if new.post is None:
        raise TypeError("an officer has it, but no post is known")
    to_officer = texts.officer_assigned(
        new.number,
        texts.subject(new.category_name, form.kind, incident=form.incident),
        new.place_name,
        form.text,
        form.contact if new.citizen_shown else None,
        state.due_at,
    )
    to_citizen = texts.citizen_registered(new.number, new.post.title, state.due_at)
    return [
        (assignment_of(form.kind), new.post.number, to_officer),
        (Kind.CITIZEN_REGISTERED, form.contact, to_citizen),
    ]
