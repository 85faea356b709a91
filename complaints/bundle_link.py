"""A bundle's link: short enough for an SMS, signed by us, good until a time. Pure."""

import base64
import binascii
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from uuid import UUID

_SHORTEST_SECRET = 16
_KEY_BYTES, _TIME_BYTES, _MAC_BYTES = 16, 4, 16
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)
PATH = "/b/"


def sign(secret: bytes, base_url: str, bundle_id: UUID, expires: datetime) -> str:
    """A link of 51 characters after `base_url`. `expires` is cut to the minute.

    Raises `ValueError` for a secret of less than 16 bytes.
    """
    until = ((expires - _EPOCH) // _MINUTE).to_bytes(_TIME_BYTES, "big")
    named = bundle_id.bytes + until
    token = base64.urlsafe_b64encode(named + _mac(secret, named)).decode()
    return f"{base_url.rstrip('/')}{PATH}{token}"


def opened_by(secret: bytes, token: str, now: datetime) -> tuple[UUID, datetime] | None:
    """Which bundle a link's last part opens, and until when; None: it is not ours, or is over."""
    named = _named_by(secret, token)
    return named if named and now < named[1] else None


def ended_at(secret: bytes, token: str, now: datetime) -> datetime | None:
    """When a link of ours ended; None: it is not ours, or still opens its bundle."""
    named = _named_by(secret, token)
    return named[1] if named and now >= named[1] else None


def _named_by(secret: bytes, token: str) -> tuple[UUID, datetime] | None:
    try:
        raw = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        return None
    named, mac = raw[: _KEY_BYTES + _TIME_BYTES], raw[_KEY_BYTES + _TIME_BYTES :]
    if not hmac.compare_digest(_mac(secret, named), mac):
        return None
    expires = _EPOCH + int.from_bytes(named[_KEY_BYTES:], "big") * _MINUTE
    return UUID(bytes=named[:_KEY_BYTES]), expires


def _mac(secret: bytes, named: bytes) -> bytes:
    """128 bits: what a link may cost to guess, at half the length."""
    if len(secret) < _SHORTEST_SECRET:
        raise ValueError(f"a secret for links has at least {_SHORTEST_SECRET} bytes")
    return hmac.new(secret, b"bundle:" + named, hashlib.sha256).digest()[:_MAC_BYTES]
