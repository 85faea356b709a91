"""Several cells on one wallboard: whose word counts, and the sum of what was told. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from calls.reporting import Line
from cti.board import Board, queue_figures
from cti.queue_titles import Titles, all_titles, title_of

SILENT_AFTER = timedelta(seconds=5)
"""A cell speaks every second."""


class CellState(StrEnum):
    """What is known of a cell."""

    UP = "up"
    NO_LINK = "no_link"  # it speaks, but has no link to its Asterisk: its figures are from before
    SILENT = "silent"  # no word: nothing is known of its callers and agents


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """The last word of a cell. `heard_at` by our clock; None: never. `board`: where it was read."""

    cell: str
    url: str
    number: int | None
    heard_at: datetime | None
    board: Mapping[str, Any] | None = None


def heard(before: Word | None, row: Mapping[str, Any], now: datetime) -> Word:
    """A word is new when its number is another. At first sight its own time is believed, but not
    one that has not come yet: clocks of machines differ.
    """
    number, at = row["word"], row["at"]
    if number is None:
        heard_at = before.heard_at if before else None
    elif before is None or before.number is None:
        heard_at = min(at, now)
    else:
        heard_at = before.heard_at if before.number == number else now
    board = row["board"]
    return Word(
        cell=row["cell"], url=row["url"], number=number, heard_at=heard_at, board=board
    )  # fmt: skip


def is_silent(word: Word, now: datetime, after: timedelta = SILENT_AFTER) -> bool:
    """Whether there was no word for that long."""
    return word.board is None or word.heard_at is None or now - word.heard_at > after


def titles_of(own: Board, words: Iterable[Word]) -> Titles:
    """What people read for the queues of all cells; a silent one's have not changed by that."""
    return all_titles(
        own.get("titles", {}), [word.board.get("titles", {}) for word in words if word.board]
    )


def merged(
    own: Board,
    name: str,
    words: Sequence[Word],
    lines: Mapping[str, Line],
    now: datetime,
    after: timedelta = SILENT_AFTER,
) -> Board:
    """The board of all cells. `lines`: the last half hour of all cells, by queue: from rows, so
    that the calls of a cell that is silent now are among them.

    `cells` tells each cell by itself. Callers, agents and lines of a silent one are in no sum.
    """
    known = {name: own}
    cells = [_entry(name, own, here=True)]
    for word in words:
        if is_silent(word, now, after):
            since = None if word.heard_at is None else word.heard_at.isoformat()
            cells.append(
                {"name": word.cell, "url": word.url, "here": False, "state": CellState.SILENT,
                 "since": since, "queues": {}, "calls": None, "trunk_channels": None}
            )  # fmt: skip
        elif word.board is not None:
            known[word.cell] = dict(word.board)
            cells.append(_entry(word.cell, known[word.cell], url=word.url))
    boards = list(known.values())
    queues = _queues(boards, lines)
    titles = titles_of(own, words)
    return {
        **own,
        "titles": {name: titles.get(name) or title_of(name) for name in {*titles, *queues}},
        "in_step": all(board["in_step"] for board in boards),
        "queues": queues,
        "agents": [
            {**agent, "cell": cell} for cell, board in known.items() for agent in board["agents"]
        ],
        "by_status": _added(board["by_status"] for board in boards),
        "calls": sum(board["calls"] for board in boards),
        "trunk_channels": sum(board["trunk_channels"] for board in boards),
        "trunk_limit": _limit(boards),
        "alarms": _alarms(known),
        "cells": cells,
    }


def _entry(name: str, board: Board, *, here: bool = False, url: str = "") -> dict[str, Any]:
    state = CellState.UP if board["in_step"] else CellState.NO_LINK
    return {
        "name": name, "url": url, "here": here, "state": state, "since": board["at"],
        "queues": board["queues"], "calls": board["calls"],
        "trunk_channels": board["trunk_channels"],
    }  # fmt: skip


def _alarms(boards: Mapping[str, Board]) -> list[dict[str, Any]]:
    """A cell's silence is on the board of each other one: it is one alarm."""
    found: dict[str, dict[str, Any]] = {}
    for cell, board in boards.items():
        for alarm in board["alarms"]:
            found.setdefault(alarm["id"], {"cell": cell, **alarm})
    return list(found.values())


def _queues(boards: Sequence[Board], lines: Mapping[str, Line]) -> dict[str, Board]:
    names = sorted({queue for board in boards for queue in board["queues"]} | set(lines))
    found = {}
    for queue in names:
        parts = [board["queues"][queue] for board in boards if queue in board["queues"]]
        found[queue] = {
            "waiting": sum(part["waiting"] for part in parts),
            "longest_wait": max((part["longest_wait"] for part in parts), default=0),
            "agents": sum(part["agents"] for part in parts),
            **queue_figures(lines.get(queue, Line())),
        }
    return found


def _added(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    whole: dict[str, int] = {}
    for one in counts:
        for name, count in one.items():
            whole[name] = whole.get(name, 0) + count
    return whole


def _limit(boards: Sequence[Board]) -> int | None:
    """Of the one trunk that all share: each tells the whole of it."""
    limits = [board["trunk_limit"] for board in boards]
    return None if None in limits else max(limits)
