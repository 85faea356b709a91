"""Where the database is."""

import re
from typing import Annotated
from urllib.parse import parse_qs, urlsplit

from pydantic import AfterValidator, SecretStr

_NOT_ENCODED = re.compile(r"%(?![0-9A-Fa-f]{2})|#|@.*@|[/?].*@|\s")


def _is_postgres(given: SecretStr) -> SecretStr:
    """As drivers would read it: their own complaints quote what they could not read."""
    if not _can_be_read(given.get_secret_value()):
        raise ValueError(
            "no postgresql://user:password@host/name; characters such as / # % @ of a password"
            " are written %2F %23 %25 %40"
        )
    return given


def _can_be_read(url: str) -> bool:
    scheme, _, rest = url.partition("://")
    if scheme not in ("postgresql", "postgres") or _NOT_ENCODED.search(rest):
        return False
    try:
        parts = urlsplit(url)
        named = parts.hostname or parts.path.strip("/") or "host" in parse_qs(parts.query)
        return bool(named) and parts.port != 0
    except ValueError:  # of the brackets of a host, or its port
        return False


DatabaseUrl = Annotated[SecretStr, AfterValidator(_is_postgres)]
"""Of a PostgreSQL."""
