"""The bytes of AMI, cut anywhere, whole or broken."""

import asyncio
from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st

from cti.message import AmiEvent
from cti.wire import AmiConnection
from dialplans.secrets import seal

SEAL = seal("secret")
GREETING = b"Asterisk Call Manager/11.0.0\r\n"
STREAM = (
    "Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\n\r\n"
    "Event: Newchannel\r\nPrivilege: call,all\r\nChannelState: 4\r\nCallerIDName: सीता देवी\r\n"
    f"ChanVariable: HELPLINE_CALL=\r\nChanVariable: {SEAL}=\r\n\r\n"
    "Event: Hangup\r\nPrivilege: call,all\r\nCause: 16\r\nAccountCode: \r\n\r\n"
).encode()


class Transport(asyncio.Transport):
    aborted = False

    def abort(self) -> None:
        self.aborted = True

    def is_closing(self) -> bool:
        return self.aborted


async def heard(*pieces: bytes) -> tuple[list[AmiEvent], Transport]:
    events: list[AmiEvent] = []
    transport = Transport()
    connection = AmiConnection(events.append, seal=SEAL)
    connection.connection_made(transport)
    for piece in pieces:
        if not transport.aborted:
            connection.data_received(piece)
    return events, transport


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % len(data) for place in places), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


@settings(deadline=None)
@given(st.lists(st.integers(0, 10_000), max_size=30))
@example(list(range(300)))
def test_a_stream_cut_anywhere_is_the_same_stream(places: list[int]) -> None:
    whole, _ = asyncio.run(heard(GREETING + STREAM))
    assert [event.name for event in whole] == ["FullyBooted", "Newchannel", "Hangup"]
    assert whole[1].get("calleridname") == "सीता देवी"
    assert asyncio.run(heard(*cut(GREETING + STREAM, places)))[0] == whole


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_garbage_never_raises_and_nothing_after_it_is_believed(garbage: bytes) -> None:
    events, transport = asyncio.run(heard(GREETING, garbage, b"\r\n\r\n" + STREAM))
    assert transport.aborted == (not events) == bool(garbage.decode(errors="replace").strip())


async def test_a_message_that_does_not_end_is_not_gathered_in_memory() -> None:
    _, transport = await heard(GREETING, b"Event: X\r\nY: " + b"z" * 100_000)
    assert transport.aborted


async def test_a_message_that_is_too_long_is_not_understood() -> None:
    flood = b"Event: X\r\nY: " + b"z" * 100_000 + b"\r\n\r\n"
    events, transport = await heard(GREETING, flood + STREAM)
    assert (events, transport.aborted) == ([], True)
