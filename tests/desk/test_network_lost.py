"""An agent's network is gone for 30 s in a call: the sound is dead, and then it is back.

A network namespace would need rights that a test has not. The browser's sockets, the telephone's
among them, all live in one process of its own: while it stands still, nothing of the agent's comes
or goes, and nobody is told.
"""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from helpline.lab.tones import heard
from speech.prompts import Prompt
from tests.desk.conftest import Office
from tests.desk.test_desk_browser import hears, in_call, phone_ready, recorded, status
from tests.system.callers import CITIZENS_TONE

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]
_SERVICE = b"--utility-sub-type=network.mojom.NetworkService"


@contextmanager
def network_gone() -> Iterator[None]:
    """For our browsers."""
    pids = _network_services()
    assert pids
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def _network_services() -> list[int]:
    """Those below this process: another test run may have browsers of its own."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        parents[int(folder.name)] = int(stat.rpartition(")")[2].split()[1])

    def ours(pid: int) -> bool:
        while pid not in (0, 1, os.getpid()):
            pid = parents.get(pid, 0)
        return pid == os.getpid()

    return [pid for pid in parents if ours(pid) and _SERVICE in _command_line(pid)]


def _command_line(pid: int) -> bytes:
    """Empty: it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


async def test_thirty_seconds_without_network_do_not_end_the_call(office: Office) -> None:
    bed = office.bed
    recovery = bed.helpline.live.recovery
    async with office.desk() as page:
        call = await in_call(office, page)
        await hears(page, CITIZENS_TONE)
        before, loop = recovery.kept, asyncio.get_running_loop()
        until = loop.time() + 30
        with network_gone():

            async def waits() -> bool | None:
                return recovery.kept > before or None

            await bed.until("the citizen to be kept", waits, 40)
            await asyncio.sleep(until - loop.time())
            assert (await call.row())["ended_at"] is None
        await status(page, "in_call")
        await phone_ready(page)
        await hears(page, CITIZENS_TONE)
        row = await call.row()
        assert (row["ended_at"], row["agent_id"]) == (None, "1001")
        await page.keyboard.press("F9")
        path = await recorded(call)
        assert heard(path).count(Prompt.PLEASE_WAIT) == 1
        await status(page, "wrap_up")
        await page.click("#desk-wrap-end")
