"""What a planned end does to those who are talking or waiting on an Asterisk of our own."""

import tempfile
from pathlib import Path

import asyncpg
import pytest

from calls.model import Outcome
from helpline.lab.bed import bed
from helpline.lab.media import tone
from helpline.lab.script import Answer, Say
from helpline.tools import Tools
from tests.database import fresh_database
from tests.system.callers import AGENTS_TONE, TO_THE_QUEUE, in_queue, place

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_stop_ends_conversations_and_waits_with_their_outcomes(
    tools: Tools, postgres_url: str
) -> None:
    database = fresh_database(postgres_url, "shutdown_tests")
    with tempfile.TemporaryDirectory(prefix="hl-") as folder:
        async with bed(
            Path(folder), tools, network="127.0.15", http_port=8285, database_url=database
        ) as site:
            async with site.page() as page:
                await in_queue(site, present=True)
                await site.agent_phone().expect(Answer((Say(tone(AGENTS_TONE, 120)),), ring=0.1))
                talking = await place(site, TO_THE_QUEUE)
                await page.wait_for("answered", call=str(talking.id))
                await talking.until("agent_answered_at")
                waiting = await place(site, TO_THE_QUEUE)
                await waiting.until("queued_at")
            await site.helpline.stop()
    conn = await asyncpg.connect(database)
    try:
        rows = await conn.fetch("select id, outcome from call")
    finally:
        await conn.close()
    assert {row["id"]: row["outcome"] for row in rows} == {
        talking.id: Outcome.AGENT_ANSWERED,
        waiting.id: Outcome.QUEUE_ABANDONED,
    }
