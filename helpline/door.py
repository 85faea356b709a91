"""How many connections are let in: in all, and from one client. Only counting; no socket here."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_address

from access.clients import client_behind


class Refused(StrEnum):
    """Why a connection was closed without an answer."""

    FULL = "full"
    ONE_CLIENT = "one client"
    NO_TLS = "no tls"
    NO_REQUEST = "no request"
    NO_BODY = "no body"


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpLimits:
    """`at_once` connections in all, `of_one` from one client; the addresses in `proxies` are many
    clients. `request_seconds`: for TLS to be agreed on, and then for the first request's headers;
    `body_seconds`: for what follows them; `idle_seconds`: until the next request has come.
    """

    at_once: int = 4000
    of_one: int = 2000
    proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    request_seconds: float = 10.0
    body_seconds: float = 30.0
    idle_seconds: float = 75.0


class Door:
    """Counts who is in."""

    def __init__(self, limits: HttpLimits) -> None:
        self._limits = limits
        self._inside = 0
        self._clients: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()

    @property
    def inside(self) -> int:
        """Connections now, those that still agree on TLS included."""
        return self._inside

    def enter(self, address: str) -> Callable[[], None] | Refused:
        """What to call when the connection is over, once or more often; or why it is not let in."""
        client = None if self._is_proxy(address) else client_behind(address)
        if (why := self._against(client)) is not None:
            self.refused[why] += 1
            return why
        self._inside += 1
        if client is not None:
            self._clients[client] += 1
        gone = False

        def leave() -> None:
            nonlocal gone
            if not gone:
                gone = True
                self._leave(client)

        return leave

    def cut(self, why: Refused) -> None:
        """Count one that was let in and is ended by us."""
        self.refused[why] += 1

    def _is_proxy(self, address: str) -> bool:
        peer = ip_address(address)  # as the kernel names it
        return any(peer in network for network in self._limits.proxies)

    def _against(self, client: str | None) -> Refused | None:
        if self._inside >= self._limits.at_once:
            return Refused.FULL
        if client is not None and self._clients[client] >= self._limits.of_one:
            return Refused.ONE_CLIENT
        return None

    def _leave(self, client: str | None) -> None:
        self._inside -= 1
        if client is not None:
            self._clients[client] -= 1
            if not self._clients[client]:
                del self._clients[client]
