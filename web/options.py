"""What an operator decides about pages, as values."""

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address
from pathlib import Path

from access.sessions import SessionRule


@dataclass(frozen=True, slots=True, kw_only=True)
class WebOptions:
    """`origin`: scheme, host and port as browsers see us; `proxies`: whose word on the client's
    address counts; `bundles`: the folder that set-up filled; `connect`: other places that scripts
    may connect to (an Asterisk's wss).
    """

    origin: str
    rule: SessionRule = field(default_factory=SessionRule)
    proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    bundles: Path | None = None
    connect: tuple[str, ...] = ()
    page_seconds: float = 15.0

    @property
    def secure(self) -> bool:
        """Whether browsers reach us by HTTPS, through a proxy or directly."""
        return self.origin.startswith("https://")


def client_address(
    peer: str | None, forwarded: str | None, proxies: tuple[IPv4Network | IPv6Network, ...]
) -> str:
    """Who asks: the peer, or, when that is a proxy of ours, the last address in
    `X-Forwarded-For` that is not. What a stranger writes into that header is not believed.
    """
    address = peer or ""
    for before in reversed((forwarded or "").split(",")):
        if not _is_in(address, proxies):
            break
        if not _is_address(before.strip()):
            break
        address = before.strip()
    return address


def _is_in(address: str, networks: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    return _is_address(address) and any(ip_address(address) in network for network in networks)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
