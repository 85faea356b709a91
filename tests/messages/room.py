"""Messages, a worker and a gateway, on a clock that is moved by hand."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from complaints.notifications import Kind, Notification, notify
from db.pool import Pool
from helpline.clock import ManualClock
from messages.delivery import Delivery, DeliveryOptions
from messages.drivers.http import HttpGateway, HttpGatewayOptions
from messages.model import Channel, Driver
from messages.retry import RetryRule
from tests.complaints.world import World
from tests.messages.gateway import Gateway

OPTIONS = DeliveryOptions(
    retry=RetryRule((timedelta(seconds=30), timedelta(minutes=5))),
    send_seconds=5,
    at_once=4,
    per_second=100,
    idle_seconds=0.02,
)
FIELDS = {"to": "{national_number}", "text": "{text}", "entity": "{template_id}", "key": "{key}"}


@dataclass
class Room:
    pool: Pool
    gateway: Gateway
    now: ManualClock
    folder: Path
    _count: int = field(default=0)

    async def messages(self, count: int = 1, **changes: Any) -> list[UUID]:
        """That many messages to as many officers, due now."""
        world = World(self.pool)
        if not self._count:
            self.complaint = (await world.register()).complaint_id
            await self.pool.execute("delete from notification")
        for _ in range(count):
            self._count += 1
            one = Notification(
                complaint_id=self.complaint,
                entry=self._count,
                kind=Kind.CITIZEN_CLOSED,
                recipient=f"+9198{self._count:08}",
                body={"number": "100000017"},
            )
            async with self.pool.acquire() as conn:
                await notify(conn, replace(one, **changes), self.now())
        # By their entries: keys of one millisecond have no order.
        rows = await self.pool.fetch(
            """select id from notification order by split_part(dedupe_key, ':', 2)::int desc
               limit $1""",
            count,
        )
        return [row["id"] for row in rows]

    def http(self, **changes: Any) -> HttpGateway:
        options = HttpGatewayOptions(url=self.gateway.url, fields=FIELDS, reference="id")
        return HttpGateway(replace(options, **changes), timeout=OPTIONS.send_seconds)

    @asynccontextmanager
    async def working(
        self,
        driver: Driver | None = None,
        channel: Channel = Channel.SMS,
        pool: Pool | None = None,
        sound: Callable[[], bool] = lambda: True,
        **changes: Any,
    ) -> AsyncIterator[Delivery]:
        """A worker at work."""
        driver = driver or self.http()
        options = replace(OPTIONS, **changes)
        worker = Delivery(pool or self.pool, channel, driver, self.now, options, sound)
        task = asyncio.create_task(worker.run())
        try:
            yield worker
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            await driver.close()

    async def row(self, message: UUID) -> asyncpg.Record:
        row = await self.pool.fetchrow("select * from notification where id = $1", message)
        assert row is not None
        return row

    async def attempts(self, message: UUID) -> list[tuple[int, str | None]]:
        rows = await self.pool.fetch(
            "select attempt_no, outcome from notification_attempt where notification_id = $1"
            " order by attempt_no",
            message,
        )
        return [(row["attempt_no"], row["outcome"]) for row in rows]

    async def all_sent(self, count: int) -> None:
        async def sent() -> bool:
            query = "select count(*) from notification where sent_at is not null"
            return bool(await self.pool.fetchval(query) >= count)

        await until(sent)

    async def failed(self, message: UUID, times: int) -> asyncpg.Record:
        """Its row, once it has failed that often and waits, or is held."""

        async def has() -> bool:
            done = await self.attempts(message)
            return len(done) == times and done[-1][1] is not None

        await until(has)
        return await self.row(message)


async def until(ready: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await ready():
            await asyncio.sleep(0.01)
