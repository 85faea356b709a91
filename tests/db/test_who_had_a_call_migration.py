"""0045: reviews of before stay; each agent of a call can be judged, and that does not go back."""

from datetime import UTC, datetime
from uuid import UUID

import psycopg
import pytest

from tests.db.test_migrations import SCHEMA
from tests.db.test_registration_migration import _to

AT = datetime(2026, 3, 2, 5, 30, tzinfo=UTC)
CALL, FIRST, SECOND, OTHER = (str(UUID(int=n)) for n in range(1, 5))
#: Whom a call was of could change by a word that came late: the correction is of another agent.
BEFORE = f"""
insert into call (id, cell, direction, started_at) values ('{CALL}', 'c', 'inbound', '{AT}');
insert into quality_review values
    ('{FIRST}', '{CALL}', 'call', 1, '1001', 'user:1', 50, false, '', '{AT}', null),
    ('{SECOND}', '{CALL}', 'call', 1, '1002', 'user:1', 60, false, '', '{AT}', '{FIRST}');
"""
ANOTHER = f"""
insert into quality_review values
    ('{OTHER}', '{CALL}', 'call', 1, '1003', 'user:1', 70, false, '', '{AT}', null);
"""


def test_reviews_of_before_stay_and_several_of_a_call_do_not_go_back(empty_url: str) -> None:
    _to(empty_url, lambda name: name < "0045")
    with psycopg.connect(empty_url) as connection:
        connection.execute(BEFORE)
        schema = connection.execute(SCHEMA).fetchall()
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute(ANOTHER)
    with psycopg.connect(empty_url) as connection:
        connection.execute(BEFORE)
    _to(empty_url, lambda name: name.startswith("0045"))
    _to(empty_url, lambda name: name.startswith("0045"), back=True)
    with psycopg.connect(empty_url) as connection:
        assert connection.execute(SCHEMA).fetchall() == schema
    _to(empty_url, lambda name: name.startswith("0045"))
    with psycopg.connect(empty_url) as connection:
        connection.execute(ANOTHER)
    with pytest.raises(psycopg.errors.RaiseException, match="more than one agent of a call"):
        _to(empty_url, lambda name: name.startswith("0045"), back=True)
