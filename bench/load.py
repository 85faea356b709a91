"""SIPp as many citizens at once: calls at a rate, and what SIPp says of them."""

import asyncio
import contextlib
import csv
import os
import resource
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from helpline.lab import scenario
from helpline.lab.phones import Address, control_port

_GRACE_SECONDS = 15.0  # for calls to end after the last has begun
_CALL_LIMIT = 8  # seconds of calls open at once, before SIPp would hold new ones back
_KEPT_RATE = 0.95


class LoadError(Exception):
    """SIPp could not be run; the message has its words."""


@dataclass(frozen=True, slots=True)
class Load:
    """What became of the calls of one step."""

    rate: int
    asked: int
    begun: int
    successful: int
    failed: int
    retransmissions: int
    kept_rate: float | None  # calls a second that SIPp really began, first to last
    answer_ms: tuple[float, ...]  # INVITE to 200, each call

    @property
    def clean(self) -> bool:
        """Every call begun, none failed, nothing sent twice, and the rate was really reached."""
        return (
            self.successful == self.asked
            and self.failed == 0
            and self.retransmissions == 0
            and (self.kept_rate is None or self.kept_rate >= self.rate * _KEPT_RATE)
        )


class Callers:
    """SIPp at its own address, one step at a time."""

    def __init__(
        self, sipp: Sequence[str], folder: Path, local: Address, asterisk: Address
    ) -> None:
        self._sipp = list(sipp)
        self._folder = folder
        self._local = local
        self._asterisk = asterisk
        self._steps = 0
        self.cpu_seconds = 0.0
        folder.mkdir(parents=True, exist_ok=True)
        self._scenario = folder / "caller.xml"
        self._numbers = folder / "numbers.csv"
        identity = f'"[field0]" <sip:[field0]@{local.host}>'
        self._scenario.write_text(scenario.silent_caller(identity), encoding="utf-8")
        # Every call from another number: ten digits, as an Indian trunk gives them.
        numbers = "\n".join(f"{9_100_000_000 + 7919 * n};" for n in range(20_000))
        self._numbers.write_text(f"SEQUENTIAL\n{numbers}\n", encoding="ascii")

    async def call(self, dialled: str, rate: int, calls: int) -> Load:
        """Begin `calls` calls at `rate` a second and wait until they have ended."""
        self._steps += 1
        folder = self._folder / f"step-{self._steps:03d}"
        folder.mkdir()
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        with unread_port(self._local.host) as media_port:
            await self._run(folder, dialled, rate, calls, media_port)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.cpu_seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return read_load(folder, rate, calls)

    async def _run(
        self, folder: Path, dialled: str, rate: int, calls: int, media_port: int
    ) -> None:
        seconds = calls / rate + _GRACE_SECONDS
        command = [
            *(*self._sipp, str(self._asterisk), "-sf", str(self._scenario), "-s", dialled),
            *("-inf", str(self._numbers), "-i", self._local.host, "-p", str(self._local.port)),
            *("-mi", self._local.host, "-mp", str(media_port), "-bind_local"),
            *("-r", str(rate), "-m", str(calls), "-l", str(rate * _CALL_LIMIT + 10), "-nostdin"),
            *("-trace_stat", "-stf", str(folder / "statistics.csv"), "-fd", "1"),
            *("-trace_rtt", "-rtt_freq", "200", "-trace_err", "-error_file", "errors.log"),
            *("-cp", str(control_port()), "-buff_size", "1048576"),
            *("-timeout", f"{seconds:.0f}s"),
        ]
        with (folder / "out").open("wb") as out:
            process = await asyncio.create_subprocess_exec(
                *command,
                cwd=folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env={**os.environ, "TERM": "dumb"},
            )
        try:
            async with asyncio.timeout(seconds + 10):
                status = await process.wait()
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        if status not in (0, 1, 97):  # all well, some calls failed, out of time
            raise LoadError(f"SIPp ended with {status}: {_last_words(folder)}")


def read_load(folder: Path, rate: int, asked: int) -> Load:
    """What SIPp wrote into `folder`. Raises `LoadError` when it wrote nothing."""
    try:
        total = last_row((folder / "statistics.csv").read_text(encoding="utf-8"))
        times = [line for file in folder.glob("*_rtt.csv") for line in _lines(file)]
        begun = int(total["TotalCallCreated"])
        successful = int(total["SuccessfulCall(C)"])
        answers = response_times(times)
        return Load(
            rate=rate,
            asked=asked,
            begun=begun,
            successful=successful,
            # A call that neither succeeded nor failed had not ended in time.
            failed=begun - successful,
            retransmissions=int(total["Retransmissions(C)"]),
            kept_rate=kept_rate([at - took for at, took in answers]),
            answer_ms=tuple(took for _, took in answers),
        )
    except (OSError, KeyError, ValueError, IndexError) as error:
        raise LoadError(f"SIPp left no figures ({error!r}): {_last_words(folder)}") from error


def last_row(statistics: str) -> Mapping[str, str]:
    """SIPp's statistics (`-trace_stat`) at the end: its last line by its first. `(C)`: in all."""
    return list(csv.DictReader(statistics.splitlines(), delimiter=";"))[-1]


def response_times(lines: Sequence[str]) -> list[tuple[float, float]]:
    """When each answer came and how long it took, in ms, from the lines of `-trace_rtt`."""
    rows = (line.split(";") for line in lines)
    return [(float(row[0]), float(row[1])) for row in rows if row[0].strip("0123456789.") == ""]


def kept_rate(at_ms: Sequence[float]) -> float | None:
    """Events a second between the first and the last; None of too few to tell."""
    span = max(at_ms) - min(at_ms) if len(at_ms) >= 20 else 0.0
    return (len(at_ms) - 1) * 1000 / span if span else None


@contextmanager
def unread_port(host: str) -> Iterator[int]:
    """An even UDP port that somebody holds and nobody reads: audio sent there costs no ICMP."""
    while True:
        holder = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        holder.bind((host, 0))
        port = int(holder.getsockname()[1])
        if port % 2 == 0:
            break
        holder.close()
    try:
        yield port
    finally:
        holder.close()


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines()


def _last_words(folder: Path) -> str:
    for name in ("errors.log", "out"):
        with contextlib.suppress(OSError):
            if text := " ".join(
                (folder / name).read_text(encoding="utf-8", errors="replace").split()
            )[-400:]:
                return text
    return "it said nothing"
