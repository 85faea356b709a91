"""Looking calls up: by number, complaint, agent, queue, days; newest first, page by page."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from aiohttp import web

from access.rights import Person, Right, may
from access.users import ACQUIRE_SECONDS
from calls.numbers import to_e164
from complaints.errors import ComplaintError
from complaints.holding import calls_of
from cti.queue_titles import Titles, TitlesNow
from cti.supervisor.finding import Reach, subject_of
from cti.supervisor.wall import asked_day, today
from db.pool import Connection
from db.statements import statements
from web.dates import IST
from web.shell import Shell, Visit

_PAGE = 50
_DAYS = 7
_FEW = 20_000
"""Complaints whose calls are looked up one by one in less time than days are searched."""
_AT_ONCE = 4
"""Lists that are made at a time: each holds a connection, of which calls and desks need some too,
and who waits for one likes to load the page once more.
"""
_LAST = UUID(int=2**128 - 1)

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked for; `since`, `until`: whole days in India, both included.

    An agent's calls are those whose citizen they had in these days, a queue's (where nothing else
    is asked) those that came to it then; all others began then.
    """

    since: date
    until: date
    number: str | None = None
    complaint: str = ""
    agent: str = ""
    queue: str = ""


class _TooManyError(Exception):
    """Who has few of the calls of these days has all of them looked through: it took too long."""


def add_routes(app: web.Application, shell: Shell, titles: TitlesNow) -> None:
    """`/calls`. `titles`: of the queues that can be chosen."""
    turn = asyncio.Semaphore(_AT_ONCE)

    async def page(visit: Visit) -> web.StreamResponse:
        async with turn:
            return await _list(visit, titles())

    app.router.add_get("/calls", shell.page(page, right=Right.CALL_FIND))


def number_for(person: Person, call: Row) -> str | None:
    """The caller's number as this person may see it: whole, or its last digits; None: withheld."""
    number = call["citizen_number"]
    if number is None:
        return None
    if call["confidential"] and not may(person, Right.CONFIDENTIAL_SEE, subject_of(call)):
        return "••••••••••"
    return str(number) if call["identified"] else "•••••• " + str(number)[-4:]


async def _list(visit: Visit, titles: Titles) -> web.StreamResponse:
    person = visit.signed_in.person
    reach = Reach.of(person)
    form = {name: value.strip() for name, value in visit.request.query.items()}
    problem, status, rows = "", 400, []
    wanted = _wanted(visit, form)
    if form.get("number") and wanted.number is None:
        problem = visit.say("callpage.fault.number")
    elif wanted.number and not reach.by_number:
        problem = visit.say("callpage.fault.not_by_number")
    else:
        try:
            rows = await _found(visit, wanted, reach, form)
        except ComplaintError:
            problem = visit.say("callpage.fault.complaint")
        except _TooManyError:
            problem, status = visit.say("callpage.fault.too_long"), 503
    more = rows[-1] if len(rows) == _PAGE else None
    return visit.render(
        "calls.html.j2",
        rows=[(row, number_for(person, row)) for row in rows],
        wanted=wanted,
        queues=sorted({*titles, *([wanted.queue] if wanted.queue else [])}),
        form=form,
        problem=problem,
        may_block=may(person, Right.CALLER_BLOCK),
        status=status if problem else 200,
        next_page=None if more is None else _next(form, more),
    )


async def _found(visit: Visit, wanted: Wanted, reach: Reach, form: Mapping[str, str]) -> list[Row]:
    after_at, after_id = _after(form)
    since = datetime.combine(wanted.since, time(), IST)
    until = datetime.combine(wanted.until, time(), IST) + timedelta(days=1)
    bounds = {
        "since": since, "until": until, "queue": wanted.queue or None,
        "find": reach.find, "identify": reach.identify,
        "before_at": min(after_at, until) if after_at else until, "before_id": after_id,
        "at_most": _PAGE,
    }  # fmt: skip
    async with visit.shell.pool.acquire(timeout=ACQUIRE_SECONDS) as conn:
        confidential = may(visit.signed_in.person, Right.CONFIDENTIAL_SEE)
        try:
            return await _rows(conn, wanted, bounds, reach, confidential=confidential)
        except TimeoutError as error:
            raise _TooManyError from error


async def _rows(
    conn: Connection,
    wanted: Wanted,
    bounds: Mapping[str, object],
    reach: Reach,
    *,
    confidential: bool,
) -> list[Row]:
    asked = statements()
    if wanted.complaint:
        ids: Sequence[UUID] = await calls_of(conn, wanted.complaint)
        found = asked.supervision_calls_of(conn, ids=ids, **bounds)
    elif wanted.number:
        found = asked.supervision_calls_by_number(
            conn, number=wanted.number, confidential=confidential, **bounds
        )
    elif wanted.agent:
        found = asked.supervision_calls_by_agent(conn, agent=wanted.agent, **bounds)
    elif reach.posts is not None:
        found = asked.supervision_calls_of_posts(conn, posts=list(reach.posts), **bounds)
    elif (few := await _few_complaints(conn, reach)) is not None:
        found = asked.supervision_calls_of_complaints(conn, complaints=few, **bounds)
    elif wanted.queue:
        found = asked.supervision_calls_by_queue(conn, **bounds)
    else:
        found = asked.supervision_calls_by_day(conn, **bounds)
    return [row async for row in found]


async def _few_complaints(conn: Connection, reach: Reach) -> list[UUID] | None:
    """All that may be within the reach; None: too many, so that some are among the latest calls,
    or calls are theirs by their queue.
    """
    if not reach.by_complaints:
        return None
    rows = statements().supervision_complaints_within(conn, find=reach.find, at_most=_FEW + 1)
    found = [row["id"] async for row in rows]
    return found if len(found) <= _FEW else None


def _wanted(visit: Visit, form: Mapping[str, str]) -> Wanted:
    """A complaint's calls are shown from any day, unless days are given."""
    last = today(visit)
    days = timedelta(days=3650 if form.get("complaint") or form.get("number") else _DAYS)
    return Wanted(
        since=asked_day(visit, "since", last - days),
        until=asked_day(visit, "until", last),
        number=to_e164(form["number"]) if form.get("number") else None,
        complaint=form.get("complaint", ""),
        agent=form.get("agent", ""),
        queue=form.get("queue", ""),
    )


def _after(form: Mapping[str, str]) -> tuple[datetime | None, UUID]:
    """Where the page before ended; nonsense begins at the top."""
    try:
        at = datetime.fromisoformat(form["after_at"])
        return (at, UUID(form["after_id"])) if at.tzinfo else (None, _LAST)
    except (KeyError, ValueError):
        return None, _LAST


def _next(form: Mapping[str, str], last: Row) -> dict[str, str]:
    kept = {name: value for name, value in form.items() if not name.startswith("after_")}
    return {**kept, "after_at": last["listed_at"].isoformat(), "after_id": str(last["id"])}
