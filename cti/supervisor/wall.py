"""The wallboard's page, live over its socket; and what each agent did on a day."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from aiohttp import web

from access.rights import Right, may
from access.users import ACQUIRE_SECONDS
from cti.alarms import AlarmKind
from cti.notices import LASTS
from cti.supervising import Supervisor, supervising
from cti.views import AgentStatus
from db.statements import statements
from web.dates import IST, clock
from web.shell import RightRefusedError, Shell, Visit

_SHOWN = tuple(status for status in AgentStatus if status is not AgentStatus.SIGNED_OUT)
_MINUTES = 24 * 60
_FIRST_DAY, _LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)
_TEXTS = (
    "wait", "ready", "unreachable", "paused", "ringing", "in_call", "wrap_up", "held", "act_on",
    "agents", "waiting", "longest", "level", "answered", "abandoned", "of", "stale", "away", "done",
    "no_agents", "no_queues", "no_alarms", "asked", "take", "close_question",
    "waits_since", "help_taken", "help_closed", "not_answered", "acknowledged", "answer",
    "seats", "silent", "silent_always", "not_counted", "no_link", "up",
    "is_listen", "is_whisper", "is_barge",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Piece:
    """A state in an agent's day, in minutes of that day."""

    state: str
    reason: str
    begin: float
    lasts: float
    from_clock: str
    until_clock: str


@dataclass(frozen=True, slots=True)
class Day:
    """One agent's line. `minutes`: by state."""

    agent: str
    name: str
    pieces: Sequence[Piece]
    minutes: Mapping[str, int]


def supervisor_of(visit: Visit, right: Right = Right.QUEUE_SUPERVISE) -> Supervisor:
    """What the visitor may see and do. Raises `RightRefusedError`."""
    found = supervising(visit.signed_in.person, right)
    if found is None:
        raise RightRefusedError
    return found


def add_routes(app: web.Application, shell: Shell, *, cell: str, queues: Iterable[str]) -> None:
    """`/supervisor` and `/supervisor/day`. `queues`: those of the cell."""
    pages = _Wall(cell, tuple(queues))
    for path, handler in (("/supervisor", pages.show), ("/supervisor/day", pages.day)):
        app.router.add_get(path, shell.page(handler, right=Right.QUEUE_SUPERVISE))


def asked_day(visit: Visit, name: str, otherwise: date) -> date:
    """A day out of the address; what is no day, or none of this century, counts as none."""
    try:
        day = date.fromisoformat(visit.request.query.get(name, ""))
    except ValueError:
        return otherwise
    return day if _FIRST_DAY <= day <= _LAST_DAY else otherwise


def asked_count(visit: Visit, name: str, otherwise: int, most: int) -> int:
    """A number from 1 to `most` out of the address; what is beyond is cut, what is none counts as
    none. Never all digits are read: they may be thousands.
    """
    digits = visit.request.query.get(name, "").lstrip("0")
    if not digits.isascii() or not digits.isdecimal():
        return otherwise
    return most if len(digits) > len(str(most)) else min(int(digits), most)


def today(visit: Visit) -> date:
    """In India."""
    return visit.shell.now().astimezone(IST).date()


@dataclass(frozen=True, slots=True)
class _Wall:
    cell: str
    queues: tuple[str, ...]

    async def show(self, visit: Visit) -> web.StreamResponse:
        supervisor = supervisor_of(visit)
        # The scripts put times and counts in.
        later = {name: "{" + name + "}" for name in ("at", "here", "planned", "by", "who")}
        texts = {name: visit.say(f"wall.{name}", **later) for name in _TEXTS}
        reasons = visit.shell.texts.beginning(visit.language, "refused.")
        kinds = {kind.value: visit.say(f"alarm.{kind}") for kind in AlarmKind}
        pauses = await _pause_reasons(visit)
        return visit.render(
            "supervisor.html.j2",
            texts={**texts, "reasons": reasons, "alarms": kinds, "pauses": pauses},
            queues=[name for name in self.queues if supervisor.may([name])],
            phone=supervisor.phone,
            lasts=LASTS,
            may_block=may(visit.signed_in.person, Right.CALLER_BLOCK),
        )

    async def day(self, visit: Visit) -> web.StreamResponse:
        supervisor = supervisor_of(visit)
        day, cell = (
            asked_day(visit, "day", today(visit)),
            visit.request.query.get("cell", self.cell),
        )
        since = datetime.combine(day, time(), IST).astimezone(UTC)
        until = min(since + timedelta(days=1), visit.shell.now())
        async with visit.shell.pool.acquire(timeout=ACQUIRE_SECONDS) as conn:
            rows = [
                row
                async for row in statements().supervision_day(
                    conn, cell=cell, since=since, until=until
                )
                if supervisor.sees(row["queues"])
            ]
            cells = [row["name"] async for row in statements().cells_names(conn)]
        return visit.render(
            "supervisor_day.html.j2",
            day=day,
            cell=cell,
            cells=cells,
            days=day_lines(rows, since),
            states=_SHOWN,
            hours=range(0, 24, 2),
            minutes=_MINUTES,
        )


def day_lines(rows: Iterable[Mapping[str, object]], since: datetime) -> list[Day]:
    """Rows of one agent stand together, in the order of time. Pure."""
    lines: dict[str, tuple[str, list[Piece]]] = {}
    for row in rows:
        begin, end = row["from_at"], row["until_at"]
        assert isinstance(begin, datetime)  # noqa: S101 -- the statement's columns
        assert isinstance(end, datetime)  # noqa: S101
        if end <= begin:
            continue
        _, pieces = lines.setdefault(str(row["agent_id"]), (str(row["name"]), []))
        pieces.append(
            Piece(
                state=str(row["state"]),
                reason=str(row["reason"]),
                begin=round((begin - since).total_seconds() / 60, 2),
                lasts=round((end - begin).total_seconds() / 60, 2),
                from_clock=clock(begin),
                until_clock=clock(end),
            )
        )
    return [Day(id, name, pieces, _minutes(pieces)) for id, (name, pieces) in lines.items()]


def _minutes(pieces: Iterable[Piece]) -> dict[str, int]:
    spent = dict.fromkeys((str(status) for status in _SHOWN), 0.0)
    for piece in pieces:
        spent[piece.state] = spent.get(piece.state, 0.0) + piece.lasts
    return {state: round(minutes) for state, minutes in spent.items()}


async def _pause_reasons(visit: Visit) -> dict[str, str]:
    async with visit.shell.pool.acquire(timeout=ACQUIRE_SECONDS) as conn:
        rows = statements().desk_pause_reasons(conn)
        return {row["code"]: row[f"name_{visit.language}"] async for row in rows}
