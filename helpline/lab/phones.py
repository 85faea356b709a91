"""Telephones: SIPp processes that place, answer, refuse or ignore calls as a script says."""

import asyncio
import contextlib
import os
import re
import signal
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from helpline.lab import scenario
from helpline.lab.media import ALAW_TYPE, Stream
from helpline.lab.script import Answer, Behaviour, Jump, Press, Refuse, Ring, Say, Wait, perform

_CAP_NET_RAW = 13
_CONTROL = 10_000  # SIPp's remote control is that far above its SIP port
_FIRST_MEDIA, _MEDIA_PORTS = 6000, 400  # each call of a telephone takes four ports
_RECEIVED_INVITE = re.compile(r"message received .*?\n\nINVITE .*?^Call-ID: *(\S+)", re.M | re.S)


class PhoneError(Exception):
    """A scripted telephone did not do what its script says."""


@dataclass(frozen=True)
class Address:
    """A SIP role's own loopback address: Asterisk tells trunk, citizen and agent apart by it."""

    host: str
    port: int = 5060

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def may_send_raw() -> bool:
    """Whether this process may open raw sockets, which SIPp needs to play RFC 4733 keys."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("CapEff:"):
            return bool(int(line.split()[1], 16) >> _CAP_NET_RAW & 1)
    return False


class PhoneCall:
    """A SIPp process at work."""

    def __init__(self, process: asyncio.subprocess.Process, name: str, log: Path) -> None:
        self._process = process
        self.name = name
        self._log = log

    @property
    def over(self) -> bool:
        """Whether SIPp has ended."""
        return self._process.returncode is not None

    async def wait(self, timeout: float = 60) -> None:
        """Until the script is through. `PhoneError` when it went otherwise than written."""
        async with asyncio.timeout(timeout):
            status = await self._process.wait()
        if status != 0:
            raise PhoneError(f"{self.name}: SIPp ended with {status}: {self._last_words()}")

    async def stop(self) -> None:
        """End it, whatever it is doing. A SIPp left behind would steal the port from the next."""
        if self.over:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()

    async def bye(self) -> None:
        """Hang up an answered call now, with a BYE, wherever its script stands."""
        while not self.over:
            # SIPp ends when it is told to place no more calls: at the first signal or the second.
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGUSR1)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await self._process.wait()

    def invites(self) -> int:
        """How many calls came to a phone that expects them, repeated INVITEs counted once."""
        text = self._log.with_suffix(".msg").read_text(encoding="utf-8", errors="replace")
        return len(set(_RECEIVED_INVITE.findall(text)))

    @property
    def reached(self) -> bool:
        """Whether anything was sent to it; one that called was."""
        messages = self._log.with_suffix(".msg")
        return not messages.exists() or messages.stat().st_size > 0

    def _last_words(self) -> str:
        with contextlib.suppress(OSError):
            return " ".join(self._log.read_text(encoding="utf-8", errors="replace").split())[:600]
        return "nothing logged"


class Phone:
    """One telephone at its own address. It holds at most one SIPp process at a time."""

    def __init__(
        self, sipp: Sequence[str], folder: Path, local: Address, asterisk: Address, name: str
    ) -> None:
        self._sipp = list(sipp)
        self._folder = folder
        self._local = local
        self._asterisk = asterisk
        self._name = name
        self._calls = 0
        self._current: PhoneCall | None = None
        self._events = may_send_raw()
        folder.mkdir(parents=True, exist_ok=True)

    async def place(
        self,
        dialled: str,
        identity: str,
        steps: Sequence[Say | Press | Wait],
        *,
        hang_up: bool = True,
        headers: Sequence[str] = (),
        times: int = 1,
        rate: float = 1,
    ) -> PhoneCall:
        """Dial `dialled` as `identity` (a name-addr), perform `steps` when answered.

        A surrogate in `identity` or `headers` is sent as the byte it stands for (PEP 383).
        """
        media, seconds = self._media(steps)
        text = scenario.caller(
            identity=identity,
            headers=headers,
            media=media,
            media_ms=round(seconds * 1000),
            port_word=self._port_word,
            events=self._events,
            hang_up=hang_up,
        )
        rate_options = ["-r", str(rate), "-l", str(times)]
        return await self._run(text, ["-s", dialled, str(self._asterisk), *rate_options], times)

    async def expect(self, behaviour: Behaviour, *, times: int = 1) -> PhoneCall:
        """Be ready for `times` calls and behave to each as said. Returns when the port is open."""
        match behaviour:
            case Answer(steps, ring, hang_up, first):
                media, seconds = self._media(steps, first)
                text = scenario.answering(
                    ring_ms=round(ring * 1000),
                    media=media,
                    media_ms=round(seconds * 1000),
                    port_word=self._port_word,
                    events=self._events,
                    hang_up=hang_up,
                )
            case Ring():
                text = scenario.ringing()
            case Refuse(status):
                text = scenario.refusing(status)
        traced = ["-trace_msg", "-message_file", str(self._folder / f"{self._next_name}.msg")]
        call = await self._run(text, [str(self._asterisk), *traced], times)
        await self._listening(call)
        return call

    async def register(self, user: str, password: str) -> None:
        """Register at Asterisk; whoever calls `user` then reaches this phone."""
        text = scenario.registering(user, password)
        await (await self._run(text, [str(self._asterisk)], 1)).wait(15)

    @property
    def _next_name(self) -> str:
        return f"{self._name}-{self._calls + 1}"

    @property
    def busy(self) -> bool:
        """Whether it is in use."""
        return self._current is not None and not self._current.over

    @property
    def _port_word(self) -> str:
        return "auto_media_port" if self._events else "rtpstream_audio_port"

    def _media(
        self, steps: Sequence[Say | Press | Wait | Jump], first: int | None = None
    ) -> tuple[str, float]:
        """The SIPp action that plays `steps`, and their length in seconds."""
        stream = Stream() if first is None else Stream(sequence=first)
        perform(tuple(steps), stream)
        self._calls += 1
        path = self._folder / f"{self._name}-{self._calls}"
        if self._events:
            path = path.with_suffix(".pcap")
            return f'<exec play_pcap_audio="{path}"/>', stream.write_pcap(path)
        path = path.with_suffix(".wav")
        seconds = stream.write_wav(path)
        return f'<exec rtp_stream="{path},1,{ALAW_TYPE}"/>', seconds

    async def put_down(self, patience: float = 3) -> None:
        """Hang up with a BYE; whoever does not answer that is cut off."""
        if self._current is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    await self._current.bye()
        await self.hang_up()

    async def let_go(self, patience: float = 2) -> None:
        """Be free for the next call, once the other side has ended this one.

        Cut off before it answered the BYE, it would be told again for half a minute (RFC 3261
        timer F), and SIPp takes the first message that it gets for its call.
        """
        if self._current is not None and self._current.reached:
            with contextlib.suppress(PhoneError, TimeoutError):
                await self._current.wait(patience)
        await self.hang_up()

    async def hang_up(self) -> None:
        """Stop whatever this phone is doing, at once and without a BYE: as if its line were cut."""
        if self._current is not None:
            await self._current.stop()

    async def _run(self, text: str, arguments: list[str], times: int) -> PhoneCall:
        if self.busy:
            raise PhoneError(f"{self._name} is still on the line")
        name = self._next_name
        self._calls += 1
        path = self._folder / f"{name}.xml"
        path.write_text(text, encoding="utf-8", errors="surrogateescape")
        log = self._folder / f"{name}.log"
        command = [
            *self._sipp,
            *arguments,
            *("-sf", str(path), "-i", self._local.host, "-mi", self._local.host, "-bind_local"),
            *("-p", str(self._local.port), "-m", str(times), "-nostdin", "-timeout", "900s"),
            *("-trace_err", "-error_file", str(log)),
            # Telephones at one address each announce the same port for their sound, unless told.
            *("-mp", str(self._media_port), "-min_rtp_port", str(self._media_port)),
            # A port of its own: else two SIPp contend for one, and the second does not start.
            *("-ci", self._local.host, "-cp", str(self._local.port + _CONTROL)),
        ]
        with (self._folder / f"{name}.out").open("wb") as out:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env={**os.environ, "TERM": "dumb"},
            )
        self._current = PhoneCall(process, name, log)
        return self._current

    @property
    def _media_port(self) -> int:
        return _FIRST_MEDIA + (self._local.port - 5060) % 100 * _MEDIA_PORTS

    async def _listening(self, call: PhoneCall) -> None:
        """Wait until SIPp has opened its port: the kernel lists it."""
        host = "".join(f"{int(part):02X}" for part in reversed(self._local.host.split(".")))
        wanted = f"{host}:{self._local.port:04X}"
        async with asyncio.timeout(10):
            while wanted not in Path("/proc/net/udp").read_text(encoding="ascii"):
                if call.over:
                    await call.wait()
                await asyncio.sleep(0.02)


def control_port() -> int:
    """A free UDP port for SIPp's remote control, or two SIPp at once contend for 8888."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
