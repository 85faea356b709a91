"""A worker in a process of its own, to be killed: `doomed.py DATABASE GATEWAY TIME`."""

import asyncio
import sys
from datetime import datetime

from db.pool import open_pool
from messages.delivery import Delivery
from messages.drivers.http import HttpGateway, HttpGatewayOptions
from messages.model import Channel
from tests.messages.room import FIELDS, OPTIONS


async def main(database: str, gateway: str, at: str) -> None:
    pool = await open_pool(database, size=2)
    driver = HttpGateway(HttpGatewayOptions(url=gateway, fields=FIELDS), timeout=30)
    now = datetime.fromisoformat(at)
    await Delivery(pool, Channel.SMS, driver, lambda: now, OPTIONS).run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
