"""`POST /agent/complaints`: the form of an agent's page, taken, registered and answered."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from cti.desk import Agent
from cti.drafts import Drafts
from cti.errors import (
    ConflictError,
    DuplicateFoundError,
    FieldsRefusedError,
    FormError,
    NoSuchCallError,
    Reason,
)
from cti.ports import RegisteredComplaint, Registrar, RegistrationForm
from cti.problem import field_errors, field_reasons, problem

_LARGEST_BODY = 64 * 1024
_Code = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
_Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
_Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
_Value = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
_Number = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]


class SchemeBody(BaseModel):
    """Which text of which scheme was told."""

    model_config = ConfigDict(extra="forbid")

    code: _Code
    version: int


class ComplaintBody(BaseModel):
    """`POST /agent/complaints`. `key` is made once per form: a repeat registers nothing new."""

    model_config = ConfigDict(extra="forbid")

    call: UUID
    key: UUID
    category: _Code
    place: _Code
    text: _Words
    citizen_name: _Name | None = None
    contact: _Number | None = None
    kind: Literal["complaint", "information", "demand", "suggestion"] = "complaint"
    incident: bool = False
    confidential: bool = False
    citizen: UUID | None = None
    links_number: bool = False
    answer: _Words | None = None
    adds_to: _Number | None = None
    separate: bool = False
    scheme: SchemeBody | None = None
    fields: Annotated[dict[_Code, _Value], Field(max_length=40)] = Field(default_factory=dict)

    def as_form(self, agent_id: str) -> RegistrationForm:
        """What this agent registers."""
        return RegistrationForm(
            agent_id=agent_id,
            call_id=self.call,
            key=self.key,
            category=self.category,
            place=self.place,
            text=self.text,
            citizen_name=self.citizen_name or None,
            contact=self.contact,
            kind=self.kind,
            incident=self.incident,
            confidential=self.confidential,
            citizen=self.citizen,
            links_number=self.links_number,
            answer=self.answer,
            adds_to=self.adds_to,
            separate=self.separate,
            scheme=(self.scheme.code, self.scheme.version) if self.scheme else None,
            fields=self.fields,
        )


@dataclass(frozen=True, slots=True)
class Registering:
    """The handler of that form. `drafts`: where the form was kept as it was typed."""

    registrar: Registrar
    drafts: Drafts | None

    async def __call__(self, request: web.Request, agent: Agent) -> web.StreamResponse:
        """201 with the complaint's number; 400, 404, 409 or 413 with what is wrong."""
        try:
            body = ComplaintBody.model_validate_json(await body_of(request))
        except ValidationError as error:
            return problem(
                400, "the form is not complete", field_errors(error),
                reason=FieldsRefusedError.reason, reasons=field_reasons(error),
            )  # fmt: skip
        except web.HTTPRequestEntityTooLarge:
            return problem(413, "the form is too large", reason=Reason("too_large"))
        try:
            done = await self.registrar.register(body.as_form(agent.id))
        except FormError as error:
            return refused(error)
        if self.drafts is not None:
            self.drafts.forget(body.call, agent.id)
        return web.json_response(_answer(done), status=201)


def refused(error: FormError) -> web.Response:
    """The answer that says why what an agent's page sent was not taken."""
    match error:
        case FieldsRefusedError():
            return problem(
                400, "the form is not right", error.fields,
                reason=error.reason, reasons=error.reasons,
            )  # fmt: skip
        case NoSuchCallError():
            return problem(404, str(error), reason=error.reason)
        case DuplicateFoundError():
            return problem(409, str(error), candidates=error.candidates, reason=error.reason)
        case ConflictError():
            return problem(409, str(error), reason=error.reason)
        case _:
            raise error


def _answer(done: RegisteredComplaint) -> dict[str, Any]:
    return {
        "number": done.number,
        "result": done.result,
        "level": done.level,
        "officer": done.officer,
        "officer_en": done.officer_en,
        "due_at": done.due_at.isoformat() if done.due_at else None,
        "words": done.words,
        "sms": done.sms,
    }


async def body_of(request: web.Request) -> bytes:
    """Of a form. Raises `web.HTTPRequestEntityTooLarge`."""
    body = bytearray()
    async for chunk in request.content.iter_chunked(16 * 1024):
        body += chunk
        if len(body) > _LARGEST_BODY:
            raise web.HTTPRequestEntityTooLarge(_LARGEST_BODY, len(body))
    return bytes(body)
