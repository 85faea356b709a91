"""What agents do with calls and what follows from it, without database, sockets or a wire.

The parts are the real ones, joined as `cti.joined` does; Asterisk does whatever it is asked.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from cti.action_log import ActionLog
from cti.ami import AmiLink, AmiSettings
from cti.clicks import Clicks
from cti.control import Control
from cti.effects import (
    AgentAnswered,
    AgentHungUp,
    AgentReleased,
    CitizenLegEnded,
    Effect,
    OriginateFailed,
)
from cti.events import parse
from cti.follow import FollowUps
from cti.guard import DialGuard
from cti.joined import always_open
from cti.keeping import Keeping
from cti.leaving import Leaving
from cti.legs import Legs
from cti.live import LiveState
from cti.message import AmiEvent, AmiReply
from cti.originate import OriginateCommand, OriginateReply
from cti.reducer import reduce
from cti.trunk import Trunk
from cti.wire import Fields
from cti.writes import Writes
from db.pool import Pool
from tests.cti.streams import AT, agent_leg, answered_call, event


class Asterisk(AmiLink):
    """It takes every action. `sent`: which, each with what matters of it; `takes`: what happens
    before it answers.
    """

    def __init__(self) -> None:
        super().__init__(AmiSettings(host="127.0.0.1", port=1, username="", secret=""))
        self.sent: list[tuple[str, ...]] = []
        self.refuses: set[str] = set()
        self.takes: Callable[[str], Awaitable[None]] | None = None

    async def action(self, name: str, fields: Fields = (), timeout: float = 5.0) -> AmiReply:
        said = dict(fields)
        where = (said["Context"], said["Exten"]) if name == "Redirect" else ()
        self.sent.append((name, said.get("Channel", ""), *where))
        if self.takes is not None:
            await self.takes(name)
        return AmiReply(ok=name not in self.refuses, message="", fields={})

    async def originate(self, command: OriginateCommand, timeout: float = 10.0) -> OriginateReply:
        self.sent.append(("Originate", command.leg_id))
        return OriginateReply.ACCEPTED


@dataclass(slots=True)
class Ended:
    """Pauses of recordings that were ended: by whom, and whose. `meanwhile`: what happens then."""

    pauses: list[tuple[str, str | None]] = field(default_factory=list)
    meanwhile: Callable[[], Awaitable[None]] | None = None

    async def end(self, _call: UUID, by: str, *, of: str | None = None) -> None:
        self.pauses.append((by, of))
        if self.meanwhile is not None:
            await self.meanwhile()


class Parts:
    """A cell's parts that move calls."""

    def __init__(self) -> None:
        self.asterisk, self.live, self.ended = Asterisk(), LiveState(), Ended()
        writes, now = Writes(_no_database), _now
        log = ActionLog(writes, now)
        trunk = Trunk(lambda: self.live.state, now, cell="cell1", limit=None)
        guard = DialGuard(_no_database, trunk, now)
        self.legs = Legs(self.asterisk, self.live, self.ended.end, caller_id="1076", now=now)
        keeping = Keeping(self.legs, log)
        self.control = Control(self.legs, guard, log, always_open)
        clicks = Clicks(
            self.asterisk, self.live, _no_database, writes, guard, cell="cell1", caller_id="1076",
            now=now,
        )  # fmt: skip
        self.follow_ups = FollowUps(self.legs, keeping, Leaving(self.legs, keeping, log), clicks)

    async def say(self, *events: AmiEvent) -> None:
        """What Asterisk tells; all that follows from each event is done before the next."""
        for raw in events:
            parsed = parse(raw)
            if parsed is None:
                continue
            before = self.live.state
            self.live.state, effects = reduce(before, parsed, AT)
            self._follow(effects)
            self.follow_ups.observe(before, self.live.state)
            for _ in range(10):  # nothing waits here: the worker has its turns
                await asyncio.sleep(0)

    def _follow(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            match effect:
                case AgentReleased():
                    self.follow_ups.agent_left(effect)
                case AgentAnswered(call_id):
                    self.follow_ups.agent_answered(call_id)
                case AgentHungUp():
                    self.follow_ups.agent_hung_up(effect)
                case CitizenLegEnded(call_id) | OriginateFailed(call_id):
                    self.follow_ups.citizen_left(call_id)

    def asked(self, *names: str) -> list[tuple[str, ...]]:
        """Asterisk of these, since this was asked last."""
        sent, self.asterisk.sent = self.asterisk.sent, []
        return [one for one in sent if one[0] in names]


@asynccontextmanager
async def parts(*agents: str) -> AsyncIterator[Parts]:
    """A citizen talks with agent 1001; these are ready, too."""
    joined = Parts()
    worker = asyncio.create_task(joined.follow_ups.run())
    try:
        for agent in ("1001", *agents):
            seat = {"queue": "helpline-hi", "interface": f"PJSIP/{agent}", "paused": "0"}
            await joined.say(event("QueueMemberAdded", **seat, status="1"))
        await joined.say(*answered_call()[:9])
        yield joined
    finally:
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)


def asked_leg(leg_id: str, agent: str | None, state: str) -> dict[str, str]:
    """A leg that was asked for: an agent's, or one of somebody outside."""
    leg = {**agent_leg(agent or "trunk", 99, state=state), "uniqueid": leg_id, "linkedid": leg_id}
    return leg if agent else {**leg, "calleridnum": "112"}


def _now() -> datetime:
    return AT


def _no_database() -> Pool:
    raise AssertionError("nothing here may ask the database")
