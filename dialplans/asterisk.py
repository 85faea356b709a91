"""A private Asterisk as our child process: started, waited for, stopped, never left behind."""

import asyncio
import contextlib
import resource
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import structlog

from dialplans.errors import AsteriskError

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

_FILES_WANTED: Final = 65536
"""File descriptors: a recorded call takes about ten."""
_BOOTED: Final = "fully booted"


class AsteriskProcess:
    """One Asterisk on one rendered configuration.

    `argv` starts Asterisk (several words when it runs through a loader of its own); `root` is the
    cell's folder. The kernel ends it when the thread that started it ends: none outlives us.
    """

    def __init__(self, argv: Sequence[str], root: Path, *, boot_seconds: float = 30.0) -> None:
        self._argv = (*argv, "-C", str(root / "etc" / "asterisk.conf"))
        self._log_folder = root / "log"
        self._boot_seconds = boot_seconds
        self._process: asyncio.subprocess.Process | None = None
        self._messages_before = 0

    @property
    def pid(self) -> int:
        """Its process id. Raises `AsteriskError` when it was not started."""
        if self._process is None:
            raise AsteriskError("Asterisk is not started")
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Start it and wait until it is fully booted. Raises `AsteriskError`; nothing then runs."""
        if self.running:
            raise AsteriskError("Asterisk is already started")
        with contextlib.suppress(FileNotFoundError):
            self._messages_before = self._messages_file.stat().st_size
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        files = _FILES_WANTED if hard == resource.RLIM_INFINITY else min(_FILES_WANTED, hard)
        # prlimit and setpriv become Asterisk by exec: the process id stays the same.
        command = ["prlimit", f"--nofile={files}", "setpriv", "--pdeathsig", "TERM", *self._argv]
        with self._console_file.open("wb") as console:
            self._process = await asyncio.create_subprocess_exec(
                *command,
                "-f",
                stdin=asyncio.subprocess.DEVNULL,
                stdout=console,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )
        async with contextlib.AsyncExitStack() as half_started:
            half_started.push_async_callback(self.stop)
            await self._wait_booted(self._process)
            half_started.pop_all()
        log.info("asterisk_started", asterisk_pid=self.pid)

    async def stop(self, *, seconds: float = 5.0) -> None:
        """End it: asked first, then told, then killed, each after at most `seconds`."""
        process = self._process
        if process is None:
            return
        if process.returncode is None:
            with contextlib.suppress(AsteriskError):
                await self.cli("core stop now", seconds=seconds)
            for end in (None, process.terminate, process.kill):
                if await _ended(process, end, seconds):
                    break
        log.info("asterisk_stopped", asterisk_pid=process.pid, code=process.returncode)

    async def wait(self) -> int:
        """Wait until it ends, however long that is; its return code."""
        if self._process is None:
            raise AsteriskError("Asterisk is not started")
        return await self._process.wait()

    async def cli(self, command: str, *, seconds: float = 10.0) -> str:
        """The answer to one command of its own command line, for diagnosis. `AsteriskError`."""
        process = await asyncio.create_subprocess_exec(
            *self._argv,
            "-rx",
            command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            output, _ = await asyncio.wait_for(process.communicate(), seconds)
        except TimeoutError as error:
            raise AsteriskError(f"no answer to {command!r} in {seconds:g} s") from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        text = output.decode(errors="replace")
        if process.returncode:
            raise AsteriskError(f"{command!r} failed: {text.strip()[-300:]}")
        return text

    def log_lines(self) -> list[str]:
        """What it has written since this start: notices, warnings and errors."""
        lines: list[str] = []
        for file, start in ((self._console_file, 0), (self._messages_file, self._messages_before)):
            with contextlib.suppress(FileNotFoundError):
                lines += file.read_bytes()[start:].decode(errors="replace").splitlines()
        return lines

    async def __aenter__(self) -> Self:
        """Start."""
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        await self.stop()

    @property
    def _console_file(self) -> Path:
        return self._log_folder / "console.log"

    @property
    def _messages_file(self) -> Path:
        return self._log_folder / "messages"

    def _last_lines(self) -> str:
        return "\n".join(self.log_lines()[-8:])

    async def _wait_booted(self, process: asyncio.subprocess.Process) -> None:
        try:
            async with asyncio.timeout(self._boot_seconds):
                while process.returncode is None:
                    with contextlib.suppress(AsteriskError):
                        if _BOOTED in await self.cli("core waitfullybooted", seconds=5):
                            return
                    await asyncio.sleep(0.1)
        except TimeoutError as error:
            raise AsteriskError(
                f"Asterisk did not boot in {self._boot_seconds:g} s:\n{self._last_lines()}"
            ) from error
        raise AsteriskError(
            f"Asterisk ended with code {process.returncode} as it started:\n{self._last_lines()}"
        )


async def _ended(
    process: asyncio.subprocess.Process, end: Callable[[], None] | None, seconds: float
) -> bool:
    if end is not None:
        with contextlib.suppress(ProcessLookupError):
            end()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), seconds)
    return process.returncode is not None
