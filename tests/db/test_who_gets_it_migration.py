"""0047: clocks that run go on as they did; those that stand, and what has ended, have none."""

import psycopg

from tests.db.test_migrations import SCHEMA
from tests.db.test_no_illegal_state_migration import BACK, BEFORE
from tests.db.test_registration_migration import _to

NAME = "0047.who_gets_it"
CLOCKS = """
    select id::text, due_running_since - due_since, due_left_then from complaint
    where due_left_then is not null"""


def test_a_clock_that_runs_goes_on_as_it_did(empty_url: str) -> None:
    """Less its pauses until then, of which only their length is known."""
    _to(empty_url, lambda name: name < "0043")
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute(BEFORE)
    _to(empty_url, lambda name: name < "0047")
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute("update complaint set due_paused = '2 days' where due_at is not null")
        schema = connection.execute(SCHEMA).fetchall()
    _to(empty_url, lambda name: name == NAME)
    with psycopg.connect(empty_url) as connection:
        [(which, stood, left)] = connection.execute(CLOCKS).fetchall()
    assert (which, stood.days, left.days) == (str(BACK), 2, 7)
    _to(empty_url, lambda name: name == NAME, back=True)
    with psycopg.connect(empty_url) as connection:
        assert connection.execute(SCHEMA).fetchall() == schema
