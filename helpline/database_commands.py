"""The operator's back-up of the database, and the way back, with PostgreSQL's own tools."""

import argparse
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import mkstemp

import asyncpg

from helpline.cell import state_folder
from helpline.database import Database
from helpline.errors import OperatorError
from helpline.postgres import url_of_running
from helpline.postgres.clients import restore_into_older, run_client
from helpline.settings import Settings

#: Servers from this version on take all that our `pg_restore` says.
_RESTORED_INTO = 17
_TABLES = "select count(*) from pg_tables where schemaname = 'public'"


class BackupError(OperatorError):
    """A back-up cannot be written or read; the message says what to do."""


def add_database(parser: argparse.ArgumentParser) -> None:
    """`helpline database dump | restore`."""
    what = parser.add_subparsers(required=True)
    out = what.add_parser("dump", help="write all of it to a file, also while it serves")
    out.add_argument("file", type=Path, metavar="FILE", help="must not exist")
    out.set_defaults(command=dump)
    back = what.add_parser("restore", help="read such a file into an empty database")
    back.add_argument("file", type=Path, metavar="FILE")
    back.set_defaults(command=restore)


async def dump(settings: Settings, options: argparse.Namespace) -> int:
    """As of one moment. Nothing else has the name before it is whole."""
    file: Path = options.file
    _must_not_exist(file)
    whole = ("--format=custom", "--no-owner", "--no-acl")
    # A name of its own, 0600: somebody else may be writing a dump of the same name.
    opened, name = mkstemp(prefix=f"{file.name}.", suffix=".part", dir=file.parent)
    part = Path(name)
    os.close(opened)
    try:
        async with _url(settings) as url:
            await run_client(url, "pg_dump", *whole, f"--file={part}")
        _must_not_exist(file)
        part.rename(file)
    finally:  # what is left of one that failed has citizens' data in it, and fills the disk
        part.unlink(missing_ok=True)
    print(f"{file}: {file.stat().st_size} bytes; it holds the keys of recordings, wrapped")
    return 0


def _must_not_exist(file: Path) -> None:
    if file.exists():
        raise BackupError(f"{file} is there already")


async def restore(settings: Settings, options: argparse.Namespace) -> int:
    """All or nothing. The embedded server is started for it: `helpline serve` must not run."""
    if settings.database_url is None and url_of_running(state_folder(settings).postgres):
        raise BackupError("stop `helpline serve` first")
    async with _url(settings) as url:
        conn = await asyncpg.connect(url)
        try:
            if await conn.fetchval(_TABLES):
                raise BackupError("the database has tables already: restore into an empty one")
            older = conn.get_server_version().major < _RESTORED_INTO
        finally:
            await conn.close()
        if older:
            await restore_into_older(url, options.file)
        else:
            whole = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-acl")
            await run_client(url, "pg_restore", *whole, str(options.file))
    print(f"restored {options.file}; now: helpline migrate")
    return 0


@asynccontextmanager
async def _url(settings: Settings) -> AsyncIterator[str]:
    """Of the operator's own database, of the embedded one that serves, or of that, started."""
    running = None
    if settings.database_url is None:
        running = url_of_running(state_folder(settings).postgres)
    if running is not None:
        yield running
        return
    database = Database(settings)
    try:
        yield await database.start()
    finally:
        await database.stop()
