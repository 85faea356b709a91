"""Bring a database's schema up to date: plain SQL files, in order, by one process at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from yoyo import get_backend, read_migrations

from db.errors import MigrationError

MIGRATIONS = Path(__file__).with_name("migrations")
_LOCK = 1076  # PostgreSQL's advisory locks are numbers


def migrate(url: str) -> list[str]:
    """Apply what is missing to the database at `url`; the ids applied, in order. Safe to repeat.

    Raises `MigrationError` with the server's message.
    """
    yoyo_url = _yoyo_url(url)
    migrations = read_migrations(str(MIGRATIONS))
    try:
        with _only_one(url), get_backend(yoyo_url) as backend:
            # yoyo's own lock is a row, which outlives a process that is killed; ours is held.
            backend.break_lock()
            pending = backend.to_apply(migrations)
            backend.apply_migrations(pending)
            return [migration.id for migration in pending]
    except Exception as error:  # yoyo passes on whatever its driver raises
        raise MigrationError(f"migration failed: {error}") from error


@contextmanager
def _only_one(url: str) -> Iterator[None]:
    """Wait up to a minute for another migration to end. The lock goes with the connection."""
    with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
        connection.execute("set lock_timeout = '60s'")
        # A machine that vanishes in the middle does not keep the others waiting for hours.
        connection.execute("set tcp_keepalives_idle = 10")
        connection.execute("set tcp_keepalives_interval = 5")
        connection.execute("set tcp_keepalives_count = 3")
        connection.execute("select pg_advisory_lock(%s)", (_LOCK,))
        yield


def _yoyo_url(url: str) -> str:
    """yoyo chooses the driver by the scheme; ours is psycopg 3."""
    scheme, rest = url.split("://", 1)
    if scheme not in ("postgresql", "postgres"):
        raise MigrationError(f"not a PostgreSQL URL: {scheme}://...")
    return f"postgresql+psycopg://{rest}"
