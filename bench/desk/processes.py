"""The processes of the desk's bench: `helpline serve` under test, and the agents' browsers."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bench.stage import StageError

ROOT = Path(__file__).resolve().parents[2]
_STARTS_SECONDS = 120.0
_REPORT_SECONDS = 30.0
_LONGEST_LINE = 64 * 1024 * 1024


class Browsers:
    """A process of pages. `report` asks it; `freeze` and `thaw` stop all of it for a while."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def report(self) -> dict[str, dict[str, Any]]:
        """By name, what came since the last report. Raises `StageError`."""
        reader, writer = self._process.stdout, self._process.stdin
        assert reader is not None
        assert writer is not None
        writer.write(b"report\n")
        try:
            async with asyncio.timeout(_REPORT_SECONDS):
                line = await reader.readline()
            found: dict[str, dict[str, Any]] = json.loads(line)
        except (TimeoutError, ValueError) as error:
            raise StageError("a process of browsers does not report") from error
        return found

    def freeze(self) -> None:
        """It reads nothing any more."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on."""
        self._process.send_signal(signal.SIGCONT)


@asynccontextmanager
async def browsers(
    folder: Path, name: str, origin: str, cookies: Mapping[str, str], **more: Any
) -> AsyncIterator[Browsers]:
    """Pages of these people, who come at `per_second`; see `bench.desk.pages`."""
    file = folder / f"{name}.json"
    usual = {"path": "/agent/socket", "parses": True, "per_second": 40.0, "seed": 1}
    file.write_text(json.dumps({**usual, "origin": origin, "cookies": dict(cookies), **more}))
    async with _process(folder, name, ("bench.desk.pages", str(file))) as process:
        yield Browsers(process)


@asynccontextmanager
async def helpline(folder: Path, settings: str) -> AsyncIterator[int]:
    """`helpline serve` with these settings (TOML); its process id once it serves."""
    file = folder / "helpline.toml"
    file.write_text(settings, encoding="utf-8")
    environment = {"HELPLINE_CONFIG": str(file)}
    words = ("helpline.cli", "serve")
    async with _process(folder, "helpline", words, environment) as process:
        assert process.stdout is not None
        try:
            async with asyncio.timeout(_STARTS_SECONDS):
                said = await process.stdout.readline()
        except TimeoutError:
            said = b""
        if not said.startswith(b"helpline serves"):
            log = (folder / "helpline.log").read_text(encoding="utf-8", errors="replace")
            raise StageError(f"helpline serve did not start: {log.strip()[-600:]}")
        yield process.pid


@asynccontextmanager
async def _process(
    folder: Path, name: str, words: Sequence[str], environment: Mapping[str, str] | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """`python -m <words>`, ended with us."""
    with (folder / f"{name}.log").open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            *("setpriv", "--pdeathsig", "KILL", sys.executable, "-m", *words),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})},
            start_new_session=True,
            limit=_LONGEST_LINE,
        )
    try:
        yield process
    finally:
        await _stop(process)


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGCONT)
        process.terminate()
        try:
            async with asyncio.timeout(15):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
