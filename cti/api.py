"""What an agent's page may ask: its live socket, and to register a complaint.

Every answer that is not a success is JSON: `{"error": "...", "fields": {"place": "is unknown"}}`,
in English; and the same as codes, which a page says in its reader's language: `reason`, and
`reasons` by field, each `{"code": "...", ...}` with what its text fills in.
409 with `candidates` asks whether it is one of these open complaints: the same form again, with
`adds_to` or `separate`, is the answer.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from uuid import UUID

import structlog
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from cti import tokens
from cti.desk import Agent, Desk
from cti.drafts import Drafts
from cti.errors import (
    ConflictError,
    DuplicateFoundError,
    FieldsRefusedError,
    FormError,
    NoSuchCallError,
    OpenComplaint,
    Reason,
)
from cti.ports import (
    AgentSessions,
    RegisteredComplaint,
    Registrar,
    RegistrationForm,
    SupervisorSessions,
)
from cti.supervising import Supervisor, of_token
from cti.wallboards import Wallboards
from db.errors import AWAY

_log = structlog.get_logger(__name__)
_LARGEST_BODY = 64 * 1024
_LARGEST_MESSAGE = 32 * 1024  # a draft of the form has a citizen's words in it
_PROTOCOL = "helpline.v1"
_TOKEN_PROTOCOL = "bearer."  # noqa: S105 -- a prefix

_Handler = Callable[[web.Request, Agent], Awaitable[web.StreamResponse]]
_Code = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
_Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
_Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
_Value = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
_Number = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]


@dataclass(frozen=True, slots=True)
class AgentApi:
    """What the handlers need. `secret`: of the agents' tokens. `heartbeat` in seconds.
    `sessions`: browsers that signed in, where there is a sign-in.
    """

    secret: bytes
    desk: Desk
    registrar: Registrar
    sessions: AgentSessions | None = None
    heartbeat: float = 6.0
    wallboards: Wallboards | None = None
    drafts: Drafts | None = None
    supervisors: SupervisorSessions | None = None


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


def routes(api: AgentApi) -> list[web.RouteDef]:
    """The agents' part of the HTTP API."""
    return [
        web.get("/agent/socket", _for_agents(api, _Socket(api))),
        web.post("/agent/complaints", _for_agents(api, _Complaints(api))),
        web.get("/supervisor/socket", _for_supervisors(api)),
    ]


def _for_supervisors(api: AgentApi) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def guarded(request: web.Request) -> web.StreamResponse:
        async def who() -> Supervisor | None:
            return await _supervisor(api, request)

        try:
            known = await who()
        except AWAY as error:
            _log.warning("supervisor's request not served", error=repr(error))
            return _problem(503, "try again in a moment", headers={"Retry-After": "2"})
        if known is None or api.wallboards is None:
            return _problem(401, "sign in first", headers={"WWW-Authenticate": "Bearer"})
        socket = _socket(api)
        await socket.prepare(request)
        await api.wallboards.serve(who, socket, request)
        return socket

    return guarded


async def _supervisor(api: AgentApi, request: web.Request) -> Supervisor | None:
    """By a laboratory's token, or else by the session of the browser."""
    token = _token(request)
    if token or api.supervisors is None:
        name = tokens.supervisor(api.secret, token)
        return None if name is None else of_token(name)
    return await api.supervisors.supervisor_of(request)


def _socket(api: AgentApi) -> web.WebSocketResponse:
    return web.WebSocketResponse(
        heartbeat=api.heartbeat,
        max_msg_size=_LARGEST_MESSAGE,
        protocols=(_PROTOCOL,),
        timeout=2.0,
    )


@dataclass(frozen=True, slots=True)
class _Socket:
    api: AgentApi

    async def __call__(self, request: web.Request, agent: Agent) -> web.StreamResponse:
        socket = _socket(self.api)
        await socket.prepare(request)
        if self.api.sessions is None or _token(request):
            await self.api.desk.serve(agent, socket, request)
            return socket
        watch = asyncio.create_task(
            self._end_with_session(self.api.sessions, agent, request),
            name=f"session of agent {agent.id}",
        )
        try:
            await self.api.desk.serve(agent, socket, request)
        finally:
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)
        return socket

    async def _end_with_session(
        self, sessions: AgentSessions, agent: Agent, request: web.Request
    ) -> None:
        """A forced sign-out reaches the open page too."""
        await sessions.until_ended(request)
        self.api.desk.sign_out(agent.id)


@dataclass(frozen=True, slots=True)
class _Complaints:
    api: AgentApi

    async def __call__(self, request: web.Request, agent: Agent) -> web.StreamResponse:
        try:
            body = ComplaintBody.model_validate_json(await _body(request))
        except ValidationError as error:
            return _problem(
                400, "the form is not complete", _field_errors(error),
                reason=FieldsRefusedError.reason, reasons=_field_reasons(error),
            )  # fmt: skip
        except web.HTTPRequestEntityTooLarge:
            return _problem(413, "the form is too large", reason=Reason("too_large"))
        form = RegistrationForm(
            agent_id=agent.id,
            call_id=body.call,
            key=body.key,
            category=body.category,
            place=body.place,
            text=body.text,
            citizen_name=body.citizen_name or None,
            contact=body.contact,
            kind=body.kind,
            incident=body.incident,
            confidential=body.confidential,
            citizen=body.citizen,
            links_number=body.links_number,
            answer=body.answer,
            adds_to=body.adds_to,
            separate=body.separate,
            scheme=(body.scheme.code, body.scheme.version) if body.scheme else None,
            fields=body.fields,
        )
        try:
            done = await self.api.registrar.register(form)
        except FieldsRefusedError as error:
            return _problem(
                400, "the form is not right", error.fields,
                reason=error.reason, reasons=error.reasons,
            )  # fmt: skip
        except NoSuchCallError as error:
            return _problem(404, str(error), reason=error.reason)
        except DuplicateFoundError as error:
            return _problem(409, str(error), candidates=error.candidates, reason=error.reason)
        except ConflictError as error:
            return _problem(409, str(error), reason=error.reason)
        if self.api.drafts is not None:
            self.api.drafts.forget(body.call, agent.id)
        return web.json_response(_answer(done), status=201)


def _answer(done: RegisteredComplaint) -> dict[str, Any]:
    return {
        "number": done.number,
        "result": done.result,
        "level": done.level,
        "officer": done.officer,
        "due_at": done.due_at.isoformat() if done.due_at else None,
        "words": done.words,
    }


def _for_agents(
    api: AgentApi, handler: _Handler
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Who asks, before anything else; and one answer to a database that is away."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        try:
            agent_id = await _who(api, request)
            if agent_id is None:
                return _problem(
                    401, "sign in first", headers={"WWW-Authenticate": "Bearer"},
                    reason=Reason("signed_out"),
                )  # fmt: skip
            agent = await api.desk.agent(agent_id)
            if agent is None:
                return _problem(403, "no agent of this cell", reason=Reason("signed_out"))
            return await handler(request, agent)
        except AWAY as error:
            if request.transport is None or request.transport.is_closing():
                raise  # the page went away, not the database
            _log.warning("agent's request not served", path=request.path, error=repr(error))
            return _problem(
                503, "try again in a moment", headers={"Retry-After": "2"}, reason=Reason("away")
            )

    return guarded


async def _who(api: AgentApi, request: web.Request) -> str | None:
    """By token, or else by the session of the browser."""
    token = _token(request)
    if token or api.sessions is None:
        return tokens.verify(api.secret, token)
    return await api.sessions.agent_of(request)


def _token(request: web.Request) -> str:
    """From `Authorization: Bearer ...`, or, as a browser's WebSocket can set no header, from
    `Sec-WebSocket-Protocol: helpline.v1, bearer.<token>`. Never from the URL: URLs are logged.
    """
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return token.strip()
    for offered in request.headers.get("Sec-WebSocket-Protocol", "").split(","):
        if offered.strip().startswith(_TOKEN_PROTOCOL):
            return offered.strip().removeprefix(_TOKEN_PROTOCOL)
    return ""


async def _body(request: web.Request) -> bytes:
    body = bytearray()
    async for chunk in request.content.iter_chunked(16 * 1024):
        body += chunk
        if len(body) > _LARGEST_BODY:
            raise web.HTTPRequestEntityTooLarge(_LARGEST_BODY, len(body))
    return bytes(body)


def _field_errors(error: ValidationError) -> dict[str, str]:
    return {
        ".".join(str(part) for part in problem["loc"]) or "body": _in_words(
            problem["type"], problem.get("ctx", {}), problem["msg"]
        )
        for problem in error.errors(include_url=False, include_input=False)
    }


def _field_reasons(error: ValidationError) -> dict[str, Reason]:
    return {
        ".".join(str(part) for part in problem["loc"]): _reason(
            problem["type"], problem.get("ctx", {})
        )
        for problem in error.errors(include_url=False, include_input=False)
        if problem["loc"]
    }


def _reason(kind: str, context: Mapping[str, Any]) -> Reason:
    match kind:
        case "missing" | "string_too_short":
            return Reason("empty")
        case "string_too_long":
            return Reason("too_long", {"most": context["max_length"]})
        case _:
            return Reason("invalid")


def _in_words(kind: str, context: Mapping[str, Any], otherwise: str) -> str:
    match kind:
        case "missing":
            return "is missing"
        case "extra_forbidden":
            return "is not a field of this form"
        case "string_type":
            return "must be text"
        case "string_too_short":
            return "must not be empty"
        case "string_too_long":
            return f"is longer than {context.get('max_length')} characters"
        case "literal_error":
            return f"must be {context.get('expected')}"
        case "bool_type" | "bool_parsing":
            return "must be true or false"
        case "json_invalid" | "model_type" | "model_attributes_type":
            return "must be a JSON object"
        case _ if kind.startswith("uuid"):
            return "must be a UUID"
        case _:
            return otherwise


def _coded(reason: Reason) -> dict[str, int | str]:
    return {"code": reason.code, **reason.values}


def _problem(
    status: int,
    error: str,
    fields: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    candidates: Sequence[OpenComplaint] = (),
    reason: Reason = FormError.reason,
    reasons: Mapping[str, Reason] | None = None,
) -> web.Response:
    answer: dict[str, Any] = {"error": error, "reason": _coded(reason)}
    if reasons:
        answer["reasons"] = {name: _coded(one) for name, one in reasons.items()}
    if candidates:
        answer["candidates"] = [
            {
                "number": one.number,
                "registered_at": one.registered_at.isoformat(),
                "state": one.state,
            }
            for one in candidates
        ]
    if fields:
        answer["fields"] = dict(fields)
    return web.json_response(answer, status=status, headers=headers)
