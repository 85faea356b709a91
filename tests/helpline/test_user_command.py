"""`helpline user ...`, as an operator types it."""

import re
from pathlib import Path

import psycopg
import pytest

from helpline.cli import main
from tests.database import migrate_to_be_emptied


@pytest.fixture(autouse=True)
def machine(postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    migrate_to_be_emptied(postgres_url)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("truncate app_user, guess_limit, first_administrator_code cascade")
    monkeypatch.setenv("HELPLINE_DATABASE_URL", postgres_url)
    monkeypatch.setenv("HELPLINE_LOG__LEVEL", "error")
    monkeypatch.setenv("HELPLINE_ACCESS__HASH_MEMORY_KIB", "8192")
    monkeypatch.setenv("HELPLINE_ACCESS__HASH_TIME", "1")
    monkeypatch.chdir(tmp_path)


def run(*words: str) -> int:
    return main(["user", *words])


def test_a_person_is_added_given_a_role_shown_and_disabled(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("add", "Sita", "--display", "सीता देवी", "--number", "98765 43210") == 0
    password = capsys.readouterr().out.split()[-1]
    assert len(password) >= 12
    assert run("grant", "sita", "agent", "--until", "2099-03-31") == 0
    assert run("show", "sita") == 0
    told = capsys.readouterr().out
    grant = re.search(r"(\S+)  agent \(everywhere\) until", told)
    assert grant
    assert "role_granted by operator" in told
    assert run("revoke", "sita", grant[1]) == 0
    assert run("pin", "sita") == 0
    assert re.search(r": \d{6}$", capsys.readouterr().out.strip())
    assert run("disable", "sita") == 0
    assert run("sessions", "sita") == 0
    assert "sita is not signed in" in capsys.readouterr().out


def test_a_role_for_a_queue_that_is_not_there_is_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run("add", "boss", "--display", "B")
    assert run("grant", "boss", "supervisor", "--queue", "helpline-hindi") == 1
    assert "there is no queue 'helpline-hindi'" in capsys.readouterr().err
    assert run("grant", "boss", "supervisor", "--queue", "helpline-hi") == 0
    assert run("show", "boss") == 0
    told = capsys.readouterr().out
    assert "supervisor (queue helpline-hi)" in told
    assert "hindi" not in told


def test_what_is_known_of_a_person_is_corrected(capsys: pytest.CaptureFixture[str]) -> None:
    run("add", "sita", "--display", "सीता", "--number", "98765 43210")
    run("pin", "sita")
    capsys.readouterr()
    assert run("change", "sita", "--display", "सीता देवी") == 0
    assert capsys.readouterr().out == "sita: display_name changed\n"
    assert run("change", "sita", "--number", "98765 43211") == 0
    assert "sita: number changed\na PIN that was given" in capsys.readouterr().out
    assert run("show", "sita") == 0
    told = capsys.readouterr().out
    assert "सीता देवी, active, agent -, telephone +919876543211, officer -" in told
    assert "pin_removed by operator" in told
    assert run("change", "sita", "--number", "") == 0
    assert run("change", "sita", "--number", "") == 0
    assert "nothing changed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["show", "nobody"], "no user nobody"),
        (["add", "x y", "--display", "X"], "sign_in_name: 2 to 63 letters"),
        (["add", "gita", "--display", "X", "--number", "12"], "number: not a telephone number"),
        (["change", "gita", "--officer", "nobody"], "officer: no officer of that code"),
        (["change", "gita", "--number", "12"], "number: not a telephone number"),
        (["grant", "gita", "officer"], "officer: its scope is post"),
        (["grant", "gita", "agent", "--until", "soon"], "soon is not a day"),
        (["grant", "gita", "agent", "--until", "9999-12-31"], "9999-12-31 is not a day"),
        (["pin", "gita"], "a PIN goes with a registered number"),
        (["disable", "gita"], "this is the last administrator"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    words: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run("add", "gita", "--display", "गीता")
    run("grant", "gita", "administrator")
    capsys.readouterr()
    assert run(*words) == 1
    error = capsys.readouterr().err
    assert reason in error
    assert error.count("\n") == 1


def test_the_first_administrators_code_is_printed_only_while_there_is_none(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("bootstrap") == 0
    assert "/first-administrator" in capsys.readouterr().out
    run("add", "gita", "--display", "गीता")
    run("grant", "gita", "administrator")
    assert run("bootstrap") == 1
    assert "there is an administrator already" in capsys.readouterr().err
