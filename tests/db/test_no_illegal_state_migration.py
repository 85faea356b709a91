"""0043: what was there before keeps its meaning; what was wrong before is named, not guessed at."""

from uuid import UUID

import psycopg
import pytest

from tests.db.test_migrations import SCHEMA
from tests.db.test_registration_migration import _to

WAITING, CLOSED, UNVERIFIED, BACK = (UUID(int=n) for n in (1, 2, 3, 4))
CALL = UUID(int=9)
BEFORE = f"""
insert into department values ('water', 'जल', 'Water');
insert into place values ('up', 'state', 'उ', 'UP', null);
insert into category (code, name_hi, name_en, department, level_days)
values ('pump', 'नल', 'Pump', 'water', '{{7,7,7,7}}');
insert into post (id, title, department, place, level, number) values
    ('L1', 'x', 'water', 'up', 1, '+919415000001'), ('L3', 'y', 'water', 'up', 3, '+919415000003');
insert into citizen values ('{CALL}', 'राम', 'hi', now());
insert into call (id, cell, direction, started_at) values ('{CALL}', 'c', 'outbound', now());
begin;
insert into complaint (id, number, category, place, citizen_id, contact, text_hi, state, level,
                       post, disposals, registered_at, changed_at)
select id, number, 'pump', 'up', '{CALL}', '+919876543210', 'x', 'awaiting_feedback', 1,
       'L1', 1, now(), now()
from (values ('{WAITING}'::uuid, '100000007'), ('{CLOSED}', '100000014'),
             ('{UNVERIFIED}', '100000021'), ('{BACK}', '100000038')) as r (id, number);
insert into complaint_history (complaint_id, seq, at, event, level, actor, previous, hash)
select id, n, now(), case n when 1 then 'registered' else 'disposed' end, 1, 'agent:7', '',
       repeat(n::text, 64)
from complaint, generate_series(1, 2) as n;
insert into complaint_history (complaint_id, seq, at, event, level, actor, previous, hash)
values ('{UNVERIFIED}', 3, now(), 'unverified', 1, 'dialer', '', repeat('3', 64));
insert into disposal (complaint_id, disposal_no, level, post, kind, report, via, actor, at)
select id, 1, 1, 'L1', 'resolved', 'x', 'agent', 'agent:7', now() from complaint;
insert into feedback_due (complaint_id, disposal_no, next_attempt_at, done_at)
select id, 1, now(), case when id <> '{WAITING}' then now() end from complaint;
insert into feedback (attempt_id, complaint_id, disposal_no, satisfied, at)
values ('{CALL}', '{CLOSED}', 1, true, now());
update complaint set state = 'closed_satisfied', closing_attempt = '{CALL}', ended_at = now()
where id = '{CLOSED}';
update complaint set state = 'unverified', unverified_reason = 'used up', ended_at = now()
where id = '{UNVERIFIED}';
update complaint set state = 'with_officer', due_at = now(), due_since = now(), due_days = 7,
    due_policy = 'p', due_counting = 'calendar_days' where id = '{BACK}';
commit;
"""


def _before(url: str) -> list[tuple[object, ...]]:
    _to(url, lambda name: name < "0043")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(BEFORE)
        return connection.execute(SCHEMA).fetchall()


def test_what_was_there_before_keeps_its_meaning(empty_url: str) -> None:
    schema = _before(empty_url)
    _to(empty_url, lambda name: name == "0043.no_illegal_state")
    with psycopg.connect(empty_url) as connection:
        rows = connection.execute(
            "select c.state, c.entries, left(c.head, 1), f.outcome, cardinality(f.tried)"
            " from complaint c join feedback_due f on f.complaint_id = c.id order by c.number"
        ).fetchall()
    assert rows == [
        ("awaiting_feedback", 2, "2", "open", 0),
        ("closed_satisfied", 2, "2", "answered", 0),
        ("unverified", 3, "3", "given_up", 1),
        ("with_officer", 2, "2", "stopped", 0),
    ]
    _to(empty_url, lambda name: name == "0043.no_illegal_state", back=True)
    with psycopg.connect(empty_url) as connection:
        assert connection.execute(SCHEMA).fetchall() == schema


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("set level = 3", "is at level 3 with a post of level 1"),
        ("set disposals = 2", "is awaiting_feedback, but nobody is asking about disposal 2"),
    ],
)
def test_what_was_wrong_before_is_named(empty_url: str, wrong: str, told: str) -> None:
    _before(empty_url)
    with psycopg.connect(empty_url) as connection:
        connection.execute(f"update complaint {wrong} where id = '{WAITING}'")
    with pytest.raises(psycopg.Error, match=f"to be mended before 0043: 100000007: {told}"):
        _to(empty_url, lambda name: name == "0043.no_illegal_state")
