"""Keys: time-ordered UUIDs (version 7), so that new rows land at the end of every index."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from uuid_utils.compat import uuid7

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def new_id(now: datetime) -> UUID:
    """A new key that sorts by `now` (aware, to the millisecond), unique by its random bits."""
    return uuid7(nanoseconds=(now - _EPOCH) // timedelta(microseconds=1) * 1000)
