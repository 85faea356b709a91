"""`helpline report staffing`, as an operator types it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from db.ids import new_id
from helpline.cli import main
from tests.calls.rows import STAYS_OF_CALLS, TALKS_OF_CALLS
from tests.database import migrate_to_be_emptied


@pytest.fixture(autouse=True)
def calls(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thirty a day for a fortnight, whenever the test is run."""
    migrate_to_be_emptied(postgres_url)
    now = datetime.now(UTC)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("truncate call cascade")
        for n in range(30 * 14):
            queued = now - timedelta(minutes=48 * n)
            connection.execute(
                """insert into call (id, cell, direction, started_at, queue, queued_at,
                                     agent_id, agent_answered_at, ended_at, outcome)
                   values (%s, 'c', 'inbound', %s, 'helpline-hi', %s, '1001', %s, %s,
                           'agent_answered')""",
                (new_id(queued), queued, queued, queued, queued + timedelta(seconds=240)),
            )
        connection.execute(STAYS_OF_CALLS)
        connection.execute(TALKS_OF_CALLS)
    monkeypatch.setenv("HELPLINE_DATABASE_URL", postgres_url)
    monkeypatch.setenv("HELPLINE_LOG__LEVEL", "error")


def test_the_last_whole_week_says_whom_each_hour_needs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "staffing", "helpline-hi", "--weeks", "1"]) == 0
    told = capsys.readouterr().out
    assert "helpline-hi: 210 calls in 1 week(s)" in told
    assert len([line for line in told.splitlines() if line[2:3] == "-"]) == 24
    assert "agent hours a week" in told


@pytest.mark.parametrize(
    ("words", "within"), [([], "within 45 s"), (["--within", "10"], "within 10 s")]
)
def test_the_seconds_are_the_queues_own_unless_others_are_given(
    words: list[str],
    within: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings = tmp_path / "helpline.toml"
    settings.write_text("[[cell.queues]]\nname = 'helpline-hi'\nservice_level_seconds = 45\n")
    monkeypatch.setenv("HELPLINE_CONFIG", str(settings))
    assert main(["report", "staffing", "helpline-hi", "--weeks", "1", *words]) == 0
    assert within in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "why"),
    [(["nobody"], "no queue nobody"), (["helpline-hi", "--share", "1.5"], "shares of 1")],
)
def test_what_makes_no_sense_is_refused(
    words: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", "staffing", *words]) == 1
    assert why in capsys.readouterr().err
