"""What an agent is shown for a call and a form: the script, the schemes, the fields."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from complaints.finding import SOUND, score, sounds_like, words_of
from complaints.guidance.known import Current, current_fields, current_schemes, current_scripts
from complaints.guidance.model import FormField, Scheme, Script
from db.pool import Pool
from db.statements import statements

_ACQUIRE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Guidance:
    """For one queue, kind and category. `script` None: nothing was written for it."""

    script: Script | None
    fields: tuple[Current[FormField], ...]


async def guidance_for(
    pool: Pool, *, queue: str | None, kind: str | None, category: str | None
) -> Guidance:
    """What stands for them now. None, or what is unknown: only what is for all."""
    async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
        rows = statements().guidance_around(conn, category=category)
        around = [row["code"] async for row in rows]
        scripts = await current_scripts(conn)
        fields = await current_fields(conn)
    return Guidance(best_script(scripts, queue, kind, around), asked(fields, around))


async def schemes(pool: Pool, words: str, today: date, at_most: int) -> list[Current[Scheme]]:
    """Those that run today and fit the words, best first; all of them for no words."""
    async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
        known = await current_schemes(conn)
    return find_schemes(known, words, today)[:at_most]


def find_schemes(
    known: Iterable[Current[Scheme]], words: str, today: date
) -> list[Current[Scheme]]:
    """Every word must fit the name or a keyword, in either language or by its sound. Pure."""
    wanted = [word for word in words_of(words) if word]
    scored = []
    for one in known:
        if not one.guide.runs_on(today):
            continue
        own = words_of(one.guide.name_hi, one.guide.name_en, *one.guide.keywords)
        scores = [score(word, own) or (SOUND if sounds_like(word, own) else 0) for word in wanted]
        if all(scores):
            scored.append((-sum(scores), one.guide.name_hi, one.guide.code, one))
    return [found for *_, found in sorted(scored, key=lambda each: each[:3])]


def best_script(
    scripts: Iterable[Script], queue: str | None, kind: str | None, around: Sequence[str]
) -> Script | None:
    """The most particular that fits: by the nearest category, then kind, then queue. Pure.

    `around`: the category and those above it, the nearest first.
    """
    fitting = [
        one
        for one in scripts
        if one.queue in (None, queue)
        and one.kind in (None, kind)
        and (one.category is None or one.category in around)
    ]

    def particular(one: Script) -> tuple[int, bool, bool, str]:
        near = len(around) - around.index(one.category) if one.category else 0
        return (near, one.kind is not None, one.queue is not None, one.code)

    return max(fitting, key=particular, default=None)


def asked(
    fields: Iterable[Current[FormField]], around: Sequence[str]
) -> tuple[Current[FormField], ...]:
    """What is asked for a category and those above it, in its order. Pure."""
    found = [one for one in fields if one.guide.category in around]
    return tuple(sorted(found, key=lambda one: (one.guide.position, one.guide.code)))
