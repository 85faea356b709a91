"""An agent joins, changes queues or leaves while the cell runs: the settings are read again.

All or nothing: the file is judged as a whole, then Asterisk is told, then the rows are written;
only then does anything here change, and that cannot fail. What is no agent's setting is wired at
the start: where it differs, nothing is taken over, and it is named.
"""

import asyncio
import contextlib
from collections.abc import Callable

import pydantic
import structlog

from db.errors import AWAY, stop_if_cancelled
from dialplans.errors import DialplanError
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
            leaving = {
                id: one for id, one in gone.items() if id not in staying and self._live.at_work(id)
            }
            left = await self._apply(wanted, leaving)
            _log.info(
                "agents are others",
                added=[one.id for one in found.added],
                removed=[one.id for one in found.removed],
                moved=[one.id for one, _ in found.moved],
                changed=[one.id for one, _ in found.altered],
            )
            still = [f"{id} is at work: gone after that" for id in sorted(leaving)]
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
            leaving = {id: one for id, one in self._leaving.items() if self._live.at_work(id)}
            if leaving.keys() != self._leaving.keys():
                _log.info("agents have left", agents=sorted(self._leaving.keys() - leaving.keys()))
                await self._apply(self._settings, leaving)

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

    async def _apply(self, wanted: Settings, leaving: dict[str, AgentOptions]) -> str | None:
        """What is left to the operator. Raises `ReloadError`, with all as before."""
        roster = (*wanted.cell.agents, *leaving.values())
        all_of_them = _with(wanted, roster)
        try:
            cell, secrets = await asyncio.to_thread(cell_with_secrets, all_of_them, self._asterisk)
            left = await self._telephones.replace(cell, secrets)
        except (DialplanError, OSError) as error:
            raise ReloadError(str(error)) from error
        try:
            await self._live.load_agents(roster)
        except Exception as error:
            stop_if_cancelled()
            await self._as_before()
            if isinstance(error, AWAY):
                raise ReloadError("the database is away: try again in a moment") from error
            raise
        self._settings, self._leaving = wanted, leaving
        self._live.follow(roster, leaving, cell.softphones)
        return left

    async def _as_before(self) -> None:
        before = _with(self._settings, (*self._settings.cell.agents, *self._leaving.values()))
        cell, secrets = await asyncio.to_thread(cell_with_secrets, before, self._asterisk)
        try:
            await self._telephones.replace(cell, secrets)
        except OSError as error:
            _log.error("Asterisk has telephones that are nobody's", error=str(error))


def _with(settings: Settings, agents: tuple[AgentOptions, ...]) -> Settings:
    cell = settings.cell.model_copy(update={"agents": agents})
    return settings.model_copy(update={"cell": cell})
