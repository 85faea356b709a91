"""Signing in, sessions, and guesses that are made slow."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from access import sessions, signin, users
from access.errors import TooManyGuessesError, WeakPasswordError, WrongPasswordError
from access.limits import LimitRule
from access.log import By
from access.passwords import HashCost, Passwords, check_strength
from access.sessions import SessionRule
from access.signin import Attempt, Change
from access.users import User
from db.pool import Pool
from helpline.clock import ManualClock
from tests.access.conftest import CHEAP
from tests.access.people import BY, PASSWORD, RULE, Meanwhile, People


async def test_the_right_password_opens_a_session_of_that_person(people: People) -> None:
    user = await people.add()
    session = await people.session(await people.sign_in(" Sita "))
    assert session is not None
    assert (session.person.id, session.language, session.must_change) == (user.id, "hi", False)
    assert sorted(await people.events(user.id)) == ["signed_in", "user_added"]


async def test_unknown_disabled_and_wrong_are_one_answer(
    people: People, clock: ManualClock
) -> None:
    gone = await people.add("gone")
    await users.set_active(people.pool, gone.id, False, BY, clock())
    await people.add("nopass", password_hash=None)
    await people.add()
    texts = set()
    for name in ("sita", "gone", "nopass", "nobody", "' or 1=1 --"):
        with pytest.raises(WrongPasswordError) as refused:
            await people.sign_in(name, PASSWORD if name != "sita" else "wrong")
        texts.add(str(refused.value))
    assert len(texts) == 1


async def test_a_name_that_is_not_there_is_hashed_all_the_same(
    people: People, passwords: Passwords, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    real = Passwords._verify

    def verify(self: Passwords, hashed: str, given: str) -> bool:
        asked.append(given)
        return real(self, hashed, given)

    monkeypatch.setattr(Passwords, "_verify", verify)
    with pytest.raises(WrongPasswordError):
        await people.sign_in("nobody", "guess")
    assert asked == ["guess"]


async def test_guesses_at_a_name_are_paused_even_when_the_last_one_is_right(
    people: People, clock: ManualClock
) -> None:
    await people.add()
    for _ in range(6):
        with pytest.raises(WrongPasswordError):
            await people.sign_in(password="wrong")
    with pytest.raises(TooManyGuessesError) as paused:
        await people.sign_in()
    clock.set(paused.value.until)
    await people.sign_in()


async def test_guesses_at_a_name_that_is_not_there_are_paused_alike(people: People) -> None:
    for _ in range(6):
        with pytest.raises(WrongPasswordError):
            await people.sign_in("nobody")
    with pytest.raises(TooManyGuessesError):
        await people.sign_in("nobody")


async def test_a_pause_by_a_clock_that_was_ahead_locks_nobody_out(
    people: People, clock: ManualClock
) -> None:
    await people.add()
    clock.advance(timedelta(days=300))
    for _ in range(6):
        with pytest.raises(WrongPasswordError):
            await people.sign_in(password="wrong")
    clock.advance(timedelta(days=-300))
    await people.sign_in()


async def test_parallel_guesses_all_count(people: People) -> None:
    await people.add()
    guesses = [people.sign_in(password=f"guess {n}") for n in range(12)]
    results = await asyncio.gather(*guesses, return_exceptions=True)
    assert sum(isinstance(one, WrongPasswordError) for one in results) == 6
    assert sum(isinstance(one, TooManyGuessesError) for one in results) == 6


async def test_guesses_from_one_address_at_many_names_are_paused(people: People) -> None:
    await people.add()
    for n in range(61):
        with pytest.raises(WrongPasswordError):
            await people.sign_in(f"name{n}", remote="10.9.9.9")
    with pytest.raises(TooManyGuessesError):
        await people.sign_in(remote="10.9.9.9")
    await people.sign_in(remote="10.0.0.2")


async def test_guesses_from_many_addresses_of_one_ipv6_network_are_paused(people: People) -> None:
    """A client has a whole /64, and a new address for each guess."""
    await people.add()
    for n in range(61):
        with pytest.raises(WrongPasswordError):
            await people.sign_in(f"name{n}", remote=f"2001:db8:1:1::{n + 1:x}")
    with pytest.raises(TooManyGuessesError):
        await people.sign_in(remote="2001:db8:1:1:ffff::1")
    await people.sign_in(remote="2001:db8:1:2::1")


async def test_an_own_account_does_not_wash_an_address_clean(people: People, pool: Pool) -> None:
    await people.add()
    for n in range(5):
        with pytest.raises(WrongPasswordError):
            await people.sign_in(f"name{n}")
        await people.sign_in()
    failures = await pool.fetchval("select failures from guess_limit where key like 'address:%'")
    assert failures == 5


def test_pauses_grow_up_to_the_longest() -> None:
    second = timedelta(seconds=1)
    rule = LimitRule(free=2, first=second, longest=5 * second, forget=timedelta(hours=1))
    pauses = [rule.pause(n) / second for n in (1, 2, 3, 4, 5, 6, 100_000)]
    assert pauses == [0, 0, 1, 2, 4, 5, 5]


async def test_a_session_ends_by_its_whole_time_and_by_idleness(
    people: People, clock: ManualClock
) -> None:
    await people.add()
    used, idle = await people.sign_in(), await people.sign_in()
    start = clock()
    for minutes in range(40, 12 * 60, 40):
        clock.set(start + timedelta(minutes=minutes))
        assert await people.session(used) is not None
    assert await people.session(idle) is None
    clock.set(start + RULE.whole)
    assert await people.session(used) is None
    assert await sessions.tidy(people.pool, RULE, clock()) == 2


async def test_the_token_is_not_in_the_database(people: People, pool: Pool) -> None:
    await people.add()
    token = await people.sign_in()
    assert token.encode() not in await pool.fetchval("select token_hash from web_session")
    assert await people.session(token[:-1]) is None


async def test_signing_in_again_ends_the_session_before(people: People) -> None:
    await people.add()
    old = await people.sign_in()
    before = await people.session(old)
    assert before is not None
    new = await people.sign_in(replaces=before.id)
    assert await people.session(old) is None
    assert await people.session(new) is not None


async def test_forced_sign_out_of_one_and_of_all(people: People, clock: ManualClock) -> None:
    user = await people.add()
    first, second, third = [await people.sign_in() for _ in range(3)]
    session = await people.session(first)
    assert session is not None
    assert await sessions.end(people.pool, session.id, user.id, "forced", BY, clock())
    assert not await sessions.end(people.pool, session.id, user.id, "forced", BY, clock())
    assert await people.session(first) is None
    assert await sessions.end_all(people.pool, user.id, "forced", BY, clock()) == 2
    assert [await people.session(token) for token in (second, third)] == [None, None]


async def test_a_person_ends_only_their_own_sessions(people: People, clock: ManualClock) -> None:
    await people.add()
    other = await people.add("mohan")
    token = await people.sign_in()
    session = await people.session(token)
    assert session is not None
    assert not await sessions.end(people.pool, session.id, other.id, "forced", BY, clock())
    assert await people.session(token) is not None


async def test_disabling_ends_sessions_and_sign_in(people: People, clock: ManualClock) -> None:
    user = await people.add()
    token = await people.sign_in()
    await users.set_active(people.pool, user.id, False, BY, clock())
    assert await people.session(token) is None
    with pytest.raises(WrongPasswordError):
        await people.sign_in()


async def test_changed_parameters_rehash_at_the_next_sign_in(people: People, pool: Pool) -> None:
    await people.add()
    dearer = Passwords(HashCost(time=2, memory=128, lanes=1))
    attempt = Attempt(name="sita", password=PASSWORD, remote="10.0.0.1", browser="tests")
    await signin.sign_in(pool, attempt, dearer, SessionRule(), people.clock())
    hashed = await pool.fetchval("select password_hash from app_user")
    assert "m=128,t=2" in hashed
    await people.sign_in()


async def change_password(people: People, user: User, present: str, new: str) -> str:
    change = signin.Change(present=present, new=new, browser="tests")
    return await signin.change_password(
        people.pool, user.id, change, people.passwords, RULE, BY, people.clock()
    )


async def test_a_new_password_ends_every_session(people: People) -> None:
    user = await people.add()
    token = await people.sign_in()
    with pytest.raises(WrongPasswordError):
        await change_password(people, user, "wrong", "another good one")
    with pytest.raises(WeakPasswordError):
        await change_password(people, user, PASSWORD, "short")
    newer = await change_password(people, user, PASSWORD, "another good one")
    assert await people.session(token) is None
    assert await people.session(newer) is not None
    await people.sign_in(password="another good one")


async def test_who_was_disabled_changes_no_password_and_has_no_session(people: People) -> None:
    user = await people.add()
    await users.set_active(people.pool, user.id, False, BY, people.clock())
    with pytest.raises(WrongPasswordError):
        await change_password(people, user, PASSWORD, "another good one")
    await users.set_active(people.pool, user.id, True, BY, people.clock())
    await people.sign_in()


async def test_a_new_password_that_is_too_weak_is_no_guess(people: People) -> None:
    user = await people.add()
    for _ in range(8):
        with pytest.raises(WeakPasswordError):
            await change_password(people, user, PASSWORD, "short")
    await people.sign_in()


async def test_a_reset_password_has_to_be_changed(people: People, clock: ManualClock) -> None:
    user = await people.add()
    await signin.reset_password(
        people.pool, user.id, "given by operator", people.passwords, BY, clock()
    )
    session = await people.session(await people.sign_in(password="given by operator"))
    assert session is not None
    assert session.must_change


@pytest.mark.parametrize(
    ("password", "fault"),
    [("elevenchars", "short"), ("x" * 129, "long"), ("abababababab", "monotone"),
     ("my Sita is here", "name")],
)  # fmt: skip
def test_passwords_that_are_easy_to_guess_are_refused(password: str, fault: str) -> None:
    with pytest.raises(WeakPasswordError) as refused:
        check_strength(password, "sita")
    assert refused.value.fault == fault


async def test_a_typed_name_is_never_in_the_log(people: People, pool: Pool) -> None:
    with pytest.raises(WrongPasswordError):
        await people.sign_in("my-secret-password")
    rows = await pool.fetch("select access_log::text as line from access_log")
    assert len(rows) == 1
    assert "secret" not in rows[0]["line"]


@pytest.fixture
def meanwhile() -> Meanwhile:
    return Meanwhile(CHEAP)


@pytest.fixture
def slow(people: People, meanwhile: Meanwhile) -> People:
    """Something happens while their next password is verified."""
    return replace(people, passwords=meanwhile)


async def test_who_signs_in_by_a_password_that_is_changed_meanwhile_is_refused(
    slow: People, meanwhile: Meanwhile
) -> None:
    user = await slow.add()

    async def owner_changes() -> None:
        change = Change(present=PASSWORD, new="quite another 1", browser="hers")
        owner = By(f"user:{user.id}", "10.0.0.1")
        given = slow.pool, user.id, change, slow.passwords, RULE, owner, slow.clock()
        await signin.change_password(*given)

    meanwhile.then = owner_changes
    with pytest.raises(WrongPasswordError):
        await slow.sign_in(remote="10.0.0.9")
    assert (await slow.events(user.id)).count("signed_in") == 1


async def test_the_same_password_under_new_parameters_meanwhile_is_still_right(
    slow: People, meanwhile: Meanwhile
) -> None:
    user = await slow.add()

    async def another_sign_in() -> None:
        fresh = await slow.passwords.hash(PASSWORD)
        await slow.pool.execute(
            "update app_user set password_hash = $2 where id = $1", user.id, fresh
        )

    meanwhile.then = another_sign_in
    assert await slow.session(await slow.sign_in())


async def test_a_change_by_a_password_that_was_reset_meanwhile_does_not_undo_the_reset(
    slow: People, meanwhile: Meanwhile
) -> None:
    user = await slow.add()

    async def reset() -> None:
        await signin.reset_password(
            slow.pool, user.id, "by an administrator 2", slow.passwords, BY, slow.clock()
        )

    meanwhile.then = reset
    change = Change(present=PASSWORD, new="the thief's own 3", browser="theirs")
    given = slow.pool, user.id, change, slow.passwords, RULE, BY, slow.clock()
    with pytest.raises(WrongPasswordError):
        await signin.change_password(*given)
    assert await slow.sign_in(password="by an administrator 2")
