"""When a figure of the wallboard is an alarm: pure, with hysteresis in time.

An alarm is raised when its figure has been beyond the threshold for a while without a break, and
cleared when it has been back for a while. A figure that is not known right now (no link to
Asterisk) neither raises nor clears.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

EACH_QUEUE = "*"
THE_CELL = ""


class AlarmKind(StrEnum):
    """What is watched."""

    WAITING = "waiting"  # callers in the queue, more than
    LONGEST_WAIT = "longest_wait"  # seconds, longer than
    SERVICE_LEVEL = "service_level"  # share of the last half hour, below
    TRUNK_FULL = "trunk_full"  # share of the trunk's channels in use, above
    TELEPHONES_AWAY = "telephones_away"  # share of those of agents who are signed in, above
    AMI_DOWN = "ami_down"  # no link to Asterisk
    RECORDINGS_FAILING = "recordings_failing"  # recordings without a file, more than
    DIALLING_CUT_OFF = "dialling_cut_off"  # telephones (toll fraud), more than
    DEADLINES_STUCK = "deadlines_stuck"  # complaints that the clock cannot move, more than
    PINS_GUESSED = "pins_guessed"  # telephones that wait after wrong PINs of officers, more than
    ROWS_KEPT = "rows_kept"  # rows of calls that the database has not taken, more than
    ROWS_LOST = "rows_lost"  # rows of events that were not written, in the last hour, more than
    DISK_FULL = "disk_full"  # share of the fullest disk in use, above
    MESSAGES_HELD = "messages_held"  # within a day, since no attempt succeeded, more than
    TRUNK_REFUSES = "trunk_refuses"  # whatever the dialer calls is refused by the carrier
    CLOCK_WRONG = "clock_wrong"  # the machine's time jumped, or is not the database's
    SERVICE_FAILING = "service_failing"  # parts of the server that fail again and again, more than
    CELL_SILENT = "cell_silent"  # seconds without a word of another cell, longer than


OF_THE_CELL = frozenset(
    {
        AlarmKind.TRUNK_FULL,
        AlarmKind.TELEPHONES_AWAY,
        AlarmKind.AMI_DOWN,
        AlarmKind.RECORDINGS_FAILING,
        AlarmKind.DIALLING_CUT_OFF,
        AlarmKind.DEADLINES_STUCK,
        AlarmKind.PINS_GUESSED,
        AlarmKind.ROWS_KEPT,
        AlarmKind.ROWS_LOST,
        AlarmKind.DISK_FULL,
        AlarmKind.MESSAGES_HELD,
        AlarmKind.TRUNK_REFUSES,
        AlarmKind.CLOCK_WRONG,
        AlarmKind.SERVICE_FAILING,
        AlarmKind.CELL_SILENT,
    }
)
#: Of these, what a board shows, or tells of others.
_ON_BOARDS = frozenset(
    {
        AlarmKind.AMI_DOWN,
        AlarmKind.TRUNK_FULL,
        AlarmKind.TELEPHONES_AWAY,
        AlarmKind.CELL_SILENT,
    }
)

#: Their figures are shares of one.
SHARES = frozenset(
    {
        AlarmKind.SERVICE_LEVEL,
        AlarmKind.TRUNK_FULL,
        AlarmKind.TELEPHONES_AWAY,
        AlarmKind.DISK_FULL,
    }
)


class Thing(NamedTuple):
    """What an alarm is about; `queue` is empty where it is the cell.

    `cell`: another one, of which this one tells; empty: one's own.
    """

    kind: AlarmKind
    queue: str
    cell: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRule:
    """`queue`: a name, or each. `raise_after`, `clear_after`: how long without a break."""

    kind: AlarmKind
    threshold: float
    queue: str = EACH_QUEUE
    raise_after: timedelta = timedelta(seconds=30)
    clear_after: timedelta = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Watch:
    """What is remembered of one thing. `turned_at`: since when it has been otherwise than told."""

    raised: bool = False
    turned_at: datetime | None = None


class Change(StrEnum):
    """What became of an alarm."""

    RAISED = "raised"
    CLEARED = "cleared"


def rule_for(rules: Iterable[AlarmRule], thing: Thing) -> AlarmRule | None:
    """The rule of this queue, else that of each queue."""
    fitting = [rule for rule in rules if rule.kind is thing.kind]
    named = [rule for rule in fitting if rule.queue == thing.queue]
    every = [rule for rule in fitting if rule.queue == EACH_QUEUE]
    return next(iter([*named, *every]), None)


def with_limits(
    rules: Iterable[AlarmRule], limits: Mapping[Thing, float | None]
) -> tuple[AlarmRule, ...]:
    """The rules of the settings, with the thresholds that supervisors have set in place of theirs.

    None: the settings' again. How long a figure has to stand is the settings' for that queue.
    """
    given = tuple(rules)
    changed = []
    for thing, threshold in limits.items():
        if threshold is None:
            continue
        base = rule_for(given, thing) or AlarmRule(kind=thing.kind, threshold=threshold)
        changed.append(replace(base, queue=thing.queue, threshold=threshold))
    taken = {Thing(rule.kind, rule.queue) for rule in changed}
    return (*changed, *(rule for rule in given if Thing(rule.kind, rule.queue) not in taken))


def beyond(rule: AlarmRule, value: float) -> bool:
    """Whether this figure is too bad."""
    if rule.kind is AlarmKind.SERVICE_LEVEL:
        return value < rule.threshold
    return value > rule.threshold


def step(
    rule: AlarmRule, watch: Watch, value: float | None, now: datetime
) -> tuple[Watch, Change | None]:
    """What one look changes. A clock that was put back begins the while anew."""
    if value is None or beyond(rule, value) is watch.raised:
        return replace(watch, turned_at=None), None
    turned_at = watch.turned_at
    if turned_at is None or turned_at > now:
        turned_at = now
    if now - turned_at < (rule.clear_after if watch.raised else rule.raise_after):
        return replace(watch, turned_at=turned_at), None
    return Watch(raised=not watch.raised), Change.CLEARED if watch.raised else Change.RAISED


def readings(
    board: Mapping[str, Any],
    counted: Mapping[AlarmKind, float | None],
    unheard: Mapping[str, float] | None = None,
) -> dict[Thing, float | None]:
    """The board's figures by what they are about; None: not known now.

    `counted`: what is on no board, of the cell; of the trunk, the channels that rows of all cells
    say, since they share it. `unheard`: for how many seconds nothing was heard
    of each other cell.
    """
    known = bool(board["in_step"])
    found: dict[Thing, float | None] = {
        Thing(kind, THE_CELL): counted.get(kind) for kind in OF_THE_CELL - _ON_BOARDS
    }
    found[Thing(AlarmKind.AMI_DOWN, THE_CELL)] = 0.0 if known else 1.0
    for cell, seconds in (unheard or {}).items():
        found[Thing(AlarmKind.CELL_SILENT, THE_CELL, cell)] = seconds
    found[Thing(AlarmKind.TRUNK_FULL, THE_CELL)] = _of_trunk(board, counted) if known else None
    found[Thing(AlarmKind.TELEPHONES_AWAY, THE_CELL)] = _away(board) if known else None
    for name, queue in board["queues"].items():
        found[Thing(AlarmKind.WAITING, name)] = queue["waiting"] if known else None
        found[Thing(AlarmKind.LONGEST_WAIT, name)] = queue["longest_wait"] if known else None
        found[Thing(AlarmKind.SERVICE_LEVEL, name)] = _level(queue)
    return found


def _level(queue: Mapping[str, Any]) -> float | None:
    """Where nobody was decided within the half hour, nobody waited too long: at night too, what
    stands is cleared.
    """
    if queue["service_level"] is None and queue["decided"] == 0:
        return 1.0
    level: float | None = queue["service_level"]
    return level


def _of_trunk(board: Mapping[str, Any], counted: Mapping[AlarmKind, float | None]) -> float | None:
    """The share of the trunk's channels in use; those that are seen may have no row yet."""
    used = max(board["trunk_channels"], counted.get(AlarmKind.TRUNK_FULL) or 0)
    return used / board["trunk_limit"] if board["trunk_limit"] else None


def _away(board: Mapping[str, Any]) -> float:
    """The share of the signed-in agents' telephones at which no call can ring, paused or not."""
    telephones: Mapping[str, int] = board["telephones"]
    return telephones["away"] / telephones["all"] if telephones["all"] else 0.0


def shown(kind: AlarmKind, value: float) -> str:
    """The figure as people read it."""
    match kind:
        case AlarmKind.LONGEST_WAIT | AlarmKind.CELL_SILENT:
            return f"{int(value) // 60}:{int(value) % 60:02}"
        case _ if kind in SHARES:
            return f"{value:.0%}"
        case _:
            return f"{value:g}"
