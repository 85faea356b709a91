from datetime import UTC, datetime, timedelta

from db.ids import new_id

START = datetime(2026, 1, 5, 4, 30, tzinfo=UTC)


def test_keys_sort_by_the_time_they_were_made() -> None:
    keys = [new_id(START + timedelta(milliseconds=step)) for step in (0, 1, 2, 999, 86_400_000)]
    assert keys == sorted(keys)
    assert [str(key) for key in keys] == sorted(str(key) for key in keys)


def test_keys_of_one_moment_differ() -> None:
    assert len({new_id(START) for _ in range(10_000)}) == 10_000


def test_a_key_holds_the_injected_time() -> None:
    assert new_id(START).int >> 80 == int(START.timestamp() * 1000)
    assert new_id(START).version == 7
