"""What Asterisk says of itself, and where our wallboard or our rows say otherwise."""

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import asyncpg

from dialplans import names
from tests.system.faults.centre import Centre

_MENU = timedelta(seconds=2)
_A_MOMENT = timedelta(seconds=1)
_AGENT = re.compile(r"PJSIP/(\d{3,6})")
_PAUSED = re.compile(r"\(paused:?(\S*) was")
_AWAY = re.compile(r"\((?:Unavailable|Invalid)\)")
_QUEUE = re.compile(r"^(\S+) has \d+ calls")
_CALLER = re.compile(r"^\s+\d+\. PJSIP/trunk-")


@dataclass(frozen=True)
class Channel:
    """A line of `core show channels concise`."""

    name: str
    context: str
    state: str
    application: str
    data: str
    bridge: str
    id: str

    @property
    def agent(self) -> str | None:
        """Whose telephone it is."""
        found = _AGENT.match(self.name)
        return found[1] if found else None

    @property
    def citizen(self) -> bool:
        """Whether it is a citizen's."""
        return self.name.startswith("PJSIP/trunk-") and not self.id.startswith(names.SIDE_LEG)


@dataclass(frozen=True)
class Asterisk:
    """Its own word. `pauses`: why, by agent; "" without a reason, None: not paused. `away`: whose
    telephone it cannot reach.
    """

    channels: tuple[Channel, ...] = ()
    waiting: dict[str, int] = field(default_factory=dict)
    pauses: dict[str, str | None] = field(default_factory=dict)
    away: frozenset[str] = frozenset()

    def doing(self) -> dict[str, tuple[str, str]]:
        """Each seated agent's status, with the pause's reason."""
        return {agent: self._doing(agent, pause) for agent, pause in self.pauses.items()}

    def call_of(self, agent: str) -> str | None:
        """The citizen's channel, or our call's id, of an agent who talks."""
        legs = [one for one in self.channels if one.agent == agent and one.state == "Up"]
        for leg in legs:
            if leg.application == "ConfBridge":
                return leg.data.split(",")[0]
            for other in self.channels:
                if other.citizen and other.bridge and other.bridge == leg.bridge:
                    return other.id
        return None

    def _doing(self, agent: str, pause: str | None) -> tuple[str, str]:
        states = {one.state for one in self.channels if one.agent == agent}
        if "Up" in states:
            return "in_call", ""
        if states:
            return "ringing", ""
        if pause is None:
            return ("unreachable" if agent in self.away else "ready"), ""
        return ("wrap_up", "") if pause == "wrap_up" else ("paused", pause)


async def asterisks_word(centre: Centre) -> Asterisk:
    """By `queue show` and `core show channels concise`."""
    shown = await centre.asterisk.cli("core show channels concise")
    queues = await centre.asterisk.cli("queue show")
    waiting: Counter[str] = Counter()
    pauses: dict[str, str | None] = {}
    away: set[str] = set()
    queue = ""
    for line in queues.splitlines():
        if header := _QUEUE.match(line):
            queue = header[1]
        elif _CALLER.match(line):
            waiting[queue] += 1
        elif member := _AGENT.search(line):
            paused = _PAUSED.search(line)
            pauses[member[1]] = paused[1] if paused else None
            away |= {member[1]} if _AWAY.search(line) else set()
    legs = (_channel(line) for line in shown.splitlines() if line.count("!") >= 13)
    channels = tuple(sorted(legs, key=lambda one: one.id))
    return Asterisk(channels, dict(waiting), pauses, frozenset(away))


def _channel(line: str) -> Channel:
    part = line.split("!")
    return Channel(part[0], part[1], part[4], part[5], part[6], part[-2], part[-1])


async def differences(centre: Centre) -> list[str]:
    """Where the wallboard and the open rows differ from Asterisk; nothing, where all agree.

    Asked twice, with ours between: while they differ from each other, nothing can be said.
    """
    before = await asterisks_word(centre)
    board = await centre.board()
    rows = await centre.rows("select id, channel_id from call where ended_at is null")
    states = await centre.rows("select agent_id, state from agent_state where until_at is null")
    captures = {path.name for path in _captures(centre)}
    after = await asterisks_word(centre)
    if before != after:
        return ["Asterisk itself is changing"]
    calls = {row["channel_id"]: str(row["id"]) for row in rows}
    return [
        *_board(board, before, calls),
        *_rows(before, calls, captures),
        *_intervals(before, {row["agent_id"]: row["state"] for row in states}),
    ]


def _board(board: dict[str, Any], said: Asterisk, calls: dict[str, str]) -> list[str]:
    found = []
    if not board["in_step"]:
        found.append("the board is not in step")
    waiting = {name: one["waiting"] for name, one in board["queues"].items() if one["waiting"]}
    if waiting != said.waiting:
        found.append(f"waiting: board {waiting}, Asterisk {said.waiting}")
    trunk = sum(one.name.startswith("PJSIP/trunk-") for one in said.channels)
    if board["trunk_channels"] != trunk:
        found.append(f"trunk: board {board['trunk_channels']}, Asterisk {trunk}")
    shown = {one["agent"]: one for one in board["agents"]}
    doing = {agent: (one["status"], one["reason"]) for agent, one in shown.items()}
    if doing != said.doing():
        found.append(f"agents: board {doing}, Asterisk {said.doing()}")
    for agent, one in shown.items():
        if one["status"] == "in_call":
            talks = said.call_of(agent)
            if one["call"] not in (talks, calls.get(talks or "")):
                found.append(f"call of {agent}: board {one['call']}, Asterisk {talks}")
            if said.pauses[agent] != "wrap_up":
                found.append(f"{agent} talks and will have no wrap-up: {said.pauses[agent]}")
    return found


def _rows(said: Asterisk, calls: dict[str, str], captures: set[str]) -> list[str]:
    live = {one.id: one for one in said.channels if one.citizen}
    found = [f"ghost call {calls[id]} of {id}" for id in calls if id not in live]
    for id, channel in live.items():
        # Who called while there was no server is Asterisk's alone: an apology, the emergency key.
        if id not in calls and channel.context != "fault":
            found.append(f"channel {id} in {channel.context} without a row")
    talking = {id for id, one in live.items() if id in calls and one.context != "from-trunk"}
    for id in talking:
        if not any(calls[id] in name for name in captures):
            found.append(f"call {calls[id]} is not recorded")
    return found


def _intervals(said: Asterisk, states: dict[str, str]) -> list[str]:
    doing = {agent: status for agent, (status, _) in said.doing().items()}
    return [] if states == doing else [f"intervals: rows {states}, Asterisk {doing}"]


def _captures(centre: Centre) -> list[Any]:
    return list((centre.settings.state_dir.absolute() / "captures").iterdir())


async def after_all(centre: Centre) -> list[str]:
    """When everybody has hung up: what is not as it should be of calls, recordings and pauses."""
    found = []
    rows = await centre.rows(
        "select c.id, c.started_at, c.queued_at, c.ended_at, c.answered_at, c.outcome,"
        " c.agent_answered_at, c.pop_at,"
        " array_agg(r.state) as states, max(r.seconds)::float8 as seconds, count(r.id) as files"
        " from call c left join recording r on r.call_id = c.id group by c.id"
    )
    for row in rows:
        if row["ended_at"] is None:
            found.append(f"call {row['id']} never ended")
        elif row["answered_at"] is not None and not _died_before_its_file(centre, row):
            found += _recording(
                dict(row), waited=_asked_to_wait(centre, row), over=_over_since(centre, row)
            )
        answered = row["agent_answered_at"] is not None
        if answered and row["pop_at"] is None and not _over_before_a_page(centre, row):
            found.append(f"call {row['id']} was answered and no screen-pop was acknowledged")
    left = [path.name for path in _captures(centre)]
    if left:
        found.append(f"capture files left: {left}")
    return found + await _not_listed(centre) + await _in_no_figure(centre)


async def unlinked(centre: Centre, taken: dict[str, str]) -> list[str]:
    """What is not as it should be of complaints, by number: in which call each was told.

    Each form that was taken gave one complaint, no other form gave any, and whoever gets the
    complaint gets the recording of its call.
    """
    rows = await centre.rows(
        "select c.number, array_agg(distinct l.call_id::text) as calls,"
        " array_agg(r.state) filter (where r.call_id is not null) as recordings"
        " from complaint c left join complaint_call l on l.complaint_id = c.id"
        " left join recording r on r.call_id = l.call_id group by c.number"
    )
    found = [f"complaint {number} is gone" for number in taken.keys() - {r["number"] for r in rows}]
    for row in rows:
        told = taken.get(row["number"])
        if told is None:
            found.append(f"complaint {row['number']} is of no form that was answered")
        elif row["calls"] != [told]:
            found.append(f"complaint {row['number']} of {told} has the calls {row['calls']}")
        elif row["recordings"] != ["stored"]:
            found.append(f"complaint {row['number']} has the recordings {row['recordings']}")
    return found


async def _in_no_figure(centre: Centre) -> list[str]:
    """Who came to a queue is in the report, as a stay."""
    rows = await centre.rows(
        "select c.id from call c where c.queued_at is not null and c.direction = 'inbound'"
        " and not exists (select from queue_stay s where s.call_id = c.id)"
    )
    return [f"call {row['id']} came to a queue and is in no figure" for row in rows]


async def _not_listed(centre: Centre) -> list[str]:
    """Who waited and talked with nobody is to be called by somebody: whether they hung up, our
    server was away or Asterisk died.
    """
    rows = await centre.rows(
        "select c.id, c.outcome from call c"
        " where c.outcome in ('queue_abandoned', 'lost') and c.queued_at is not null"
        " and c.agent_answered_at is null and c.citizen_number is not null"
        " and not exists (select from callback b where b.call_id = c.id)"
        " and not exists (select from call l where l.citizen_number = c.citizen_number"
        " and l.agent_answered_at > c.ended_at)"
    )
    return [f"call {row['id']} ({row['outcome']}) is on no list" for row in rows]


def _asked_to_wait(centre: Centre, row: asyncpg.Record) -> bool:
    """They called while the database was away: until it is back there is neither notice nor
    recording, and they may hang up before.
    """
    return any(
        begin - _MENU < row["started_at"] < end + _MENU for begin, end in centre.without_database
    )


def _died_before_its_file(centre: Centre, row: asyncpg.Record) -> bool:
    """Asterisk died before it had begun the file, whose row is written first: `missing` is true."""
    return row["states"] == ["missing"] and any(
        -_A_MOMENT < died - row["started_at"] < _A_MOMENT for died in centre.asterisk_died
    )


def _over_before_a_page(centre: Centre, row: asyncpg.Record) -> bool:
    """Nobody could be shown it: telephones here answer by themselves, with or without a page."""
    return row["ended_at"] is not None and any(
        begin - _MENU < row["agent_answered_at"] and row["ended_at"] < end + _MENU
        for begin, end in centre.without_pages
    )


def _over_since(centre: Centre, row: asyncpg.Record) -> datetime:
    """When it may have ended: who hangs up while our server stands is heard when it goes on."""
    ended: datetime = row["ended_at"]
    return min(
        (begin for begin, end in centre.server_stood if begin < ended < end + _MENU), default=ended
    )


def _recording(row: dict[str, Any], *, waited: bool, over: datetime) -> list[str]:
    # Gone before the recorder was started, they have been in no recording.
    at_once = over - row["answered_at"] < _A_MOMENT
    if row["files"] == 0 and row["queued_at"] is None and (waited or at_once):
        return []
    if row["files"] != 1 or row["states"] != ["stored"]:
        return [f"call {row['id']} ({row['outcome']}) has recordings {row['states']}"]
    length = (row["ended_at"] - row["answered_at"]).total_seconds()
    # Of a call that was lost we know the end only when we look.
    shortest = (over - row["answered_at"]).total_seconds() - 6
    if waited or row["outcome"] == "lost":
        shortest = 0.0
    if not shortest <= row["seconds"] <= length + 3:
        return [f"recording of {row['id']}: {row['seconds']} s of {length} s ({row['outcome']})"]
    return []


def double_pops(heard: list[list[dict[str, Any]]]) -> list[str]:
    """Screen-pops that a page was shown while the same one stood already."""
    found = []
    for messages in heard:
        standing: set[str] = set()
        for message in messages:
            match message["type"]:
                case "pop" if message["call"] in standing:
                    found.append(f"call {message['call']} popped twice")
                case "pop":
                    standing.add(message["call"])
                case "pop_withdrawn" | "released":
                    standing.discard(message["call"])
    return found
