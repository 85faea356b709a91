from __future__ import annotations

import asyncio
import os
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import psycopg
import pytest

from helpline.postgres import (
    AlreadyRunningError,
    EmbeddedPostgres,
    PostgresError,
    url_of_running,
    wait_ready,
)
from helpline.postgres.account import Account
from helpline.postgres.connecting import LONGEST_SOCKET_PATH

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder whose parents everybody may enter, unlike those of pytest's `tmp_path`."""
    with tempfile.TemporaryDirectory(prefix="helpline-test-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture
def server(place: Path) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(place / "data", fast=True) as started:
        yield started


def ask(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query).fetchone()
    return row[0] if row else None


def test_the_servers_log_quotes_no_row_and_does_not_grow_for_ever(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with EmbeddedPostgres(place / "data", fast=True) as server:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("create table told (number text unique)")
            connection.execute("insert into told values (%s)", ("+919415012345",))
            with pytest.raises(psycopg.errors.UniqueViolation):
                connection.execute("insert into told values (%s)", ("+919415012345",))
        log = server.log_file
    said = log.read_text()
    assert "duplicate key" in said
    assert "9415012345" not in said
    log.write_text("old\n" * 50 + "x" * 500 + "\nlast\n")
    monkeypatch.setattr("helpline.postgres.server._LONGEST_LOG", 400)
    with EmbeddedPostgres(place / "data", fast=True):
        pass
    assert log.read_text().startswith("last\n")


def wait_until_gone(pid: int, *, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while Path(f"/proc/{pid}").exists():
        if state_of(pid) == "Z":
            return
        assert time.monotonic() < deadline, f"process {pid} is still there"
        time.sleep(0.05)


def wait_until_noticed(server: EmbeddedPostgres, *, seconds: float = 15) -> None:
    """That it was killed: a moment after its process is gone."""
    deadline = time.monotonic() + seconds
    while server.running:
        assert time.monotonic() < deadline, "the server is taken for running"
        time.sleep(0.05)


def state_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return "Z"


def test_serves_both_drivers_in_utc_and_utf8(server: EmbeddedPostgres) -> None:
    async def by_asyncpg() -> object:
        connection = await asyncpg.connect(server.url)
        try:
            return await connection.fetchval("SELECT 'शिकायत'")
        finally:
            await connection.close()

    assert asyncio.run(by_asyncpg()) == "शिकायत"
    assert ask(server.url, "SHOW timezone") == "UTC"
    assert ask(server.url, "SHOW server_encoding") == "UTF8"


def test_does_not_run_as_root_and_our_role_is_no_superuser(server: EmbeddedPostgres) -> None:
    owner = Path(f"/proc/{server.pid}").stat().st_uid
    assert owner == (os.geteuid() or 65534)
    assert ask(server.url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False


def test_password_is_needed_and_kept_private(server: EmbeddedPostgres, place: Path) -> None:
    password_file = place / "data" / "password"
    assert stat.S_IMODE(password_file.stat().st_mode) == 0o600
    password = password_file.read_text()
    for wrong in (server.url.replace(password, "wrong"), server.url.replace(f":{password}", "")):
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(wrong)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(server.url.replace("helpline:", "postgres:", 1))


def test_durable_unless_told_otherwise(place: Path) -> None:
    with EmbeddedPostgres(place / "data") as server:
        assert ask(server.url, "SHOW fsync") == "on"
        assert ask(server.url, "SHOW synchronous_commit") == "on"
        assert ask(server.url, "SHOW listen_addresses") == ""


def test_data_survives_a_killed_server(place: Path) -> None:
    server = EmbeddedPostgres(place / "data")
    server.start()
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1076 AS number")
    os.kill(server.pid, signal.SIGKILL)
    server.stop()

    with EmbeddedPostgres(place / "data") as again:
        assert ask(again.url, "SELECT number FROM kept") == 1076


@pytest.mark.parametrize("folder", ["data", "l" * LONGEST_SOCKET_PATH])
def test_a_killed_server_is_started_again_at_the_same_address(place: Path, folder: str) -> None:
    with EmbeddedPostgres(place / folder) as server:
        url, killed = server.url, server.pid
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 1076 AS number")
        os.kill(killed, signal.SIGKILL)
        wait_until_noticed(server)
        server.start_again()
        assert server.running
        assert server.url == url
        assert ask(url, "SELECT number FROM kept") == 1076
        again = server.pid
        server.start_again()  # it runs
        assert server.pid == again != killed


def test_a_database_that_is_gone_is_not_made_anew_while_it_serves(place: Path) -> None:
    with EmbeddedPostgres(place / "data", fast=True) as server:
        os.kill(server.pid, signal.SIGKILL)
        wait_until_noticed(server)
        (place / "data" / "cluster").rename(place / "elsewhere")
        with pytest.raises(PostgresError, match="is gone"):
            server.start_again()
        assert not server.running
        (place / "elsewhere").rename(place / "data" / "cluster")
        server.start_again()
        assert ask(server.url, "SELECT 1") == 1


def test_waits_for_the_last_process_of_a_killed_server(place: Path) -> None:
    server = EmbeddedPostgres(place / "data", fast=True)
    server.start()
    busy = threading.Thread(target=_query_until_cut, args=(server.url,))
    busy.start()
    wait_until_busy(server)
    os.kill(server.pid, signal.SIGKILL)
    server.stop()

    with EmbeddedPostgres(place / "data", fast=True) as again:
        assert ask(again.url, "SELECT 1") == 1
    busy.join(30)


def wait_until_busy(server: EmbeddedPostgres, *, seconds: float = 15) -> None:
    """With the loop of `_query_until_cut`."""
    at_it = """select count(*) from pg_stat_activity where pid <> pg_backend_pid()
               and state = 'active' and query like '%generate_series%'"""
    deadline = time.monotonic() + seconds
    while ask(server.url, at_it) != 1:
        assert time.monotonic() < deadline, "the query does not begin"
        time.sleep(0.05)


def _query_until_cut(url: str) -> None:
    # A loop in the backend that does not look at its postmaster for about two seconds.
    loop = "SELECT count(*) FROM generate_series(1, 20000000)"
    try:
        ask(url, loop)
    except psycopg.OperationalError:
        return


def test_starts_although_the_old_process_number_is_in_use_again(place: Path) -> None:
    with EmbeddedPostgres(place / "data", fast=True) as server:
        lock = place / "data" / "cluster" / "postmaster.pid"
        text = lock.read_text().split("\n", 1)[1]
        owner = lock.stat()
        killed = server.pid
        os.kill(killed, signal.SIGKILL)
        wait_until_gone(killed)
    # Of the same user id, so that PostgreSQL may signal it and takes it for a living server.
    user = owner.st_uid if os.geteuid() == 0 else None
    stranger = subprocess.Popen(["sleep", "60"], cwd="/", user=user)
    lock.write_text(f"{stranger.pid}\n{text}")
    try:
        with EmbeddedPostgres(place / "data", fast=True) as again:
            assert ask(again.url, "SELECT 1") == 1
    finally:
        stranger.kill()
        stranger.wait()


@pytest.mark.skipif(
    os.geteuid() == 0 and not Account.of_this_process().may_read_all,
    reason="root without CAP_DAC_READ_SEARCH cannot help another user id into a closed folder",
)
def test_changes_rights_of_no_folder_but_its_own(place: Path) -> None:
    place.chmod(0o700)
    outer = place / "only-for-us"
    outer.mkdir(mode=0o700)
    parents = [*outer.parents, outer]
    before = [(path.stat().st_mode, path.stat().st_uid, path.stat().st_gid) for path in parents]
    with EmbeddedPostgres(outer / "new" / "data", fast=True) as server:
        assert ask(server.url, "SELECT 1") == 1
        assert stat.S_IMODE((outer / "new" / "data").stat().st_mode) == 0o700
        assert (outer / "new").stat().st_uid == os.geteuid()
    after = [(path.stat().st_mode, path.stat().st_uid, path.stat().st_gid) for path in parents]
    assert after == before


def test_a_path_too_long_for_a_socket_gets_a_short_folder(place: Path) -> None:
    data = place / ("l" * LONGEST_SOCKET_PATH) / "data"
    server = EmbeddedPostgres(data, fast=True)
    server.start()
    try:
        assert ask(server.url, "SELECT 1") == 1
        sockets = Path(parse_qs(urlsplit(server.url).query)["host"][0])
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
        assert url_of_running(data) == server.url
    finally:
        server.stop()
    assert not sockets.exists()


def test_a_folder_with_spaces_commas_and_hindi_works(place: Path) -> None:
    with EmbeddedPostgres(place / "a b,c='क%", fast=True) as server:
        assert ask(server.url, "SELECT 1") == 1


def test_second_start_on_the_same_folder_is_refused(server: EmbeddedPostgres, place: Path) -> None:
    second = EmbeddedPostgres(place / "data", fast=True)
    with pytest.raises(AlreadyRunningError, match=f"process {server.pid}.* already running"):
        second.start()
    assert ask(server.url, "SELECT 1") == 1


def test_another_process_finds_the_running_server(place: Path) -> None:
    assert url_of_running(place / "data") is None
    with EmbeddedPostgres(place / "data", fast=True) as server:
        assert url_of_running(place / "data") == server.url
    assert url_of_running(place / "data") is None


def test_ends_with_its_starter_even_if_that_is_killed(place: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from helpline.postgres import *\n"
        "s = EmbeddedPostgres(Path(sys.argv[1]), fast=True); s.start()\n"
        "print(f'pid={s.pid}', flush=True); time.sleep(60)"
    )
    starter = subprocess.Popen(
        [sys.executable, "-c", script, str(place / "data")],
        stdout=subprocess.PIPE,
        text=True,
        cwd=CHECKOUT,
    )
    assert starter.stdout is not None
    line = next(line for line in starter.stdout if line.startswith("pid="))
    starter.kill()
    starter.wait()
    wait_until_gone(int(line.removeprefix("pid=")))
    assert "fast shutdown" in (place / "data" / "postgres.log").read_text()


def test_outlives_the_thread_that_started_it(place: Path) -> None:
    server = EmbeddedPostgres(place / "data", fast=True)
    starter = threading.Thread(target=server.start)
    starter.start()
    starter.join()
    time.sleep(0.3)
    try:
        assert ask(server.url, "SELECT 1") == 1
    finally:
        server.stop()


def test_a_half_made_cluster_is_made_again(place: Path) -> None:
    (place / "data" / "cluster.new" / "base").mkdir(parents=True)
    with EmbeddedPostgres(place / "data", fast=True) as server:
        assert ask(server.url, "SELECT 1") == 1


def test_a_server_that_cannot_start_says_why(place: Path) -> None:
    with EmbeddedPostgres(place / "data", fast=True):
        pass
    (place / "data" / "cluster" / "PG_VERSION").write_text("9.6\n")
    with pytest.raises(PostgresError, match="incompatible with server"):
        EmbeddedPostgres(place / "data", fast=True).start()


def test_no_setpriv_is_one_clear_sentence(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(place))
    with pytest.raises(PostgresError, match=r"setpriv .* is missing"):
        EmbeddedPostgres(place / "data").start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs it under another user id")
def test_a_folder_that_the_account_cannot_reach_is_one_clear_sentence(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = Account(changed=True, may_read_all=False)
    monkeypatch.setattr(Account, "of_this_process", lambda: bare)
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(PostgresError, match=r"may not (run|reach) .*put the checkout"):
        EmbeddedPostgres(closed / "data").start()


def test_waiting_gives_up_in_time_and_keeps_the_password_out(place: Path) -> None:
    with pytest.raises(PostgresError, match=r"no answer in 0\.2 s") as caught:
        wait_ready(f"postgresql://helpline:hush@/helpline?host={place}", timeout=0.2)
    assert "hush" not in str(caught.value)


def test_session_database_is_usable(postgres_url: str) -> None:
    assert ask(postgres_url, "SELECT 1") == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs it under another user id")
def test_the_programs_may_lie_under_a_folder_that_only_root_may_enter(tmp_path: Path) -> None:
    """initdb asks access(2) whether it may run postgres, which does not mind capabilities."""
    tmp_path.chmod(0o700)
    beside = tmp_path / "postgres"
    beside.write_text("#!/bin/sh\n")
    beside.chmod(0o755)
    account = Account.of_this_process()
    if not account.may_read_all:
        pytest.skip("this root has no CAP_DAC_READ_SEARCH")
    assert subprocess.run(account.command(["test", "-x", beside]), check=False).returncode == 0
