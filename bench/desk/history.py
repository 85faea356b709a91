"""Citizens who have called before: what a screen-pop has to look up."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from calls.journal import CallJournal
from calls.model import Direction, NewCall, Outcome
from complaints.policy import UP_1076
from complaints.reference import load
from complaints.registration import Registration, register
from db.ids import new_id
from db.pool import Pool
from helpline.demo.reference import CATEGORY, PLACE, REFERENCE

_TEXT = "गाँव का हैंडपंप दो महीने से खराब है, कई बार कहने पर भी ठीक नहीं हुआ।"
_UNLIMITED = replace(UP_1076, registrations_per_month=None)
_DAY = timedelta(days=1)


async def callers(
    pool: Pool, journal: CallJournal, how_many: int, cell: str, now: Callable[[], datetime]
) -> list[str]:
    """Numbers (E.164): each has up to three open complaints and five calls; a third has none."""
    await load(pool, REFERENCE)
    rng, numbers = Random(1076), [f"+91{9_000_000_000 + 7 * n}" for n in range(how_many)]
    known = numbers[: 2 * how_many // 3]
    calls = [
        _call(journal, number, cell, now() - ago * _DAY)
        for number in known
        for ago in range(rng.randint(1, 5), 0, -1)
    ]
    await asyncio.gather(*calls)
    for number in known:
        for _ in range(rng.randint(1, 3)):
            await _complain(pool, number, now())
    return numbers


async def _call(journal: CallJournal, number: str, cell: str, at: datetime) -> None:
    call = NewCall(new_id(at), cell, Direction.INBOUND, at, number)
    await journal.opened(call)
    await journal.ended(call.id, Outcome.AGENT_ANSWERED, at + timedelta(minutes=3))


async def _complain(pool: Pool, number: str, now: datetime) -> None:
    form = Registration(
        key=new_id(now), contact=number, category=CATEGORY, place=PLACE, text=_TEXT,
        citizen_name="रामप्यारी देवी", separate=True,
    )  # fmt: skip
    await register(pool, form, policy=_UNLIMITED, now=now, actor="agent:1001")
