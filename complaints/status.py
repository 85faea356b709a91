"""Where a complaint stands, as far as a voice on the telephone may be told. Reads only."""

from dataclasses import dataclass, field
from datetime import datetime

from complaints import number
from db.pool import Pool, read_within
from db.statements import statements

_SECONDS = 2.0  # a citizen waits on the line


@dataclass(frozen=True, slots=True)
class Brief:
    """What a calling number alone reveals. `subject`: the category in Hindi, and in English."""

    number: str
    subject: str
    subject_en: str = field(default="", kw_only=True)
    state: str


@dataclass(frozen=True, slots=True)
class Status(Brief):
    """What the complaint number reveals besides: the post (no name) that has it, and until when.

    Level and post are None where no officer ever had it. `overdue`: its last limit has passed, it
    is on the list of the CM's office.
    """

    level: int | None
    post_title: str | None
    post_title_en: str = field(default="", kw_only=True)
    due_at: datetime | None
    overdue: bool


async def by_number(pool: Pool, complaint_number: str) -> Status | None:
    """The complaint of that number, None when there is none.

    Raises `InvalidComplaintNumberError` and one of `db.errors.AWAY`.
    """
    digits = number.parse(complaint_number)
    async with read_within(pool, _SECONDS) as conn:
        row = await statements().complaints_status(conn, number=digits)
    return None if row is None else Status(**row)


async def of_contact(pool: Pool, contact: str, at_most: int = 3) -> list[Brief]:
    """The open complaints of a telephone number (E.164), newest first. Raises as above."""
    async with read_within(pool, _SECONDS) as conn:
        rows = statements().complaints_status_of_contact(conn, contact=contact, at_most=at_most)
        return [Brief(**row) async for row in rows]


async def words_to_speak(pool: Pool) -> list[str]:
    """Every subject and post title that a status may name today."""
    async with pool.acquire(timeout=_SECONDS) as conn:
        return [row["text"] async for row in statements().complaints_words_to_speak(conn)]


async def english_words(pool: Pool) -> list[str]:
    """Every subject and post title that a status may name to who chose English."""
    async with pool.acquire(timeout=_SECONDS) as conn:
        return [row["text"] async for row in statements().complaints_english_words(conn)]
