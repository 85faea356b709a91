"""What browsers meet: pages, sign-in, the softphone."""

from datetime import timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from dialplans.settings import (
    Address,
    Peer,
)
from helpline.options.group import Group, HexKey, Wait


class HttpOptions(Group):
    """Where the agents' pages and signed links are served. Behind a TLS proxy in production."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8076
    public_url: str = "http://127.0.0.1:8076"
    """How officers reach us: links in messages begin with it."""
    certificate: Path | None = None
    """PEM, with the chain; with `key` we speak HTTPS ourselves. Not both: a proxy does, or none."""
    key: Path | None = None
    proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    """Proxies of ours: their X-Forwarded-For tells who asks."""
    connections: Annotated[int, Field(ge=16, le=50_000)] = 4000
    """At once, in all. Fewer where the machine allows too few open files: calls need theirs."""
    connections_of_one: Annotated[int, Field(ge=16, le=50_000)] = 2000
    """From one address (IPv6: one /64), which may be an office of 300 desks; not of `proxies`."""
    link_days: Annotated[int, Field(ge=1, le=400)] = 60
    """Longer than any officer is given for a complaint: a link must outlive its deadline."""
    signing_key: HexKey | None = None
    """Signs links and tokens; cells on one database have the same. None: made in the state folder,
    for a single cell."""

    @field_validator("public_url")
    @classmethod
    def _can_be_followed(cls, given: str) -> str:
        parts = urlsplit(given)  # its own errors are ValueErrors, and so are the port's
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
            raise ValueError("public_url is an address that browsers can open, http:// or https://")
        return given

    @model_validator(mode="after")
    def _https_is_whole(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key go together")
        if self.certificate is not None and not self.public_url.startswith("https://"):
            raise ValueError("public_url begins with https:// where there is a certificate")
        return self

    @property
    def origin(self) -> str:
        """Scheme, host and port as browsers name them: without a path or a usual port."""
        parts = urlsplit(self.public_url)
        usual = {"http": 80, "https": 443}.get(parts.scheme)
        port = f":{parts.port}" if parts.port not in (None, usual) else ""
        host = parts.hostname or ""
        return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}"


class TurnOptions(Group):
    """A TURN server. With `secret` a name and password of its own for each page (coturn's
    `use-auth-secret`); otherwise a fixed `user` and `password`, which every agent's browser sees.
    """

    url: Annotated[str, Field(pattern=r"^turns?:[A-Za-z0-9.\[\]:-]+(\?transport=(udp|tcp))?$")]
    secret: SecretStr | None = None
    user: str | None = None
    password: SecretStr | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        fixed = self.user is not None and self.password is not None
        if fixed == (self.secret is not None):
            raise ValueError("turn: either secret, or user and password")
        return self


class SoftphoneOptions(Group):
    """Agents without a `contact` speak through their browser. TLS is that of [http]."""

    bind: Address = Address(address=IPv4Address("127.0.0.1"), port=8089)
    """Where Asterisk listens for browsers."""
    url: Annotated[str, Field(pattern=r"^wss?://[A-Za-z0-9.:\[\]-]+/ws$")] | None = None
    """How browsers reach it; None: `wss://`, the host of http.public_url, this port, `/ws`."""
    stun: tuple[Annotated[str, Field(pattern=r"^stuns?:[A-Za-z0-9.\[\]:-]+$")], ...] = ()
    turn: tuple[TurnOptions, ...] = ()
    relay_only: bool = False
    """Sound goes through a TURN server alone: for desks whose network lets nothing else out."""
    asterisk_stun: Peer | None = None
    """Where Asterisk asks for its own public address."""

    @model_validator(mode="after")
    def _only_a_relay_that_is_there(self) -> Self:
        if self.relay_only and not self.turn:
            raise ValueError("relay_only wants at least one server in turn")
        return self


class DeskOptions(Group):
    """The agents' pages."""

    draft_days: Annotated[int, Field(ge=1, le=90)] = 7
    """What was typed and not registered is dropped when nobody has touched it for so long."""


class AccessOptions(Group):
    """How people sign in. The costs are argon2id's: a change takes effect at each next sign-in."""

    session_length: Wait = timedelta(hours=12)
    session_idle: Wait = timedelta(minutes=45)
    hash_time: Annotated[int, Field(ge=1, le=20)] = 3
    hash_memory_kib: Annotated[int, Field(ge=8192, le=1_048_576)] = 65536
    hash_lanes: Annotated[int, Field(ge=1, le=16)] = 4
