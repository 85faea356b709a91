"""`helpline complaint register` and `merge`, as an operator types them."""

import asyncio
from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest

from complaints.reference import load
from db.pool import open_pool
from helpline.cli import main
from tests.complaints.world import REFERENCE
from tests.database import migrate_to_be_emptied


@pytest.fixture
def database(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection]:
    migrate_to_be_emptied(postgres_url)

    async def prepare() -> None:
        pool = await open_pool(postgres_url, size=1)
        await pool.execute("truncate department, place, citizen, call, officer, holiday cascade")
        await load(pool, REFERENCE)
        await pool.close()

    asyncio.run(prepare())
    monkeypatch.setenv("HELPLINE_DATABASE_URL", postgres_url)
    monkeypatch.setenv("HELPLINE_LOG__LEVEL", "error")
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        yield connection


def letter(*more: str, category: str = "handpump") -> list[str]:
    return [
        "complaint", "register", "--category", category, "--place", "lalitpur-mahroni",
        "--contact", "98765 43210", "--text", "हैंडपंप खराब", "--name", "राम", *more,
    ]  # fmt: skip


def test_a_letter_is_registered_and_its_second_is_asked_about_and_merged(
    database: psycopg.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    key = ["--key", str(uuid4())]
    assert main(letter("--confidential", *key)) == 0
    told = capsys.readouterr().out
    older = told.partition(":")[0]
    assert "registered, with L1 अवर अभियंता महरौनी (L1-MAH), due" in told
    assert main(letter("--confidential", *key)) == 0
    assert capsys.readouterr().out == told
    row = database.execute("select source, confidential, confirmed_by from complaint").fetchall()
    assert row == [("letter", True, None)]

    assert main(letter()) == 1
    assert f"open already: {older} since" in capsys.readouterr().out
    assert main(letter("--adds-to", older)) == 0
    assert capsys.readouterr().out == f"{older}: added to it, it was open already\n"
    assert main(letter("--separate", "--source", "meeting")) == 0
    younger = capsys.readouterr().out.partition(":")[0]

    assert main(["complaint", "merge", younger, "--into", older, "--text", "एक ही पत्र"]) == 0
    assert f"merged, it goes on as {older}" in capsys.readouterr().out
    assert main(["complaint", "merge", younger, "--into", older]) == 1
    assert f"complaint {younger} has ended: merged" in capsys.readouterr().err
    assert main(["complaint", "show", older]) == 0
    shown = capsys.readouterr().out
    assert "weight 3" in shown
    assert "CONFIDENTIAL" in shown


def test_who_is_known_on_another_number_writes_from_a_new_one(
    database: psycopg.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(letter()) == 0
    (citizen,) = database.execute("select id from citizen").fetchone() or ()
    elsewhere = letter("--citizen", str(citizen), "--contact", "98111 11111", "--separate")
    assert main(elsewhere) == 1
    assert "not known on this number" in capsys.readouterr().err
    assert main([*elsewhere, "--links-number"]) == 0
    rows = database.execute("select citizen_id, number from citizen_number order by 2").fetchall()
    assert rows == [(citizen, "+919811111111"), (citizen, "+919876543210")]


def test_a_landline_is_told_as_such(
    database: psycopg.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["0522 2238902" if word == "98765 43210" else word for word in letter()]
    assert main(words) == 0
    told = capsys.readouterr().out
    assert told.endswith("\n+915222238902 is a landline: no SMS goes there\n")
    assert main(["complaint", "show", told.partition(":")[0]]) == 0
    shown = capsys.readouterr().out
    assert "+915222238902 (a landline: no SMS reaches it)" in shown
    assert "citizen_registered" not in shown
    assert "officer_assigned to +919415000001" in shown


@pytest.mark.usefixtures("database")
def test_what_ends_at_once_says_how(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(letter("--kind", "suggestion")) == 0
    assert capsys.readouterr().out.endswith(": thanked\n")
    assert main(letter("--kind", "information", "--answer", "सोमवार को")) == 0
    assert capsys.readouterr().out.endswith(": answered: सोमवार को\n")


@pytest.mark.usefixtures("database")
def test_what_cannot_be_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(letter(category="no-such")) == 1
    assert capsys.readouterr().err == "helpline: category is unknown\n"
