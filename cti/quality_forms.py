"""A new version of what is judged: whole, by somebody, for a reason. Old versions stay."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import asyncpg
import structlog

from cti.errors import ConflictError, FieldsRefusedError
from cti.quality import Criterion, Form
from db.pool import Connection, Pool
from db.statements import statements

_log = structlog.get_logger(__name__)
_ACQUIRE_SECONDS = 5.0
_LONGEST_TITLE = 120
_LONGEST_WHY = 500
_LONGEST_CODE = 34  # room for a number behind it
_MOST_POINTS = 100
MOST_CRITERIA = 40


@dataclass(frozen=True, slots=True)
class Version:
    """A form as it was or is judged by. `made_by` None: it came with the software."""

    form: Form
    made_by: str | None
    made_at: datetime | None
    why: str | None
    reviews: int


@dataclass(frozen=True, slots=True)
class Entered:
    """A criterion as it was typed in. `code` empty: a new one."""

    code: str
    title_hi: str
    title_en: str
    most: str
    fatal: bool = False


def checked(entered: Sequence[Entered]) -> tuple[Criterion, ...]:
    """The criteria in their order, new ones with a code made of their English title. Pure.

    Raises `FieldsRefusedError`: `hi-0`, `en-0`, `most-0` by place, and `criteria`.
    """
    faults: dict[str, str] = {}
    if not 0 < len(entered) <= MOST_CRITERIA:
        faults["criteria"] = "count"
    found: list[Criterion] = []
    taken = {one.code for one in entered if one.code}
    if len(taken) < sum(bool(one.code) for one in entered):
        faults["criteria"] = "twice"
    for n, one in enumerate(entered):
        titles = {"hi": _plain(one.title_hi), "en": _plain(one.title_en)}
        faults |= {f"{name}-{n}": "title" for name, text in titles.items() if not _fits(text)}
        most = int(one.most) if one.most.isascii() and one.most.isdecimal() else 0
        if not 1 <= most <= _MOST_POINTS:
            faults[f"most-{n}"] = "points"
        code = one.code or _code_of(titles["en"], taken)
        taken.add(code)
        found.append(Criterion(code, titles["hi"], titles["en"], most, one.fatal))
    if faults:
        raise FieldsRefusedError(faults)
    return tuple(found)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", " ".join(text.replace("\0", "").split()))


def _fits(text: str) -> bool:
    return 0 < len(text) <= _LONGEST_TITLE


def _code_of(title: str, taken: Iterable[str]) -> str:
    words = re.findall("[a-z0-9]+", title.lower())
    code = "_".join(words)[:_LONGEST_CODE].strip("_") or "criterion"
    number, found = 2, code
    while found in taken:
        number, found = number + 1, f"{code}_{number}"
    return found


async def versions(conn: Connection, code: str) -> list[Version]:
    """All of them, the newest first."""
    criteria: dict[int, list[Criterion]] = {}
    async for row in statements().quality_criteria(conn, code=code):
        one = Criterion(row["code"], row["title_hi"], row["title_en"], row["most"], row["fatal"])
        criteria.setdefault(row["version"], []).append(one)
    return [
        Version(
            Form(
                code, row["version"], row["title_hi"], row["title_en"],
                tuple(criteria.get(row["version"], ())),
            ),
            row["made_by"], row["made_at"], row["why"], row["reviews"],
        )
        async for row in statements().quality_versions(conn, code=code)
    ]  # fmt: skip


async def make_version(pool: Pool, form: Form, *, by: str, why: str, now: datetime) -> int:
    """The version after `form.version`, with the titles and criteria of `form`; its number.

    From then on calls are judged by it; a correction keeps to the version of what it corrects.
    Raises `FieldsRefusedError` (titles, why) and `ConflictError`: nothing is changed, or somebody
    else has made that version meanwhile.
    """
    hi, en = _plain(form.title_hi), _plain(form.title_en)
    titles = {"title_hi": hi, "title_en": en}
    faults = {name: "title" for name, text in titles.items() if not _fits(text)}
    why = _plain(why)[:_LONGEST_WHY]
    if not why:
        faults["why"] = "why"
    if faults:
        raise FieldsRefusedError(faults)
    made = replace(form, version=form.version + 1, title_hi=hi, title_en=en)
    async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn, conn.transaction():
        found = await versions(conn, form.code)
        if not found or found[0].form.version != form.version:
            raise ConflictError("somebody else has made a version meanwhile")
        if replace(found[0].form, version=made.version) == made:
            raise ConflictError("nothing is changed")
        try:
            await statements().quality_put_version(
                conn, code=made.code, version=made.version, title_hi=made.title_hi,
                title_en=made.title_en, by=by, at=now, why=why,
            )  # fmt: skip
        except asyncpg.UniqueViolationError as error:
            raise ConflictError("somebody else has made a version meanwhile") from error
        await statements().quality_put_criteria(
            conn,
            form=made.code,
            version=made.version,
            codes=[one.code for one in made.criteria],
            titles_hi=[one.title_hi for one in made.criteria],
            titles_en=[one.title_en for one in made.criteria],
            most=[one.most for one in made.criteria],
            fatal=[one.fatal for one in made.criteria],
        )
    _log.info("quality form changed", form=made.code, version=made.version, by=by)
    return made.version
