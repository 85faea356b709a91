"""All parts of one cell's CTI, joined once: for the composition root and for the tests."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cti.action_log import ActionLog
from cti.alarm_bell import AlarmBell, Counted
from cti.alarms import AlarmKind, AlarmRule
from cti.ami import AmiLink
from cti.callers import Callers
from cti.cell_link import CellLink
from cti.clicks import Clicks
from cti.commands import Commands
from cti.consumer import Consumer
from cti.control import Control
from cti.desk import Agent, Desk, DeskSettings
from cti.directory import Directory
from cti.drafts import Drafts
from cti.floor import Floor
from cti.follow import FollowUps
from cti.guard import DialGuard
from cti.help import HelpChat
from cti.keeping import Keeping
from cti.leaving import Leaving
from cti.legs import Legs
from cti.live import LiveState
from cti.membership import Membership, NumberOf, unnumbered
from cti.notices import Notices
from cti.pausing import RecordingPauses
from cti.ports import CallerHistory, QueueIsOpen
from cti.presence import Presence
from cti.questions import OpenQuestions
from cti.recovery import Recovery
from cti.routing import Routing
from cti.screenpop import ScreenPops
from cti.softphones import Publish, Softphones, SoftphoneSettings
from cti.supervision import Supervision
from cti.timeline import Timeline
from cti.trunk import Trunk, beside
from cti.unheard import Unheard
from cti.unseating import SupervisingNow, Unseating
from cti.wallboards import Planned, Wallboards
from cti.writes import FlowRows, Writes
from db.pool import Pool
from recordings.recorder import Recorder

_LET_GO_SECONDS = 5.0
Clock = Callable[[], datetime]


async def always_open(_queue: str) -> bool:
    """Of a cell without hours."""
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class CtiSettings:
    """Times in seconds. `wrap_up` by queue; what is not there has none. `url`: of our pages.

    `ring_outs`: calls in a row, by queue, that an agent may let ring; see `cti.presence`.

    `number_of`: see `cti.membership.NumberOf`; `supervising`: see `cti.unseating`; `last_word`: see
    `cti.timeline.Timeline`.
    """

    cell: str
    wrap_up: Mapping[str, int]
    ring_outs: Mapping[str, int] = field(default_factory=dict)
    number_of: NumberOf = unnumbered
    planned: Planned | None = None
    queue_is_open: QueueIsOpen = always_open
    directory: Directory = field(default_factory=Directory)
    softphones: SoftphoneSettings = field(default_factory=SoftphoneSettings)
    caller_id: str = "1076"
    pause_limit: timedelta = timedelta(minutes=3)
    grace: float = 30.0
    outgoing: int = 64
    lost_after: float = 15.0
    unanswered_wait: float = 2.0
    sweep_every: float = 60.0
    unheard_after: float = 20.0
    settle: float = 0.2
    write_retry: float = 0.25
    look_every: float = 10.0
    supervising: SupervisingNow | None = None
    trunk_limit: int | None = None
    emergency_reserve: int = 0
    alarms: tuple[AlarmRule, ...] = ()
    tell_alarms: bool = True
    alarms_every: float = 1.0
    counted: Mapping[AlarmKind, Counted] = field(default_factory=dict)
    url: str = ""
    cells_every: float = 1.0
    commands_every: float = 0.3
    last_word: datetime | None = None

    @property
    def desk_trunk_limit(self) -> int | None:
        """Channels that may be in use when the desk takes one: the others are for emergencies."""
        return None if self.trunk_limit is None else self.trunk_limit - self.emergency_reserve


async def _nobody(_passwords: Mapping[str, str]) -> None:
    """Of a cell without softphones."""


class Cti:
    """One cell's parts."""

    def __init__(
        self,
        link: AmiLink,
        settings: CtiSettings,
        pool: Callable[[], Pool],
        history: CallerHistory,
        now: Clock,
        publish: Publish = _nobody,
        recorder: Recorder | None = None,
        flow_rows: FlowRows | None = None,
    ) -> None:
        """`publish`: see `cti.softphones.Softphones`; `flow_rows`: see `cti.writes.Writes`."""
        self.link = link
        self._directory = settings.directory
        self._going: frozenset[str] = frozenset()  # who leaves, or has left
        self.live = LiveState()
        self.writes = Writes(pool, retry=settings.write_retry, flow_rows=flow_rows)
        self.drafts = Drafts(pool, self.writes, now)
        self.softphones = Softphones(settings.softphones, publish, now)
        help_chat, notices = HelpChat(pool, now), Notices(pool, now)
        pauses = RecordingPauses(pool, recorder, limit=settings.pause_limit, now=now)
        self._join_standings(link, settings, pool, now)
        self._join_calls(link, settings, pool, pauses, now)
        self._join_desk(settings, pool, history, help_chat, notices, pauses, now)
        self._join_consumer(link, settings, history, now)
        self._join_supervisors(link, settings, pool, help_chat, notices, now)
        help_chat.to_agent = self.desk.tell
        self.clicks.to_agent = self.desk.tell
        help_chat.to_supervisors = self.wallboards.tell

    def _join_standings(
        self, link: AmiLink, settings: CtiSettings, pool: Callable[[], Pool], now: Clock
    ) -> None:
        """What agents are doing, and in which queues."""
        self.presence = Presence(
            link, lambda: self.live.state, pool, self.writes,
            cell=settings.cell, wrap_up=settings.wrap_up, ring_outs=settings.ring_outs, now=now,
        )  # fmt: skip
        self.timeline = Timeline(
            self.writes, cell=settings.cell, settled=self.presence.settled,
            told=self._tell_state, now=now, last_word=settings.last_word,
        )  # fmt: skip
        self.presence.changed = lambda agent: self.timeline.revisit(self.live.state, agent)
        self.membership = Membership(
            link, pool, settings.cell, settle=settings.settle,
            paused=self.presence.wanted, number_of=settings.number_of,
        )  # fmt: skip

    def _join_calls(
        self,
        link: AmiLink,
        settings: CtiSettings,
        pool: Callable[[], Pool],
        pauses: RecordingPauses,
        now: Clock,
    ) -> None:
        """What agents do with calls, and what follows for those who stay in them."""
        trunk = Trunk(
            lambda: self.live.state, now, cell=settings.cell, limit=settings.desk_trunk_limit
        )
        guard = DialGuard(pool, trunk, now)
        legs = Legs(link, self.live, pauses.end, caller_id=settings.caller_id, now=now)
        log = ActionLog(self.writes, now)
        keeping = self._keeping = Keeping(legs, log)
        self.control = Control(legs, guard, log, settings.queue_is_open)
        self.clicks = Clicks(
            link, self.live, pool, self.writes, guard, cell=settings.cell,
            caller_id=settings.caller_id, now=now,
        )  # fmt: skip
        self.recovery = Recovery(link, self.live, self.control, keeping, self.softphones)
        self.follow_ups = FollowUps(legs, keeping, Leaving(legs, keeping, log), self.clicks)

    def _join_desk(
        self,
        settings: CtiSettings,
        pool: Callable[[], Pool],
        history: CallerHistory,
        help_chat: HelpChat,
        notices: Notices,
        pauses: RecordingPauses,
        now: Clock,
    ) -> None:
        """The agents' pages, and what they may ask."""
        directory = settings.directory
        self.callers = Callers(pool, history, self.live, self.presence, directory.languages)
        self.floor = Floor(
            self.live, self.presence, self.timeline,
            Commands(
                self.presence, self.control, self.clicks, directory, self.drafts,
                self.callers, help_chat, self.softphones, self.recovery, pauses, notices,
            ),
            self.follow_ups, directory, self.softphones, in_step=lambda: self.link.ready,
        )  # fmt: skip
        self.desk = Desk(
            DeskSettings(cell=settings.cell, grace=settings.grace, outgoing=settings.outgoing),
            pool, self.writes, floor=self.floor, members_changed=self.membership.wake, now=now,
        )  # fmt: skip
        self.unheard = Unheard(self.writes, self.desk.tell, later=settings.unheard_after)
        self.recovery.away = self.desk.is_away
        self.floor.seated = self.desk.serving
        self.floor.tell_state = self._tell_state
        self.follow_ups.done = self.floor.tell_askings

    def _join_consumer(
        self, link: AmiLink, settings: CtiSettings, history: CallerHistory, now: Clock
    ) -> None:
        """Asterisk's events."""
        self.consumer = Consumer(
            link, self.live,
            ScreenPops(self.desk, history, self.callers.number, settings.directory.languages),
            self.writes,
            cell=settings.cell, floor=self.floor, members_changed=self.membership.wake,
            seats_found=lambda words: self.supervision.seats.found(words), now=now,
            lost_after=settings.lost_after, unanswered_wait=settings.unanswered_wait,
            sweep_every=settings.sweep_every,
        )  # fmt: skip

    def _join_supervisors(
        self,
        link: AmiLink,
        settings: CtiSettings,
        pool: Callable[[], Pool],
        help_chat: HelpChat,
        notices: Notices,
        now: Clock,
    ) -> None:
        """Wallboards, what supervisors may ask, alarms, and other cells on this database."""
        directory = settings.directory
        self.supervision = Supervision(
            self.live, self.presence, self.timeline, self.desk, self.control, pool,
            directory, help_chat, notices, cell=settings.cell,
            members_changed=self.membership.wake, now=now,
        )  # fmt: skip
        self.unseating = Unseating(
            self.supervision.seats, self.control, self.supervision.queues_beside,
            settings.supervising, every=settings.look_every,
        )  # fmt: skip
        self.wallboards = Wallboards(
            self.live, self.timeline, self.supervision, pool, OpenQuestions(help_chat.open),
            cell=settings.cell, link=link, now=now, look_every=settings.look_every,
            trunk_limit=settings.trunk_limit, titles=directory.titles, planned=settings.planned,
        )  # fmt: skip
        self.cells = CellLink(
            pool, now, cell=settings.cell, url=settings.url, every=settings.cells_every,
            commands_every=settings.commands_every,
        )  # fmt: skip
        self.alarms = AlarmBell(
            self.wallboards.figures, pool, settings.alarms, now, cell=settings.cell,
            tell=settings.tell_alarms, every=settings.alarms_every, unheard=self.cells.unheard,
            titles=self.wallboards.titles, counted={
                **settings.counted,
                AlarmKind.ROWS_LOST: self.writes.lost_lately,
            },
        )  # fmt: skip
        self.wallboards.alarms = self.alarms.standing
        self.cells.board = self.wallboards.word
        self.cells.beside = lambda: beside(self.live.state)
        self.cells.arrived = self.wallboards.arrived
        self.cells.carry_out = self.supervision.answer
        self.wallboards.words = self.cells.words
        self.wallboards.answer = Routing(self.supervision, self.cells).answer

    def at_work(self, agent_id: str) -> bool:
        """Whether a call rings there, is under way, is wrapped up, or a citizen waits for them.

        While we are not in step with Asterisk everybody may be.
        """
        return (
            not self.link.ready
            or any(leg.agent_id == agent_id for leg in self.live.state.legs.values())
            or self.presence.wish(agent_id).wrap_up is not None
            or self._keeping.waits_for(agent_id) is not None
        )

    async def let_go(self, leaving: frozenset[str]) -> None:
        """Of the roster these are to go: until Asterisk gives them no call of a queue any more, or
        does not take that in time. Whether they are at work is known only then.
        """
        self._let_go(self._going | leaving)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LET_GO_SECONDS):
                while not all(map(self._gets_no_calls, leaving)):
                    await asyncio.sleep(_LET_GO_SECONDS / 100)

    def keep(self, leaving: frozenset[str]) -> None:
        """They do not go after all."""
        self._let_go(self._going - leaving)

    def _let_go(self, going: frozenset[str]) -> None:
        self._going = going
        self.presence.let_go(going)

    def _gets_no_calls(self, agent_id: str) -> bool:
        seated = any(agent == agent_id for _, agent in self.live.state.members)
        return not seated or self.presence.settled(agent_id)

    def follow(
        self, roster: Mapping[str, Agent], leaving: frozenset[str], softphones: frozenset[str]
    ) -> None:
        """Other agents work here from now on; the rows say so already. Nothing here waits.

        `leaving`: those of the roster who only end what they are in; `softphones`: those who speak
        through their browser.
        """
        self._directory.agents = frozenset(roster.keys() - leaving)
        self.softphones.agents = softphones
        # Who is gone stays paused: their places in the queues are taken away a moment later.
        self._let_go((self._going | leaving) - self._directory.agents)
        self.desk.follow(roster)
        self.membership.wake()

    def _tell_state(self, agent_id: str) -> None:
        self.desk.tell(agent_id, {"type": "state", **self.floor.state(agent_id)})
