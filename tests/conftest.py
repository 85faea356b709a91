"""Fixtures that all rooms share."""

from __future__ import annotations

import asyncio
import os
import secrets
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import structlog
from hypothesis import HealthCheck, settings
from psycopg import sql
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from complaints.reference import load
from db.migrate import migrate
from db.pool import Pool, open_pool
from helpline.postgres import EmbeddedPostgres
from tests.complaints.world import REFERENCE, World
from tests.database import drop_database, fresh_database, migrate_to_be_emptied

#: Leaves what a migrated database has before the first call and the first import.
EMPTY = """
    truncate department, place, citizen, call, queue_stay, agent_talk, callback, officer,
             holiday, agent, sealed_file, cell, cell_board, cell_command, alarm, alarm_limit,
             blocked_caller, report_day, report_change, webhook_audience, notice,
             queue_service_level, trunk_refusal,
             callback_pressing cascade
"""

# These machines are noisy: how long an example takes says nothing about the code. `make test` tries
# the same examples each time, so that what was green stays green; `make soak` looks for new ones.
settings.register_profile(
    "helpline",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
    derandomize="HELPLINE_SOAK" not in os.environ,
)
settings.load_profile("helpline")


def _configured_anew(configure: Callable[..., None]) -> Callable[..., None]:
    """A logger that a command's configuration has cached could not be listened to any more."""
    return lambda **options: configure(**{**options, "cache_logger_on_first_use": False})


structlog.configure = _configured_anew(structlog.configure)


class ByFolder(LoadScopeScheduling):  # type: ignore[misc]  # xdist tells no types
    """A folder's tests share a cell and its addresses: they go to one worker, in their order."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.split("/")[1]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFolder:
    """How tests are shared out when there are several workers."""
    return ByFolder(config, log)


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """A command configures logs for its process; the next test's are those of before."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """An empty database for this test session.

    A scratch database on the server of HELPLINE_DATABASE_URL when that is set (its role needs
    CREATEDB), an embedded server otherwise.
    """
    given = os.environ.get("HELPLINE_DATABASE_URL")
    if given:
        yield from _scratch_database(given)
        return
    # Not pytest's own folder: its parents are closed to the account that the server runs under
    # where root lacks a capability, as in many containers.
    with (
        tempfile.TemporaryDirectory(prefix="helpline-test-") as folder,
        EmbeddedPostgres(Path(folder), fast=True) as server,
    ):
        yield server.url


@pytest.fixture(scope="session")
def migrated_url(postgres_url: str) -> str:
    """The session's database with our schema; other tests may have left rows in it."""
    migrate_to_be_emptied(postgres_url)
    return postgres_url


@pytest.fixture(scope="session")
def rowless_url(postgres_url: str) -> str:
    """Our schema, never filled, for plans: what other tests leave in the statistics of theirs would
    decide between ways of reading.
    """
    url = fresh_database(postgres_url, "plans")
    migrate(url)
    return url


@pytest.fixture
async def rowless(rowless_url: str) -> AsyncIterator[Pool]:
    """A pool on it."""
    async with await open_pool(rowless_url, size=1) as pool:
        yield pool


@pytest.fixture
async def emptied(migrated_url: str) -> AsyncIterator[Pool]:
    """A pool on the migrated database, emptied."""
    pool = await open_pool(migrated_url, size=8)
    try:
        await pool.execute(EMPTY)
        yield pool
    finally:
        async with asyncio.timeout(10):
            await pool.close()


@pytest.fixture
async def staffed(emptied: Pool) -> Pool:
    """The emptied database with two departments, a block in its district, and its posts."""
    await load(emptied, REFERENCE)
    return emptied


@pytest.fixture
def world(staffed: Pool) -> World:
    """Citizens and officers on that database."""
    return World(staffed)


def _scratch_database(server_url: str) -> Iterator[str]:
    name = f"helpline_test_{secrets.token_hex(6)}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield urlsplit(server_url)._replace(path=f"/{name}").geturl()
        drop_database(connection, name)
