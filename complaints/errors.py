"""What can go wrong with a complaint. Messages are for operators and logs, not for citizens."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from uuid import UUID


class ComplaintError(Exception):
    """The base of this package's errors."""


class HeadsError(ComplaintError):
    """A file of histories' heads is not usable: {path} {why}."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path} {why}")


class InputFault(StrEnum):
    """What is wrong with a field, for pages that say it in the reader's language."""

    INVALID = "invalid"
    EMPTY = "empty"
    TOO_LONG = "too_long"  # `most`: characters
    UNKNOWN = "unknown"
    HEADING = "heading"
    NOT_A_NUMBER = "not_a_number"
    NOT_ON_NUMBER = "not_on_number"
    NOT_INFORMATION = "not_information"
    NOT_BOTH = "not_both"
    NOT_THEIRS = "not_theirs"
    NEEDS_CITIZEN = "needs_citizen"
    OTHER_FORM = "other_form"


class InvalidInputError(ComplaintError):
    """A field of the request is not usable: {field} {why}.

    `fault` says the same for pages, with its `values`.
    """

    def __init__(
        self, field: str, why: str, fault: InputFault = InputFault.INVALID, **values: int | str
    ) -> None:
        super().__init__(f"{field} {why}")
        self.field = field
        self.fault = fault
        self.values = values


class InvalidComplaintNumberError(ComplaintError):
    """Not a complaint number: the check digit does not fit, so a digit was misheard or mistyped."""

    def __init__(self) -> None:
        super().__init__("not a complaint number: nine digits, the last one a check digit")


class UnknownComplaintError(ComplaintError):
    """The number is well-formed, but there is no such complaint: {number}."""

    def __init__(self, number: str) -> None:
        super().__init__(f"no complaint {number}")


class NoHistoryError(ComplaintError):
    """Nothing in the history of complaint {number} says when its officer got it."""

    def __init__(self, number: str) -> None:
        super().__init__(f"complaint {number}: no entry of its history has a due time")


class MonthLimitError(ComplaintError):
    """This mobile has registered its {limit} matters of this month."""

    def __init__(self, limit: int, registered: int) -> None:
        super().__init__(
            f"this mobile has registered {registered} this month, and {limit} is the most"
        )
        self.limit = limit
        self.registered = registered


@dataclass(frozen=True, slots=True)
class Candidate:
    """An open complaint that a new one may be the same as. `state`: as the schema names it."""

    number: str
    registered_at: datetime
    state: str


class DuplicateError(ComplaintError):
    """The citizen has open complaints about this: the agent asks whether it is the same matter.

    The same form again, with `adds_to` or `separate`, is the answer.
    """

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        numbers = ", ".join(one.number for one in candidates)
        super().__init__(f"the citizen has an open complaint about this: {numbers}")
        self.candidates = tuple(candidates)


class NotSameMatterError(ComplaintError):
    """These two complaints cannot be one: {why}."""


class NoPostError(ComplaintError):
    """No officer's post of {department} stands at {place} or above it: a hole in the mapping."""

    def __init__(self, department: str, place: str, level: int) -> None:
        super().__init__(f"no post of {department} for {place} at level {level} or above")


class IllegalMoveError(ComplaintError):
    """The complaint's state does not allow this."""


class AlreadyDisposedError(IllegalMoveError):
    """Complaint {number} is already disposed; its citizen is still to be asked."""

    def __init__(self, number: str) -> None:
        super().__init__(f"complaint {number} is already disposed and awaits the citizen's word")


class AlreadyEndedError(IllegalMoveError):
    """Complaint {number} has ended: {state}."""

    def __init__(self, number: str, state: str) -> None:
        super().__init__(f"complaint {number} has ended: {state}")


class NotOverdueError(IllegalMoveError):
    """The officer still has time until {due_at}."""

    def __init__(self, due_at: datetime) -> None:
        super().__init__(f"not overdue before {due_at.isoformat()}")


class NotAllowedError(IllegalMoveError):
    """The state knows this move, but not now or not under this policy: {why}."""


class NotNowError(IllegalMoveError):
    """Complaint {number} is {state}: there is no such move from there."""

    def __init__(self, number: str, state: str, move: str) -> None:
        super().__init__(f"complaint {number} is {state.replace('_', ' ')}: it cannot be {move}")


class WrongPostError(IllegalMoveError):
    """This is for {expected} to do, not for {post}."""

    def __init__(self, expected: str, post: str) -> None:
        super().__init__(f"this is for {expected} to do, not for {post}")


class NotHeldError(IllegalMoveError):
    """Who asks does not hold post {post} today."""

    def __init__(self, post: str) -> None:
        super().__init__(f"who asks does not hold post {post} today")


class NotAwaitingFeedbackError(IllegalMoveError):
    """Complaint {number} does not await an answer about disposal {disposal_no}."""

    def __init__(self, number: str, disposal_no: int) -> None:
        super().__init__(f"complaint {number} awaits no answer about disposal {disposal_no}")


class NoBundleError(ComplaintError):
    """The post that has complaint {number} was handed no recordings and reasons."""

    def __init__(self, number: str) -> None:
        super().__init__(f"complaint {number}: who has it was handed no bundle")


class EvidenceFault(StrEnum):
    """Why a call shows nothing, for pages that say it in the reader's language."""

    OTHER = "no_evidence"
    NOT_THEIR_NUMBER = "not_their_number"
    NOT_HAD = "call_not_had"
    OWN_CALL = "citizens_own_call"
    BEFORE = "call_before"


class NoEvidenceError(ComplaintError):
    """Call {call_id} does not show what somebody is said to have said in it: {why}.

    `fault` says the same for pages.
    """

    def __init__(self, call_id: UUID, why: str, fault: EvidenceFault = EvidenceFault.OTHER) -> None:
        super().__init__(f"call {call_id} is no evidence of what was said: {why}")
        self.fault = fault


class NoTaskError(ComplaintError):
    """No agent is to call the citizen of this complaint: answered, ended, or asked otherwise."""

    def __init__(self, complaint_id: UUID) -> None:
        super().__init__(f"no agent is to call about complaint {complaint_id}")


class TaskTakenError(ComplaintError):
    """Another agent has taken it to call the citizen of complaint {number}."""

    def __init__(self, number: str) -> None:
        super().__init__(f"another agent calls about complaint {number}")


class UnknownAttemptError(ComplaintError):
    """No attempt to reach a citizen has this id: {attempt_id}."""

    def __init__(self, attempt_id: UUID) -> None:
        super().__init__(f"no attempt {attempt_id}")


class ReferenceDataError(ComplaintError):
    """Departments, places, categories or posts do not fit together: nothing was loaded."""


class ImportUnderWayError(ComplaintError):
    """Another import is being written; this one wrote nothing."""

    def __init__(self) -> None:
        super().__init__("another import is under way: try again when it has ended")


class AttachmentError(ComplaintError):
    """The base of what can go wrong with a file of a disposal."""


class RefusedFileError(AttachmentError):
    """A file that was offered is not taken: {name} {why}."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"attachment {name} {why}")


class IntakeOverError(AttachmentError):
    """These files were handed over, given up, or lay too long: they are to be offered again."""

    def __init__(self) -> None:
        super().__init__("these files are no longer at hand: offer them again")


class UnknownAttachmentError(AttachmentError):
    """There is no such attachment: {attachment_id}."""

    def __init__(self, attachment_id: UUID) -> None:
        super().__init__(f"no attachment {attachment_id}")


class ErasedAttachmentError(AttachmentError):
    """The attachment was erased: {attachment_id}."""

    def __init__(self, attachment_id: UUID) -> None:
        super().__init__(f"attachment {attachment_id} was erased")


class HeldAttachmentError(AttachmentError):
    """The attachment is still evidence: {why}."""

    def __init__(self, attachment_id: UUID, why: str) -> None:
        super().__init__(f"attachment {attachment_id} stays: {why}")
