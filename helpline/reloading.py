"""An agent joins, changes queues or leaves while the cell runs: the settings are read again.

All or nothing: the file is judged as a whole, then Asterisk is told, then the rows are written;
only then does anything here change, and that cannot fail. What is no agent's setting is wired at
the start: where it differs, nothing is taken over, and it is named.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping

import pydantic
import structlog

from db.errors import AWAY, stop_if_cancelled
from dialplans.errors import DialplanError
from dialplans.settings import CellSettings
from helpline.cell import cell_settings, cell_with_secrets
from helpline.files import files_allowed, too_few_files
from helpline.live import LiveCell
from helpline.options.cell import AgentOptions
from helpline.roster_changes import changed_elsewhere, roster_changes
from helpline.settings import Settings, SettingsError, faults
from helpline.softphones import Telephones
from helpline.tools import Asterisk

Reread = Callable[[], Settings]
"""The settings as they stand in file and environment now. Raises `SettingsError`, `OSError`."""

NOTHING = "the agents are as in the settings"

_log = structlog.get_logger(__name__)
_LOOK_SECONDS = 1.0


class ReloadError(Exception):
    """Nothing was changed: {why}."""


class Reload:
    """`reload()` by the operator's word; `run()` belongs to a supervisor: it does so when `asked`
    is set, and lets those go who were in a call when they were taken off the roster.
    """

    def __init__(
        self,
        settings: Settings,
        reread: Reread,
        asterisk: Asterisk,
        telephones: Telephones,
        live: LiveCell,
        asked: asyncio.Event,
    ) -> None:
        self._settings = settings
        self._reread = reread
        self._asterisk = asterisk
        self._telephones = telephones
        self._live = live
        self._leaving: dict[str, AgentOptions] = {}
        self._asked = asked
        self._lock = asyncio.Lock()

    async def reload(self, *, only_tell: bool = False) -> list[str]:
        """What changed, or with `only_tell` what would; in lines. Raises `ReloadError`."""
        async with self._lock:
            wanted = await asyncio.to_thread(self._read)
            found = roster_changes(self._settings.cell.agents, wanted.cell.agents)
            if only_tell or not found:
                return found.lines() or [NOTHING]
            staying = {one.id for one in wanted.cell.agents}
            gone = {one.id: one for one in found.removed} | self._leaving
            gone = {id: one for id, one in gone.items() if id not in staying}
            left = await self._apply(wanted, gone)
            _log.info(
                "agents are others",
                added=[one.id for one in found.added],
                removed=[one.id for one in found.removed],
                moved=[one.id for one, _ in found.moved],
                changed=[one.id for one, _ in found.altered],
            )
            still = [f"{id} is at work: gone after that" for id in sorted(self._leaving)]
            warned = (left, too_few_files(wanted, files_allowed()))
            return [*found.lines(), *still, *(f"warning: {one}" for one in warned if one)]

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_SECONDS):
                    await self._asked.wait()
            try:
                if self._asked.is_set():
                    self._asked.clear()
                    for line in await self.reload():
                        _log.info("settings read again", told=line)
                elif self._leaving:
                    await self._let_go()
            except ReloadError as error:
                _log.error("settings not taken over", why=str(error))

    async def _let_go(self) -> None:
        """Those who have ended what they were in."""
        async with self._lock:
            before = self._leaving.keys()
            if self._at_work(self._leaving).keys() != before:
                await self._apply(self._settings, self._leaving)
                _log.info("agents have left", agents=sorted(before - self._leaving.keys()))

    def _at_work(self, agents: Mapping[str, AgentOptions]) -> dict[str, AgentOptions]:
        return {id: one for id, one in agents.items() if self._live.at_work(id)}

    def _read(self) -> Settings:
        try:
            wanted = self._reread()
            cell_settings(wanted, self._asterisk)
        except pydantic.ValidationError as error:
            raise ReloadError(faults(error)) from error
        except (SettingsError, OSError) as error:
            raise ReloadError(str(error)) from error
        if others := changed_elsewhere(self._settings, wanted):
            raise ReloadError(f"{', '.join(others)}: changed too, which takes a restart")
        return wanted

    async def _apply(self, wanted: Settings, gone: Mapping[str, AgentOptions]) -> str | None:
        """Of those who are to go, who is at work leaves after that; what is left to the operator.

        All of it takes seconds. They get no call of a queue from the first moment on, and who has
        come into one on another way is found before their page is closed. Raises `ReloadError`,
        with all as before.
        """
        await self._live.let_go(frozenset(gone))
        leaving = self._at_work(gone)
        told = written = False
        try:
            while True:
                roster = (*wanted.cell.agents, *leaving.values())
                cell, left = await self._tell_asterisk(wanted, roster)
                told = True
                if not (came := self._came(gone, leaving)):
                    await self._live.load_agents(roster)
                    written = True
                    came = self._came(gone, leaving)
                if not came:
                    break
                leaving |= came
        except Exception as error:
            stop_if_cancelled()
            self._live.keep(frozenset(gone.keys() - self._leaving.keys()))
            if told:
                await self._as_before(rows=written)
            if isinstance(error, AWAY):
                raise ReloadError("the database is away: try again in a moment") from error
            raise
        self._settings, self._leaving = wanted, leaving
        self._live.follow(roster, leaving, cell.softphones)
        return left

    def _came(
        self, gone: Mapping[str, AgentOptions], leaving: Mapping[str, AgentOptions]
    ) -> dict[str, AgentOptions]:
        now = self._at_work(gone)
        return {id: one for id, one in now.items() if id not in leaving}

    async def _tell_asterisk(
        self, wanted: Settings, roster: tuple[AgentOptions, ...]
    ) -> tuple[CellSettings, str | None]:
        all_of_them = _with(wanted, roster)
        try:
            cell, secrets = await asyncio.to_thread(cell_with_secrets, all_of_them, self._asterisk)
            return cell, await self._telephones.replace(cell, secrets)
        except (DialplanError, OSError) as error:
            raise ReloadError(str(error)) from error

    async def _as_before(self, *, rows: bool) -> None:
        roster = (*self._settings.cell.agents, *self._leaving.values())
        before = _with(self._settings, roster)
        cell, secrets = await asyncio.to_thread(cell_with_secrets, before, self._asterisk)
        try:
            await self._telephones.replace(cell, secrets)
        except OSError as error:
            _log.error("Asterisk has telephones that are nobody's", error=str(error))
        try:
            if rows:
                await self._live.load_agents(roster)
        except AWAY as error:
            stop_if_cancelled()
            _log.error("rows of agents are not as before", error=repr(error))


def _with(settings: Settings, agents: tuple[AgentOptions, ...]) -> Settings:
    cell = settings.cell.model_copy(update={"agents": agents})
    return settings.model_copy(update={"cell": cell})
