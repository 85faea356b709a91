"""0064: recordings of no seconds are not looked at any more by who makes copies, and back."""

from datetime import UTC, datetime
from uuid import UUID

import psycopg

from tests.db.test_registration_migration import _to

AT = datetime(2026, 3, 2, 5, 30, tzinfo=UTC)
EMPTY, FULL = (str(UUID(int=n)) for n in (1, 2))
BEFORE = f"""
insert into call (id, cell, direction, started_at) values ('{EMPTY}', 'c', 'inbound', '{AT}');
insert into recording (id, call_id, kind, cell, started_at, state, sha256, seconds, channels, bytes,
                       location, closed_at)
select id, '{EMPTY}', 'call', 'c', '{AT}', 'stored', repeat('0', 64), seconds, 2, 44, id, '{AT}'
from (values ('{EMPTY}'::uuid, 0), ('{FULL}', 5)) of (id, seconds);
"""
NOW = "select id::text from recording where copy_after <= now() order by id"


def _looked_at(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute(NOW).fetchall()]


def test_what_has_nothing_to_copy_is_put_behind_all_that_has_and_back(empty_url: str) -> None:
    _to(empty_url, lambda name: name < "0064")
    with psycopg.connect(empty_url) as connection:
        connection.execute(BEFORE)
    assert _looked_at(empty_url) == [EMPTY, FULL]
    _to(empty_url, lambda name: name.startswith("0064"))
    assert _looked_at(empty_url) == [FULL]
    _to(empty_url, lambda name: name.startswith("0064"), back=True)
    assert _looked_at(empty_url) == [EMPTY, FULL]
