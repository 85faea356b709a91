"""`helpline alarms` and `helpline cells`, as an operator types them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from helpline.cli import main
from tests.database import migrate_to_be_emptied

SECOND = timedelta(seconds=1)
EMPTY = "truncate alarm_limit, alarm, agent_state, agent_session, cell, cell_board, call cascade"


@pytest.fixture(autouse=True)
def database(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    monkeypatch.setenv("HELPLINE_DATABASE_URL", postgres_url)
    monkeypatch.setenv("HELPLINE_LOG__LEVEL", "error")
    migrate_to_be_emptied(postgres_url)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(EMPTY)
        yield connection
        connection.execute(EMPTY)


def test_a_limit_is_set_printed_and_taken_back(capsys: pytest.CaptureFixture[str]) -> None:
    why = ["--why", "मेला", "--by", "sunita"]
    assert main(["alarms", "set", "waiting", "25", "--queue", "helpline-hi", *why]) == 0
    assert "waiting helpline-hi: set, in all cells" in capsys.readouterr().out
    assert main(["alarms", "limits"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert "waiting  *  10  (settings)" in told
    assert "cell_silent  *  0:15  (settings)" in told
    [changed] = [line for line in told if "मेला" in line]
    assert changed.startswith("waiting  helpline-hi  25  (")
    assert changed.endswith("operator:sunita: मेला)")
    assert main(["alarms", "reset", "waiting", "--queue", "helpline-hi", *why]) == 0
    capsys.readouterr()
    assert main(["alarms", "limits"]) == 0
    assert "waiting  helpline-hi  as set up" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["service_level", "7"], "a number from 0 to 1"),
        (["trunk_full", "0.5", "--queue", "helpline-hi"], "this is the cell's"),
        (["waiting", "nan"], "a number from 0"),
    ],
)
def test_a_limit_that_cannot_be_is_refused_in_one_sentence(
    words: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["alarms", "set", *words, "--why", "x", "--by", "y"]) == 1
    told = capsys.readouterr().err
    assert why in told
    assert len(told.splitlines()) == 1


def test_a_limit_of_a_queue_that_no_cell_has_is_refused(
    database: "psycopg.Connection[tuple[object, ...]]", capsys: pytest.CaptureFixture[str]
) -> None:
    def set_for(queue: str) -> int:
        return main(["alarms", "set", "waiting", "5", "--queue", queue, "--why", "x", "--by", "y"])

    for queue in ("helpline-hindi", ""):
        assert set_for(queue) == 1
        assert f"there is no queue {queue!r}" in capsys.readouterr().err
    assert database.execute("select * from alarm_limit").fetchall() == []
    board = '{"queues": {"helpline-ta": {}}}'
    database.execute("insert into cell_board values ('lko-2', 1, now(), %s)", [board])
    database.execute("delete from agent where id = '9009'")
    database.execute("insert into agent values ('9009', 'A', 'lko-3', '{helpline-ur}')")
    assert [set_for(queue) for queue in ("helpline-ta", "helpline-ur")] == [0, 0]
    database.execute("delete from agent where id = '9009'")


def test_cells_are_listed_with_their_last_word_and_forgotten(
    database: "psycopg.Connection[tuple[object, ...]]", capsys: pytest.CaptureFixture[str]
) -> None:
    at = datetime(2026, 3, 2, 5, 30, tzinfo=UTC)
    database.execute("insert into cell values ('lko-1', 'https://a.example', %s)", [at])
    database.execute("insert into cell values ('lko-2', 'https://b.example', %s)", [at])
    database.execute("insert into cell_board values ('lko-1', 1, %s, '{}')", [at])
    assert main(["cells", "list"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("lko-1  https://a.example  last word ")
    assert "11:00" in first  # in India
    assert second == "lko-2  https://b.example  last word never since the database was started"
    assert main(["cells", "forget", "lko-1"]) == 0
    assert main(["cells", "forget", "lko-1"]) == 1
    told = capsys.readouterr().out
    assert told.splitlines() == ["lko-1 is forgotten", "there is no cell lko-1"]
    assert main(["cells", "list"]) == 0
    assert "lko-1" not in capsys.readouterr().out


def test_the_calls_of_a_cell_that_is_forgotten_hold_no_lines_any_more(
    database: "psycopg.Connection[tuple[object, ...]]", capsys: pytest.CaptureFixture[str]
) -> None:
    at = datetime(2026, 3, 2, 5, 30, tzinfo=UTC)
    for cell, channel in (("lko-1", "a"), ("lko-1", "b"), ("lko-2", "c")):
        database.execute("insert into cell values (%s, '', %s) on conflict do nothing", [cell, at])
        database.execute(
            "insert into call (id, cell, direction, started_at, channel_id)"
            " values (gen_random_uuid(), %s, 'inbound', %s, %s)",
            [cell, at, channel],
        )
    database.execute("insert into cell_board values ('lko-1', 1, %s, '{}')", [at])
    assert main(["cells", "forget", "lko-1"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told == ["lko-1 is forgotten", "2 of its calls were open, and are ended as lost"]
    rows = database.execute("select channel_id, outcome from call order by channel_id").fetchall()
    assert rows == [("a", "lost"), ("b", "lost"), ("c", None)]


def test_agents_of_a_cell_that_is_forgotten_are_not_on_duty_and_its_alarms_do_not_stand(
    database: "psycopg.Connection[tuple[object, ...]]", capsys: pytest.CaptureFixture[str]
) -> None:
    at = datetime(2026, 3, 2, 5, 30, tzinfo=UTC)
    word, next_day = at + timedelta(hours=1), at + timedelta(days=1)
    for cell in ("lko-1", "lko-2"):
        agent = f"900{cell[-1]}"
        database.execute("insert into cell values (%s, '', %s)", [cell, at])
        database.execute("insert into cell_board values (%s, 1, %s, '{}')", [cell, word])
        database.execute(
            "insert into agent (id, name, cell, queues) values (%s, 'A', %s, '{}')"
            " on conflict (id) do update set cell = excluded.cell", [agent, cell],
        )  # fmt: skip
        database.execute(
            "insert into agent_state (id, agent_id, state, from_at)"
            " values (gen_random_uuid(), %s, 'ready', %s)", [agent, at],
        )  # fmt: skip
        database.execute(
            "insert into agent_session (id, agent_id, signed_in_at)"
            " values (gen_random_uuid(), %s, %s)", [agent, at],
        )  # fmt: skip
        database.execute(
            "insert into alarm (id, cell, kind, queue, threshold, value, raised_at)"
            " values (gen_random_uuid(), %s, 'waiting', 'helpline-hi', 10, 12, %s)", [cell, at],
        )  # fmt: skip
    assert main(["cells", "forget", "lko-1"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "lko-1 is forgotten",
        "1 of its agents stood on duty, until its last word",
        "1 of its agents were signed in, until its last word",
        "1 of its alarms stood, and are cleared",
    ]
    rows = database.execute("select agent_id, until_at from agent_state order by 1").fetchall()
    assert rows == [("9001", word), ("9002", None)]
    signed_out = "select agent_id, signed_out_at from agent_session order by 1"
    assert database.execute(signed_out).fetchall() == rows
    duty = database.execute(
        "select agent_id from duty(%s, %s)", [next_day, next_day + timedelta(days=1)]
    ).fetchall()
    assert duty == [("9002",)]
    standing = database.execute("select cell from alarm where cleared_at is null").fetchall()
    assert standing == [("lko-2",)]


def test_who_has_become_an_agent_of_another_cell_stays_signed_in(
    database: "psycopg.Connection[tuple[object, ...]]", capsys: pytest.CaptureFixture[str]
) -> None:
    """Also by a session that they began at the first: a second page takes it over."""
    at = datetime(2026, 3, 2, 5, 30, tzinfo=UTC)
    database.execute("insert into cell values ('lko-1', '', %s)", [at])
    database.execute("insert into cell_board values ('lko-1', 1, %s, '{}')", [at])
    for agent, since in (("9001", at - SECOND), ("9002", at + SECOND)):
        database.execute(
            "insert into agent (id, name, cell, queues) values (%s, 'A', %s, '{}')"
            " on conflict (id) do update set cell = excluded.cell", [agent, "lko-2"],
        )  # fmt: skip
        database.execute(
            "insert into agent_session (id, agent_id, signed_in_at)"
            " values (gen_random_uuid(), %s, %s)", [agent, since],
        )  # fmt: skip
    assert main(["cells", "forget", "lko-1"]) == 0
    assert capsys.readouterr().out == "lko-1 is forgotten\n"
    still = database.execute("select agent_id from agent_session where signed_out_at is null")
    assert sorted(still.fetchall()) == [("9001",), ("9002",)]
