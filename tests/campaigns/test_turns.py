"""Who is called back to a queue now."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from campaigns.turns import Due, Line, in_order, whose_turn
from db.ids import new_id

NOW = datetime(2026, 3, 10, 4, 30, tzinfo=UTC)


def minutes(ago: int) -> datetime:
    return NOW - timedelta(minutes=ago)


def due(ago: int, *, kept: bool = False, number: str | None = None) -> Due:
    return Due(new_id(minutes(ago)), number or f"+9198765{ago:05}", kept, minutes(ago))


def test_without_an_agent_nobody_is_called() -> None:
    assert whose_turn(Line(0), [due(5), due(6, kept=True)]) == []


def test_a_kept_place_counts_only_those_before_it_and_a_promise_all_who_wait() -> None:
    line = Line(2, waiting=[minutes(3), minutes(9)])
    kept, promised = due(5, kept=True), due(60)
    assert whose_turn(line, [promised]) == []
    assert whose_turn(line, [kept]) == [kept]


def test_each_who_is_called_needs_an_agent_and_so_does_each_call_under_way() -> None:
    three = [due(3), due(2), due(1)]
    assert whose_turn(Line(2), three) == three[:2]
    assert whose_turn(Line(2, under_way=1), three) == three[:1]


def test_a_number_is_called_once_and_for_its_kept_place_first() -> None:
    promised, kept = due(60, number="+911"), due(5, kept=True, number="+911")
    assert in_order([promised, kept, due(3)])[0] is kept
    assert len(in_order([promised, kept])) == 1


def test_nobody_is_called_to_a_queue_that_would_not_let_them_in() -> None:
    """However many serve it: they may all talk, and app_queue counts who waits."""
    full = Line(250, waiting=[minutes(1)] * 50, standing=50, longest=50)
    assert whose_turn(full, [due(5), due(6, kept=True)]) == []
    kept = due(6, kept=True)
    assert whose_turn(replace(full, standing=49), [due(5), kept]) == [kept]
    assert len(whose_turn(replace(full, longest=None), [due(5), kept])) == 2
