"""Callers who wait hear where they stand, each their own place, again and again."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import pytest_asyncio
import soundfile

from calls.model import Outcome
from dialplans.names import PROMPT_KEEP_PLACE, PROMPT_QUEUE_WHERE
from dialplans.settings import QueueSettings
from helpline.lab.bed import Bed, CellPlan, bed
from helpline.lab.media import RATE, tone
from helpline.lab.script import Answer, Ring
from helpline.lab.tones import heard, level
from helpline.tools import Tools
from speech.prompts import Prompt
from tests.database import fresh_database
from tests.system.callers import TO_THE_QUEUE, ends_as, place, signed_in

WORDS_TONE = 3100.0  # Hz; the prompts' tones lie below

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
            cell=CellPlan(queues=(QueueSettings(announce_seconds=4, ring_seconds=60),)),
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
        told = "select call_id, told_minutes from queue_stay where call_id = any($1)"
        stays = await office.rows(told, [first.id, second.id])
        minutes = {row["call_id"]: row["told_minutes"] for row in stays}
        assert minutes == {
            first.id: None,
            second.id: 4,
        }


@contextmanager
def endless_words(prompts: Path) -> Iterator[None]:
    """What app_queue says to everybody does not end while a test looks."""
    files = [prompts / f"{one}.wav" for one in (PROMPT_QUEUE_WHERE, PROMPT_KEEP_PLACE)]
    kept = [file.read_bytes() for file in files]
    for file in files:
        soundfile.write(file, tone(WORDS_TONE, 100, 0.3), RATE, subtype="PCM_16")
    yield
    for file, sound in zip(files, kept, strict=True):
        file.write_bytes(sound)


async def test_neither_who_is_next_nor_who_listens_behind_keeps_an_agent_waiting(
    office: Bed,
) -> None:
    prompts = office.settings.state_dir.absolute() / "prompts"
    async with signed_in(office) as page:
        assert (await page.ask("pause", reason="meal"))["ok"]
        first = await place(office, TO_THE_QUEUE)
        hushed = prompts / f"_{first.id.hex[-12:]}" / f"{PROMPT_KEEP_PLACE}.wav"
        await office.until("silence for who is next", lambda: _there(hushed), 60)
        second = await place(office, TO_THE_QUEUE)
        await second.until("queued_at")
        with endless_words(prompts):
            await office.until("two turns of words", lambda: _grown(office, second.id, 22.0), 60)
        await office.agent_phone().expect(Answer(ring=0.1))
        assert (await page.ask("ready"))["ok"]
        await first.until("agent_answered_at", 30)
        assert (await second.row())["agent_answered_at"] is None
        await second.phone.bye()
        await first.phone.bye()
        behind = await ends_as(second, Outcome.QUEUE_ABANDONED)
        ahead = await ends_as(first, Outcome.AGENT_ANSWERED)
        assert level(behind, 1, WORDS_TONE) > 0.2 > 0.01 > level(ahead, 1, WORDS_TONE)


async def _there(file: Path) -> bool | None:
    return file.exists() or None


async def _grown(bed: Bed, call: object, seconds: float) -> bool | None:
    """Whether the call's recording is so long by now."""
    (file,) = list((bed.settings.state_dir.absolute() / "captures").glob(f"*{call}*"))
    return file.stat().st_size > seconds * 2 * 2 * 8000 or None


def _times(said: list[str], part: list[str]) -> int:
    return sum(said[at : at + len(part)] == part for at in range(len(said)))
