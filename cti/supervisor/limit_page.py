"""The limits of alarms: what holds, who set it, and to set one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from aiohttp import web

from access.rights import Right
from cti import alarm_limits
from cti.alarm_limits import SetLimit
from cti.alarms import (
    EACH_QUEUE,
    OF_THE_CELL,
    SHARES,
    AlarmKind,
    AlarmRule,
    Thing,
    rule_for,
    shown,
    with_limits,
)
from cti.errors import LimitRefusedError
from cti.supervising import Supervisor
from cti.supervisor.wall import supervisor_of
from web.shell import RightRefusedError, Shell, Visit

_PATH = "/supervisor/alarms/limits"
_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Told:
    """One limit as the page shows it. `set`: by a supervisor, not by the settings."""

    kind: AlarmKind
    queue: str
    threshold: str
    set: bool


def add_routes(
    app: web.Application, shell: Shell, *, queues: Iterable[str], rules: Sequence[AlarmRule]
) -> None:
    """The page and its form. `queues`: of this cell; `rules`: of the settings."""
    pages = _Limits(tuple(queues), tuple(rules))
    right = Right.QUEUE_SUPERVISE
    app.router.add_get(_PATH, shell.page(pages.show, right=right))
    app.router.add_post(_PATH, shell.page(pages.change, right=right))


@dataclass(frozen=True, slots=True)
class _Limits:
    queues: tuple[str, ...]
    rules: tuple[AlarmRule, ...]

    async def show(self, visit: Visit, problem: str = "") -> web.StreamResponse:
        supervisor = supervisor_of(visit)
        mine = None if supervisor.queues is None else sorted(supervisor.queues)
        limits = await alarm_limits.standing(visit.shell.pool)
        return visit.render(
            "alarm_limits.html.j2",
            limits=self._told(supervisor, limits),
            kinds=[one for one in AlarmKind if mine is None or one not in OF_THE_CELL],
            queues=([EACH_QUEUE] if mine is None else []) + self._mine(supervisor),
            history=await alarm_limits.history(visit.shell.pool, _SHOWN, mine),
            shown=shown,
            of_the_cell=OF_THE_CELL,
            problem=problem,
            given=await visit.form() if problem else {},
            status=400 if problem else 200,
        )

    async def change(self, visit: Visit) -> web.StreamResponse:
        """What is of each queue, or of the cell, is for who supervises all."""
        supervisor, form = supervisor_of(visit), await visit.form()
        try:
            kind = AlarmKind(form.get("kind", ""))
            queue = EACH_QUEUE if kind in OF_THE_CELL else form.get("queue", "")
            threshold = None if form.get("act") == "reset" else _number(kind, form["threshold"])
        except (KeyError, ValueError):
            return await self.show(visit, visit.say("limit.fault"))
        if not supervisor.may([] if queue == EACH_QUEUE else [queue]):
            await visit.shell.log_refusal(visit, Right.QUEUE_SUPERVISE)
            raise RightRefusedError
        if queue != EACH_QUEUE and queue not in self.queues:
            return await self.show(visit, visit.say("limit.fault"))
        limit = SetLimit(
            kind=kind, queue=queue, threshold=threshold, why=form.get("why", ""),
            set_by=visit.by.actor, set_at=visit.shell.now(),
        )  # fmt: skip
        try:
            await alarm_limits.set_limit(visit.shell.pool, limit)
        except LimitRefusedError:
            return await self.show(visit, visit.say("limit.fault"))
        return visit.go(_PATH)

    def _mine(self, supervisor: Supervisor) -> list[str]:
        return [name for name in self.queues if supervisor.may([name])]

    def _told(self, who: Supervisor, limits: dict[Thing, float | None]) -> list[Told]:
        """What holds for each queue of theirs and, for who supervises all, for the cell."""
        rules, found = with_limits(self.rules, limits), []
        for kind in AlarmKind:
            own = [EACH_QUEUE] if kind in OF_THE_CELL else self._mine(who)
            for queue in own:
                rule = rule_for(rules, Thing(kind, queue))
                threshold = "" if rule is None else shown(kind, rule.threshold)
                set_here = rule is not None and limits.get(Thing(kind, rule.queue)) is not None
                found.append(Told(kind, queue, threshold, set_here))
        return found


def _number(kind: AlarmKind, text: str) -> float:
    """Shares are typed in per cent. Raises `ValueError`."""
    number = float(text)
    return number / 100 if kind in SHARES else number
