"""`helpline import` and `helpline report holes`, as an operator types them."""

from pathlib import Path

import psycopg
import pytest

from db.pool import Pool
from helpline.cli import main
from tests.complaints.importing.files import STATE


@pytest.fixture
def folder(
    emptied: Pool,
    postgres_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """With a file of each kind; the database is empty."""
    monkeypatch.setenv("HELPLINE_DATABASE_URL", postgres_url)
    monkeypatch.setenv("HELPLINE_LOG__LEVEL", "error")
    monkeypatch.chdir(tmp_path)
    for kind, text in STATE.items():
        (tmp_path / f"{kind}.csv").write_text(text, encoding="utf-8")
    return tmp_path


def posts(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("select count(*) from post").fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.usefixtures("folder")
def test_a_folder_is_tried_then_imported_and_the_report_shows_what_is_missing(
    postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", "folder", ".", "--dry-run"]) == 0
    assert "posts: 2 new, 0 changed, 0 unchanged" in capsys.readouterr().out
    assert posts(postgres_url) == 0
    assert main(["import", "folder", "."]) == 0
    assert capsys.readouterr().out.endswith("written\n")
    assert posts(postgres_url) == 2
    assert main(["report", "holes"]) == 0
    told = capsys.readouterr().out
    assert "L3, L4: no post anywhere in Uttar Pradesh (up)" in told
    assert "L2 (L2 water, Lalitpur (d1)): vacant since 2025-11-01" in told


def test_one_kind_may_come_in_several_files_and_needs_what_it_refers_to(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "more.csv").write_text("code,name_hi,name_en\nwater,x,y\n", encoding="utf-8")
    assert main(["import", "departments", "departments.csv", "more.csv"]) == 1
    told = capsys.readouterr().out
    assert told.splitlines() == [
        "more.csv:2: departments: water is in departments.csv:2 already",
        "1 fault(s): nothing was written",
    ]
    assert main(["import", "categories", "categories.csv"]) == 1
    told = capsys.readouterr().out
    assert "categories.csv:2: department is not among the departments: 'water'" in told


@pytest.mark.usefixtures("folder")
def test_a_file_that_is_not_there_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", "posts", "no-such.csv"]) == 1
    assert capsys.readouterr().err == "helpline: no-such.csv: No such file or directory\n"


def test_a_folder_of_the_directory_is_imported(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = folder / "lgd"
    directory.mkdir()
    (directory / "up_districts.csv").write_text(
        "lgd_district_code,name_en,name_hi\n118,Agra,आगरा\n", encoding="utf-8"
    )
    assert main(["import", "lgd", "lgd"]) == 0
    assert "places: 2 new, 0 changed, 0 unchanged" in capsys.readouterr().out
