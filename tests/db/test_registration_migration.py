"""0010: what was registered before it stays what it was; the way back, as long as there is one."""

from collections.abc import Callable
from uuid import UUID

import psycopg
import pytest
from yoyo import get_backend, read_migrations
from yoyo.migrations import MigrationList

from db.migrate import MIGRATIONS
from tests.db.test_migrations import SCHEMA

BY_PHONE, BY_AGENT, CALL = UUID(int=1), UUID(int=2), UUID(int=3)
BEFORE = f"""
insert into department values ('water', 'जल', 'Water');
insert into place values ('up', 'state', 'उ', 'UP', null);
insert into category values ('pump', 'नल', 'Pump', 'water', '{{7,7,7,7}}');
insert into post values ('L1', 'x', 'water', 'up', 1, '+919415000001');
insert into citizen values ('{BY_PHONE}', 'राम', 'hi', now());
insert into call (id, cell, direction, started_at) values ('{CALL}', 'c', 'inbound', now());
insert into complaint (id, number, category, place, citizen_id, contact, text_hi, state, level,
                       post, due_at, due_since, due_days, due_policy, due_counting, registered_at,
                       changed_at)
select id, number, 'pump', 'up', '{BY_PHONE}', '+919876543210', 'x', 'with_officer', 1,
       'L1', now(), now(), 7, 'p', 'calendar_days', now(), now()
from (values ('{BY_PHONE}'::uuid, '100000007'), ('{BY_AGENT}', '100000014')) as r (id, number);
insert into complaint_history (complaint_id, seq, at, event, level, actor, previous, hash)
select id, 1, now(), 'registered', 1, 'agent:7', '', '' from complaint;
insert into complaint_call values ('{BY_PHONE}', '{CALL}', 'registration');
insert into registration_key values ('{CALL}', '{BY_PHONE}');
"""


def _to(url: str, wanted: Callable[[str], bool], *, back: bool = False) -> None:
    with get_backend(url.replace("postgresql://", "postgresql+psycopg://", 1)) as backend:
        every = read_migrations(str(MIGRATIONS))
        chosen = MigrationList([one for one in every if wanted(one.id)], every.post_apply)
        if back:
            backend.rollback_migrations(backend.to_rollback(chosen))
        else:
            backend.apply_migrations(backend.to_apply(chosen))


def _with_earlier_rows(url: str) -> list[tuple[object, ...]]:
    """The schema as it was before, with two complaints in it; the schema."""
    _to(url, lambda name: name < "0010")
    with psycopg.connect(url) as connection:
        connection.execute(BEFORE)
        return connection.execute(SCHEMA).fetchall()


def test_earlier_complaints_keep_what_they_were(empty_url: str) -> None:
    before = _with_earlier_rows(empty_url)
    _to(empty_url, lambda name: name == "0010.registration")
    with psycopg.connect(empty_url) as connection:
        rows = connection.execute(
            "select kind, source, confirmed_by, matter = id, weight, incident, confidential"
            " from complaint order by number"
        ).fetchall()
        category = connection.execute("select leaf, in_scope, parent from category").fetchall()
    assert rows == [
        ("complaint", "phone", "agent:7", True, 1, False, False),
        ("complaint", "agent", "agent:7", True, 1, False, False),
    ]
    assert category == [(True, True, None)]
    _to(empty_url, lambda name: name == "0010.registration", back=True)
    with psycopg.connect(empty_url) as connection:
        assert connection.execute(SCHEMA).fetchall() == before
        assert connection.execute("select count(*) from complaint").fetchone() == (2,)


@pytest.mark.parametrize(
    "since",
    [
        "update complaint set confidential = true",
        "update complaint set kind = 'demand'",
        "insert into category (code, name_hi, name_en) values ('h', 'क', 'h')",
    ],
)
def test_what_the_earlier_schema_cannot_hold_is_not_thrown_away(empty_url: str, since: str) -> None:
    _with_earlier_rows(empty_url)
    _to(empty_url, lambda name: name == "0010.registration")
    with psycopg.connect(empty_url) as connection:
        connection.execute(since)
    with pytest.raises(psycopg.Error, match="the schema before 0010 cannot hold"):
        _to(empty_url, lambda name: name == "0010.registration", back=True)
    with psycopg.connect(empty_url) as connection:
        assert connection.execute("select count(*) from complaint").fetchone() == (2,)
