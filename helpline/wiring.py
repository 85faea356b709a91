"""A whole helpline for one cell: every part made once, started in order, stopped in reverse."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from ssl import SSLContext
from uuid import UUID

import structlog

from agi.server import FastAgiServer
from calls.waiting import Standing
from campaigns.callbacks import Callbacks, OpenNow
from campaigns.dialer import Dialer
from complaints.categories import not_for_complaints
from complaints.status import english_words, words_to_speak
from cti.views import AgentStatus
from db.group_commit import GroupCommit
from db.left_rows import LeftRows
from db.pool import Pool, open_pool
from dialplans.secrets import Secrets
from dialplans.settings import CellSettings
from helpline.adapters import TrunkOriginator, link_signer
from helpline.agent_commands import carry_out
from helpline.asterisk import AsteriskService
from helpline.asterisk_logs import AsteriskLogs
from helpline.cell import render_cell, state_folder
from helpline.certificate_watch import CertificateWatch, certificate_end
from helpline.clock import Clock, system_clock
from helpline.clock_watch import ClockWatch, Sound, always
from helpline.database import Database, close_pool
from helpline.day_totals import DayTotals
from helpline.deadlines import DeadlineSweep
from helpline.desk_adapters import NumberHistory
from helpline.dialing import callback_settings, dialer_settings
from helpline.disk import disk_watch
from helpline.figures import watch_callers, watch_calls, watch_http
from helpline.files import files_allowed, http_limits
from helpline.flow_parts import flow_parts
from helpline.flows import agi_server
from helpline.heads import HeadsKept
from helpline.http import Health, HttpServer, application
from helpline.keys import signing_key
from helpline.known_agents import AgentNumbers
from helpline.live import LiveCell, LiveParts
from helpline.metrics import Metrics
from helpline.operator_socket import OperatorSocket
from helpline.outbound import Outbound, tell_outside
from helpline.pages import DeskSessions, DraftSweep, SessionSweep, page_shell, supervising_now
from helpline.prompts import other_stores, prompt_store, render_prompts
from helpline.queue_words import QueueWords
from helpline.reception import Places, admission, opening_book, planned_seats
from helpline.recorded import RecordingJobs, recording_vault
from helpline.recording_adapters import AsteriskRecorder
from helpline.reloading import Reload, Reread
from helpline.second_server import bring_up_to_date, refuse_second
from helpline.settings import Settings
from helpline.site import add_site
from helpline.softphones import Telephones, softphone_settings
from helpline.supervise import Supervisor
from helpline.tls import tls_context
from helpline.tools import Tools
from helpline.watched import watched
from helpline.words_ahead import WordsAhead
from recordings.closer import Closer
from recordings.rotation import lacking
from recordings.vault import Vault
from speech.prompts import Prompt
from speech.words import Words

_log = structlog.get_logger(__name__)

_PLACES_SECONDS = 5.0
_DIALER, _CALLBACKS = "dialer", "call-backs"
_IN_STEP_SECONDS = 15.0
_CLOSE_SECONDS = 5.0
_DRAIN_SECONDS = 10.0

Progress = Callable[[str], None]


class Helpline:
    """One cell's helpline, from `start` to `stop`."""

    def __init__(
        self,
        settings: Settings,
        tools: Tools,
        now: Clock,
        watch: ClockWatch | None = None,
        reread: Reread | None = None,
    ) -> None:
        """`watch`: of `now`, where that is the machine's time; None: it may be moved at will.

        `reread`: the settings, while it runs (`helpline.reloading`); None: they stand.
        """
        self._settings = settings
        self._watch = watch
        self._tools = tools
        self._now = now
        self._reread = reread
        self._numbers = AgentNumbers(settings.cell)
        self._database = Database(settings)
        self._prompts = prompt_store(settings, tools)
        self._vault = recording_vault(settings)
        self._left_rows = LeftRows(state_folder(settings).left_rows)
        self._disk = disk_watch(settings)
        self._services = Supervisor()
        self._metrics = Metrics()
        self._pool: Pool | None = None
        self._asterisk: AsteriskService | None = None
        self._live: LiveCell | None = None
        self._last_word: datetime | None = None
        self._agi: FastAgiServer | None = None
        self._commit: GroupCommit | None = None
        self._reload_asked = asyncio.Event()
        self._undo: list[tuple[str, Callable[[], Awaitable[object]]]] = []

    @property
    def vault(self) -> Vault:
        """The recordings."""
        return self._vault

    @property
    def pool(self) -> Pool:
        """The database. Raises `RuntimeError` before the start."""
        if self._pool is None:
            raise RuntimeError("the helpline is not started")
        return self._pool

    @property
    def asterisk(self) -> AsteriskService:
        """Our own Asterisk. Raises `RuntimeError` when it is not ours, or before the start."""
        if self._asterisk is None:
            raise RuntimeError("no Asterisk of ours is running")
        return self._asterisk

    @property
    def live(self) -> LiveCell:
        """Who is talking. Raises `RuntimeError` before the start."""
        if self._live is None:
            raise RuntimeError("the helpline is not started")
        return self._live

    def reload_soon(self) -> None:
        """Take the agents of the settings over, once started; the log says what came of it."""
        self._reload_asked.set()

    def health(self) -> Health:
        """What is wrong right now."""
        faults = dict.fromkeys(self._services.down(), "restarting")
        if (self._commit and self._commit.away) or (self._live and self._live.rows_away):
            faults["database"] = "away: rows wait"
        if self._live is not None and not self._live.link.ready:
            faults["AMI link"] = self._live.link.state
        if self._live is not None and self._live.shared:
            faults["cell"] = "another server has the same cell.name"
        if self._asterisk is not None and not self._asterisk.process.running:
            faults["asterisk"] = "not running"
        if not self._database.running:
            faults["PostgreSQL"] = "not running"
        if self._watch is not None and (fault := self._watch.fault) is not None:
            faults["clock"] = fault
        return Health(faults)

    def prompt_file(self, prompt: Prompt) -> Path:
        """The sound file that citizens hear for `prompt`."""
        return Path(self._prompts.file(prompt)).with_suffix(".wav")

    async def start(self, progress: Progress = lambda _what: None) -> None:
        """Start everything, or nothing: what was started is stopped again when a part fails."""
        async with contextlib.AsyncExitStack() as half_started:
            half_started.push_async_callback(self.stop)
            await self._start(progress)
            half_started.pop_all()

    async def stop(self, *, drain_seconds: float = 2.0) -> None:
        """Begin no more calls, let those in a flow finish for `drain_seconds`, stop all parts."""
        await self._services.stop_one(_DIALER)
        await self._services.stop_one(_CALLBACKS)
        if self._agi is not None:
            # An Asterisk of the operator's own goes on, and its conversations with it.
            end_calls = self._asterisk.end_calls if self._asterisk else None
            await self._agi.drain(drain_seconds, end_calls=end_calls)
        if self._asterisk is not None and self._live is not None:
            self._live.link.expect_end()
        while self._undo:
            name, undo = self._undo.pop()
            try:
                await undo()
            except Exception:  # the parts below it must be stopped all the same
                _log.exception("part did not stop cleanly", part=name)
        self._pool = None

    async def _start(self, progress: Progress) -> None:
        # Asked first: a fault of the pages alone must not let calls in and then cut them.
        tls = await asyncio.to_thread(tls_context, self._settings.http)
        progress("database: starting and migrating")
        pool = await self._start_database()
        if idle := await not_for_complaints(pool, self._settings.rules.by_category):
            _log.warning("rules of categories that no complaint can have", categories=idle)
        progress("prompts: rendering")
        await asyncio.to_thread(render_prompts, self._settings, self._tools)
        cell, secrets = render_cell(self._settings, self._tools.asterisk)
        self._undo.append(("services", self._services.stop))
        self._services.start("PostgreSQL", self._database.watch)
        self._services.start("disks", self._disk.run)
        self._disk.add_metrics(self._metrics)
        await self._watch_clock(pool)
        await self._start_calls(pool)
        if self._settings.cell.run_asterisk:
            progress(f"Asterisk {self._tools.asterisk.version}: starting")
            await self._start_asterisk(cell.root)
        await self._start_live(pool, cell, secrets)
        self._start_recordings(pool)
        self._start_deadlines(pool)
        self._start_dialer(pool)
        await self._start_messages(pool)
        await self._start_http(pool, tls)
        progress("queues: waiting for Asterisk's state")
        await self._until_in_step()

    async def _start_database(self) -> Pool:
        self._undo.append(("database", self._database.stop))
        url = await self._database.start()
        await bring_up_to_date(url)
        pool = self._pool = await open_pool(url, size=16)
        self._undo.append(("pool", lambda: close_pool(pool, _CLOSE_SECONDS)))
        self._last_word = await refuse_second(pool, self._settings.cell.name, self._now)
        await lacking(pool, self._vault.keys)
        return pool

    async def _watch_clock(self, pool: Pool) -> None:
        if (watch := self._watch) is None:
            return
        await watch.compare(pool)
        self._services.start("clock", lambda: watch.run(lambda: self.pool))

    @property
    def _sound(self) -> Sound:
        return always if self._watch is None else self._watch.sound

    async def _start_calls(self, pool: Pool) -> None:
        """Call rows, recordings, and the flows that citizens hear."""
        settings, now, state = self._settings, self._now, state_folder(self._settings)
        left = self._left_rows
        await left.bring_in(pool)
        commit = self._commit = GroupCommit(lambda: self.pool, put_by=left)
        self._services.start("call rows", commit.run)
        self._services.start("call rows put by", lambda: left.run(lambda: self.pool))
        self._undo.append(("call rows", lambda: left.write_or_keep(commit, _DRAIN_SECONDS)))
        closer = Closer(
            *(pool, self._vault, now, settings.cell.name, state.captures),
            rows_wait=lambda: commit.away or left.waiting > 0,
        )
        self._services.start("recordings", closer.run)
        words, gate = Words(self._prompts), admission(settings, pool, now)
        self._speak("words", words, partial(words_to_speak, pool))
        english = self._english_words(pool)
        places = Places(pool, settings.cell, now, settings.guards.called)
        languages = [one.code for one in settings.cell.languages]
        told = QueueWords(self._in_line, places.queue_now, state.prompts, languages)
        self._services.start("places told", lambda: told.run(_PLACES_SECONDS))
        self._agi = agi_server(
            settings.cell,
            flow_parts(
                settings,
                pool,
                commit,
                now,
                prompts=self._prompts,
                words=words,
                english_words=english,
                gate=gate,
                places=places,
                seated=self._seated,
                served=self._served,
                numbers=self._numbers,
            ),
        )
        await self._agi.start()
        watch_calls(self._metrics, self._agi, commit, left, closer)
        watch_callers(self._metrics, gate, words)
        self._metrics.counter(
            "service_restarts", "Services started again", self._services.restarts, "service"
        )

    def _seated(self, queue: str, agent_id: str) -> AgentStatus | None:
        return None if self._live is None else self._live.seated(queue, agent_id)

    def _served(self, call_id: UUID, interface: str, at: datetime) -> None:
        if self._live is not None:
            self._live.served(call_id, interface, at)

    def _speak(self, name: str, words: Words, ask: Callable[[], Awaitable[list[str]]]) -> None:
        self._services.start(name, words.run)
        self._services.start(f"{name} ahead", WordsAhead(ask, words.want).run)

    def _english_words(self, pool: Pool) -> Words | None:
        """Where English is spoken to citizens, the subjects in it too."""
        stores = other_stores(self._settings, self._tools)
        if not stores:
            return None
        words = Words(stores[0])
        self._speak("words in English", words, partial(english_words, pool))
        return words

    async def _in_line(self) -> list[Standing]:
        return [] if self._live is None else await self._live.in_line()

    async def _start_asterisk(self, root: Path) -> None:
        self._asterisk = AsteriskService(self._tools.asterisk.argv, root)
        self._undo.append(("asterisk", self._asterisk.stop))
        await self._asterisk.start()
        self._services.start("asterisk", self._asterisk.watch)
        logs = AsteriskLogs(root / "log", self._asterisk.process.cli, system_clock, self._sound)
        self._services.start("Asterisk's log", logs.run)

    async def _start_live(self, pool: Pool, cell: CellSettings, secrets: Secrets) -> None:
        """The AMI link and the agents' desk."""
        telephones = Telephones(
            cell, secrets, self._tools.asterisk.argv, ours=self._settings.cell.run_asterisk
        )
        live = self._live = LiveCell(
            self._settings,
            secrets,
            softphones=softphone_settings(self._settings, cell),
            parts=LiveParts(
                pool=lambda: self.pool,
                history=NumberHistory(pool, self._now),
                publish=telephones.publish,
                planned=planned_seats(self._settings, pool, self._now),
                supervising=supervising_now(pool, self._now),
                queue_is_open=opening_book(self._settings, pool, self._now).is_open,
                number_of=self._numbers,
                now=self._now,
                flow_rows=self._commit,
                counted=watched(self._left_rows, self._disk, self._watch, self._services),
                last_word=self._last_word,
            ),
        )
        await live.load_agents(self._settings.cell.agents)
        await live.load_service_levels()
        # Below what ends calls, and above the services: what that tells of is written first.
        services = [name for name, _ in self._undo].index("services")
        self._undo.insert(services + 1, ("cti rows", lambda: live.write_rows(_CLOSE_SECONDS)))
        for name, service in live.services.items():
            self._services.start(name, service)
        live.add_metrics(self._metrics)
        if self._reread is not None:
            await self._start_reload(self._reread, telephones)

    async def _start_reload(self, reread: Reread, telephones: Telephones) -> None:
        """Agents who join and leave while it runs."""
        asked, asterisk = self._reload_asked, self._tools.asterisk
        parts = Reload(self._settings, reread, asterisk, telephones, self.live, asked)
        self._services.start("agents of the settings", parts.run)
        socket = OperatorSocket(state_folder(self._settings).control, partial(carry_out, parts))
        self._undo.append(("operator's socket", socket.stop))
        await socket.start()

    def _start_recordings(self, pool: Pool) -> None:
        """What happens to recordings after their closing."""
        recorder = AsteriskRecorder(self.live.link)
        jobs = RecordingJobs(pool, self._vault, self._settings, recorder, self._now, self._sound)
        for name, service in jobs.services.items():
            self._services.start(name, service)
        jobs.add_metrics(self._metrics)

    def _start_deadlines(self, pool: Pool) -> None:
        sweep = DeadlineSweep(
            pool,
            self._settings.rules,
            self._now,
            link_signer(self._settings, self._now),
            self._sound,
        )
        for name, service in sweep.services.items():
            self._services.start(name, service)
        self._services.start("totals of days", DayTotals(pool, self._now).run)
        folder, key = state_folder(self._settings).audit, signing_key(self._settings)
        heads = HeadsKept(pool, folder, key, self._now, self._sound)
        self._services.start("heads of histories", heads.run)

    def _start_dialer(self, pool: Pool) -> None:
        options = self._settings.feedback
        originator = TrunkOriginator(self.live.link, self.live.live_calls, self._sound)
        seconds, hours = self._settings.callbacks.tick_seconds, self._hours(pool)
        owed = callback_settings(self._settings)
        carrier = Callbacks(pool, originator, self._now, owed, hours, self._sound)
        self._services.start(_CALLBACKS, lambda: carrier.run(seconds))
        if not options.enabled:
            return
        asked = dialer_settings(self._settings)
        dialer = Dialer(pool, originator, self._now, asked, self._sound)
        self._services.start(_DIALER, lambda: dialer.run(options.tick_seconds))

    def _hours(self, pool: Pool) -> OpenNow:
        book = opening_book(self._settings, pool, self._now)

        async def open_now(queue: str) -> bool:
            return (await book(queue)).is_open

        return open_now

    async def _start_messages(self, pool: Pool) -> None:
        options = self._settings.notifications
        if not options.enabled:
            return
        await tell_outside(pool, options, self._now())
        outbox = state_folder(self._settings).outbox
        outbound = Outbound(pool, options, outbox, self._now, self._sound)
        outbound.add_metrics(self._metrics)
        # Below the services: what is under way ends before its connection is closed.
        services = [name for name, _ in self._undo].index("services")
        self._undo.insert(services, ("gateways", outbound.close))
        for name, service in outbound.services.items():
            self._services.start(name, service)

    async def _start_http(self, pool: Pool, tls: SSLContext | None) -> None:
        settings = self._settings
        shell = page_shell(settings, pool, self._now)
        app = application((), self._metrics, self.health)
        desks = DeskSessions(shell)
        add_site(app, shell, settings, self._vault, self.live, desks)
        self._services.start("sessions", SessionSweep(shell).run)
        self._services.start("sessions of desks", desks.run)
        keep = timedelta(days=settings.desk.draft_days)
        self._services.start("drafts", DraftSweep(pool, keep, self._now, self._sound).run)
        await self._watch_certificate()
        limits = http_limits(settings, files_allowed())
        server = HttpServer(app, settings.http.host, settings.http.port, tls, limits)
        watch_http(self._metrics, server)
        self._undo.append(("http", server.stop))
        await server.start()

    async def _watch_certificate(self) -> None:
        if (end := await asyncio.to_thread(certificate_end, self._settings.http)) is None:
            return
        certificate = CertificateWatch(end, system_clock)
        self._services.start("certificate", certificate.run)
        certificate.add_metrics(self._metrics)

    async def _until_in_step(self) -> None:
        """Until the AMI link is ready, or a person must look: the helpline serves calls anyway."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_IN_STEP_SECONDS):
                while not self.live.link.ready:
                    await asyncio.sleep(0.05)
            return
        _log.error("no AMI link yet: agents and dialer wait", state=self.live.link.state)
