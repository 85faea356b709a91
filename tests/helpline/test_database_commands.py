"""A back-up of the embedded database, and the way back, as an operator types it."""

import argparse
import asyncio
import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from subprocess import DEVNULL

import asyncpg
import pytest
from pydantic import SecretStr

from complaints.reference import load
from db.migrate import migrate
from db.pool import open_pool
from helpline.cli import main
from helpline.database_commands import dump
from helpline.postgres import EmbeddedPostgres
from helpline.postgres.account import Account, program
from helpline.settings import Settings
from tests.complaints.world import REFERENCE, World

ROOT = Path(__file__).parents[2]


@pytest.fixture
def place() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="helpline-test-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


async def _one_complaint(url: str) -> str:
    pool = await open_pool(url, size=2)
    await load(pool, REFERENCE)
    registered = await World(pool).register()
    await pool.close()
    return registered.number


def test_a_back_up_of_a_serving_database_becomes_another_whole_one(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HELPLINE_LOG__LEVEL", "error")
    monkeypatch.setenv("HELPLINE_STATE_DIR", str(place / "old"))
    file = place / "helpline.dump"
    with EmbeddedPostgres(place / "old" / "postgres", fast=True) as serving:
        migrate(serving.url)
        number = asyncio.run(_one_complaint(serving.url))
        assert main(["database", "dump", str(file)]) == 0
        assert main(["database", "restore", str(file)]) == 1
        assert "stop `helpline serve` first" in capsys.readouterr().err
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert main(["database", "dump", str(file)]) == 1
    assert "is there already" in capsys.readouterr().err

    assert main(["database", "restore", str(file)]) == 1
    assert "has tables already" in capsys.readouterr().err
    monkeypatch.setenv("HELPLINE_STATE_DIR", str(place / "new"))
    assert main(["database", "restore", str(file)]) == 0
    assert main(["migrate"]) == 0
    assert "the schema is up to date" in capsys.readouterr().out
    with EmbeddedPostgres(place / "new" / "postgres", fast=True):
        assert main(["verify", number]) == 0
        assert main(["verify", "--all"]) == 0
        assert "1 history checked, all intact" in capsys.readouterr().out


@contextmanager
def older_server(folder: Path) -> Iterator[str]:
    """A PostgreSQL 16 with two empty databases, `a` and `b`; their address, without the name."""
    programs = program("postgres").parents[2] / "pginstall" / "bin"
    account, cluster = Account.of_this_process(), folder / "cluster"
    folder.mkdir()
    account.own(folder)
    made: list[str | Path] = [
        programs / "initdb",
        "-D",
        cluster,
        "-U",
        "helpline",
        "-A",
        "trust",
        "--no-sync",
    ]
    quick = [
        "-c",
        "fsync=off",
        "-c",
        "listen_addresses=",
        "-c",
        f"unix_socket_directories={folder}",
    ]
    subprocess.run(account.command([*made, "-E", "UTF8"]), check=True, cwd="/", stdout=DEVNULL)
    server = subprocess.Popen(
        account.command([programs / "postgres", "-D", cluster, *quick]), cwd="/", stderr=DEVNULL
    )
    try:
        asyncio.run(_two_databases(f"postgresql://helpline@/postgres?host={folder}"))
        yield f"postgresql://helpline@/{{}}?host={folder}"
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(30)


async def _two_databases(url: str) -> None:
    for _ in range(200):
        with suppress(OSError, asyncpg.CannotConnectNowError):
            conn = await asyncpg.connect(url)
            break
        await asyncio.sleep(0.1)
    for name in ("a", "b"):
        await conn.execute(f"create database {name}")
    await conn.close()


async def _tables(url: str) -> int:
    conn = await asyncpg.connect(url)
    count: int = await conn.fetchval("select count(*) from pg_tables where schemaname = 'public'")
    await conn.close()
    return count


def _killed_before_the_end(words: list[str]) -> None:
    """Type it; its process is killed before the first key of a table is made."""
    code = f"""
import asyncio, os, signal
from helpline.cli import main
write = asyncio.StreamWriter.write
def cut(writer, data):
    if b"PRIMARY KEY" in data:
        os.kill(os.getpid(), signal.SIGKILL)
    write(writer, data)
asyncio.StreamWriter.write = cut
main({words!r})
"""
    done = subprocess.run([sys.executable, "-c", code], check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL


def test_a_back_up_goes_back_into_an_older_server_of_the_operators_own_all_or_nothing(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HELPLINE_LOG__LEVEL", "error")
    monkeypatch.setenv("HELPLINE_STATE_DIR", str(place / "state"))
    file, torn = place / "helpline.dump", place / "torn.dump"
    with older_server(place / "own") as url:
        monkeypatch.setenv("HELPLINE_DATABASE_URL", url.format("a"))
        migrate(url.format("a"))
        asyncio.run(_one_complaint(url.format("a")))
        assert main(["database", "dump", str(file)]) == 0
        monkeypatch.setenv("HELPLINE_DATABASE_URL", url.format("b"))
        torn.write_bytes(file.read_bytes()[: -file.stat().st_size // 3])
        assert main(["database", "restore", str(torn)]) == 1
        assert "pg_restore failed" in capsys.readouterr().err
        assert asyncio.run(_tables(url.format("b"))) == 0
        _killed_before_the_end(["database", "restore", str(file)])
        assert asyncio.run(_tables(url.format("b"))) == 0
        assert main(["database", "restore", str(file)]) == 0
        assert main(["migrate"]) == 0
        assert "the schema is up to date" in capsys.readouterr().out
        assert main(["verify", "--all"]) == 0
        assert "1 history checked, all intact" in capsys.readouterr().out


def test_a_back_up_that_fails_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HELPLINE_DATABASE_URL", "postgresql://nobody:x@127.0.0.1:1/none")
    assert main(["database", "dump", str(tmp_path / "helpline.dump")]) == 1
    assert "pg_dump failed" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def slow(tmp_path: Path) -> Path:
    """A `pg_dump` that writes a word into its file, tells `began` its process id, and goes on."""
    os.mkfifo(tmp_path / "began")
    program = tmp_path / "pg_dump"
    program.write_text(
        '#!/bin/sh\nfor a; do case $a in --file=*) echo citizen > "${a#--file=}"; esac; done\n'
        f"echo $$ > {tmp_path}/began\nexec sleep 600\n"
    )
    program.chmod(0o755)
    return program


async def test_a_back_up_that_is_stopped_leaves_nothing_and_nobody_who_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slow: Path
) -> None:
    monkeypatch.setattr("helpline.postgres.clients.program", lambda _name: slow)
    settings = Settings(database_url=SecretStr("postgresql://nobody:x@127.0.0.1:1/none"))
    options = argparse.Namespace(file=tmp_path / "helpline.dump")
    another = tmp_path / "helpline.dump.part"
    another.write_text("of somebody else")
    dumping = asyncio.create_task(dump(settings, options))
    pid = int(await asyncio.to_thread((tmp_path / "began").read_text))
    dumping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await dumping
    assert not Path(f"/proc/{pid}").exists()
    assert another.read_text() == "of somebody else"
    another.unlink()
    assert {one.name for one in tmp_path.iterdir()} == {"began", "pg_dump"}


def test_a_back_up_that_is_told_to_stop_by_a_signal_leaves_nothing_either(
    tmp_path: Path, slow: Path
) -> None:
    script = (
        "import sys; from pathlib import Path; import helpline.postgres.clients as clients\n"
        "from helpline.cli import main\n"
        "clients.program = lambda _name: Path(sys.argv[1])\n"
        "sys.exit(main(['database', 'dump', sys.argv[2]]))\n"
    )
    away = {"HELPLINE_DATABASE_URL": "postgresql://nobody:x@127.0.0.1:1/none"}
    words = (sys.executable, "-c", script, str(slow), str(tmp_path / "helpline.dump"))
    with subprocess.Popen(words, cwd=ROOT, env={**os.environ, **away}) as dumping:
        pid = int((tmp_path / "began").read_text())
        dumping.terminate()
        assert dumping.wait(60) == 128 + signal.SIGTERM
    assert not Path(f"/proc/{pid}").exists()
    assert {one.name for one in tmp_path.iterdir()} == {"began", "pg_dump"}


def test_a_file_that_is_no_back_up_leaves_the_database_empty(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HELPLINE_STATE_DIR", str(place))
    (place / "not.dump").write_text("x")
    assert main(["database", "restore", str(place / "not.dump")]) == 1
    assert "pg_restore failed" in capsys.readouterr().err
    assert main(["database", "dump", str(place / "empty.dump")]) == 0
