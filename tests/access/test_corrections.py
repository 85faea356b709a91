"""What is known of a person is corrected: name, telephone, officer. A PIN is of one telephone."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from access import pins, users
from access.errors import InvalidPinError, InvalidUserError, UnknownUserError
from access.users import Correction, User
from db.ids import new_id
from db.pool import Pool
from tests.access.people import BY, People
from tests.db.locks import until_somebody_waits

OLD, NEW, PIN = "+919876543210", "+919876543211", "480297"


@pytest.fixture
async def officer(people: People) -> User:
    user = await people.add("ram", number=OLD, officer="o1", agent_id="1001")
    await pins.set_pin(people.pool, user.id, PIN, people.passwords, BY, people.clock())
    return user


async def change(people: People, user: User, **fields: Any) -> list[str]:
    known = Correction(user.display_name, user.number, user.officer)
    correction = replace(known, **fields)
    return await users.change(people.pool, user.id, correction, BY, people.clock())


async def reached(people: People, number: str) -> bool:
    verified = await pins.verify(
        people.pool, number, PIN, people.clock(), people.passwords, calling=number
    )
    return isinstance(verified, pins.PinAccepted)


async def loaded(people: People, user: User) -> User:
    async with people.pool.acquire() as conn:
        return await users.load(conn, user.id)


async def test_a_new_telephone_takes_the_pin_of_the_old_one_with_it(
    people: People, officer: User
) -> None:
    assert await reached(people, OLD)
    assert await change(people, officer, number=NEW) == ["number"]
    assert (await loaded(people, officer)).number == NEW
    assert not await reached(people, OLD)
    assert not await reached(people, NEW)
    events = await people.events(officer.id)
    assert {"user_changed", "pin_removed"} <= set(events)
    assert await change(people, officer, number=None) == ["number"]
    assert (await people.events(officer.id)).count("pin_removed") == 1  # there was none any more


async def test_a_new_name_or_officer_leaves_the_pin_and_the_agents_number(
    people: People, officer: User, pool: Pool
) -> None:
    await pool.execute("insert into officer values ('o2', 'राम', null)")
    told = await change(people, officer, display_name=" राम कुमार ", officer="o2")
    assert told == ["display_name", "officer"]
    found = await loaded(people, officer)
    assert (found.display_name, found.officer) == ("राम कुमार", "o2")
    assert (found.number, found.agent_id) == (OLD, "1001")
    assert await reached(people, OLD)


async def test_the_log_tells_which_fields_and_officers_and_no_number(
    people: People, officer: User, pool: Pool
) -> None:
    await change(people, officer, number=NEW, officer=None)
    details = await pool.fetchval(
        "select details from access_log where event = 'user_changed' and subject = $1", officer.id
    )
    assert json.loads(details) == {
        "fields": ["number", "officer"], "officer_before": "o1", "officer": None,
    }  # fmt: skip


async def test_what_is_as_it_was_is_no_change(people: People, officer: User) -> None:
    assert await change(people, officer) == []
    assert "user_changed" not in await people.events(officer.id)


@pytest.mark.parametrize(
    ("fields", "field", "fault"),
    [({"display_name": " "}, "display_name", "form"), ({"number": "98765"}, "number", "form"),
     ({"number": NEW}, "number", "taken"), ({"officer": "nobody"}, "officer", "unknown"),
     ({"officer": "o2"}, "officer", "taken")],
)  # fmt: skip
async def test_what_cannot_be_or_is_anothers_is_named_and_nothing_is_changed(
    people: People, officer: User, pool: Pool, fields: dict[str, str], field: str, fault: str
) -> None:
    await pool.execute("insert into officer values ('o2', 'राम', null)")
    await people.add("mohan", number=NEW, officer="o2")
    with pytest.raises(InvalidUserError) as refused:
        await change(people, officer, **fields)
    assert (refused.value.field, refused.value.fault) == (field, fault)
    assert await loaded(people, officer) == officer
    assert await reached(people, OLD)


async def test_nobody_is_not_changed(people: People) -> None:
    with pytest.raises(UnknownUserError):
        await users.change(
            people.pool, new_id(people.clock()), Correction("X", None, None), BY, people.clock()
        )


async def test_a_pin_that_is_given_meanwhile_is_checked_against_the_new_telephone(
    people: People, officer: User, pool: Pool
) -> None:
    async with pool.acquire() as conn, conn.transaction():
        number = NEW[: -len(PIN)] + PIN
        await conn.execute("update app_user set number = $2 where id = $1", officer.id, number)
        given = asyncio.create_task(
            pins.set_pin(pool, officer.id, PIN, people.passwords, BY, people.clock())
        )
        async with pool.acquire() as beside:
            await until_somebody_waits(beside)
    with pytest.raises(InvalidPinError, match="the end of"):
        await given
