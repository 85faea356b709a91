"""Agents' telephones, browsers among them, joined to this cell's Asterisk."""

import asyncio
from collections.abc import Mapping, Sequence

import structlog

from cti.softphones import SoftphoneSettings, Turn
from dialplans.asterisk import AsteriskProcess
from dialplans.errors import AsteriskError
from dialplans.render import OF_AGENTS, write_agents, write_softphone_passwords
from dialplans.secrets import Secrets
from dialplans.settings import CellSettings
from helpline.settings import Settings

_log = structlog.get_logger(__name__)
_SECONDS = 10.0
_TELEPHONES, _DIALPLAN = "module reload res_pjsip.so", "dialplan reload"
BY_HAND = (
    "Asterisk of this cell is out of reach here: copy "
    + ", ".join(OF_AGENTS)
    + " to it from {folder} (those that are there), and run in its console: "
    + f"{_TELEPHONES}; {_DIALPLAN}"
)
"""What is left to the operator whose Asterisk runs on another machine."""


class SoftphoneError(OSError):
    """Asterisk did not read the passwords, or the agents' telephones: {why}."""


class Telephones:
    """Writes what Asterisk knows of agents' telephones, and has Asterisk read it, through its
    control socket: what AMI would need for that is a right that we never give it. Calls in
    progress do not notice: what has not changed is left as it is.

    `ours`: whether we run that Asterisk.
    """

    def __init__(
        self, cell: CellSettings, secrets: Secrets, argv: Sequence[str], *, ours: bool
    ) -> None:
        self._cell = cell
        self._secrets = secrets
        self._given: Mapping[str, str] = {}
        self._asterisk = AsteriskProcess(argv, cell.root)
        self._ours = ours
        self._lock = asyncio.Lock()  # a file is not changed while Asterisk reads it

    async def publish(self, passwords: Mapping[str, str]) -> None:
        """Make exactly these valid. Raises `OSError`."""
        async with self._lock:
            self._given = dict(passwords)
            await asyncio.to_thread(
                write_softphone_passwords, self._cell, self._secrets, self._given
            )
            await self._read(_TELEPHONES)

    async def replace(self, cell: CellSettings, secrets: Secrets) -> str | None:
        """Other agents; what is left to the operator, where Asterisk is out of our reach.

        Raises `OSError`: then all is as before.
        """
        async with self._lock:
            try:
                left = await self._put(cell, secrets)
            except OSError:
                await self._put_back()
                raise
            self._cell, self._secrets = cell, secrets
            return left

    async def _put(self, cell: CellSettings, secrets: Secrets) -> str | None:
        await asyncio.to_thread(write_agents, cell, secrets, self._given)
        try:
            await self._read(_TELEPHONES)
            await self._read(_DIALPLAN)
        except SoftphoneError:
            if self._ours:
                raise
            return BY_HAND.format(folder=cell.root / "etc")
        return None

    async def _put_back(self) -> None:
        """What Asterisk has not read now, it reads when it comes back."""
        try:
            await self._put(self._cell, self._secrets)
        except OSError as error:
            _log.warning("Asterisk has not read the telephones of before", error=str(error))

    async def _read(self, command: str) -> None:
        try:
            said = await self._asterisk.cli(command, seconds=_SECONDS)
        except AsteriskError as error:
            raise SoftphoneError(str(error)) from error
        if "reloaded" not in said:
            raise SoftphoneError(f"{command}: {said.strip()[-300:]}")


def softphone_settings(settings: Settings, cell: CellSettings) -> SoftphoneSettings:
    """What pages are told, of the operator's settings."""
    options = settings.softphone
    if options is None:
        return SoftphoneSettings()
    return SoftphoneSettings(
        agents=frozenset(cell.softphones),
        url=settings.softphone_url or "",
        stun=options.stun,
        turn=tuple(
            Turn(
                url=one.url,
                secret=one.secret.get_secret_value() if one.secret else None,
                user=one.user or "",
                password=one.password.get_secret_value() if one.password else "",
            )
            for one in options.turn
        ),
        relay_only=options.relay_only,
    )
