"""The Local Government Directory's files become places and departments."""

import os
from pathlib import Path

import pytest

from complaints.importing.importer import import_tables
from complaints.importing.layouts import Kind
from complaints.importing.lgd import read_lgd
from db.pool import Pool
from tests.complaints.importing.files import tables

SMALL = {
    "up_districts.csv": "lgd_district_code,name_en,name_hi,division_en\n118,Agra,आगरा,Agra\n",
    "up_tehsils.csv": "lgd_tehsil_code,name_en,lgd_district_code\n766,Agra,118\n",
    "up_blocks.csv": "lgd_block_code,name_en,lgd_district_code\n803,Achhnera,118\n",
    "up_urban_bodies.csv": (
        "lgd_localbody_code,name_en,name_local,lgd_district_code\n"
        "277255,AGRA,,118\n297046,Pakadia Naugawa,,\n"
    ),
    "up_departments.csv": "code,name_hi,name_en_gloss\nD01,ऊर्जा विभाग,Energy\n",
}


def small(**changes: str) -> dict[str, bytes]:
    files = SMALL | {f"up_{name}.csv": content for name, content in changes.items()}
    return {name: content.encode() for name, content in files.items()}


async def test_codes_are_told_apart_by_kind_and_lie_in_their_district(pool: Pool) -> None:
    report = await import_tables(pool, read_lgd(small()))
    assert report.written
    rows = await pool.fetch("select code, kind, name_hi, parent from place order by code")
    assert [tuple(row) for row in rows] == [
        ("b803", "block", "Achhnera", "d118"),
        ("d118", "district", "आगरा", "up"),
        ("t766", "tehsil", "Agra", "d118"),
        ("u277255", "urban_body", "AGRA", "d118"),
        ("u297046", "urban_body", "Pakadia Naugawa", "up"),
        ("up", "state", "उत्तर प्रदेश", None),
    ]
    assert "up_urban_bodies.csv: without a district, put into the state: u297046" in report.notes


async def test_what_the_directory_does_not_know_is_not_taken_back(pool: Pool) -> None:
    await import_tables(pool, read_lgd(small()))
    better = (
        "code,kind,name_hi,name_en,parent\nt766,tehsil,आगरा,Agra,d118\n"
        "u297046,urban_body,पकड़िया नौगवां,Pakadia Naugawa,d118\n"
    )
    await import_tables(pool, tables(places=better))
    report = await import_tables(pool, read_lgd(small()))
    assert not report.changes[Kind.PLACES].changed
    row = await pool.fetchrow("select name_hi, parent from place where code = 'u297046'")
    assert row is not None
    assert tuple(row) == ("पकड़िया नौगवां", "d118")


async def test_faults_of_the_directorys_files_are_told_with_their_lines(pool: Pool) -> None:
    files = small(
        tehsils="lgd_tehsil_code,name_en,lgd_district_code\nx,Agra,118\n767,,118\n768,Bah,999\n",
        blocks="name_en,lgd_district_code\nAchhnera,118\n",
        departments="code,name_hi,name_en_gloss\nD01,,Energy\n",
    )
    report = await import_tables(pool, read_lgd(files))
    assert [str(fault) for fault in report.faults] == [
        "up_blocks.csv:1: has no column lgd_block_code",
        "up_departments.csv:2: name_hi is empty",
        "up_tehsils.csv:2: lgd_tehsil_code is not 1 to 9999999: 'x'",
        "up_tehsils.csv:3: name_en is empty",
        "up_tehsils.csv:4: parent is not among the places: 'd999'",
    ]
    assert await pool.fetchval("select count(*) from place") == 0


async def test_a_folder_without_the_directorys_files_is_told(pool: Pool) -> None:
    report = await import_tables(pool, read_lgd({"README.md": b"hello"}))
    [fault] = report.faults
    assert str(fault).startswith("folder:1: holds none of *districts.csv, ")


@pytest.fixture
def folder() -> Path:
    given = os.environ.get("HELPLINE_REFERENCE_DATA")
    if not given:
        pytest.skip("HELPLINE_REFERENCE_DATA does not name the folder of the reference files")
    return Path(given)


async def test_the_whole_directory_of_uttar_pradesh_is_imported(pool: Pool, folder: Path) -> None:
    files = read_lgd({path.name: path.read_bytes() for path in folder.iterdir()})
    report = await import_tables(pool, files)
    assert [str(fault) for fault in report.faults] == []
    rows = await pool.fetch("select kind, count(*) from place group by kind")
    assert {row["kind"]: row["count"] for row in rows} == {
        "state": 1,
        "district": 75,
        "tehsil": 351,
        "block": 828,
        "urban_body": 763,
    }
    assert await pool.fetchval("select count(*) from department") == 61
    again = await import_tables(pool, files)
    assert {(len(one.new), len(one.changed)) for one in again.changes.values()} == {(0, 0)}
