"""Bring a database's schema up to date: plain SQL files, in order, by one process at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from yoyo import get_backend, read_migrations
from yoyo.backends import DatabaseBackend
from yoyo.migrations import MigrationList

from db.errors import MigrationError

MIGRATIONS = Path(__file__).with_name("migrations")
_LOCK = 1076  # PostgreSQL's advisory locks are numbers


def migrate(url: str) -> list[str]:
    """Apply what is missing to the database at `url`; the ids applied, in order. Safe to repeat.

    Raises `MigrationError` with the server's message, or for a schema newer than these files: who
    does not know it would write rows that it does not allow, or that mean something else in it.
    """
    with _schema(url) as (backend, pending):
        backend.apply_migrations(pending)
        return [migration.id for migration in pending]


def missing(url: str) -> list[str]:
    """What `migrate` would apply. Raises the same."""
    with _schema(url) as (_, pending):
        return [migration.id for migration in pending]


@contextmanager
def _schema(url: str) -> Iterator[tuple[DatabaseBackend, MigrationList]]:
    """The database, where nobody else migrates, and what is missing in it."""
    yoyo_url, migrations = _yoyo_url(url), read_migrations(str(MIGRATIONS))
    try:
        with _only_one(url), get_backend(yoyo_url) as backend:
            # yoyo's own lock is a row, which outlives a process that is killed; ours is held.
            backend.break_lock()
            known = {migration.hash for migration in migrations}
            if newer := set(backend.get_applied_migration_hashes()) - known:
                raise MigrationError(
                    f"the database's schema is newer than this version: it has {len(newer)} "
                    "migrations that are not known here. Start the version that made them"
                )
            yield backend, backend.to_apply(migrations)
    except MigrationError:
        raise
    except Exception as error:  # yoyo passes on whatever its driver raises
        raise MigrationError(f"migration failed: {str(error) or repr(error)}") from error


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
