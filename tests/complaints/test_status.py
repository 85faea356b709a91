"""What the telephone may say of a complaint."""

from dataclasses import replace

import pytest

from complaints import status
from complaints.errors import InvalidComplaintNumberError
from complaints.number import make
from complaints.registration import register
from complaints.registration_form import Registered
from db.pool import Pool
from tests.complaints.world import CITIZEN, World


async def registered(world: World) -> str:
    done = await register(
        world.pool, world.form(), policy=world.policy, now=world.now, actor="agent:101"
    )
    return done.number


async def test_the_number_opens_post_and_due_date_but_no_name_and_no_text(
    pool: Pool, world: World
) -> None:
    number = await registered(world)
    told = await status.by_number(pool, number)
    assert told is not None
    assert (told.number, told.subject, told.state, told.level) == (
        number,
        "हैंडपंप खराब",
        "with_officer",
        1,
    )
    assert told.post_title == "अवर अभियंता महरौनी"
    assert told.due_at is not None
    assert not told.overdue
    assert "राम" not in repr(told)


async def test_a_telephone_number_opens_number_subject_and_state_alone(
    pool: Pool, world: World
) -> None:
    number = await registered(world)
    (told,) = await status.of_contact(pool, CITIZEN)
    assert told == status.Brief(number, "हैंडपंप खराब", "with_officer", subject_en="Broken hand pump")
    assert await status.of_contact(pool, "+919999999999") == []


async def test_a_confidential_complaint_is_not_told_to_who_shares_its_telephone(
    pool: Pool, world: World
) -> None:
    form = replace(world.form(), confidential=True)
    done = await register(pool, form, policy=world.policy, now=world.now, actor="agent:101")
    assert await status.of_contact(pool, CITIZEN) == []
    told = await status.by_number(pool, done.number)  # who keys it knows of it
    assert told is not None


async def test_an_unknown_number_and_a_wrong_one_are_told_apart(pool: Pool) -> None:
    assert await status.by_number(pool, make(99_999_998)) is None
    with pytest.raises(InvalidComplaintNumberError):
        await status.by_number(pool, "123456780")


async def test_what_may_be_named_is_known_before_anybody_calls(pool: Pool, world: World) -> None:
    await registered(world)
    words = await status.words_to_speak(pool)
    assert {"हैंडपंप खराब", "बिजली नहीं", "अवर अभियंता महरौनी"} <= set(words)
    assert "प्रमुख सचिव जल निगम" not in words  # no open complaint is with that post


async def test_a_post_with_an_english_title_is_told_and_known_in_english_too(
    pool: Pool, world: World
) -> None:
    await pool.execute("update post set title_en = 'Junior Engineer ' || id")
    done = await register(
        world.pool, world.form(), policy=world.policy, now=world.now, actor="agent:101"
    )
    assert isinstance(done, Registered)
    assert done.post_title_en == "Junior Engineer L1-MAH"
    told = await status.by_number(pool, done.number)
    assert told is not None
    assert (told.post_title, told.post_title_en) == ("अवर अभियंता महरौनी", "Junior Engineer L1-MAH")
    words = await status.english_words(pool)
    assert {"Broken hand pump", "Junior Engineer L1-MAH"} <= set(words)
    assert "Junior Engineer L4-UP" not in words


async def test_the_same_form_again_tells_the_same_post_in_both_languages(world: World) -> None:
    await world.pool.execute("update post set title_en = 'Junior Engineer'")
    form = world.form()
    first, again = [
        await register(world.pool, form, policy=world.policy, now=world.now, actor="agent:101")
        for _ in range(2)
    ]
    assert first == again
    assert isinstance(again, Registered)
    assert again.post_title_en == "Junior Engineer"
