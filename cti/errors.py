"""What can go wrong between us, Asterisk and the agents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cti.why import Why


class CtiError(Exception):
    """The base of this package's errors."""


class AmiError(CtiError):
    """The base of what can go wrong on the AMI link."""


class AmiValueError(AmiError, ValueError):
    """{what} cannot be sent: it could be read by Asterisk as something else. Nothing was sent."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} cannot be sent over AMI")


class AmiNotConnectedError(AmiError):
    """There is no link to Asterisk. Nothing was sent."""

    def __init__(self) -> None:
        super().__init__("no AMI link")


class AmiBusyError(AmiError):
    """Too many actions wait for their answers: {pending}. Nothing was sent."""

    def __init__(self, pending: int) -> None:
        super().__init__(f"{pending} AMI actions already wait for an answer")


class AmiUnansweredError(AmiError):
    """The action was sent, its answer never came: it may have had its effect."""


class AmiLinkLostError(AmiUnansweredError):
    """The link was lost: {reason}. An action without an answer may have had its effect."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"AMI link lost: {reason}")
        self.reason = reason


class AmiTimeoutError(AmiUnansweredError):
    """No answer to {action} within {seconds} s."""

    def __init__(self, action: str, seconds: float) -> None:
        super().__init__(f"no answer to {action} within {seconds:g} s")


class AmiAuthError(AmiError):
    """Asterisk refused our user or secret: {message}."""

    def __init__(self, message: str) -> None:
        super().__init__(f"AMI login refused: {message}")


class AmiRefusedError(AmiError):
    """Asterisk refused an action that everything else rests upon: {action}: {message}."""

    def __init__(self, action: str, message: str) -> None:
        super().__init__(f"{action} refused: {message}")


class AgentGoneError(CtiError):
    """{agent_id} is not an agent in the settings any more: nobody signs in by it."""

    def __init__(self, agent_id: str) -> None:
        super().__init__(f"{agent_id} is not an agent here any more")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why, for a page that says it in its reader's language: a code, and what it fills in."""

    code: str
    values: Mapping[str, int | str] = field(default_factory=dict)

    def told(self) -> dict[str, int | str]:
        """As pages get it: `{"code": "...", ...}`."""
        return {"code": str(self.code), **self.values}


class FormError(CtiError):
    """The base of why what somebody entered was not taken. Nothing was written."""

    reason = Reason("other")


class FieldsRefusedError(FormError):
    """Fields of the form are not usable: `fields` says for each what is wrong with it.

    `reasons`: the same for pages.
    """

    reason = Reason("fields")

    def __init__(
        self, fields: Mapping[str, str], reasons: Mapping[str, Reason] | None = None
    ) -> None:
        super().__init__("; ".join(f"{name} {why}" for name, why in fields.items()))
        self.fields = dict(fields)
        self.reasons = dict(reasons or {})


class NoSuchCallError(FormError):
    """The form names a call that we do not know."""

    reason = Reason("no_such_call")

    def __init__(self) -> None:
        super().__init__("no such call")


@dataclass(frozen=True, slots=True)
class OpenComplaint:
    """One that the new one may be the same as."""

    number: str
    registered_at: datetime
    state: str


class DuplicateFoundError(FormError):
    """The citizen has open complaints about this: the agent asks whether it is the same matter."""

    def __init__(self, candidates: Sequence[OpenComplaint]) -> None:
        super().__init__("the citizen has an open complaint about this")
        self.candidates = tuple(candidates)


class ConflictError(FormError):
    """The form contradicts what is known: {why}."""

    def __init__(self, why: str, reason: Reason = FormError.reason) -> None:
        super().__init__(why)
        self.reason = reason


class LimitRefusedError(FormError):
    """A limit of an alarm cannot be what was entered: {why}."""


class DeskError(CtiError):
    """The base of what an agent or a supervisor is refused; pages say `reason` to them."""

    def __init__(self, why: Why, **values: int | str) -> None:
        super().__init__(str(why))
        self.reason = Reason(why, values)


class NotNowError(DeskError):
    """It cannot be done as things stand: {why}."""


class NotAllowedError(DeskError):
    """They may not do that: {why}."""
