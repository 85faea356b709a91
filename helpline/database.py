"""Which database: the operator's own, or the embedded one of the state folder."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from db.pool import Pool, open_pool
from helpline.cell import state_folder
from helpline.errors import OperatorError
from helpline.postgres import EmbeddedPostgres, PostgresError, url_of_running
from helpline.settings import Settings

_LOOK_SECONDS = 0.25


class NoDatabaseError(OperatorError):
    """There is no database to work on: none is set, and `helpline serve` does not run its own."""


class Database:
    """The database of a serving helpline, started with it where it is the embedded one."""

    def __init__(self, settings: Settings) -> None:
        given = settings.database_url
        self._url = given.get_secret_value() if given else ""
        self._embedded = None if given else EmbeddedPostgres(state_folder(settings).postgres)

    async def start(self) -> str:
        """Its URL (a secret), once it answers."""
        if self._embedded is None:
            return self._url
        await asyncio.to_thread(self._embedded.start)
        return self._embedded.url

    @property
    def running(self) -> bool:
        """Whether the embedded server runs; an operator's own is not ours to know."""
        return self._embedded is None or self._embedded.running

    async def watch(self) -> None:
        """Until the embedded server ends by itself, which is a failure (`PostgresError`).

        Starts it first if it is not running: where it was, so that the pool finds it again.
        """
        if self._embedded is None:
            await asyncio.Event().wait()
            return
        if not self._embedded.running:
            await asyncio.to_thread(self._embedded.start_again)
        while self._embedded.running:
            await asyncio.sleep(_LOOK_SECONDS)
        raise PostgresError("PostgreSQL ended by itself: see postgres.log in its folder")

    async def stop(self) -> None:
        """Stop the embedded server; an operator's own is left alone."""
        if self._embedded is not None:
            await asyncio.to_thread(self._embedded.stop)


@asynccontextmanager
async def command_pool(settings: Settings) -> AsyncIterator[Pool]:
    """A small pool for one command, on the database that the helpline of these settings uses."""
    url = (
        settings.database_url.get_secret_value()
        if settings.database_url
        else url_of_running(state_folder(settings).postgres)
    )
    if url is None:
        raise NoDatabaseError(
            "no database: set HELPLINE_DATABASE_URL, or start `helpline serve` first"
        )
    pool = await open_pool(url, size=2)
    try:
        yield pool
    finally:
        await pool.close()


async def close_pool(pool: Pool, seconds: float) -> None:
    """Close it; what still holds a connection after a while has it taken away."""
    try:
        async with asyncio.timeout(seconds):
            await pool.close()
    except TimeoutError:
        pool.terminate()
