"""The officers' line: number and PIN."""

from datetime import timedelta

import pytest

from access import pins, users
from access.errors import InvalidPinError
from access.pins import PinAccepted, PinLocked, PinRefused, PinResult
from access.rights import Role, Scope
from db.pool import Pool
from helpline.clock import ManualClock
from tests.access.people import BY, People

NUMBER = "+919876543210"
PIN = "480297"


@pytest.fixture
async def officer(people: People) -> users.User:
    user = await people.add(role=Role.OFFICER, scope=Scope(post="bdo"), number=NUMBER)
    await pins.set_pin(people.pool, user.id, PIN, people.passwords, BY, people.clock())
    return user


async def verify(people: People, number: str = NUMBER, pin: str = PIN) -> PinResult:
    return await pins.verify(people.pool, number, pin, people.clock(), people.passwords)


async def test_number_and_pin_name_the_officer_and_their_posts(
    people: People, officer: users.User
) -> None:
    assert await verify(people) == PinAccepted(officer.id, "सीता देवी", "hi", frozenset({"bdo"}))


async def test_another_number_or_another_pin_is_refused(
    people: People, officer: users.User
) -> None:
    assert isinstance(await verify(people, number="+919876543211"), PinRefused)
    assert isinstance(await verify(people, pin="480298"), PinRefused)
    assert isinstance(await verify(people, pin=""), PinRefused)
    assert (await people.events(officer.id)).count("pin_refused") == 2


async def test_guesses_lock_the_number_for_a_time_known_or_not(
    people: People, officer: users.User, clock: ManualClock
) -> None:
    for number in (NUMBER, "+919876543211"):
        for _ in range(5):
            assert isinstance(await verify(people, number, "111111"), PinRefused)
        assert await verify(people, number) == PinLocked(clock() + timedelta(minutes=30))
    clock.advance(timedelta(minutes=30))
    assert isinstance(await verify(people), PinAccepted)


async def test_a_new_pin_ends_the_lock(people: People, officer: users.User) -> None:
    for _ in range(6):
        await verify(people, pin="111111")
    await pins.set_pin(people.pool, officer.id, "913572", people.passwords, BY, people.clock())
    assert isinstance(await verify(people, pin="913572"), PinAccepted)


async def test_a_disabled_officer_and_a_removed_pin_are_refused(
    people: People, officer: users.User, clock: ManualClock
) -> None:
    await users.set_active(people.pool, officer.id, False, BY, clock())
    assert isinstance(await verify(people), PinRefused)
    await users.set_active(people.pool, officer.id, True, BY, clock())
    await pins.remove_pin(people.pool, officer.id, BY, clock())
    assert isinstance(await verify(people), PinRefused)


async def test_a_pin_goes_with_a_number(people: People) -> None:
    user = await people.add()
    with pytest.raises(InvalidPinError):
        await pins.set_pin(people.pool, user.id, PIN, people.passwords, BY, people.clock())


@pytest.mark.parametrize(
    "pin", ["12345", "1234567", "123456", "987654", "111111", "121212", "०१२३४५"]
)
def test_pins_that_are_tried_first_are_refused(pin: str) -> None:
    with pytest.raises(InvalidPinError):
        pins.check_pin(pin)


def test_random_pins_are_good_ones() -> None:
    for _ in range(200):
        pins.check_pin(pins.random_pin())


async def test_neither_pin_nor_hash_is_in_the_log(
    people: People, officer: users.User, pool: Pool
) -> None:
    await verify(people)
    for row in await pool.fetch("select access_log::text as line from access_log"):
        assert PIN not in row["line"]
        assert "argon2" not in row["line"]
