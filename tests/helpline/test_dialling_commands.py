"""Who let which telephone dial where, and when: kept, and printed."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from helpline.cli import main
from helpline.recording_words import login
from tests.database import migrate_to_be_emptied

EMPTY = "truncate dial_rule, dial_request, dial_cut_off, access_log, agent cascade"
CHANGES = "select event, actor, remote, details from access_log order by id"


Database = psycopg.Connection[tuple[Any, ...]]


@pytest.fixture(autouse=True)
def database(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setenv("HELPLINE_DATABASE_URL", postgres_url)
    monkeypatch.setenv("HELPLINE_LOG__LEVEL", "error")
    migrate_to_be_emptied(postgres_url)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(EMPTY)
        connection.execute("insert into agent values ('1001', 'A', 'lko-1', '{helpline-ur}')")
        yield connection
        connection.execute(EMPTY)


def test_who_lets_a_telephone_dial_is_kept_with_what_was_before(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    allow = ["dialling", "allow", "1001", "+91", "--per-hour"]
    assert main([*allow, "20"]) == 0
    assert main([*allow, "0", "--by", "sunita"]) == 0
    first, second = database.execute(CHANGES).fetchall()
    assert first[:3] == ("dialling_allowed", f"operator:{login()}", "command line")
    rule = {"endpoint": "1001", "prefix": "+91", "account": login()}
    assert first[3] == rule | {"per_hour": 20, "before": None}
    assert second[1] == "operator:sunita"
    assert second[3] == rule | {"per_hour": 0, "before": 20}
    capsys.readouterr()
    assert main(["dialling", "log"]) == 0
    latest, earliest = capsys.readouterr().out.splitlines()
    assert latest.endswith("operator:sunita: 1001 may dial +91..., 0 times an hour (was: 20)")
    assert earliest.endswith(f"operator:{login()}: 1001 may dial +91..., 20 times an hour")


def test_who_lifts_a_cut_off_is_kept_with_the_account(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    database.execute(
        "insert into dial_cut_off (id, endpoint, at, why)"
        " values (gen_random_uuid(), '1001', now(), 'six')"
    )
    assert main(["dialling", "lift", "1001", "--by", "sunita"]) == 0
    [row] = database.execute(CHANGES).fetchall()
    assert (row[0], row[1]) == ("dialling_lifted", "operator:sunita")
    assert row[3] == {"endpoint": "1001", "account": login()}
    assert main(["dialling", "lift", "1001", "--by", "sunita"]) == 1  # it is not cut off any more
    assert len(database.execute(CHANGES).fetchall()) == 1
    capsys.readouterr()
    assert main(["dialling", "log"]) == 0
    assert capsys.readouterr().out.endswith("operator:sunita: 1001 may dial again\n")


def test_what_is_no_rule_leaves_no_trace(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["dialling", "allow", "1001", "no prefix", "--per-hour", "20"]) == 1
    assert "a prefix such as +91" in capsys.readouterr().err
    assert database.execute(CHANGES).fetchall() == []


def test_an_endpoint_that_is_nobodys_is_refused(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["dialling", "allow", "101", "+91", "--per-hour", "5"]) == 1
    assert "there is no agent 101" in capsys.readouterr().err
    assert database.execute(CHANGES).fetchall() == []
    assert database.execute("select * from dial_rule").fetchall() == []
    assert main(["dialling", "allow", "*", "+91", "--per-hour", "5"]) == 0
    database.execute("delete from agent")
    database.execute("insert into dial_rule values ('1001', '+91', 5)")
    assert main(["dialling", "allow", "1001", "+91", "--per-hour", "0"]) == 0  # who has left


@pytest.mark.usefixtures("database")
def test_the_rules_that_stand_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    for endpoint, per_hour in (("1001", "5"), ("*", "20")):
        assert main(["dialling", "allow", endpoint, "+91", "--per-hour", per_hour]) == 0
    capsys.readouterr()
    assert main(["dialling", "list"]) == 0
    every, own = capsys.readouterr().out.splitlines()
    assert every == "* may dial +91..., 20 times an hour"
    assert own == "1001 may dial +91..., 5 times an hour"
    assert main(["dialling", "allow", "1001", "+91", "--per-hour", "0"]) == 0
    capsys.readouterr()
    assert main(["dialling", "list"]) == 0
    assert capsys.readouterr().out.splitlines() == [every, "1001 may not dial +91..."]
