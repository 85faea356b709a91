"""What agents are told in their calls, entered through the complaints' use cases."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, Final
from uuid import UUID

import structlog

from complaints import number
from complaints.disposal import DisposalKind, Via, dispose
from complaints.ending import withdraw
from complaints.ends import OwnWord
from complaints.errors import (
    AlreadyDisposedError,
    AlreadyEndedError,
    ComplaintError,
    EvidenceFault,
    InvalidComplaintNumberError,
    InvalidInputError,
    NoEvidenceError,
    NotAllowedError,
    NotAwaitingFeedbackError,
    NotNowError,
    UnknownComplaintError,
    WrongPostError,
)
from complaints.feedback import Answer, DissatisfactionReason, record_told
from complaints.history import Event
from complaints.interim import comment
from complaints.notifications import Signer
from complaints.policy import Policy
from complaints.reopening import reopen
from complaints.tellable import Deed, tellable
from cti.errors import ConflictError, FieldsRefusedError, Reason
from cti.hidden import hidden_numbers
from cti.ports import ToldForm, ToldResult
from db.pool import Pool
from db.statements import statements
from helpline.clock import Clock
from helpline.desk_adapters import Has, nobody_has, their_call

#: What a page says where a use case refuses, beside what is wrong with a field.
REFUSED: Final[Mapping[type[ComplaintError], str]] = {
    NotAwaitingFeedbackError: "not_awaiting",
    AlreadyEndedError: "ended",
    AlreadyDisposedError: "already_disposed",
    NotNowError: "not_in_this_state",
    NotAllowedError: "not_allowed",
    WrongPostError: "moved_meanwhile",
}
_log = structlog.get_logger(__name__)
_ACQUIRE_SECONDS = 2.0
_LEAVES: Mapping[Deed, tuple[Event, ...]] = {
    Deed.REOPEN: (Event.REOPENED,),
    Deed.WITHDRAW: (Event.WITHDRAWN,),
    Deed.DISPOSAL: (Event.DISPOSED, Event.ANSWERED),
}
_FIELDS = {"report": "text", "call_id": "call"}
#: Kept in the history, where the citizens' words are, and so in their language.
_FOR_THEM = "शिकायतकर्ता की ओर से बात की"


class DeskTellings:
    """`cti.ports.Tellings`. `has`: whether an agent has a call, before its row is written."""

    def __init__(
        self, pool: Pool, policy: Policy, now: Clock, signer: Signer, has: Has = nobody_has
    ) -> None:
        self._pool = pool
        self._policy = policy
        self._now = now
        self._signer = signer
        self._has = has
        self._deeds: Mapping[Deed, Callable[[ToldForm], Awaitable[ToldResult]]] = {
            Deed.SATISFIED: self._answered,
            Deed.DISSATISFIED: self._answered,
            Deed.REOPEN: self._reopened,
            Deed.WITHDRAW: self._withdrawn,
            Deed.DISPOSAL: self._disposed,
            Deed.COMMENT: self._noted,
        }

    async def about(
        self, agent_id: str, call_id: UUID, complaint: str | None
    ) -> Sequence[Mapping[str, Any]]:
        """Of a call whose number is not for this agent to know, only what they called about, and no
        name.
        """
        digits = None if complaint is None else _digits(complaint)
        async with self._pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
            await their_call(conn, agent_id, call_id, self._has)
            hidden = await hidden_numbers(conn, [call_id], agent_id)
            found = await tellable(conn, call_id, digits, policy=self._policy, now=self._now())
        if digits is not None:  # who looked up what: an agent sees names by it
            _log.info(
                "complaint looked up in a call", agent=agent_id, call=str(call_id),
                found=len(found), pii={"number": digits},
            )  # fmt: skip
        if digits is not None and not found:
            raise FieldsRefusedError({"complaint": "is unknown"}, {"complaint": _NO_COMPLAINT})
        if hidden:
            found = [replace(one, citizen=None) for one in found if one.clicked or digits]
        return [asdict(one) for one in found]

    async def tell(self, form: ToldForm) -> ToldResult:
        """One call, complaint and deed are one entry: a repeat finds what it has led to."""
        async with self._pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
            await their_call(conn, form.agent_id, form.call_id, self._has)
        _log.info("told in a call", agent=form.agent_id, call=str(form.call_id), what=form.what)
        try:
            return await self._deeds[Deed(form.what)](form)
        except ComplaintError as error:
            if (before := await self._before(form)) is not None:
                return before
            raise _refusal(error) from error

    async def _before(self, form: ToldForm) -> ToldResult | None:
        events = _LEAVES.get(Deed(form.what))
        if events is None or not number.is_valid(form.complaint):
            return None
        digits = number.parse(form.complaint)
        async with self._pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
            row = await statements().followup_told_before(
                conn, call_id=form.call_id, number=digits, actor=_actor(form), events=list(events)
            )
        if row is None:
            return None
        return ToldResult(
            number=digits, result=row["event"], level=row["level"], due_at=row["due_at"]
        )

    async def _answered(self, form: ToldForm) -> ToldResult:
        """The first answer of a call stands; another one after it is told as refused."""
        satisfied = form.what == Deed.SATISFIED
        done = await record_told(
            self._pool, form.complaint, call_id=form.call_id, agent=form.agent_id,
            answer=Answer(satisfied, None if satisfied else _reason(form)),
            policy=self._policy, now=self._now(), signer=self._signer,
        )  # fmt: skip
        if done.satisfied != satisfied:
            raise ConflictError("this call has the other answer", Reason("answered_otherwise"))
        level = None if satisfied else done.level
        return ToldResult(number=done.number, result=done.event, level=level, due_at=done.due_at)

    async def _reopened(self, form: ToldForm) -> ToldResult:
        after = await reopen(
            self._pool, form.complaint, reason=_reason(form), word=_word(form),
            policy=self._policy, now=self._now(), signer=self._signer,
        )  # fmt: skip
        return ToldResult(
            number=number.parse(form.complaint),
            result=Event.REOPENED,
            level=after.level,
            due_at=after.due_at,
        )

    async def _withdrawn(self, form: ToldForm) -> ToldResult:
        await withdraw(self._pool, form.complaint, word=_word(form), now=self._now())
        return ToldResult(number=number.parse(form.complaint), result=Event.WITHDRAWN)

    async def _disposed(self, form: ToldForm) -> ToldResult:
        disposed = await dispose(
            self._pool, form.complaint, kind=DisposalKind(form.disposal or ""), report=form.text,
            post=form.post or "", actor=_actor(form), policy=self._policy, now=self._now(),
            via=Via.AGENT, call_id=form.call_id,
        )  # fmt: skip
        ended = disposed.ask_from is None
        return ToldResult(
            number=disposed.number, result=Event.ANSWERED if ended else Event.DISPOSED
        )

    async def _noted(self, form: ToldForm) -> ToldResult:
        await comment(
            self._pool, form.complaint, text=form.text, actor=_actor(form), now=self._now(),
            call_id=form.call_id,
        )  # fmt: skip
        return ToldResult(number=number.parse(form.complaint), result=Event.NOTED)


_NO_COMPLAINT, _NOT_A_COMPLAINT = Reason("no_complaint"), Reason("not_a_complaint")


def _actor(form: ToldForm) -> str:
    return f"agent:{form.agent_id}"


def _reason(form: ToldForm) -> DissatisfactionReason | None:
    return DissatisfactionReason(form.reason) if form.reason else None


def _word(form: ToldForm) -> OwnWord:
    """Who speaks for the citizen is told with how the agent made sure of it.

    `confirmed` opens what the number does not: nothing is put into it that no agent has written.
    """
    text = form.text
    if form.speaker == "for_complainant":
        text = f"{text} ({_FOR_THEM})".strip()
    return OwnWord(actor=_actor(form), text=text, call_id=form.call_id, confirmed=form.confirmed)


def _digits(said: str) -> str:
    try:
        return number.parse(said)
    except InvalidComplaintNumberError as error:
        raise _refusal(error) from error


def _refusal(error: ComplaintError) -> FieldsRefusedError | ConflictError:
    match error:
        case InvalidComplaintNumberError():
            return FieldsRefusedError({"complaint": str(error)}, {"complaint": _NOT_A_COMPLAINT})
        case UnknownComplaintError():
            return FieldsRefusedError({"complaint": str(error)}, {"complaint": _NO_COMPLAINT})
        case InvalidInputError():
            field = _FIELDS.get(error.field, error.field)
            why = str(error).partition(" ")[2]
            return FieldsRefusedError({field: why}, {field: Reason(error.fault, error.values)})
        case NoEvidenceError(fault=EvidenceFault() as fault):
            return ConflictError(str(error), Reason(fault))
        case _:
            return ConflictError(str(error), Reason(REFUSED.get(type(error), "other")))
