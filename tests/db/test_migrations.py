import subprocess
import sys
from collections.abc import Callable
from urllib.parse import urlsplit

import psycopg
import pytest
from yoyo import get_backend, read_migrations

from db.errors import MigrationError
from db.migrate import MIGRATIONS, migrate, missing

SCHEMA = """
    select table_name, column_name, data_type, is_nullable, column_default
    from information_schema.columns where table_schema = 'public' and table_name !~ 'yoyo'
    union all
    select conrelid::regclass::text, conname, contype::text, '', pg_get_constraintdef(oid)
    from pg_constraint
    where connamespace = 'public'::regnamespace and conrelid::regclass::text !~ 'yoyo'
    union all
    select tablename, indexname, '', '', indexdef from pg_indexes
    where schemaname = 'public' and tablename !~ 'yoyo'
    order by 1, 2, 3
"""
OBJECTS = """
    select relname from pg_class where relnamespace = 'public'::regnamespace and relname !~ 'yoyo'
    union all
    select proname from pg_proc where pronamespace = 'public'::regnamespace
    union all
    select typname from pg_type
    where typnamespace = 'public'::regnamespace and typname !~ 'yoyo' and typtype <> 'b'
"""


def _fetch(url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()


def _roll_back(url: str) -> None:
    with get_backend(url.replace("postgresql://", "postgresql+psycopg://", 1)) as backend:
        backend.rollback_migrations(backend.to_rollback(read_migrations(str(MIGRATIONS))))


def test_migrations_apply_roll_back_and_apply_again(empty_url: str) -> None:
    every = sorted(
        path.stem for path in MIGRATIONS.glob("*.sql") if not path.stem.endswith(".rollback")
    )
    assert missing(empty_url) == every
    assert migrate(empty_url) == every
    schema = _fetch(empty_url, SCHEMA)
    assert len(schema) > 100
    _roll_back(empty_url)
    assert _fetch(empty_url, OBJECTS) == []
    assert migrate(empty_url) == every
    assert _fetch(empty_url, SCHEMA) == schema


def test_migrating_twice_changes_nothing(empty_url: str) -> None:
    migrate(empty_url)
    schema = _fetch(empty_url, SCHEMA)
    assert migrate(empty_url) == missing(empty_url) == []
    assert _fetch(empty_url, SCHEMA) == schema


def test_the_lock_of_a_killed_migration_does_not_stop_the_next(empty_url: str) -> None:
    with get_backend(empty_url.replace("postgresql://", "postgresql+psycopg://", 1)) as backend:
        backend._insert_lock_row(pid=2**30, timeout=1)
    assert migrate(empty_url)


def test_two_processes_that_migrate_at_once_both_succeed(empty_url: str) -> None:
    command = [
        sys.executable,
        "-c",
        "import sys; from db.migrate import migrate as m; m(sys.argv[1])",
    ]
    running = [subprocess.Popen([*command, empty_url]) for _ in range(2)]
    assert [process.wait(60) for process in running] == [0, 0]
    assert migrate(empty_url) == []


def test_a_schema_of_a_newer_version_is_not_touched_and_said(empty_url: str) -> None:
    migrate(empty_url)
    with psycopg.connect(empty_url) as connection:
        connection.execute(
            "insert into _yoyo_migration (migration_hash, migration_id) values ('ab', '9999.later')"
        )
    for ask in (migrate, missing):
        with pytest.raises(MigrationError, match="newer than this version"):
            ask(empty_url)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda url: url.replace("postgresql://", "mysql://", 1),
        lambda url: urlsplit(url)._replace(path="/no_such_database").geturl(),
    ],
)
def test_a_database_that_cannot_be_migrated_is_a_migration_error(
    postgres_url: str, spoil: Callable[[str], str]
) -> None:
    with pytest.raises(MigrationError):
        migrate(spoil(postgres_url))


def test_a_fault_without_a_word_is_named(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_url: str) -> None:
        raise psycopg.errors.UndefinedTable

    monkeypatch.setattr("db.migrate.get_backend", fails)
    with pytest.raises(MigrationError, match=r"^migration failed: UndefinedTable\(\)$"):
        migrate(postgres_url)


KEPT = """
    select distinct tgrelid::regclass::text from pg_trigger
    where tgfoid = 'refuse_change'::regproc and tgtype & 8 <> 0  -- on delete
"""


def test_what_is_append_only_is_not_emptied_either(empty_url: str) -> None:
    migrate(empty_url)
    kept = [str(name) for (name,) in _fetch(empty_url, KEPT)]
    assert {"complaint_history", "feedback", "recording_event", "access_log"} < set(kept)
    with psycopg.connect(empty_url, autocommit=True) as connection:
        for name in kept:
            with pytest.raises(psycopg.Error, match=f"{name} is append-only"):
                connection.execute(f"truncate {name} cascade")
