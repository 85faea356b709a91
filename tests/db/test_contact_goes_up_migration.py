"""0081: a registered text stays as it is, and what was held in between can still be worded."""

import json
from datetime import UTC, datetime
from typing import Any

import psycopg

from tests.db.test_no_illegal_state_migration import BACK, BEFORE
from tests.db.test_registration_migration import _to

AT = datetime(2026, 3, 2, 5, 30, tzinfo=UTC)
NAME = "0081.contact_goes_up"
TEXTS = """select channel, text, variables from message_template
           where kind = 'officer_forwarded' order by channel"""
HELD = f"""
insert into notification (id, dedupe_key, complaint_id, kind, channel, recipient, body, variables,
                          created_at, held_at, last_error)
values (gen_random_uuid(), 'x', '{BACK}', 'officer_forwarded', 'sms', '+919415000002', '',
        '{json.dumps({"number": "1"})}', '{AT}', '{AT}', 'no template')"""


def _texts(connection: psycopg.Connection) -> dict[str, tuple[str, list[str]]]:
    return {row[0]: (row[1], row[2]) for row in connection.execute(TEXTS).fetchall()}


def _held(connection: psycopg.Connection) -> Any:
    row = connection.execute("select variables from notification where dedupe_key = 'x'").fetchone()
    assert row is not None
    return row[0]


def test_a_registered_text_stays_and_can_use_the_number_and_back(empty_url: str) -> None:
    _to(empty_url, lambda name: name < "0043")
    with psycopg.connect(empty_url) as connection:
        connection.execute(BEFORE)
    _to(empty_url, lambda name: name < "0081")
    with psycopg.connect(empty_url) as connection:
        connection.execute(
            "update message_template set template_id = '1107'"
            " where kind = 'officer_forwarded' and channel = 'sms'"
        )
        connection.execute(HELD)
        before = _texts(connection)
    _to(empty_url, lambda name: name == NAME)
    with psycopg.connect(empty_url) as connection:
        after = _texts(connection)
        assert after["sms"][0] == before["sms"][0]
        assert "{contact}" in after["email"][0]
        for channel, (_, variables) in after.items():
            assert variables == [*before[channel][1], "contact"]
        [contact] = connection.execute(
            "select contact from complaint where id = %s", (BACK,)
        ).fetchone() or [None]
        assert _held(connection) == {"number": "1", "contact": contact}
    _to(empty_url, lambda name: name == NAME, back=True)
    with psycopg.connect(empty_url) as connection:
        assert (_texts(connection), _held(connection)) == (before, {"number": "1"})
