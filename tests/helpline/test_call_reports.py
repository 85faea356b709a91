"""`helpline report calls`: the same figures as text, CSV and spreadsheet."""

import csv
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from helpline.cli import main
from tests.calls.rows import STAYS_OF_CALLS
from tests.database import migrate_to_be_emptied

AT = datetime(2026, 3, 2, 18, 25, tzinfo=UTC)


@pytest.fixture
def offered(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    migrate_to_be_emptied(postgres_url)
    monkeypatch.setenv("HELPLINE_DATABASE_URL", postgres_url)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("truncate call cascade")
        for outcome, seconds in (("queue_abandoned", 30), ("queue_timeout", 300)):
            connection.execute(
                "insert into call (id, cell, direction, started_at, queue, queued_at, ended_at,"
                " outcome) values (%s, 'c', 'inbound', %s, 'helpline-hi', %s, %s, %s)",
                (uuid4(), AT, AT, AT + timedelta(seconds=seconds), outcome),
            )
        connection.execute(STAYS_OF_CALLS)


@pytest.mark.usefixtures("offered")
def test_the_figures_are_printed_for_days_of_india(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "calls", "--from", "2026-03-02", "--by", "day"]) == 0
    head, day, total = capsys.readouterr().out.splitlines()
    assert head.split()[:3] == ["day", "offered", "answered"]
    assert day.split()[:5] == ["2026-03-02", "2", "0", "1", "1"]
    assert total.split()[:2] == ["total", "2"]
    assert main(["report", "calls", "--from", "2026-03-03"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].split()[:2] == ["total", "0"]


@pytest.mark.usefixtures("offered")
def test_what_was_said_of_the_wait_stands_beside_what_came(
    postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["report", "waits", "--from", "2026-03-02"]
    assert main(words) == 0
    assert capsys.readouterr().out == "nobody was told a waiting time\n"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("update queue_stay set told_minutes = 1")
    assert main(words) == 0
    head, queue, total = (line.split() for line in capsys.readouterr().out.splitlines())
    assert head[:6] == ["queue", "told", "in_time", "longer", "left_before", "sent_away"]
    assert queue == ["helpline-hi", "2", "0", "1", "1", "0", "-", "-", "0.0"]
    assert total == ["total", *queue[1:]]
    assert main([*words, "--to", "2026-04-02"]) == 1
    assert "at most 31 days" in capsys.readouterr().err


@pytest.mark.usefixtures("offered")
def test_a_spreadsheet_that_cannot_be_written_is_told_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", "calls", "--from", "2026-03-02", "--xlsx", str(tmp_path)]) == 1
    assert "the spreadsheet cannot be written" in capsys.readouterr().err


@pytest.mark.usefixtures("offered")
def test_a_list_of_who_gave_up_says_where_it_is_cut(
    postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("update call set outcome = 'queue_abandoned'")
    words = ["report", "abandoned", "--hours", "200000", "--most"]
    assert main([*words, "2"]) == 0
    both = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[-1] for line in both] == [
        "helpline-hi after 300 s", "helpline-hi after 30 s"
    ]  # fmt: skip
    assert main([*words, "1"]) == 0
    cut = "the latest 1: there are more (--most N)"
    assert capsys.readouterr().out.splitlines() == [both[0], cut]


@pytest.mark.usefixtures("offered")
def test_a_file_has_the_calls_behind_the_figures(tmp_path: Path) -> None:
    words = ["report", "calls", "--from", "2026-03-01", "--to", "2026-03-02"]
    assert main([*words, "--list", "--csv", str(tmp_path / "calls.csv")]) == 0
    with (tmp_path / "calls.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert sorted(row["fate"] for row in rows) == ["abandoned", "overflowed"]
    assert {row["queued_ist"] for row in rows} == {"2026-03-02 23:55:00"}
    assert main([*words, "--xlsx", str(tmp_path / "calls.xlsx")]) == 0
    with zipfile.ZipFile(tmp_path / "calls.xlsx") as book:
        assert b"overflowed" in book.read("xl/worksheets/sheet2.xml")
        assert {"xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"} <= set(book.namelist())
