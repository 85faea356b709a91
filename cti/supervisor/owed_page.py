"""To whom a call is owed: who waits since when, taking one and calling it, closing one."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from aiohttp import web

from access.rights import Person, Right, Subject, may, may_somewhere
from access.users import ACQUIRE_SECONDS
from calls import owed
from calls.errors import (
    CallbackError,
    CallbackOverError,
    CallbackTakenError,
    CallbackUnderWayError,
)
from calls.owed import BY_HAND, OwedCall, Result, Whose
from cti.errors import AmiError, NotAllowedError, NotNowError
from cti.hidden import hidden_numbers
from cti.supervisor.wall import supervisor_of
from db.ids import new_id
from db.pool import Connection
from db.statements import statements
from web.shell import RightRefusedError, Shell, Visit

_PATH = "/owed-calls"
_SHOWN = 200
_DONE_DAYS = timedelta(days=2)
_LONGEST = 500

CallBack = Callable[[str, UUID, UUID], Awaitable[UUID]]
"""Agent, key of the click, the call that is owed for -> our call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedParts:
    """`languages`: of queues in which one is spoken. `dialled`: the reasons for which we dial."""

    call_back: CallBack
    languages: Mapping[str, str]
    dialled: frozenset[str]


def add_routes(
    app: web.Application, shell: Shell, parts: OwedParts, *, queues: Iterable[str]
) -> None:
    """`/owed-calls`. `queues`: of this cell, the first is that of who came to none."""
    pages = _Owed(parts, tuple(queues))
    router, right = app.router, Right.CALLBACK_HANDLE
    router.add_get(_PATH, shell.page(pages.all, right=right))
    router.add_get(_PATH + "/{id}", shell.page(pages.one, right=right))
    for act, handler in (
        ("take", pages.take),
        ("release", pages.release),
        ("call", pages.call),
        ("close", pages.close),
    ):
        router.add_post(_PATH + "/{id}/" + act, shell.page(handler, right=right))


def number_for(person: Person, number: str, queue: str) -> str:
    """Whole, or its last digits."""
    identified = may(person, Right.CITIZEN_IDENTIFY, _in(queue))
    return number if identified else "•••••• " + number[-4:]


async def numbers_for(visit: Visit, conn: Connection, rows: Sequence[Any]) -> list[str]:
    """Of each; of who complains in confidence nothing, unless that is theirs to see."""
    person = visit.signed_in.person
    calls = [UUID(_of(one, "call_id")) for one in rows]
    hidden = await hidden_numbers(conn, calls, _desk(person) or "")

    def number(one: Any, call: UUID) -> str:
        queue = _of(one, "queue")
        if call in hidden and not may(person, Right.CONFIDENTIAL_SEE, _in(queue)):
            return visit.say("owed.in_confidence")
        return number_for(person, _of(one, "number"), queue)

    return [number(one, call) for one, call in zip(rows, calls, strict=True)]


@dataclass(frozen=True, slots=True)
class _Owed:
    parts: OwedParts
    queues: tuple[str, ...]

    async def all(self, visit: Visit) -> web.StreamResponse:
        """What is open, or what is over since two days."""
        asked, mine = visit.request.query, supervisor_of(visit, Right.CALLBACK_HANDLE).queues
        chosen, done = asked.get("queue", ""), asked.get("show") == "done"
        wanted = mine if not chosen else {chosen} & (mine if mine is not None else {chosen})
        async with visit.shell.pool.acquire(timeout=ACQUIRE_SECONDS) as conn:
            rows: list[Any] = []
            of_all = 0
            if done:
                rows = await self._done(visit, conn, wanted)
                of_all = rows[0]["of_all"] if rows else 0
            else:
                rows, of_all = await owed.owed_now(
                    conn, queues=wanted, default_queue=self.queues[0], now=visit.shell.now(),
                    at_most=_SHOWN,
                )  # fmt: skip
            numbers = await numbers_for(visit, conn, rows)
        person = visit.signed_in.person
        return visit.render(
            "owed_calls.html.j2",
            rows=list(zip(rows, numbers, strict=True)),
            done=done,
            chosen=chosen,
            queues=[name for name in self.queues if mine is None or name in mine],
            more=max(0, of_all - len(rows)),
            waits=self._waits(visit),
            language_of=self.parts.languages.get,
            takes=_desk(person) is not None,
        )

    async def _done(
        self, visit: Visit, conn: Connection, queues: Iterable[str] | None
    ) -> list[Any]:
        found = statements().callbacks_done(
            conn, queues=None if queues is None else sorted(queues),
            default_queue=self.queues[0], since=visit.shell.now() - _DONE_DAYS, at_most=_SHOWN,
        )  # fmt: skip
        return [row async for row in found]

    def _waits(self, visit: Visit) -> Callable[[OwedCall], str]:
        """What will come next, and when."""
        now = visit.shell.now()

        def waits(one: OwedCall) -> str:
            if one.last is not None and one.last.outcome is None:
                return "under_way"
            if one.taken_by is not None:
                return "taken"
            if one.reason not in self.parts.dialled:
                return "by_people"
            return "later" if one.next_at is not None and one.next_at > now else "when_free"

        return waits

    async def one(self, visit: Visit, problem: str = "") -> web.StreamResponse:
        """One number: what was tried, who did what, and what can be done."""
        row, person = await self._row(visit), visit.signed_in.person
        async with visit.shell.pool.acquire(timeout=ACQUIRE_SECONDS) as conn:
            about = {"number": row["number"], "since": row["requested_at"]}
            tries = [one async for one in statements().callbacks_tries(conn, **about)]
            notes = [one async for one in statements().callbacks_notes(conn, **about)]
            [number] = await numbers_for(visit, conn, [row])
        desk = _desk(person)
        return visit.render(
            "owed_call.html.j2",
            row=row,
            number=number,
            speaks=self.parts.languages.get(row["queue"]),
            tries=tries,
            notes=notes,
            desk=desk,
            mine=desk is not None and row["taken_by"] == desk,
            over=_over(person, row),
            results=BY_HAND,
            key=new_id(visit.shell.now()),
            called="called" in visit.request.query,
            problem=problem,
            status=409 if problem else 200,
        )

    async def take(self, visit: Visit) -> web.StreamResponse:
        """For a while it is this agent's."""
        if _desk(visit.signed_in.person) is None:
            raise RightRefusedError
        return await self._act(visit, owed.take)

    async def release(self, visit: Visit) -> web.StreamResponse:
        """It is everybody's again."""
        return await self._act(visit, owed.release)

    async def close(self, visit: Visit) -> web.StreamResponse:
        """Nobody needs to call any more; why is kept."""
        form = await visit.form()
        why = form.get("why", "")[:_LONGEST]
        if form.get("result") not in BY_HAND or not why:
            return await self.one(visit, visit.say("owed.fault.why"))
        result = Result(form["result"])

        async def act(conn: Connection, id: UUID, whose: Whose, now: Any) -> None:
            await owed.close(conn, id, whose, now, result=result, why=why)

        return await self._act(visit, act)

    async def call(self, visit: Visit) -> web.StreamResponse:
        """The agent's telephone rings; once they answer, the citizen's does."""
        row, form = await self._row(visit), await visit.form()
        agent_id = _desk(visit.signed_in.person)
        if agent_id is None:
            raise RightRefusedError
        try:
            key = UUID(form.get("key", ""))
        except ValueError as error:
            raise web.HTTPBadRequest from error
        try:
            await self.parts.call_back(agent_id, key, row["call_id"])
        except CallbackError as error:
            return await self.one(visit, _told(visit, error))
        except NotAllowedError:
            return await self.one(visit, visit.say("owed.fault.not_allowed"))
        except (NotNowError, AmiError):
            return await self.one(visit, visit.say("owed.fault.not_now"))
        return visit.go(f"{_PATH}/{row['call_id']}?called")

    async def _act(
        self, visit: Visit, act: Callable[[Connection, UUID, Whose, Any], Awaitable[None]]
    ) -> web.StreamResponse:
        row = await self._row(visit)
        person = visit.signed_in.person
        whose = Whose(actor=person.actor, agent_id=_desk(person), over=_over(person, row))
        try:
            async with (
                visit.shell.pool.acquire(timeout=ACQUIRE_SECONDS) as conn,
                conn.transaction(),
            ):
                await act(conn, row["call_id"], whose, visit.shell.now())
        except CallbackError as error:
            return await self.one(visit, _told(visit, error))
        return visit.go(f"{_PATH}/{row['call_id']}")

    async def _row(self, visit: Visit) -> Any:
        """What is owed for a call of their queues; any other is not there for them."""
        try:
            id = UUID(visit.request.match_info["id"])
        except ValueError as error:
            raise web.HTTPNotFound from error
        async with visit.shell.pool.acquire(timeout=ACQUIRE_SECONDS) as conn:
            row = await statements().callbacks_one(
                conn, call_id=id, default_queue=self.queues[0], now=visit.shell.now()
            )
        if row is None or not may(visit.signed_in.person, Right.CALLBACK_HANDLE, _in(row["queue"])):
            raise web.HTTPNotFound
        return row


def _of(one: Any, name: str) -> str:
    return str(getattr(one, name) if isinstance(one, OwedCall) else one[name])


def _desk(person: Person) -> str | None:
    """The telephone at which they take calls."""
    return person.agent_id if may_somewhere(person, Right.CALL_TAKE) else None


def _over(person: Person, row: Mapping[str, Any]) -> bool:
    return may(person, Right.QUEUE_SUPERVISE, _in(row["queue"]))


def _in(queue: str) -> Subject:
    return Subject(queues=frozenset({queue}))


def _told(visit: Visit, error: CallbackError) -> str:
    match error:
        case CallbackOverError():
            return visit.say("owed.fault.over")
        case CallbackUnderWayError():
            return visit.say("owed.fault.under_way")
        case CallbackTakenError(who=None):
            return visit.say("owed.fault.take_first")
        case _:
            return visit.say("owed.fault.taken")
