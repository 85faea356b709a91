"""What an agent's page may ask: its live socket, and to register a complaint.

Every answer that is not a success is JSON: `{"error": "...", "fields": {"place": "is unknown"}}`.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import structlog
from aiohttp import web
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from cti import tokens
from cti.desk import Agent, Desk
from cti.drafts import Drafts
from cti.errors import ConflictError, FieldsRefusedError, NoSuchCallError
from cti.ports import Registrar, RegistrationForm
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
_Number = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]


@dataclass(frozen=True, slots=True)
class AgentApi:
    """What the handlers need. `secret`: of the agents' tokens. `heartbeat` in seconds."""

    secret: bytes
    desk: Desk
    registrar: Registrar
    heartbeat: float = 20.0
    wallboards: Wallboards | None = None
    drafts: Drafts | None = None


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


def routes(api: AgentApi) -> list[web.RouteDef]:
    """The agents' part of the HTTP API."""
    return [
        web.get("/agent/socket", _for_agents(api, _Socket(api))),
        web.post("/agent/complaints", _for_agents(api, _Complaints(api))),
        web.get("/supervisor/socket", _for_supervisors(api)),
    ]


def _for_supervisors(api: AgentApi) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def guarded(request: web.Request) -> web.StreamResponse:
        name = tokens.supervisor(api.secret, _token(request))
        if name is None or api.wallboards is None:
            return _problem(401, "sign in first", headers={"WWW-Authenticate": "Bearer"})
        socket = _socket(api)
        await socket.prepare(request)
        await api.wallboards.serve(name, socket, request)
        return socket

    return guarded


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
        await self.api.desk.serve(agent, socket, request)
        return socket


@dataclass(frozen=True, slots=True)
class _Complaints:
    api: AgentApi

    async def __call__(self, request: web.Request, agent: Agent) -> web.StreamResponse:
        try:
            body = ComplaintBody.model_validate_json(await _body(request))
        except ValidationError as error:
            return _problem(400, "the form is not complete", _field_errors(error))
        except web.HTTPRequestEntityTooLarge:
            return _problem(413, "the form is too large")
        form = RegistrationForm(
            agent_id=agent.id,
            call_id=body.call,
            key=body.key,
            category=body.category,
            place=body.place,
            text=body.text,
            citizen_name=body.citizen_name or None,
            contact=body.contact,
        )
        try:
            done = await self.api.registrar.register(form)
        except FieldsRefusedError as error:
            return _problem(400, "the form is not right", error.fields)
        except NoSuchCallError as error:
            return _problem(404, str(error))
        except ConflictError as error:
            return _problem(409, str(error))
        if self.api.drafts is not None:
            self.api.drafts.forget(body.call, agent.id)
        answer = {
            "number": done.number,
            "level": done.level,
            "officer": done.officer,
            "due_at": done.due_at.isoformat(),
        }
        return web.json_response(answer, status=201)


def _for_agents(
    api: AgentApi, handler: _Handler
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Who asks, before anything else; and one answer to a database that is away."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        agent_id = tokens.verify(api.secret, _token(request))
        if agent_id is None:
            return _problem(401, "sign in first", headers={"WWW-Authenticate": "Bearer"})
        try:
            agent = await api.desk.agent(agent_id)
            if agent is None:
                return _problem(403, "no agent of this cell")
            return await handler(request, agent)
        except AWAY as error:
            if request.transport is None or request.transport.is_closing():
                raise  # the page went away, not the database
            _log.warning("agent's request not served", path=request.path, error=repr(error))
            return _problem(503, "try again in a moment", headers={"Retry-After": "2"})

    return guarded


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
        case "json_invalid" | "model_type" | "model_attributes_type":
            return "must be a JSON object"
        case _ if kind.startswith("uuid"):
            return "must be a UUID"
        case _:
            return otherwise


def _problem(
    status: int,
    error: str,
    fields: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    answer: dict[str, Any] = {"error": error}
    if fields:
        answer["fields"] = dict(fields)
    return web.json_response(answer, status=status, headers=headers)
