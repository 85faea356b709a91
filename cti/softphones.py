"""Agents' browsers as telephones: a SIP password for each page, in force while it is signed in."""

import asyncio
import base64
import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from cti.errors import NotAllowedError, NotNowError
from cti.why import Why

_log = structlog.get_logger(__name__)
_PASSWORD_BYTES = 24
_TURN_LASTS = timedelta(hours=13)  # longer than any session

Publish = Callable[[Mapping[str, str]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Turn:
    """A TURN server. `secret`: shared with it, for names that run out; else `user`, `password`."""

    url: str
    secret: str | None = None
    user: str = ""
    password: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftphoneSettings:
    """`agents`: who speaks through their browser, at the start; `url`: where it speaks SIP (wss).

    `relay_only`: sound goes through a TURN server, never straight to Asterisk.

    Times in seconds: `gather` joins the sign-ins of a moment into one reload of Asterisk.
    """

    agents: frozenset[str] = frozenset()
    url: str = ""
    stun: tuple[str, ...] = ()
    turn: tuple[Turn, ...] = ()
    relay_only: bool = False
    gather: float = 0.2
    retry: float = 1.0
    patience: float = 10.0


class Softphones:
    """`run()` belongs to a supervisor. `publish` makes exactly these passwords (by agent) valid;
    it raises `OSError` or `TimeoutError` when it could not, and may be repeated.
    """

    def __init__(
        self, settings: SoftphoneSettings, publish: Publish, now: Callable[[], datetime]
    ) -> None:
        self._settings = settings
        self.agents = settings.agents
        """Who speaks through their browser, whether they have a page now or not."""
        self._publish = publish
        self._now = now
        self._passwords: dict[str, str] = {}
        self._changed = asyncio.Event()
        self._wanted = 0  # how many changes there were
        self._in_force = 0  # and how many of them Asterisk has
        self._news = asyncio.Condition()
        self.published = 0
        self.failed = 0

    def has(self, agent_id: str) -> bool:
        """Whether this agent speaks through their browser."""
        return agent_id in self.agents

    @property
    def given(self) -> frozenset[str]:
        """Who has a password now."""
        return frozenset(self._passwords)

    async def issue(self, agent_id: str) -> dict[str, Any]:
        """What the page's softphone needs, with a new password, in force on return.

        The one before it is void. Raises `NotAllowedError`, `NotNowError`.
        """
        if not self.has(agent_id):
            raise NotAllowedError(Why.OWN_PHONE)
        password = secrets.token_urlsafe(_PASSWORD_BYTES)
        self._passwords[agent_id] = password
        await self._until_in_force(self._change())
        return {
            "url": self._settings.url,
            "user": agent_id,
            "password": password,
            "ice_servers": self._ice_servers(agent_id),
            "relay_only": self._settings.relay_only,
        }

    def revoke(self, agent_id: str) -> None:
        """The agent has signed out."""
        if self._passwords.pop(agent_id, None) is not None:
            self._change()

    async def run(self) -> None:
        """Until cancelled. Begins with what is valid: an Asterisk that outlived a server has the
        passwords of its pages, which are given others as soon as they register.
        """
        if self.agents:
            self._changed.set()
        while True:
            await self._changed.wait()
            await asyncio.sleep(self._settings.gather)
            self._changed.clear()
            change = self._wanted
            try:
                await self._publish(dict(self._passwords))
            except (OSError, TimeoutError) as error:
                self.failed += 1
                _log.warning("softphones' passwords not in force yet", error=str(error))
                await asyncio.sleep(self._settings.retry)
                self._changed.set()
                continue
            self.published += 1
            async with self._news:
                self._in_force = change
                self._news.notify_all()

    def _change(self) -> int:
        self._wanted += 1
        self._changed.set()
        return self._wanted

    async def _until_in_force(self, change: int) -> None:
        try:
            async with asyncio.timeout(self._settings.patience), self._news:
                await self._news.wait_for(lambda: self._in_force >= change)
        except TimeoutError:
            raise NotNowError(Why.PASSWORD_LATE) from None

    def _ice_servers(self, agent_id: str) -> list[dict[str, str]]:
        servers = [{"urls": url} for url in self._settings.stun]
        for turn in self._settings.turn:
            user, password = self._turn_login(turn, agent_id)
            servers.append({"urls": turn.url, "username": user, "credential": password})
        return servers

    def _turn_login(self, turn: Turn, agent_id: str) -> tuple[str, str]:
        """coturn's `use-auth-secret`: the name says until when, the password proves it."""
        if turn.secret is None:
            return turn.user, turn.password
        user = f"{int((self._now() + _TURN_LASTS).timestamp())}:{agent_id}"
        proof = hmac.new(turn.secret.encode(), user.encode(), hashlib.sha1).digest()
        return user, base64.b64encode(proof).decode()
