"""What an agent sees of a caller's complaints before answering."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from calls.numbers import to_e164
from complaints import number as numbers
from complaints.errors import InputFault, InvalidInputError
from db.pool import Connection, Pool
from db.statements import statements


@dataclass(frozen=True, slots=True)
class CallersComplaint:
    """One line of the screen-pop. `level` None: it ended at the desk."""

    number: str
    category_name: str
    category_name_en: str | None
    state: str
    level: int | None
    registered_at: datetime


async def history_for_number(pool: Pool, number: str, at_most: int = 10) -> list[CallersComplaint]:
    """The complaints of a number (E.164): open ones first, then the latest."""
    async with pool.acquire(timeout=5) as conn:
        rows = statements().complaints_of_number(conn, number=number, at_most=at_most)
        return [CallersComplaint(**row) async for row in rows]


@dataclass(frozen=True, slots=True)
class KnownCitizen:
    """Somebody who has complained on this number before. `name` None: did not say it."""

    id: UUID
    name: str | None


async def citizens_on(pool: Pool, number: str, at_most: int = 20) -> list[KnownCitizen]:
    """Who may be speaking on a number (E.164), longest known first: the agent asks who it is."""
    async with pool.acquire(timeout=5) as conn:
        rows = statements().complaints_citizens_on(conn, number=number, at_most=at_most)
        return [KnownCitizen(**row) async for row in rows]


async def citizens_by(pool: Pool, said: str, at_most: int = 20) -> list[KnownCitizen]:
    """Who may be meant by a complaint's number, or by a telephone on which they are known.

    The name of who complains in confidence is not told to whoever says their complaint's number.
    Raises `InvalidInputError` where it is neither.
    """
    if numbers.is_valid(said):
        async with pool.acquire(timeout=5) as conn:
            rows = statements().complaints_citizen_of(conn, number=numbers.parse(said))
            return [KnownCitizen(**row) async for row in rows]
    telephone = to_e164(said)
    if telephone is None:
        raise InvalidInputError("by", "is no number", InputFault.NOT_A_NUMBER)
    return await citizens_on(pool, telephone, at_most)


async def language_on(conn: Connection, number: str) -> str | None:
    """What citizens on a number (E.164) speak; None: nobody is known, or they differ."""
    spoken = await statements().complaints_language_on(conn, number=number)
    return None if spoken is None else str(spoken)


async def is_known_on(conn: Connection, citizen: UUID, number: str) -> bool:
    """Whether a number (E.164) is one of this citizen's."""
    return bool(await statements().complaints_is_on(conn, citizen_id=citizen, number=number))


async def last_agent(conn: Connection, number: str, *, cell: str, since: datetime) -> str | None:
    """The agent of that cell who has talked with a number (E.164) last about what is open."""
    agent = await statements().complaints_last_agent(conn, number=number, cell=cell, since=since)
    return None if agent is None else str(agent)
