"""`helpline guidance ...`, as an operator types it."""

import asyncio
import getpass
import os
from pathlib import Path

import psycopg
import pytest

from complaints.guidance import answers
from db.ids import new_id
from db.pool import open_pool
from helpline.cli import main
from helpline.recorded import recording_vault
from helpline.settings import load_settings
from tests.complaints.world import World

FIELDS = (
    "code,category,name_hi,name_en,sensitive\n"
    "mark,handpump,चिह्न,Mark,no\n"
    "account,handpump,खाता,Account,yes\n"
)


@pytest.fixture
def folder(
    world: World, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    monkeypatch.setenv("HELPLINE_DATABASE_URL", postgres_url)
    monkeypatch.setenv("HELPLINE_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("HELPLINE_LOG__LEVEL", "error")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fields.csv").write_text(FIELDS, encoding="utf-8")
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_the_sample_is_tried_brought_in_and_listed(capsys: pytest.CaptureFixture[str]) -> None:
    for kind in ("schemes", "scripts"):
        assert main(["guidance", "import", kind, "--sample", "--dry-run"]) == 0
        assert capsys.readouterr().out.endswith("dry run: nothing was written\n")
        assert main(["guidance", "list", kind]) == 0
        assert capsys.readouterr().out == ""
        assert main(["guidance", "import", kind, "--sample"]) == 0
        assert capsys.readouterr().out.endswith("written\n")
    assert main(["guidance", "list", "schemes"]) == 0
    listed = capsys.readouterr().out
    assert "rashan-card version 1: राशन कार्ड" in listed
    assert listed.count("(sample)") == len(listed.splitlines())
    assert main(["guidance", "list", "scripts"]) == 0
    assert "general version 1: for every call" in capsys.readouterr().out


@pytest.mark.usefixtures("folder")
def test_an_account_without_a_name_is_told_by_its_number(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a container."""

    def unknown() -> str:
        raise KeyError("getpwuid(): uid not found: 4711")

    monkeypatch.setattr(getpass, "getuser", unknown)
    assert main(["guidance", "import", "fields", "fields.csv"]) == 0
    with psycopg.connect(postgres_url) as connection:
        rows = connection.execute("select distinct made_by from form_field_version").fetchall()
    assert rows == [(f"operator:uid-{os.getuid()}",)]


def test_a_fault_is_told_with_its_line_and_a_missing_file_in_a_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "wrong.csv").write_text(FIELDS.replace("yes", "maybe"), encoding="utf-8")
    assert main(["guidance", "import", "fields", "wrong.csv"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "wrong.csv:3: sensitive is not yes or no: 'maybe'",
        "1 fault(s): nothing was written",
    ]
    assert main(["guidance", "import", "fields"]) == 1
    assert capsys.readouterr().err == "helpline: name a file, or --sample\n"
    assert main(["guidance", "import", "fields", "--sample"]) == 1
    assert "no sample of fields" in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
def test_what_is_sealed_is_shown_as_sealed_and_opened_with_a_reason_on_record(
    postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["guidance", "import", "fields", "fields.csv"]) == 0

    async def registered() -> str:
        pool = await open_pool(postgres_url, size=2)
        world = World(pool)
        keys = recording_vault(load_settings()).keys
        given = {"mark": "HP-1", "account": "00112233"}
        kept = await answers.prepared(pool, keys, "handpump", given, world.now)
        number = (await world.register(world.form(answers=kept, key=new_id(world.now)))).number
        await pool.close()
        return number

    number = asyncio.run(registered())
    capsys.readouterr()
    assert main(["guidance", "answers", number]) == 0
    told = capsys.readouterr().out
    assert "Mark: HP-1" in told
    assert "Account: sealed" in told
    assert main(["complaint", "show", number]) == 0
    assert "Account: sealed" in capsys.readouterr().out
    assert main(["guidance", "answers", number, "--open", "the bank asks"]) == 0
    assert "Account: 00112233" in capsys.readouterr().out
    with psycopg.connect(postgres_url) as connection:
        rows = connection.execute("select actor, reason from complaint_field_seen").fetchall()
    assert [(row[0].startswith("operator:"), row[1]) for row in rows] == [(True, "the bank asks")]
