"""Who is talking, wired: the AMI link, its one consumer, the agents' desk, the queues' members."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import structlog

from calls import service_levels
from calls.waiting import Standing
from cti import roster
from cti.alarm_bell import Counted
from cti.alarms import AlarmKind
from cti.ami import AmiLink, AmiSettings
from cti.desk import Agent
from cti.directory import Directory, EmergencyService, Listed
from cti.joined import Cti, CtiSettings
from cti.places import in_line
from cti.ports import CallerHistory, QueueIsOpen
from cti.queue_titles import Titles, title_of
from cti.softphones import Publish, SoftphoneSettings
from cti.state import call_of
from cti.unseating import SupervisingNow
from cti.views import AgentStatus
from cti.wallboards import Planned
from cti.writes import FlowRows
from db.pool import Pool
from dialplans.names import AMI_USER
from dialplans.secrets import Secrets
from helpline.clock import Clock
from helpline.known_agents import AgentNumbers
from helpline.metrics import Metrics
from helpline.options.cell import AgentOptions, CellOptions
from helpline.reception import queue_languages
from helpline.recording_adapters import AsteriskRecorder
from helpline.settings import Settings
from helpline.supervise import Service

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveParts:
    """What a cell's `cti` stands on. `publish`: the passwords of softphones, to Asterisk;
    `planned`: seats now; `supervising`: who supervises now; `queue_is_open`: whether agents serve
    there now; `number_of`: of agents, see `cti.membership`; `flow_rows`: what the calls' flows
    write; `counted`: what alarms watch of this process; `last_word`: of the server before us.
    """

    pool: Callable[[], Pool]
    history: CallerHistory
    publish: Publish
    planned: Planned
    supervising: SupervisingNow
    queue_is_open: QueueIsOpen
    number_of: AgentNumbers
    now: Clock
    flow_rows: FlowRows | None
    counted: Mapping[AlarmKind, Counted] = field(default_factory=dict)
    last_word: datetime | None = None


class LiveCell:
    """All of `cti` for one cell. Its `services` belong to the supervisor."""

    def __init__(
        self,
        settings: Settings,
        secrets: Secrets,
        *,
        softphones: SoftphoneSettings,
        parts: LiveParts,
    ) -> None:
        self._cell = settings.cell
        self._pool = parts.pool
        self._now = parts.now
        self._number_of = parts.number_of
        self.link = AmiLink(_ami_settings(settings.cell, secrets))
        self._cti = Cti(
            self.link,
            _cti_settings(settings, softphones, parts),
            parts.pool,
            parts.history,
            parts.now,
            parts.publish,
            AsteriskRecorder(self.link),
            parts.flow_rows,
        )
        self.desk = self._cti.desk
        self.wallboards = self._cti.wallboards
        self.drafts = self._cti.drafts
        self.clicks = self._cti.clicks
        self.has_call = self._cti.callers.has
        self.recovery = self._cti.recovery
        self.served = self._cti.unheard.ended
        self.softphones = self._cti.softphones
        self.at_work = self._cti.at_work
        self.let_go = self._cti.let_go
        self.keep = self._cti.keep

    @property
    def services(self) -> Mapping[str, Service]:
        """What has to run, by name."""
        return {
            "cti rows": self._cti.writes.run,
            "cti consumer": self._cti.consumer.run,
            "agents' desk": self.desk.run,
            "agents' pauses": self._cti.presence.run,
            "agents' calls": self._cti.follow_ups.run,
            "clicks": self._cti.clicks.run,
            "softphones": self._cti.softphones.run,
            "lost softphones": self._cti.recovery.run,
            "wallboards": self.wallboards.run,
            "supervisors beside agents": self._cti.unseating.run,
            "alarms": self._cti.alarms.run,
            "word of cells": self._cti.cells.run,
            "commands of cells": self._cti.cells.run_commands,
            "queue members": self._cti.membership.run,
            "AMI link": self.link.run,
        }

    def seated(self, queue: str, agent_id: str) -> AgentStatus | None:
        """What an agent is doing who is a member of this queue; None: they are none."""
        live = self._cti.live
        return live.view(agent_id).status if (queue, agent_id) in live.state.members else None

    @property
    def rows_away(self) -> bool:
        """Whether the rows of events wait for the database."""
        return self._cti.writes.away

    @property
    def shared(self) -> bool:
        """Whether another server tells of a cell of this name."""
        return self._cti.cells.shared

    def queue_titles(self) -> Titles:
        """What people read for each queue, of all cells."""
        return self._cti.wallboards.titles()

    async def in_line(self) -> list[Standing]:
        """Who waits in the queues, and where. Raises an `AmiError`."""
        state = self._cti.live.state
        return await in_line(self.link, partial(call_of, state)) if state.waiting else []

    def live_calls(self) -> frozenset[UUID] | None:
        """Our calls that have a channel; None while we are not in step with Asterisk."""
        return self._cti.consumer.live_calls()

    async def write_rows(self, seconds: float) -> None:
        """Before the stop: let what is due be written, so long; say what is not."""
        if left := await self._cti.writes.drain(seconds):
            _log.error("stopped without the database: rows of agents are lost", rows=left)

    async def load_agents(self, agents: Iterable[AgentOptions]) -> None:
        """The agents of the settings are those of the database, where sign-in looks for them."""
        listed = [roster.Rostered(one.id, one.name, tuple(one.queues)) for one in agents]
        async with self._pool().acquire(timeout=5) as conn:
            await roster.load(conn, self._cell.name, listed, self._now())

    def follow(
        self, agents: Iterable[AgentOptions], leaving: Collection[str], softphones: Collection[str]
    ) -> None:
        """Other agents work here, once `load_agents` has them; see `cti.joined.Cti.follow`."""
        seats = {one.id: Agent(one.id, one.name, tuple(one.queues)) for one in agents}
        self._number_of.follow(seats)
        self._cti.follow(seats, frozenset(leaving), frozenset(softphones))

    async def load_service_levels(self) -> None:
        """Say within how many seconds each queue answers from now on: reports count by it."""
        seconds = {queue.name: queue.service_level_seconds for queue in self._cell.queues}
        async with self._pool().acquire(timeout=5) as conn, conn.transaction():
            await service_levels.put(conn, self._cell.name, seconds, self._now())

    def add_metrics(self, metrics: Metrics) -> None:
        """What an operator watches."""
        link, desk = self.link, self.desk
        consumer, writes = self._cti.consumer, self._cti.writes
        metrics.gauge("ami_ready", "1 while the AMI link is in step", lambda: link.ready)
        metrics.gauge("ami_events_waiting", "Events not yet taken", lambda: link.waiting)
        metrics.counter("ami_events", "Events received", lambda: link.events)
        metrics.counter("ami_losses", "AMI links lost", lambda: link.losses)
        metrics.counter(
            "ami_overflows", "Links dropped for too many events", lambda: link.overflows
        )
        metrics.counter(
            "ami_forgeries", "Messages that Asterisk did not write", lambda: link.forgeries
        )
        metrics.counter("cti_resyncs", "Snapshots taken", lambda: consumer.resyncs)
        metrics.gauge("agents_signed_in", "Agents signed in", lambda: desk.signed_in)
        metrics.gauge("agents_connected", "Agents with a page", lambda: desk.connected)
        metrics.counter("screen_pops", "Screen-pops sent", lambda: desk.pops)
        metrics.counter("screen_pops_acknowledged", "Acknowledged", lambda: desk.acknowledged)
        metrics.counter("queue_abandons", "Callers who left a queue", lambda: consumer.abandoned)
        phones, recovery = self._cti.softphones, self._cti.recovery
        metrics.counter("softphone_reloads", "Passwords made valid", lambda: phones.published)
        metrics.counter("softphone_reloads_failed", "Not taken by Asterisk", lambda: phones.failed)
        metrics.counter("calls_kept", "Of agents whose softphone was lost", lambda: recovery.kept)
        metrics.gauge("cti_rows_waiting", "Rows not yet written", lambda: writes.pending)
        metrics.counter("cti_rows_dropped", "Rows lost to a full queue", lambda: writes.overflows)
        metrics.counter("cti_rows_refused", "Rows that were not taken", lambda: writes.refused)


def _ami_settings(cell: CellOptions, secrets: Secrets) -> AmiSettings:
    ami = cell.ami_via or cell.ami
    return AmiSettings(
        host=str(ami.address),
        port=ami.port,
        username=AMI_USER,
        secret=secrets.ami.get_secret_value(),
    )


def _cti_settings(
    settings: Settings, softphones: SoftphoneSettings, parts: LiveParts
) -> CtiSettings:
    cell = settings.cell
    return CtiSettings(
        cell=cell.name,
        wrap_up={queue.name: queue.wrap_up_seconds for queue in cell.queues},
        ring_outs={queue.name: queue.unanswered_before_pause for queue in cell.queues},
        directory=_directory(cell),
        softphones=softphones,
        caller_id=cell.trunk.caller_id,
        pause_limit=timedelta(seconds=settings.recordings.pause_limit_seconds),
        trunk_limit=settings.feedback.trunk_channels,
        emergency_reserve=settings.guards.emergency_reserve,
        url=settings.http.public_url,
        alarms=settings.alarms.as_rules(),
        tell_alarms=settings.alarms.webhook,
        number_of=parts.number_of,
        planned=parts.planned,
        supervising=parts.supervising,
        queue_is_open=parts.queue_is_open,
        counted=parts.counted,
        last_word=parts.last_word,
    )


def _directory(cell: CellOptions) -> Directory:
    return Directory(
        agents=frozenset(agent.id for agent in cell.agents),
        queues=frozenset(queue.name for queue in cell.queues),
        languages=queue_languages(cell.routes),
        titles={one.name: title_of(one.name, one.title, one.title_en) for one in cell.queues},
        listed=tuple(Listed(**one.model_dump()) for one in cell.targets),
        services=tuple(
            EmergencyService(
                one.code,
                one.name,
                one.name_en or one.name,
                one.number,
                contact=str(one.contact) if one.contact else None,
            )
            for one in cell.emergency
        ),
    )
