"""`/agent/told`: what citizens and officers tell an agent in a call, about a complaint."""

from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from cti.desk import Agent
from cti.errors import FieldsRefusedError, FormError, NoSuchCallError, Reason
from cti.ports import Tellings, ToldForm
from cti.problem import field_errors, field_reasons, problem
from cti.registering import body_of, refused

_Number = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
_Code = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
_Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000)]
_Proof = Annotated[str, StringConstraints(strip_whitespace=True, max_length=400)]


class ToldBody(BaseModel):
    """`POST /agent/told`. One call, complaint and deed are one entry, however often it is sent."""

    model_config = ConfigDict(extra="forbid")

    call: UUID
    complaint: _Number
    what: Literal["satisfied", "dissatisfied", "reopen", "withdraw", "disposal", "comment"]
    speaker: Literal["complainant", "for_complainant", "officer"] | None = None
    confirmed: _Proof = ""
    read_out: bool = False
    reason: (
        Literal["not_done", "partly_done", "officer_did_not_contact", "false_report", "other"]
        | None
    ) = None
    disposal: Literal["resolved", "not_possible"] | None = None
    post: _Code | None = None
    text: _Words = ""

    def as_form(self, agent_id: str) -> ToldForm:
        """What this agent was told."""
        return ToldForm(
            agent_id=agent_id,
            call_id=self.call,
            complaint=self.complaint,
            what=self.what,
            speaker=self.speaker,
            confirmed=self.confirmed,
            read_out=self.read_out,
            reason=self.reason,
            disposal=self.disposal,
            post=self.post,
            text=self.text,
        )


def missing(form: ToldForm) -> dict[str, str]:
    """What nobody enters without: who said it, and what; by field. Pure.

    Nobody is closed as satisfied who was not asked: the question was read out, and the answer yes.
    """
    needed: dict[str, object] = {}
    match form.what:
        case "satisfied":
            needed = {"speaker": _citizen(form), "read_out": form.read_out}
        case "dissatisfied":
            needed = {"speaker": _citizen(form), "reason": form.reason}
        case "reopen":
            needed = {"speaker": _citizen(form), "reason": form.reason}
        case "withdraw":
            needed = {"speaker": _citizen(form), "text": form.text}
        case "disposal":
            officer = form.speaker == "officer"
            needed = {"speaker": officer, "disposal": form.disposal, "text": form.text}
        case _:
            needed = {"text": form.text}
    return {name: "is missing" for name, given in needed.items() if not given}


def _citizen(form: ToldForm) -> bool:
    return form.speaker in ("complainant", "for_complainant")


@dataclass(frozen=True, slots=True)
class Telling:
    """The handlers."""

    tellings: Tellings

    async def about(self, request: web.Request, agent: Agent) -> web.StreamResponse:
        """`?call=ID`, with `&complaint=NUMBER` for one that the call does not show by itself."""
        number = request.query.get("complaint") or None
        try:
            call = UUID(request.query.get("call", ""))
        except ValueError:
            return refused(NoSuchCallError())
        try:
            found = await self.tellings.about(agent.id, call, number)
        except FormError as error:
            return refused(error)
        return web.json_response({"complaints": list(found)})

    async def tell(self, request: web.Request, agent: Agent) -> web.StreamResponse:
        """201 with what followed; 400, 404, 409 or 413 with what is wrong."""
        try:
            form = ToldBody.model_validate_json(await body_of(request)).as_form(agent.id)
        except ValidationError as error:
            return problem(
                400, "the form is not complete", field_errors(error),
                reason=FieldsRefusedError.reason, reasons=field_reasons(error),
            )  # fmt: skip
        except web.HTTPRequestEntityTooLarge:
            return problem(413, "the form is too large", reason=Reason("too_large"))
        if fields := missing(form):
            return refused(FieldsRefusedError(fields, dict.fromkeys(fields, Reason("empty"))))
        try:
            done = await self.tellings.tell(form)
        except FormError as error:
            return refused(error)
        due_at = done.due_at.isoformat() if done.due_at else None
        answer = {"number": done.number, "result": done.result, "level": done.level}
        return web.json_response(answer | {"due_at": due_at}, status=201)
