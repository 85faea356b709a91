"""Where the server listens and how clients reach it."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlencode

import psycopg
import structlog

from helpline.postgres.account import Account
from helpline.postgres.errors import PostgresError

NAME: Final = "helpline"  # role and database
PORT: Final = 5432  # only a part of the socket's name: nothing listens on the network
LONGEST_SOCKET_PATH: Final = 107  # bytes, sockaddr_un on Linux

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


def wait_ready(
    url: str, *, timeout: float, still_running: Callable[[], bool] = lambda: True
) -> None:
    """Wait until a query is answered; raises `PostgresError` after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        try:
            with psycopg.connect(url, connect_timeout=5) as connection:
                connection.execute("SELECT 1")
            return
        except psycopg.OperationalError as error:
            # The driver's own text may quote the connection string.
            if not still_running():
                raise PostgresError("PostgreSQL ended while it was starting") from error
            if time.monotonic() >= deadline:
                raise PostgresError(f"PostgreSQL gave no answer in {timeout:g} s") from error
        time.sleep(0.05)


def url_for(password: str, socket_dir: Path) -> str:
    """A URL that libpq and asyncpg read alike (libpq takes no `+` for a space)."""
    query = urlencode({"host": str(socket_dir), "port": PORT}, safe="/", quote_via=quote)
    return f"postgresql://{NAME}:{quote(password, safe='')}@/{NAME}?{query}"


def socket_folder(data_dir: Path, account: Account) -> Path:
    """The data folder, or a private short one where no URL could name a socket in it.

    A socket's path has a limit, and drivers take a comma for the end of a host name.
    """
    too_long = len(os.fsencode(data_dir / f".s.PGSQL.{PORT}")) > LONGEST_SOCKET_PATH
    if not too_long and not set(str(data_dir)) & set(',"'):
        return data_dir
    folder = Path(tempfile.mkdtemp(prefix="helpline-pg-"))
    account.own(folder)
    log.info("postgres_socket_elsewhere", data_dir=str(data_dir), socket_dir=str(folder))
    return folder
