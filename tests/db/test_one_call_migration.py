"""0049: of calls to one number that were open at once the latest stays, and a second is refused."""

import psycopg
import pytest

from tests.db.test_registration_migration import _to

CALLS = """
insert into call (id, cell, direction, citizen_number, started_at)
select lpad(n::text, 32, '0')::uuid, 'a', direction, number, now() + began * interval '1 hour'
from (values (1, 'outbound', '+919810000001', -1), (2, 'outbound', '+919810000001', 0),
             (3, 'outbound', '+919810000002', 1), (4, 'outbound', '+919810000002', 2),
             (5, 'inbound', '+919810000001', 0), (6, 'inbound', '+919810000001', 0),
             (7, 'outbound', null, 0), (8, 'outbound', null, 0)) as r (n, direction, number, began)
"""
OPEN = "select right(id::text, 1)::int from call where ended_at is null order by 1"


def test_the_latest_of_calls_that_were_open_at_once_stays(empty_url: str) -> None:
    _to(empty_url, lambda name: name < "0049")
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute(CALLS)
        _to(empty_url, lambda name: name == "0049.one_call_at_once")
        assert [number for (number,) in connection.execute(OPEN)] == [2, 4, 5, 6, 7, 8]
        early = "select count(*) from call where outcome = 'lost' and ended_at >= started_at"
        assert connection.execute(early).fetchone() == (2,)
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute(
                "insert into call (id, cell, direction, citizen_number, started_at)"
                " values (gen_random_uuid(), 'c', 'outbound', '+919810000002', now())"
            )
