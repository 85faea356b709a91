"""Links to recordings: signed by us, for one audience, until a time."""

import hashlib
import hmac
import re
from datetime import datetime
from urllib.parse import quote, urlencode
from uuid import UUID

_SHORTEST_SECRET = 16
_EPOCH_SECONDS = re.compile("[0-9]{1,12}", re.ASCII)


def sign(secret: bytes, base_url: str, recording_id: UUID, audience: str, expires: datetime) -> str:
    """A link to a recording. `audience` is to whom it is given; `expires` is cut to the second.

    Raises `ValueError` for a secret of less than 16 bytes.
    """
    until = str(int(expires.timestamp()))
    query = {
        "audience": audience,
        "expires": until,
        "signature": _signature(secret, str(recording_id), audience, until),
    }
    return f"{base_url.rstrip('/')}/recordings/{recording_id}?{urlencode(query, quote_via=quote)}"


def verify(
    secret: bytes, recording_id: str, audience: str, expires: str, signature: str, now: datetime
) -> bool:
    """Whether these parts of a link, as they came, are one that we signed and that still holds."""
    good = _signature(secret, recording_id, audience, expires)
    genuine = hmac.compare_digest(good.encode(), signature.encode("utf-8", "surrogateescape"))
    if not genuine or not _EPOCH_SECONDS.fullmatch(expires):
        return False
    return now.timestamp() < int(expires)


def _signature(secret: bytes, recording_id: str, audience: str, expires: str) -> str:
    if len(secret) < _SHORTEST_SECRET:
        raise ValueError(f"a secret for links has at least {_SHORTEST_SECRET} bytes")
    # The free text stands last: no two links have the same message.
    message = f"{recording_id}\n{expires}\n{audience}".encode("utf-8", "surrogateescape")
    return hmac.new(secret, message, hashlib.sha256).hexdigest()
