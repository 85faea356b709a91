"""Audio of many telephones: every packet can be told, so that each one lost or late is counted.

All telephones of a role share one socket, which Asterisk does not mind: its own ports differ. One
thread sends and takes packets by the hundred (sendmmsg(2), recvmmsg(2)), which costs a few
microseconds each; SIPp's audio costs more than the call. A packet is 20 ms of a tone in A-law, of
which eight bytes are its name. A-law that Asterisk only bridges arrives as it was sent.
"""

import contextlib
import ctypes
import os
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from bench.sip import SO_TIMESTAMPNS
from helpline.lab.media import ALAW_TYPE, EVENT_TYPE, alaw, tone
from helpline.lab.phones import Address

PACKET_SECONDS = 0.02
_MAGIC = 0xB10761F3
_SAMPLES, _TICK_SECONDS, _PHASES = 160, 0.005, 4
_GAP_SECONDS = 0.04
_KEY_SAMPLES = 960
_NICE = -15
_KEYS = "0123456789*#"
_BATCH, _REMEMBERED = 1024, 512
_BUFFER_BYTES = 8 << 20
_SO_RCVBUFFORCE = 33

_NAMED = [("magic", "<u4"), ("call", "<u2"), ("number", "<u2"), ("audio", "u1", (152,))]
_RTP = [("flags", "u1"), ("type", "u1"), ("sequence", ">u2"), ("stamp", ">u4"), ("source", ">u4")]
_PACKET = np.dtype([*_RTP, *_NAMED])
_TAKEN = np.dtype([*_RTP, *_NAMED, ("rest", "u1", (84,))])
_PEER = np.dtype([("family", "=u2"), ("port", ">u2"), ("host", "u1", (4,)), ("zero", "u1", (8,))])
_PIECE = np.dtype([("base", "=u8"), ("length", "=u8")])
# struct mmsghdr of a 64-bit Linux, and a control message with a struct timespec.
_MESSAGE = np.dtype(
    [
        *(("name", "=u8"), ("name_length", "=u4"), ("pad1", "=u4")),
        *(("pieces", "=u8"), ("piece_count", "=u8"), ("control", "=u8"), ("control_length", "=u8")),
        *(("flags", "=i4"), ("pad2", "=u4"), ("length", "=u4"), ("pad3", "=u4")),
    ]
)
_STAMP = np.dtype(
    [
        *(("length", "=u8"), ("level", "=i4"), ("kind", "=i4")),
        *(("seconds", "=i8"), ("nanoseconds", "=i8")),
    ]
)


@dataclass
class Arrived:
    """What came of the other role's calls, by call: packets, first and last number, delays."""

    count: npt.NDArray[np.int64]
    first: npt.NDArray[np.int64]
    last: npt.NDArray[np.int64]
    delays_ms: list[npt.NDArray[np.float64]] = field(default_factory=list)

    @classmethod
    def nothing(cls, calls: int) -> "Arrived":
        return cls(np.zeros(calls, np.int64), np.full(calls, 1 << 30), np.zeros(calls, np.int64))

    def lost(self) -> npt.NDArray[np.int64]:
        """By call, how many packets between the first and the last did not come."""
        return np.where(self.count > 0, self.last - self.first + 1 - self.count, 0)

    def late(self, ms: float) -> int:
        """How many came later than that."""
        return int(sum((delays > ms).sum() for delays in self.delays_ms))


class Streams:
    """One role's audio, at `address`. Calls are numbered from 0 below `calls`, by the user."""

    def __init__(self, address: Address, hertz: float, calls: int) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        _enlarge(self._socket)
        self._socket.bind((address.host, address.port))
        # Asterisk's RTCP comes to the next port: nobody reads it there.
        self._rtcp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._rtcp.bind((address.host, address.port + 1))
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._lock = threading.Lock()
        second = np.frombuffer(alaw(tone(hertz, 1.0)), np.uint8)
        self._tone = second.reshape(-1, _SAMPLES)[:, 8:]
        self._taking = _Taking()
        self._make(calls)

    def _make(self, calls: int) -> None:
        self.arrived = Arrived.nothing(calls)
        self._active = np.zeros(calls, bool)
        self._phase = np.arange(calls) % _PHASES
        self._sent_at = np.zeros((calls, _REMEMBERED), np.int64)
        self._packets = np.zeros(calls, _PACKET)
        self._packets["flags"], self._packets["type"] = 0x80, ALAW_TYPE
        self._packets["source"] = 0x1076_0000 + np.arange(calls)
        self._packets["magic"], self._packets["call"] = _MAGIC, np.arange(calls)
        self._peers = np.zeros(calls, _PEER)
        self._peers["family"] = socket.AF_INET
        self._pieces = np.zeros(calls, _PIECE)
        self._pieces["base"] = _addresses(self._packets)
        self._pieces["length"] = _PACKET.itemsize
        self._messages = np.zeros(calls, _MESSAGE)
        self._messages["name"], self._messages["name_length"] = _addresses(self._peers), 16
        self._messages["pieces"], self._messages["piece_count"] = _addresses(self._pieces), 1

    def clear(self, calls: int) -> None:
        """Begin anew: nobody speaks, nothing has arrived."""
        with self._lock:
            self._make(calls)

    def close(self) -> None:
        self._socket.close()
        self._rtcp.close()

    def start(self, call: int, peer: tuple[str, int]) -> None:
        """From now on this call speaks to `peer`."""
        with self._lock:
            self._peers["host"][call] = [int(part) for part in peer[0].split(".")]
            self._peers["port"][call] = peer[1]
            self._active[call] = True

    def stop(self, call: int) -> None:
        """It speaks no more."""
        with self._lock:
            self._active[call] = False

    def sent(self, call: int) -> int:
        """How many packets this call has sent."""
        return int(self._packets["number"][call])

    def press(self, call: int, key: str) -> None:
        """A key of 120 ms (RFC 4733), told in a moment."""
        with self._lock:
            packet = self._packets[call]
            for end, samples in ((0, 160), (0, 800), (1, 960), (1, 960), (1, 960)):
                packet["sequence"] += 1
                head = packet.tobytes()[:12]
                kind = EVENT_TYPE | (0x80 if samples == _SAMPLES else 0)
                event = bytes([_KEYS.index(key), end << 7 | 10]) + samples.to_bytes(2, "big")
                self._socket.sendto(
                    head[:1] + bytes([kind]) + head[2:] + event, self._address(call)
                )
            packet["stamp"] += _KEY_SAMPLES

    def _address(self, call: int) -> tuple[str, int]:
        peer = self._peers[call]
        return ".".join(str(part) for part in peer["host"]), int(peer["port"])

    def send(self, phase: int) -> None:
        """One packet of each call that speaks in this phase."""
        with self._lock:
            calls = np.flatnonzero(self._active & (self._phase == phase))
            if not calls.size:
                return
            packets = self._packets
            packets["number"][calls] += 1
            packets["sequence"][calls] += 1
            packets["stamp"][calls] += _SAMPLES
            numbers = packets["number"][calls]
            packets["audio"][calls] = self._tone[numbers % len(self._tone)]
            self._sent_at[calls, numbers % _REMEMBERED] = time.clock_gettime_ns(time.CLOCK_REALTIME)
            batch = self._messages[calls]
            done = 0
            while done < len(batch):
                part = batch[done:]
                sent = self._libc.sendmmsg(
                    self._socket.fileno(), part.ctypes.data_as(ctypes.c_void_p), len(part), 0
                )
                if sent <= 0:
                    raise OSError(ctypes.get_errno(), "sendmmsg")
                done += sent

    def take(self, speaker: "Streams") -> None:
        """Count what has arrived of `speaker`'s calls."""
        while True:
            packets, at = self._taking.take(self._libc, self._socket.fileno())
            if len(packets):
                self._count(packets, at, speaker)
            if len(packets) < _BATCH:
                return

    def _count(
        self, packets: npt.NDArray[np.void], at: npt.NDArray[np.int64], speaker: "Streams"
    ) -> None:
        arrived = self.arrived
        named = (packets["magic"] == _MAGIC) & (packets["call"] < len(arrived.count))
        calls = packets["call"][named].astype(np.int64)
        numbers = packets["number"][named].astype(np.int64)
        np.add.at(arrived.count, calls, 1)
        np.minimum.at(arrived.first, calls, numbers)
        np.maximum.at(arrived.last, calls, numbers)
        since = speaker._sent_at[calls, numbers % _REMEMBERED]
        arrived.delays_ms.append((at[named] - since) / 1e6)


class _Taking:
    """Buffers for recvmmsg, used again and again."""

    def __init__(self) -> None:
        self._packets = np.zeros(_BATCH, _TAKEN)
        self._stamps = np.zeros(_BATCH, _STAMP)
        self._pieces = np.zeros(_BATCH, _PIECE)
        self._pieces["base"], self._pieces["length"] = _addresses(self._packets), _TAKEN.itemsize
        self._messages = np.zeros(_BATCH, _MESSAGE)
        self._messages["pieces"], self._messages["piece_count"] = _addresses(self._pieces), 1
        self._messages["control"] = _addresses(self._stamps)

    def take(
        self, libc: ctypes.CDLL, socket_number: int
    ) -> tuple[npt.NDArray[np.void], npt.NDArray[np.int64]]:
        """What waits, at most a batch, and when the kernel had it (ns)."""
        self._messages["control_length"] = _STAMP.itemsize
        self._packets["magic"] = 0  # else what a short packet does not fill would be taken for it
        taken = libc.recvmmsg(
            socket_number,
            self._messages.ctypes.data_as(ctypes.c_void_p),
            _BATCH,
            socket.MSG_DONTWAIT,
            None,
        )
        count = max(taken, 0)
        stamps = self._stamps[:count]
        return self._packets[:count], stamps["seconds"] * 1_000_000_000 + stamps["nanoseconds"]


class Pump:
    """The thread that makes two roles speak with each other."""

    def __init__(self, one: Streams, other: Streams) -> None:
        self._pairs: Sequence[tuple[Streams, Streams]] = ((one, other), (other, one))
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="audio", daemon=True)
        self.error: OSError | None = None
        self.slept_over = 0
        """How often nothing was sent for 40 ms and more: gaps that the bench made itself."""

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(5)

    def _run(self) -> None:
        due, phase = time.monotonic(), 0
        try:
            while not self._stop.is_set():
                for one, other in self._pairs:
                    one.send(phase)
                    one.take(other)
                phase = (phase + 1) % _PHASES
                due += _TICK_SECONDS
                late = time.monotonic() - due
                if late < 0:
                    time.sleep(-late)
                elif late > _GAP_SECONDS:  # telephones do not make up for it either
                    self.slept_over += 1
                    due += late
        except OSError as error:
            self.error = error


@contextlib.contextmanager
def first_of_all() -> Iterator[None]:
    """Where we may, this thread goes before what is measured: telephones share no processor.

    Threads and processes that it starts meanwhile inherit that.
    """
    thread = threading.get_native_id()
    before = os.getpriority(os.PRIO_PROCESS, thread)
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, thread, _NICE)
    try:
        yield
    finally:
        with contextlib.suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, thread, before)


def _addresses(array: npt.NDArray[np.void]) -> npt.NDArray[np.uint64]:
    """Of each element, for the kernel."""
    return np.uint64(array.ctypes.data) + np.arange(len(array), dtype=np.uint64) * np.uint64(
        array.itemsize
    )


def _enlarge(made: socket.socket) -> None:
    """Beyond the system's limit where we may: what waits here is not lost by Asterisk."""
    try:
        made.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER_BYTES)
    except PermissionError:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
