"""PostgreSQL's own clients, version 18, against a server of that version or an older one."""

import asyncio
import contextlib
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urlsplit, urlunsplit

from helpline.postgres.account import environment, program
from helpline.postgres.errors import PostgresError

#: What `pg_restore` 18 says to any server, and servers before 17 refuse.
_TOO_NEW = b"SET transaction_timeout = 0;"
_HEADER = (b"--", b"SET ", b"SELECT pg_catalog.set_config", b"\\")
_CHUNK = 1 << 16

_Stream = TypeVar("_Stream", asyncio.StreamReader, asyncio.StreamWriter)


async def run_client(url: str, name: str, *options: str) -> None:
    """Run one to its end. Raises `PostgresError` with its last words."""
    async with _client(url, name, *options, stdin=DEVNULL) as client:
        _, said = await client.communicate()
    _succeeded(name, client, said)


async def restore_into_older(url: str, file: Path) -> None:
    """What `pg_restore --single-transaction` does, into a server before 17. Raises `PostgresError`.

    As SQL by way of `psql`, without the one setting that such a server does not know. The end of
    its input is where we say COMMIT: `psql --single-transaction` would take our own end for that.
    """
    script = ("--file=-", "--no-owner", "--no-acl", str(file))
    strictly = ("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1")
    async with (
        _client(None, "pg_restore", *script, stdin=DEVNULL, stdout=PIPE) as source,
        _client(url, "psql", *strictly, "--file=-", stdin=PIPE, stdout=DEVNULL) as target,
    ):
        said, refused = (
            asyncio.ensure_future(_piped(client.stderr).read()) for client in (source, target)
        )
        with contextlib.suppress(ConnectionError):  # it has ended: its last words say why
            into = _piped(target.stdin)
            into.write(b"BEGIN;\n")
            await _pour(source, into)
            await source.wait()
            _succeeded("pg_restore", source, await said)
            into.write(b"COMMIT;\n")
            await into.drain()
            into.close()
        _, words = await asyncio.gather(target.wait(), refused)
        _succeeded("psql", target, words)


async def _pour(source: Process, into: asyncio.StreamWriter) -> None:
    script, in_header = _piped(source.stdout), True
    while piece := await (script.readline() if in_header else script.read(_CHUNK)):
        in_header = in_header and (not piece.strip() or piece.startswith(_HEADER))
        if in_header and piece.strip() == _TOO_NEW:
            continue
        into.write(piece)
        await into.drain()


def _piped(stream: _Stream | None) -> _Stream:
    if stream is None:
        raise PostgresError("a client was started without its pipe")
    return stream


def _succeeded(name: str, client: Process, said: bytes) -> None:
    if client.returncode:
        words = said.decode(errors="replace").strip()[-500:]
        raise PostgresError(f"{name} failed: {words}")


@asynccontextmanager
async def _client(
    url: str | None, name: str, *options: str, stdin: int, stdout: int | None = None
) -> AsyncIterator[Process]:
    """The password goes by the environment: a command line can be read by others."""
    bare, password = _without_password(url) if url else ("", "")
    own: Mapping[str, str] = environment() | ({"PGPASSWORD": password} if password else {})
    process = await asyncio.create_subprocess_exec(
        program(name),
        *([f"--dbname={bare}"] if bare else []),
        *options,
        env=own,
        stdin=stdin,
        stdout=stdout,
        stderr=PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:  # we are stopped: it must not write on by itself
            process.kill()
            await process.wait()


def _without_password(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    user, _, host = parts.netloc.rpartition("@")
    name, _, password = user.partition(":")
    bare = parts._replace(netloc=f"{name}@{host}" if name else host)
    return urlunsplit(bare), unquote(password)
