"""`helpline quality`, as an auditor types it."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from db.ids import new_id
from helpline.cli import main
from tests.calls.rows import TALKS_OF_CALLS
from tests.database import migrate_to_be_emptied

POINTS = [
    "greeting=5",
    "identity=10",
    "listening=15",
    "matter=20",
    "words=10",
    "number_told=-",
    "closing=5",
    "courtesy=10",
    "privacy=10",
]


@pytest.fixture
def call(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A recorded call of an hour ago."""
    migrate_to_be_emptied(postgres_url)
    at = datetime.now(UTC) - timedelta(hours=1)
    call_id = new_id(at)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("truncate call, quality_review cascade")
        connection.execute(
            """insert into call (id, cell, direction, started_at, agent_id, agent_answered_at,
                                 ended_at, outcome)
               values (%(id)s, 'c', 'inbound', %(at)s, '1001', %(at)s, %(at)s, 'agent_answered')""",
            {"id": call_id, "at": at},
        )
        connection.execute(TALKS_OF_CALLS)
        connection.execute(
            """insert into recording (id, call_id, kind, cell, started_at, state, closed_at,
                                      sha256, seconds, channels, bytes, location)
               values (%(id)s, %(call)s, 'call', 'c', %(at)s, 'stored', %(at)s, %(hash)s, 61, 2, 1,
                       'x')""",
            {"id": new_id(at), "call": call_id, "at": at, "hash": "ab" * 32},
        )
    monkeypatch.setenv("HELPLINE_DATABASE_URL", postgres_url)
    monkeypatch.setenv("HELPLINE_LOG__LEVEL", "error")
    return str(call_id)


def test_a_call_is_drawn_judged_and_reported(call: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["quality", "sample"]) == 0
    assert f"{call}  agent 1001" in capsys.readouterr().out
    assert main(["quality", "review", call, *POINTS, "--by", "meena"]) == 0
    assert "89.47 of 100" in capsys.readouterr().out
    assert main(["quality", "sample"]) == 0
    assert capsys.readouterr().out == "0 call(s) to listen to\n"
    assert main(["quality", "report"]) == 0
    told = capsys.readouterr().out
    assert "agent 1001: 89.5 in 1 review(s), 0 failed" in told
    assert "  words: 50% of the points" in told


def test_whose_part_is_judged_is_named(
    call: str, postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(
            "insert into agent_talk select call_id, '1002', began_at + interval '1 s',"
            " ended_at + interval '1 s' from agent_talk"
        )
    words = ["quality", "review", call, *POINTS, "--by", "meena"]
    assert main([*words, "--agent", "1003"]) == 1
    assert "agent did not have the citizen" in capsys.readouterr().err
    for named in ([], ["--agent", "1001"]):  # the last one's first
        assert main([*words, *named]) == 0
    assert main(["quality", "report"]) == 0
    told = capsys.readouterr().out
    assert "agent 1001: 89.5 in 1 review(s)" in told
    assert "agent 1002: 89.5 in 1 review(s)" in told


def test_a_sheet_with_faults_is_refused_with_each(
    call: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["quality", "review", call, "greeting=9", *POINTS[1:8], "--by", "meena"]) == 1
    assert capsys.readouterr().err == "helpline: privacy is missing; greeting is 0 to 5\n"
    with pytest.raises(SystemExit):
        main(["quality", "review", call, "greeting", "--by", "meena"])
