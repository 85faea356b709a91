from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from helpline.bootstrap import prefix
from helpline.bootstrap.apt import SuiteError
from helpline.bootstrap.prefix import Prefix, Record

LIBRARIES = "usr/lib/x86_64-linux-gnu"


def make_package(archives: Path, name: str, program: str) -> str:
    content = archives.parent / f"content-{name}"
    (content / "DEBIAN").mkdir(parents=True)
    (content / "DEBIAN" / "control").write_text(
        f"Package: {name}\nVersion: 1\nArchitecture: all\nMaintainer: a <a@example.org>\n"
        "Description: a test\n"
    )
    file = content / "usr/bin" / program
    file.parent.mkdir(parents=True)
    file.write_text("#!/bin/sh\n")
    file.chmod(0o4755)
    archives.mkdir(exist_ok=True)
    target = archives / f"{name}_1_all.deb"
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "-b", content, target], check=True, capture_output=True
    )
    return target.name


@pytest.fixture
def record(tmp_path: Path) -> Record:
    names = tuple(make_package(tmp_path / "debs", name, name) for name in ("one", "two"))
    return Record("testing", ("one", "two"), names)


def accept(_: Prefix) -> None:
    pass


def test_a_prefix_is_unpacked_and_found_again(tmp_path: Path, record: Record) -> None:
    made = prefix.build(tmp_path, record, accept)
    assert (made.path / "usr/bin/two").is_file()
    assert made.suite == "testing"
    assert prefix.newest_covering(tmp_path, ["one"]) == made
    assert prefix.newest_covering(tmp_path, ["one", "three"]) is None


def test_set_uid_bits_are_dropped(tmp_path: Path, record: Record) -> None:
    made = prefix.build(tmp_path, record, accept)
    assert (made.path / "usr/bin/one").stat().st_mode & 0o7777 == 0o755


def test_a_prefix_that_does_not_work_gets_no_name(tmp_path: Path, record: Record) -> None:
    def refuse(_: Prefix) -> None:
        raise SuiteError("does not start")

    with pytest.raises(SuiteError):
        prefix.build(tmp_path, record, refuse)
    assert prefix.newest_covering(tmp_path, ["one"]) is None
    assert prefix.newest_complete_download(tmp_path, ["one"]) is None


def test_leftovers_of_a_killed_setup_are_removed(tmp_path: Path, record: Record) -> None:
    leftover = tmp_path / "prefix" / f".tmp-{record.name}" / "usr"
    leftover.mkdir(parents=True)
    prefix.build(tmp_path, record, accept)
    assert [folder.name for folder in (tmp_path / "prefix").iterdir()] == [record.name]


def test_downloads_alone_are_enough_without_a_network(tmp_path: Path, record: Record) -> None:
    prefix.build(tmp_path, record, accept)
    assert prefix.newest_complete_download(tmp_path, ["two"]) == record
    (tmp_path / "debs" / record.files[0]).unlink()
    assert prefix.newest_complete_download(tmp_path, ["two"]) is None


def test_a_broken_download_is_named(tmp_path: Path, record: Record) -> None:
    (tmp_path / "debs" / record.files[1]).write_text("not a package")
    with pytest.raises(SuiteError, match=record.files[1]):
        prefix.build(tmp_path, record, accept)


def test_the_name_changes_with_versions() -> None:
    one = Record("testing", ("a",), ("a_1_all.deb",))
    two = Record("testing", ("a",), ("a_2_all.deb",))
    assert one.name != two.name
    assert one.name.startswith("testing-")


def test_programs_run_by_the_prefix_own_loader(tmp_path: Path) -> None:
    (tmp_path / LIBRARIES).mkdir(parents=True)
    (tmp_path / LIBRARIES / "ld-linux-x86-64.so.2").touch()
    argv = Prefix(tmp_path).argv("usr/sbin/asterisk")
    assert argv == [
        f"{tmp_path}/{LIBRARIES}/ld-linux-x86-64.so.2",
        "--argv0",
        "asterisk",
        "--library-path",
        f"{tmp_path}/{LIBRARIES}:{tmp_path}/usr/lib",
        f"{tmp_path}/usr/sbin/asterisk",
    ]


def test_libraries_are_sought_in_every_folder_of_the_prefix_that_is_there(tmp_path: Path) -> None:
    for folder in (LIBRARIES, f"{LIBRARIES}/pulseaudio"):
        (tmp_path / folder).mkdir(parents=True)
    folders = Prefix(tmp_path).library_path().split(":")
    assert folders == [
        str(tmp_path / LIBRARIES),
        str(tmp_path / "usr/lib"),
        str(tmp_path / LIBRARIES / "pulseaudio"),
    ]
