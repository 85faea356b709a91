"""Links to recordings and attachments: signed by us, for one audience, until a time."""

import hashlib
import hmac
import re
from datetime import datetime
from urllib.parse import quote, urlencode
from uuid import UUID

#: What a link leads to, as its path begins; a part of what is signed.
RECORDINGS, ATTACHMENTS = "recordings", "attachments"

_SHORTEST_SECRET = 16
_EPOCH_SECONDS = re.compile("[0-9]{1,12}", re.ASCII)


def sign(
    secret: bytes,
    base_url: str,
    recording_id: UUID,
    audience: str,
    expires: datetime,
    reason: str = "",
    *,
    folder: str = RECORDINGS,
) -> str:
    """A link to a recording, or to what else the `folder` holds under that id.

    `audience` is to whom it is given and `reason` why, as it is logged. `expires` is cut to the
    second.

    Raises `ValueError` for a secret of less than 16 bytes.
    """
    until = str(int(expires.timestamp()))
    query = {
        "audience": audience,
        "expires": until,
        "signature": _signature(secret, str(recording_id), audience, until, reason, folder),
    }
    if reason:
        query["reason"] = reason
    path = f"{base_url.rstrip('/')}/{folder}/{recording_id}"
    return f"{path}?{urlencode(query, quote_via=quote)}"


def verify(
    secret: bytes,
    recording_id: str,
    audience: str,
    expires: str,
    signature: str,
    now: datetime,
    reason: str = "",
    *,
    folder: str = RECORDINGS,
) -> bool:
    """Whether these parts of a link, as they came, are one that we signed and that still holds."""
    if not genuine(
        secret, recording_id, audience, expires, signature, reason, folder=folder
    ):  # fmt: skip
        return False
    return now.timestamp() < int(expires)


def genuine(
    secret: bytes,
    recording_id: str,
    audience: str,
    expires: str,
    signature: str,
    reason: str = "",
    *,
    folder: str = RECORDINGS,
) -> bool:
    """Whether they are one that we signed, which may have expired."""
    good = _signature(secret, recording_id, audience, expires, reason, folder)
    if not hmac.compare_digest(good.encode(), signature.encode("utf-8", "surrogateescape")):
        return False
    return "\n" not in recording_id and _EPOCH_SECONDS.fullmatch(expires) is not None


def _signature(
    secret: bytes, recording_id: str, audience: str, expires: str, reason: str, folder: str
) -> str:
    if len(secret) < _SHORTEST_SECRET:
        raise ValueError(f"a secret for links has at least {_SHORTEST_SECRET} bytes")
    # The free text stands last: no two links have the same message. With two free texts the first
    # one's length is told; no recording's id looks like that, nor like another folder's name.
    message = f"{recording_id}\n{expires}\n{audience}"
    if reason:
        message = f"reason {len(audience)}\n{message}\n{reason}"
    if folder != RECORDINGS:
        message = f"{folder}\n{message}"
    encoded = message.encode("utf-8", "surrogateescape")
    return hmac.new(secret, encoded, hashlib.sha256).hexdigest()
