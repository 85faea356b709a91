"""What an agent wants after a call, by the clock."""

from datetime import timedelta

import pytest

from cti.errors import NotNowError
from cti.wishes import Wish
from tests.cti.streams import AT, CALL

LIMIT = timedelta(seconds=30)
AFTER = Wish().after_call(CALL, LIMIT, AT)
LATER = AT + LIMIT


def test_the_wrap_up_ends_by_itself_at_its_limit() -> None:
    assert AFTER.at(LATER - timedelta(seconds=1)).pause == "wrap_up"
    assert AFTER.at(LATER) == Wish()


def test_the_wrap_up_is_extended_once() -> None:
    extended = AFTER.extended()
    assert extended.at(LATER).pause == "wrap_up"
    assert extended.at(LATER + LIMIT) == Wish()
    with pytest.raises(NotNowError):
        extended.extended()


def test_a_pause_asked_for_in_the_call_follows_the_wrap_up() -> None:
    wish = Wish().paused("meal").after_call(CALL, LIMIT, AT)
    assert wish.pause == "wrap_up"
    assert wish.at(LATER).pause == "meal"
    assert wish.wrapped_up().pause == "meal"


def test_a_pause_in_the_wrap_up_ends_it() -> None:
    assert AFTER.paused("meal") == Wish("meal")


def test_without_a_wrap_up_there_is_nothing_to_end_or_extend() -> None:
    for move in (Wish().wrapped_up, Wish().extended):
        with pytest.raises(NotNowError):
            move()


def test_a_clock_put_back_holds_nobody_longer_than_the_limit() -> None:
    assert AFTER.at(AT - timedelta(hours=5)) == Wish()
    assert AFTER.extended().at(AT) == AFTER.extended()
