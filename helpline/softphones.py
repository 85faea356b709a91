"""Browsers as telephones, joined to this cell's Asterisk."""

import asyncio
from collections.abc import Mapping, Sequence

from cti.softphones import SoftphoneSettings, Turn
from dialplans.asterisk import AsteriskProcess
from dialplans.errors import AsteriskError
from dialplans.render import write_softphone_passwords
from dialplans.secrets import Secrets
from dialplans.settings import CellSettings
from helpline.settings import Settings

_RELOAD = "module reload res_pjsip.so"


class SoftphoneError(OSError):
    """Asterisk did not read the passwords: {why}."""


class PasswordFile:
    """Writes the passwords and has Asterisk read them, through its control socket: what AMI would
    need for that is a right that we never give it.
    """

    def __init__(self, cell: CellSettings, secrets: Secrets, argv: Sequence[str]) -> None:
        self._cell = cell
        self._secrets = secrets
        self._asterisk = AsteriskProcess(argv, cell.root)

    async def publish(self, passwords: Mapping[str, str]) -> None:
        """Make exactly these valid. Raises `OSError`."""
        await asyncio.to_thread(
            write_softphone_passwords, self._cell, self._secrets, dict(passwords)
        )
        try:
            await self._asterisk.cli(_RELOAD)
        except AsteriskError as error:
            raise SoftphoneError(str(error)) from error


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
