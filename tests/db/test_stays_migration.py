"""0033: what earlier calls were is told by what agents did then, or by the call's row alone."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg

from tests.db.test_migrations import SCHEMA
from tests.db.test_registration_migration import _to

AT = datetime(2026, 3, 2, 5, 30, tzinfo=UTC)
HANDED_ON, OLD, ABANDONED, OPEN, WAITING = (str(UUID(int=n)) for n in range(1, 6))
BEFORE = f"""
insert into agent values ('1001', 'सीता', 'c', '{{hi}}'), ('1002', 'मोहन', 'c', '{{hi}}');
insert into call (id, cell, direction, started_at, queue, queued_at, agent_id, agent_answered_at, ended_at, outcome)
values ('{HANDED_ON}', 'c', 'inbound', '{AT}', 'hi', '{AT}', '1002', '{AT}'::timestamptz + interval '60 s',
        '{AT}'::timestamptz + interval '100 s', 'agent_answered'),
       ('{OLD}', 'c', 'inbound', '{AT}', 'hi', '{AT}', '1001', '{AT}'::timestamptz + interval '8 s',
        '{AT}'::timestamptz + interval '50 s', 'agent_answered'),
       ('{ABANDONED}', 'c', 'inbound', '{AT}', 'en', '{AT}', null, null,
        '{AT}'::timestamptz + interval '30 s', 'queue_abandoned'),
       ('{OPEN}', 'c', 'inbound', '{AT}', 'hi', '{AT}', '1001', '{AT}'::timestamptz + interval '5 s', null, null),
       ('{WAITING}', 'c', 'inbound', '{AT}', 'hi', '{AT}', null, null, null, null);
insert into agent_state (id, agent_id, state, call_id, from_at, until_at)
select gen_random_uuid(), agent, 'in_call', '{HANDED_ON}', '{AT}'::timestamptz + began, '{AT}'::timestamptz + ended
from (values ('1001', interval '10 s', interval '60 s'), ('1002', interval '60 s', interval '101 s')) v (agent, began, ended);
insert into desk_action (id, call_id, actor, action, target, at)
values (gen_random_uuid(), '{HANDED_ON}', 'agent:1001', 'consult', 'agent:1002', '{AT}'::timestamptz + interval '50 s'),
       (gen_random_uuid(), '{HANDED_ON}', 'agent:1001', 'transfer_consulted', '', '{AT}'::timestamptz + interval '60 s');
"""  # noqa: E501


def _rows(url: str, query: str) -> list[tuple[object, ...]]:
    """Moments as seconds."""
    with psycopg.connect(url) as connection:
        return [
            tuple((one - AT) / timedelta(seconds=1) if isinstance(one, datetime) else one
                  for one in row)
            for row in connection.execute(query)
        ]  # fmt: skip


def test_earlier_calls_have_their_stays_and_talks(empty_url: str) -> None:
    _to(empty_url, lambda name: name < "0033")
    with psycopg.connect(empty_url) as connection:
        connection.execute(BEFORE)
        schema = connection.execute(SCHEMA).fetchall()
    _to(empty_url, lambda name: "0033" <= name < "0035")
    stays = "select call_id::text, queue, entered_at, left_at, agent_id from queue_stay order by 1"
    assert _rows(empty_url, stays) == [
        (HANDED_ON, "hi", 0, 10, "1001"),
        (OLD, "hi", 0, 8, "1001"),
        (ABANDONED, "en", 0, 30, None),
        (OPEN, "hi", 0, 5, "1001"),
        (WAITING, "hi", 0, None, None),
    ]
    talks = (
        "select call_id::text, agent_id, began_at, ended_at, handed_to from agent_talk"
        " order by 1, began_at"
    )
    assert _rows(empty_url, talks) == [
        (HANDED_ON, "1001", 10, 60, "agent:1002"),
        (HANDED_ON, "1002", 60, 100, None),
        (OLD, "1001", 8, 50, None),
        (OPEN, "1001", 5, None, None),
    ]
    first = f"select agent_id, agent_answered_at from call where id = '{HANDED_ON}'"
    assert _rows(empty_url, first) == [("1002", 10)]
    _to(empty_url, lambda name: name >= "0033", back=True)
    with psycopg.connect(empty_url) as connection:
        assert connection.execute(SCHEMA).fetchall() == schema
