"""A thousand complaints at a time, each slice the same whoever makes it and in whatever order."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from bench.complaints import people
from bench.complaints.country import NOW, Matters
from bench.complaints.lives import Birth, Life
from bench.complaints.rows import Page
from complaints import number
from messages.templates import Template

SLICE = 1_000
FIRST_SERIAL = 10_000_000  # as the database's sequence begins
_SPAN = timedelta(days=730)
_LAST = timedelta(minutes=10)  # before `NOW`: whatever is sent with it has gone out
_NEW_CITIZENS = int(SLICE * people.CITIZENS_PER_COMPLAINT)


@dataclass(frozen=True, slots=True)
class Plan:
    """`complaints`: a multiple of `SLICE`. `whole_days`: of complaints older than that, what an
    operator would put away first is left out (None: nothing is).
    """

    complaints: int
    seed: int = 1076
    whole_days: int | None = None

    @property
    def slices(self) -> int:
        """How many."""
        return self.complaints // SLICE

    def begins(self, slice_no: int) -> datetime:
        """When the first complaint of a slice is registered.

        In two years, each day more than on the day before, as with a helpline that becomes known.
        """
        return NOW - _LAST - _SPAN * (1 - math.sqrt(slice_no / self.slices))


def rows(
    plan: Plan, slice_no: int, matters: Matters, templates: Mapping[str, Template]
) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of one slice (0, 1, ...), by table."""
    rng = Random(f"{plan.seed}:{plan.complaints}:{slice_no}")
    page = Page(rng, templates)
    first = slice_no * _NEW_CITIZENS
    since = plan.begins(slice_no)
    for serial in range(first, first + _NEW_CITIZENS):
        people.write(page, people.citizen(serial, since), since)
    whole = plan.whole_days
    thin_before = NOW - (_SPAN * 2 if whole is None else timedelta(days=whole))
    for birth in _births(plan, slice_no, page, matters, rng):
        Life(page, birth, rng, NOW, thin_before).live()
    return page.rows


def _births(plan: Plan, slice_no: int, page: Page, matters: Matters, rng: Random) -> list[Birth]:
    begins, first = plan.begins(slice_no), slice_no * _NEW_CITIZENS
    step = (plan.begins(slice_no + 1) - begins) / SLICE
    births = []
    for n in range(SLICE):
        at = begins + step * (n + rng.random())
        serial = people.who_complains(first + n * _NEW_CITIZENS // SLICE, rng)
        who = people.citizen(serial, plan.begins(serial // _NEW_CITIZENS))
        digits = number.make(FIRST_SERIAL + slice_no * SLICE + n)
        contact = rng.choice(who.numbers)
        births.append(Birth(page.new_id(at), digits, who, contact, matters.draw(rng), at))
    return births
