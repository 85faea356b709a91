"""A database that takes a question and does not answer: a caller is not kept waiting for it, who
could not be heard meanwhile.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from datetime import time
from typing import Any

import pytest

from agi.hours import Opening
from calls.admission import Verdict
from calls.model import Direction, NewCall
from complaints import number
from cti.views import AgentStatus
from db.ids import new_id
from db.pool import Pool, open_pool
from helpline.adapters import Answers, OpenFeedback
from helpline.known_agents import AgentNumbers, KnownAgents
from helpline.options.cell import CellOptions, HoursOptions, ShiftOptions
from helpline.reception import Places, StatusRows, admission, opening_book
from helpline.settings import GivenSettings
from tests.agi.rooms import NOW, now
from tests.complaints.world import CITIZEN, World, sign
from tests.helpline.test_known_agents import CELL, QUEUE

CALL = NewCall(new_id(NOW), "c1", Direction.INBOUND, NOW, CITIZEN)
DAY = ShiftOptions(name="day", begins=time(0), ends=time(0))
SETTINGS = GivenSettings(
    cell=CellOptions(name="c1"),
    hours=HoursOptions(shifts=(DAY,), holidays_too=False),
)


@pytest.fixture
async def patient(migrated_url: str) -> AsyncIterator[Pool]:
    """A pool whose statements have more time than any caller."""
    pool = await open_pool(migrated_url, size=12, statement_seconds=120)
    yield pool
    async with asyncio.timeout(10):
        await pool.close()


def asked(pool: Pool, world: World) -> list[Awaitable[Any]]:
    """All that is read while somebody is on the line."""
    known = KnownAgents(pool, CELL, lambda *_: AgentStatus.READY, now, AgentNumbers(CELL))
    places, answers = Places(pool, SETTINGS.cell, now, ()), Answers(pool, world.policy, now, sign)
    return [
        admission(SETTINGS, pool, now).verdict(CALL),
        opening_book(SETTINGS, pool, now)(),
        places.queue_now(QUEUE),
        places.position(CALL.id),
        places.kept(CALL.id),
        known.number(CALL, QUEUE),
        answers.language(CALL.id),
        answers.about(CALL.id),
    ]


def sought(pool: Pool, world: World) -> list[Awaitable[Any]]:
    """Of which the flows themselves say or do what they can without."""
    rows = StatusRows(pool)
    return [
        rows.by_number(number.make(1)),
        rows.of_contact(CITIZEN),
        OpenFeedback(pool, world.policy, now, sign).open_for(CITIZEN),
    ]


async def test_while_rows_are_held_each_question_on_the_line_has_its_answer(
    world: World, patient: Pool
) -> None:
    async with world.pool.acquire() as other, other.transaction():
        await other.execute("lock table call, complaint, holiday, callback, attempt")
        async with asyncio.timeout(20):
            answers = await asyncio.gather(*asked(patient, world))
            failed = await asyncio.gather(*sought(patient, world), return_exceptions=True)
        assert answers == [Verdict.ADMIT, Opening(True), None, None, None, None, None, None]
        assert [type(one) for one in failed] == [TimeoutError] * 3
