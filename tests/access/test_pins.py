"""The officers' line: number and PIN."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest

from access import limits, pins, users
from access.errors import InvalidPinError
from access.pins import PinAccepted, PinLocked, PinRefused, PinResult
from access.rights import Role, Scope
from db.pool import Pool
from helpline.clock import ManualClock
from tests.access.conftest import CHEAP, START
from tests.access.people import BY, Meanwhile, People

NUMBER = "+919876543210"
PIN = "480297"


@pytest.fixture
async def officer(people: People) -> users.User:
    user = await people.add(role=Role.OFFICER, scope=Scope(post="bdo"), number=NUMBER)
    await pins.set_pin(people.pool, user.id, PIN, people.passwords, BY, people.clock())
    return user


async def verify(
    people: People,
    number: str = NUMBER,
    pin: str = PIN,
    calling: str | None = NUMBER,
    an_hour: int = limits.WRONG_PINS_AN_HOUR,
) -> PinResult:
    return await pins.verify(
        people.pool,
        number,
        pin,
        people.clock(),
        people.passwords,
        calling=calling,
        in_all=limits.all_pin_lines(an_hour),
    )


def others() -> Iterator[str]:
    """Registered numbers and telephones, each another one."""
    return (f"+9190{n:08}" for n in count())


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
    "pin",
    [
        *("12345", "1234567", "०१२३४५"),  # not six digits
        *("123456", "987654", "024680", "912345", "123457", "444441"),  # in a row
        *("111111", "121212", "480480", "123321", "112233"),  # repeated
        *("150875", "290200", "311299"),  # DDMMYY
        *("081575", "022904"),  # MMDDYY
        *("750815", "990131"),  # YYMMDD
        *("081975", "197508", "122024", "581975"),  # MMYYYY, YYYYMM, DMYYYY
    ],
)
def test_pins_that_are_tried_first_are_refused(pin: str) -> None:
    with pytest.raises(InvalidPinError):
        pins.check_pin(pin)


@pytest.mark.parametrize("pin", ["290299", "310475", "321375", "133275", "481375", "581875"])
def test_what_is_no_day_of_any_calendar_is_a_pin(pin: str) -> None:
    pins.check_pin(pin)


def test_most_pins_are_left_to_choose() -> None:
    tried, left = range(0, 10**6, 331), 0
    for number in tried:
        with suppress(InvalidPinError):
            pins.check_pin(f"{number:06}")
            left += 1
    assert 0.88 < left / len(tried) < 0.91


async def test_the_end_of_the_own_number_is_no_pin(people: People, officer: users.User) -> None:
    with pytest.raises(InvalidPinError):
        await pins.set_pin(
            people.pool, officer.id, NUMBER[-6:], people.passwords, BY, people.clock()
        )
    assert isinstance(await verify(people), PinAccepted), "the one before it stands"


async def test_a_date_that_was_set_before_it_was_refused_is_valid_until_it_is_changed(
    people: People, officer: users.User, pool: Pool
) -> None:
    hashed = await people.passwords.hash("150875")
    await pool.execute("update officer_pin set pin_hash = $1", hashed)
    assert isinstance(await verify(people, pin="150875"), PinAccepted)


async def test_one_telephone_cannot_try_a_likely_pin_at_one_officer_after_another(
    people: People, officer: users.User, clock: ManualClock
) -> None:
    numbers, from_here = others(), "+915222200000"
    for _ in range(11):
        assert isinstance(await verify(people, next(numbers), calling=from_here), PinRefused)
    rests = PinLocked(clock() + timedelta(minutes=10))
    assert await verify(people, next(numbers), calling=from_here) == rests
    assert await verify(people, calling=from_here) == rests, "nothing tells who is an officer"
    assert isinstance(await verify(people), PinAccepted), "other telephones go on"
    clock.advance(timedelta(minutes=10))
    assert isinstance(await verify(people, next(numbers), calling=from_here), PinRefused)
    assert await verify(people, calling=from_here) == PinLocked(clock() + timedelta(minutes=20))


async def test_guesses_from_withheld_numbers_count_together(people: People) -> None:
    numbers = others()
    for _ in range(11):
        assert isinstance(await verify(people, next(numbers), calling=None), PinRefused)
    assert isinstance(await verify(people, next(numbers), calling=None), PinLocked)


async def test_many_telephones_together_come_no_further(
    people: People, officer: users.User, clock: ManualClock
) -> None:
    numbers = others()
    for _ in range(21):
        number = next(numbers)
        found = await verify(people, number, calling=number, an_hour=20)
        assert isinstance(found, PinRefused)
    assert await verify(people, an_hour=20) == PinLocked(clock() + timedelta(seconds=10))
    clock.advance(timedelta(seconds=10))
    assert isinstance(await verify(people, an_hour=20), PinAccepted)


async def test_hours_of_honest_mistakes_locks_nobody_out(
    people: People, officer: users.User, clock: ManualClock
) -> None:
    numbers = others()
    for _ in range(35):  # seven in each hour
        number = next(numbers)
        found = await verify(people, number, "111222", number, an_hour=10)
        assert isinstance(found, PinRefused)
        clock.advance(timedelta(minutes=60 / 7))
    assert isinstance(await verify(people, an_hour=10), PinAccepted)


async def test_right_pins_count_neither_against_their_telephone_nor_against_all(
    people: People, officer: users.User, pool: Pool
) -> None:
    for _ in range(15):
        assert isinstance(await verify(people, an_hour=10), PinAccepted)
    rows = await pool.fetch("select failures from guess_limit where key like 'pin-line:%'")
    assert [row["failures"] for row in rows] == [0, 0]


async def test_ones_own_right_pin_does_not_forgive_what_was_tried_at_others(
    people: People, officer: users.User
) -> None:
    numbers = others()
    for _ in range(10):
        assert isinstance(await verify(people, next(numbers)), PinRefused)
    assert isinstance(await verify(people), PinAccepted)
    assert isinstance(await verify(people, next(numbers)), PinRefused)
    assert isinstance(await verify(people, next(numbers)), PinLocked)


async def test_telephones_that_rest_are_seen_for_a_while(
    people: People, officer: users.User, clock: ManualClock
) -> None:
    async def seen() -> int:
        lately = clock() - timedelta(minutes=10)
        async with people.pool.acquire() as conn:
            return await pins.resting_lines(conn, lately, clock())

    numbers = others()
    for _ in range(10):
        await verify(people, next(numbers))
    assert await seen() == 0
    await verify(people, next(numbers))
    assert await seen() == 1
    clock.advance(timedelta(minutes=21))
    assert await seen() == 0


def test_of_steady_guesses_those_are_forgotten_that_an_hour_allows() -> None:
    rule, failures, now = limits.all_pin_lines(60), 0, START
    as_of = now
    for _ in range(600):  # two a minute: more than is forgotten, and no remainder is lost
        failures, as_of = rule.standing(failures, as_of, now)
        failures += 1
        now += timedelta(seconds=30)
    assert rule.standing(failures, as_of, now)[0] == 300
    assert rule.standing(7, now + timedelta(hours=9), now) == (7, now), "a clock that was ahead"


def test_random_pins_are_good_ones() -> None:
    drawn = [pins.random_pin() for _ in range(200)]
    for pin in drawn:
        pins.check_pin(pin)
    assert len(set(drawn)) > 190  # of 900,000


async def test_neither_pin_nor_hash_is_in_the_log(
    people: People, officer: users.User, pool: Pool
) -> None:
    await verify(people)
    for row in await pool.fetch("select access_log::text as line from access_log"):
        assert PIN not in row["line"]
        assert "argon2" not in row["line"]


async def test_a_pin_that_is_taken_away_while_it_is_verified_is_refused(
    people: People, officer: users.User
) -> None:
    words = Meanwhile(CHEAP)

    async def taken_away() -> None:
        await pins.remove_pin(people.pool, officer.id, BY, people.clock())

    words.then = taken_away
    assert await verify(replace(people, passwords=words)) == PinRefused()
