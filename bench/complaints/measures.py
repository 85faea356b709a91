"""What single acts cost on a database full of complaints, through the project's own functions."""

from collections.abc import Awaitable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random
from time import perf_counter
from typing import Any

from bench.complaints.country import NOW, Matters
from bench.complaints.rows import COLUMNS
from complaints.caller import history_for_number
from complaints.officers_list import officers_page
from complaints.policy import UP_1076
from complaints.registration import Registration, register
from complaints.status import by_number
from complaints.story import load_story
from db.ids import new_id
from db.pool import Pool

_TEXT = "गाँव का हैंडपंप दो महीने से खराब है, कई बार कहने पर भी ठीक नहीं हुआ। " * 3
_UNLIMITED = replace(UP_1076, registrations_per_month=None)
#: A registration writes at least as many: key, complaint, history, call, two messages.
BARE_ROWS = 6
_BLOCK = 20
_COMMIT_TABLE = (
    "create table if not exists bench_commit (id uuid primary key, number text not null)"
)
_SAMPLED = """
    select number, contact, post from complaint where number >= $1 order by number limit 1
"""


@dataclass(frozen=True, slots=True)
class Scale:
    """How often each act is done: `reads`, `writes`. `warm_up`: how many complaints are drawn, each
    of which is read once, unmeasured, before it is read measured.
    """

    reads: int = 1_000
    writes: int = 500
    warm_up: int = 300


@dataclass
class Timed:
    """Milliseconds of each act, in order."""

    ms: dict[str, list[float]] = field(default_factory=dict)

    async def time(self, name: str, act: Awaitable[Any]) -> None:
        """Do it once."""
        began = perf_counter()
        await act
        self.ms.setdefault(name, []).append(1000 * (perf_counter() - began))


@dataclass(frozen=True, slots=True)
class Sample:
    """Complaints drawn evenly, so that citizens come as often as they complain."""

    numbers: Sequence[str]
    contacts: Sequence[str]
    busy_posts: Sequence[str]


async def sample(pool: Pool, how_many: int, complaints: int, rng: Random) -> Sample:
    """Draw them. Posts: those with the longest lists, where a page costs most."""
    rows = []
    for _ in range(how_many):
        serial = 10_000_000 + int(complaints * rng.random())
        rows.append(await pool.fetchrow(_SAMPLED, f"{serial:08d}0"))
    posts = await pool.fetch(
        """select post, count(*) from complaint
           where state in ('with_officer', 'proposed', 'paused')
           group by post order by count(*) desc, post limit 50"""
    )
    drawn = [row for row in rows if row is not None]
    return Sample(
        [row["number"] for row in drawn],
        [row["contact"] for row in drawn],
        [row["post"] for row in posts],
    )


@dataclass(frozen=True, slots=True)
class Subject:
    """A database to be measured, and what was found there."""

    pool: Pool
    drawn: Sample
    rng: Random
    reads: Timed = field(default_factory=Timed)
    writes: Timed = field(default_factory=Timed)


async def read(subjects: Sequence[Subject], scale: Scale) -> None:
    """The look-ups, one kind after another for each complaint drawn, warm."""
    for subject, turn in _in_turns(subjects, scale.warm_up, scale.reads):
        await _look_up(subject, turn, subject.reads if turn >= 0 else Timed())


async def _look_up(subject: Subject, turn: int, at: Timed) -> None:
    pool, drawn = subject.pool, subject.drawn
    number, contact = (some[turn % len(some)] for some in (drawn.numbers, drawn.contacts))
    post = drawn.busy_posts[turn % len(drawn.busy_posts)]
    await at.time("status", status(pool, number))
    await at.time("story", load_story(pool, number))
    await at.time("phone", history_for_number(pool, contact))
    await at.time("officers_list", officers_page(pool, post))


async def status(pool: Pool, number: str) -> Any:
    """How a complaint stands, as the telephone's look-up reads it."""
    return await by_number(pool, number)


async def write(subjects: Sequence[Subject], scale: Scale) -> None:
    """Registrations and what they are judged by, turn by turn: a commit of one short row, and a
    bare transaction of `BARE_ROWS` of them, one statement each.
    """
    matters = Matters()
    for subject in subjects:
        await subject.pool.execute(_COMMIT_TABLE)
    for subject, turn in _in_turns(subjects, scale.warm_up // 3, scale.writes):
        await _register(subject, matters, turn, subject.writes if turn >= 0 else Timed())


async def _register(subject: Subject, matters: Matters, turn: int, at: Timed) -> None:
    pool, now = subject.pool, NOW + timedelta(seconds=turn)
    form = _form(subject.drawn, matters, subject.rng, turn)
    await at.time("commit", _commit(pool, rows=1))
    await at.time("bare transaction", _commit(pool, rows=BARE_ROWS))
    await at.time(
        "registration",
        register(pool, form, policy=_UNLIMITED, now=now, actor="agent:101"),
    )


def _in_turns(
    subjects: Sequence[Subject], warm_up: int, measured: int
) -> Iterator[tuple[Subject, int]]:
    """Whose turn it is, and its number (below 0: not measured).

    `_BLOCK` at a time, so that what else the machine does falls on each of them alike, and the
    next to begin takes turns, too.
    """
    order = list(subjects)
    for began in range(-warm_up, measured, _BLOCK):
        for subject in order:
            for turn in range(began, min(began + _BLOCK, measured)):
                yield subject, turn
        order = [*order[1:], order[0]]


def _form(drawn: Sample, matters: Matters, rng: Random, turn: int) -> Registration:
    """Every other citizen is known already."""
    matter = matters.draw(rng)
    known = drawn.contacts[turn % len(drawn.contacts)]
    contact = known if turn % 2 else f"+91{6_000_000_000 + rng.getrandbits(31)}"
    return Registration(
        key=new_id(NOW),
        contact=contact,
        category=matter.category,
        place=matter.place,
        text=_TEXT,
        citizen_name="रामप्यारी देवी",
        separate=True,
    )


async def _commit(pool: Pool, *, rows: int) -> None:
    async with pool.acquire(timeout=5) as conn, conn.transaction():
        for _ in range(rows):
            await conn.execute("insert into bench_commit values ($1, $2)", new_id(NOW), "100000009")


async def sizes(pool: Pool, complaints: int) -> dict[str, float]:
    """Bytes a complaint by table, with its indices."""
    rows = await pool.fetch(
        """select name, pg_total_relation_size(name::regclass) as bytes
           from unnest($1::text[]) as t (name)""",
        list(COLUMNS),
    )
    found = {row["name"]: row["bytes"] / complaints for row in rows}
    return dict(sorted(found.items(), key=lambda one: -one[1]))
