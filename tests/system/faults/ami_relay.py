"""Between our server and Asterisk's manager: a network that cuts, stalls, delays and mixes up."""

import asyncio
import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from random import Random

from helpline.lab.relay import Relay

_END = b"\r\n\r\n"
_CHUNK = 65536
_TOGETHER = 0.15  # seconds: events that come within are mixed up with each other


@dataclass(frozen=True)
class Weather:
    """What happens to Asterisk's words on their way. `late` in seconds; `twice`: each event."""

    late: float = 0.0
    mixed: bool = False
    twice: bool = False


CALM = Weather()


class AmiRelay(Relay):
    """Cut it, stall it, or let it rain. TCP keeps order, so what is mixed up are whole events."""

    weather = CALM

    def __init__(self, host: str, port: int, to: tuple[str, int], dice: Random) -> None:
        super().__init__(host, port, lambda: asyncio.open_connection(*to))
        self._dice = dice
        self._flowing = asyncio.Event()
        self._flowing.set()

    def stall(self) -> None:
        """Neither side hears of the other any more, and nobody says why."""
        self._flowing.clear()

    def resume(self) -> None:
        """What was said meanwhile is heard now."""
        self._flowing.set()

    @contextmanager
    def rain(self, weather: Weather) -> Iterator[None]:
        """For a while."""
        self.weather = weather
        try:
            yield
        finally:
            self.weather = CALM

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, from_client: bool
    ) -> None:
        late: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        async with asyncio.TaskGroup() as both:
            both.create_task(self._hear(reader, late, shaped=not from_client))
            both.create_task(self._say(late, writer))

    async def _hear(
        self, reader: asyncio.StreamReader, late: "asyncio.Queue[tuple[float, bytes]]", shaped: bool
    ) -> None:
        loop, kept = asyncio.get_running_loop(), b""
        with contextlib.suppress(ConnectionError):
            while data := await self._read(reader, shaped, bool(kept)):
                weather = self.weather if shaped else CALM
                whole, kept = self._shaped(kept + data, weather)
                late.put_nowait((loop.time() + weather.late, whole))
        late.put_nowait((0.0, b""))

    async def _read(self, reader: asyncio.StreamReader, shaped: bool, rest: bool) -> bytes:
        data = await reader.read(_CHUNK)
        while data and shaped and (self.weather.mixed or rest):
            try:
                async with asyncio.timeout(_TOGETHER):
                    data += await reader.read(_CHUNK)
            except TimeoutError:
                break
            if len(data) > _CHUNK or not self.weather.mixed:
                break
        return data

    def _shaped(self, data: bytes, weather: Weather) -> tuple[bytes, bytes]:
        """What is passed on, and the begun message that is kept for its end."""
        if not (weather.mixed or weather.twice):
            return data, b""
        *messages, kept = data.split(_END)
        said: list[bytes] = []
        for loose, run in groupby(messages, _is_loose):
            part = [one + _END for one in run]
            if loose and weather.twice:
                part = [one for one in part for _ in range(2)]
            if loose and weather.mixed:
                self._dice.shuffle(part)
            said += part
        return b"".join(said), kept

    async def _say(
        self, late: "asyncio.Queue[tuple[float, bytes]]", writer: asyncio.StreamWriter
    ) -> None:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(ConnectionError):
            while True:
                due, data = await late.get()
                if not data and not due:
                    break
                await asyncio.sleep(due - loop.time())
                await self._flowing.wait()
                writer.write(data)
                await writer.drain()
        writer.close()


def _is_loose(message: bytes) -> bool:
    """An event of its own, not one of an answer's."""
    return message.startswith(b"Event: ") and b"\r\nActionID: " not in message
