"""The citizen's last calls, heard at the desk: a short link, for as long as they speak."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from aiohttp import web

from access.rights import Right
from cti.supervisor.hearing import ListeningRights
from db.statements import statements
from recordings.errors import NoSuchFileError, NotAllowedError
from recordings.listening import LinkTerms, Wish, link_for
from web.shell import Shell, Visit

_ACQUIRE_SECONDS = 5.0
#: The right is asked again at each fetch; this only keeps an old link from lying about.
_LINK_LASTS = timedelta(minutes=10)
_OPEN, _STORED = "open", "stored"


def add_routes(app: web.Application, shell: Shell, secret: bytes) -> None:
    """`POST /desk/calls/{id}/listen`. `secret` signs links."""
    hearing = _Hearing(secret, ListeningRights(shell.pool, shell.now))
    page = shell.page(hearing.listen, right=Right.LAST_CALLS_HEAR)
    app.router.add_post("/desk/calls/{id}/listen", page)


class _Hearing:
    def __init__(self, secret: bytes, rights: ListeningRights) -> None:
        self._secret = secret
        self._rights = rights

    async def listen(self, visit: Visit) -> web.StreamResponse:
        """`{"parts": [{"url": ..., "seconds": ...}]}`, or `{"reason": {"code": ...}}`.

        403 `not_in_call`, `not_yours`; 404 `no_file`: not recorded, `closing`, `gone`. Asked again
        when a link fails, so that the agent is told which it is. Of a call that was recorded twice,
        a part that is lost is left out.
        """
        call_id = _uuid(visit.request.match_info["id"])
        now_in = await _call_now(visit)
        if now_in is None:
            return _refused(403, "not_in_call")
        recordings = await _recordings(visit, call_id)
        reason = f"the citizen's last calls, in call {now_in}"
        terms, now = LinkTerms(self._secret, "", _LINK_LASTS), visit.shell.now()
        parts = list[dict[str, Any]]()
        try:
            for recording, seconds, state in recordings:
                if state == _STORED:
                    with suppress(NoSuchFileError):
                        parts.append(
                            await self._part(visit, recording, seconds, reason, terms, now)
                        )
        except NotAllowedError:
            await visit.shell.log_refusal(visit, Right.LAST_CALLS_HEAR)
            return _refused(403, "not_yours")
        if not parts:
            return _refused(404, why_silent([state for _, _, state in recordings]))
        return web.json_response({"parts": parts})

    async def _part(
        self, visit: Visit, recording: UUID, seconds: float, reason: str, terms: LinkTerms,
        now: datetime,
    ) -> dict[str, Any]:  # fmt: skip
        wish = Wish(visit.by.actor, recording, reason)
        url = await link_for(visit.shell.pool, self._rights, wish, terms, now)
        return {"url": url, "seconds": seconds}


async def _call_now(visit: Visit) -> UUID | None:
    """In which the agent speaks: it stands in the reason that is written down."""
    agent_id = visit.signed_in.person.agent_id
    async with visit.shell.pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
        found: UUID | None = await statements().listening_call_of_agent(conn, agent_id=agent_id)
    return found


def why_silent(states: Sequence[str]) -> str:
    """Why nothing of a call can be heard, by the states of its recordings."""
    if not states:
        return "no_file"
    return "closing" if _OPEN in states else "gone"


async def _recordings(visit: Visit, call_id: UUID) -> list[tuple[UUID, float, str]]:
    async with visit.shell.pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
        rows = statements().listening_of_call(conn, call_id=call_id)
        return [(row["id"], row["seconds"], row["state"]) async for row in rows]


def _refused(status: int, code: str) -> web.Response:
    return web.json_response({"reason": {"code": code}}, status=status)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise web.HTTPNotFound from error
