"""Callers who wait hear where they stand, each their own place, again and again."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from calls.model import Outcome
from dialplans.settings import QueueSettings
from helpline.lab.bed import Bed, bed
from helpline.lab.script import Ring
from helpline.lab.tones import heard
from helpline.tools import Tools
from speech.prompts import Prompt
from tests.system.callers import TO_THE_QUEUE, ends_as, place, signed_in
from tests.system.database import fresh_database

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def office(tools: Tools, postgres_url: str) -> AsyncIterator[Bed]:
    with tempfile.TemporaryDirectory(prefix="hl-") as folder:
        async with bed(
            Path(folder),
            tools,
            network="127.0.75",
            http_port=8375,
            database_url=fresh_database(postgres_url, "waiting_tests"),
            queues=(QueueSettings(announce_seconds=4, ring_seconds=60),),
        ) as running:
            yield running


async def test_each_waiting_caller_hears_their_own_place_and_the_offer_in_turns(
    office: Bed,
) -> None:
    async with signed_in(office):
        await office.agent_phone().expect(Ring())
        first = await place(office, TO_THE_QUEUE)
        await first.until("queued_at")
        second = await place(office, TO_THE_QUEUE)
        await second.until("queued_at")
        await office.until("some time", lambda: _grown(office, second.id, 22.0), 60)
        await second.phone.bye()
        await first.phone.bye()
        said = heard(await ends_as(second, Outcome.QUEUE_ABANDONED))
        waiting = said[said.index(Prompt.CONNECTING) :]
        place_told = [Prompt.QUEUE_POSITION, "number_2", "number_4", Prompt.QUEUE_WAIT_MINUTES]
        assert waiting[1:5] == place_told  # on the way in
        assert _times(waiting[5:], [*place_told, Prompt.KEEP_PLACE_OFFER]) >= 1
        assert Prompt.QUEUE_WHERE not in waiting
        await ends_as(first, Outcome.QUEUE_ABANDONED)


async def _grown(bed: Bed, call: object, seconds: float) -> bool | None:
    """Whether the call's recording is so long by now."""
    (file,) = list((bed.settings.state_dir.absolute() / "captures").glob(f"*{call}*"))
    return file.stat().st_size > seconds * 2 * 2 * 8000 or None


def _times(said: list[str], part: list[str]) -> int:
    return sum(said[at : at + len(part)] == part for at in range(len(said)))
