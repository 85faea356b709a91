"""What an agent's page may ask: its live socket, to register a complaint, to enter what was told.

Every answer that is not a success is JSON: `{"error": "...", "fields": {"place": "is unknown"}}`,
in English; and the same as codes, which a page says in its reader's language: `reason`, and
`reasons` by field, each `{"code": "...", ...}` with what its text fills in.
409 with `candidates` asks whether it is one of these open complaints: the same form again, with
`adds_to` or `separate`, is the answer.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog
from aiohttp import web

from cti import tokens
from cti.desk import Agent, Desk
from cti.drafts import Drafts
from cti.errors import AgentGoneError, Reason
from cti.pages import CLOSE_GONE, CLOSE_SIGNED_OUT
from cti.ports import AgentSessions, Registrar, SupervisorSessions, Tellings
from cti.problem import problem
from cti.registering import Registering
from cti.supervising import Supervisor, of_token
from cti.telling import Telling
from cti.wallboards import Wallboards
from db.errors import AWAY

_log = structlog.get_logger(__name__)
_LARGEST_MESSAGE = 32 * 1024  # a draft of the form has a citizen's words in it
_PROTOCOL = "helpline.v1"
_TOKEN_PROTOCOL = "bearer."  # noqa: S105 -- a prefix

_Handler = Callable[[web.Request, Agent], Awaitable[web.StreamResponse]]


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
    tellings: Tellings | None = None


def routes(api: AgentApi) -> list[web.RouteDef]:
    """The agents' part of the HTTP API."""
    told: list[web.RouteDef] = []
    if api.tellings is not None:
        telling = Telling(api.tellings)
        told = [
            web.get("/agent/told", _for_agents(api, telling.about)),
            web.post("/agent/told", _for_agents(api, telling.tell)),
        ]
    return [
        *told,
        web.get("/agent/socket", _for_agents(api, _Socket(api))),
        web.post("/agent/complaints", _for_agents(api, Registering(api.registrar, api.drafts))),
        web.get("/supervisor/socket", _for_supervisors(api)),
    ]


def _for_supervisors(api: AgentApi) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def guarded(request: web.Request) -> web.StreamResponse:
        async def who() -> Supervisor | None:
            return await _supervisor(api, request)

        try:
            known = await who()
            if known is None:
                return await _signed_out(api, request, api.supervisors)
        except web.HTTPTooManyRequests as error:
            return _too_many(error)
        except AWAY as error:
            _log.warning("supervisor's request not served", error=repr(error))
            return problem(503, "try again in a moment", headers={"Retry-After": "2"})
        if api.wallboards is None:
            return _sign_in_first()
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
            # The page may be older than the session: it was signed in again beside it.
            told = {"csrf": self.api.sessions.form_token(request)}
            await self.api.desk.serve(agent, socket, request, told)
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


def _for_agents(
    api: AgentApi, handler: _Handler
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Who asks, before anything else; and one answer to a database that is away."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        try:
            agent_id = await _who(api, request)
            if agent_id is None:
                return await _signed_out(api, request, api.sessions)
            agent = await api.desk.agent(agent_id)
            if agent is None:
                return await _turned_away(api, request, "no agent of this cell")
            return await handler(request, agent)
        except web.HTTPTooManyRequests as error:
            return _too_many(error)
        except AgentGoneError as error:
            return await _turned_away(api, request, str(error))
        except AWAY as error:
            if request.transport is None or request.transport.is_closing():
                raise  # the page went away, not the database
            _log.warning("agent's request not served", path=request.path, error=repr(error))
            return problem(
                503, "try again in a moment", headers={"Retry-After": "2"}, reason=Reason("away")
            )

    return guarded


def _too_many(error: web.HTTPTooManyRequests) -> web.Response:
    """The bound that stands before the database, as JSON like every answer here."""
    later = {"Retry-After": error.headers["Retry-After"]}
    return problem(429, "too many requests", headers=later, reason=Reason("away"))


async def _turned_away(api: AgentApi, request: web.Request, why: str) -> web.StreamResponse:
    closed = await _closed(api, request, CLOSE_GONE, b"not an agent any more")
    return problem(403, why, reason=Reason("gone")) if closed is None else closed


async def _signed_out(
    api: AgentApi, request: web.Request, sessions: AgentSessions | SupervisorSessions | None
) -> web.StreamResponse:
    """Of a browser, only a page of ours is let in to be told."""
    closed = None
    if sessions is not None and not _token(request) and sessions.from_our_page(request):
        closed = await _closed(api, request, CLOSE_SIGNED_OUT, b"signed out")
    return _sign_in_first() if closed is None else closed


def _sign_in_first() -> web.Response:
    return problem(
        401, "sign in first", headers={"WWW-Authenticate": "Bearer"}, reason=Reason("signed_out")
    )


async def _closed(
    api: AgentApi, request: web.Request, code: int, why: bytes
) -> web.StreamResponse | None:
    """A page's socket is taken and closed: a browser does not tell its page of a refusal, and it
    would try for ever. None: no socket is asked for.
    """
    socket = _socket(api)
    if not socket.can_prepare(request):
        return None
    await socket.prepare(request)
    await socket.close(code=code, message=why)
    return socket


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
