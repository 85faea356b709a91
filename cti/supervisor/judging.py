"""Whose part of which call somebody may judge: what is drawn for them is what they may open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from aiohttp import web

from access.rights import Person, Right, Subject, may
from access.users import ACQUIRE_SECONDS
from cti.reviews import Handled, Sampled, who_handled
from cti.supervisor.finding import subject_of
from db.pool import Connection
from db.statements import statements
from web.shell import Visit


@dataclass(frozen=True, slots=True)
class Judged:
    """A call and the agents in it whom the visitor may judge. `chosen`: whose part is asked for.

    `own`: the visitor had the citizen in it, so they judge nobody there.
    """

    call: Mapping[str, Any]
    agents: tuple[Handled, ...]
    chosen: Handled
    own: bool


async def judged(visit: Visit, agent: str) -> Judged:
    """The call of the address. `agent`: whose part; "": of those whom they may judge, the last one
    who had the citizen. Raises `HTTPNotFound`: what is not theirs is not there for them.
    """
    try:
        id = UUID(visit.request.match_info["id"])
    except ValueError as error:
        raise web.HTTPNotFound from error
    person = visit.signed_in.person
    async with visit.shell.pool.acquire(timeout=ACQUIRE_SECONDS) as conn:
        call = await statements().quality_listed(conn, id=id)
        agents = tuple(_theirs(person, await who_handled(conn, id)))
    if call is None or (
        call["confidential"] and not may(person, Right.CONFIDENTIAL_SEE, subject_of(call))
    ):
        raise web.HTTPNotFound
    found = [one for one in agents if agent in ("", one.agent_id)]
    if not found:
        raise web.HTTPNotFound
    return Judged(call, agents, found[-1], own=person.agent_id in call["agents"])


def _theirs(person: Person, handled: Sequence[Handled]) -> list[Handled]:
    """Who supervises a queue judges those who had the citizen from it."""
    return [one for one in handled if may(person, Right.QUALITY_JUDGE, Subject(queues=one.queues))]


async def may_be_judged(
    conn: Connection, person: Person, drawn: Sequence[Sampled]
) -> list[Sampled]:
    """Without the calls that they may not hear, and those in which they had the citizen."""
    rows = statements().quality_heard(
        conn,
        calls=[one.call_id for one in drawn],
        own=person.agent_id,
        confidential=may(person, Right.CONFIDENTIAL_SEE),
    )
    heard = {row["id"] async for row in rows}
    return [one for one in drawn if one.call_id in heard]
