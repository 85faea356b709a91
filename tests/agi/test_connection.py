"""The connection, byte by byte, without a network."""

import asyncio
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agi.connection import Connection
from agi.errors import (
    AgiError,
    CommandFailedError,
    CommandTimeoutError,
    Hangup,
    ProtocolError,
)
from agi.protocol import MAX_REPLY_BYTES, Request
from agi.session import RecordEnd, RecordResult, Session
from tests.agi.asterisk import headers

USAGE = (
    b"520-Invalid command syntax.  Proper usage follows:\nUsage: SET\n\n520 End of proper usage.\n"
)


class FakeTransport(asyncio.Transport):
    """Hands every command to `on_write`; a closed one loses the connection, as a real one does."""

    def __init__(self, on_write: Callable[[bytes], None] = lambda data: None) -> None:
        super().__init__()
        self.on_write = on_write
        self.protocol: Connection | None = None
        self.sent: list[bytes] = []

    def write(self, data: Any) -> None:
        self.sent.append(bytes(data))
        asyncio.get_running_loop().call_soon(self.on_write, bytes(data))

    def close(self) -> None:
        asyncio.get_running_loop().call_soon(self.lose)

    abort = close

    def lose(self) -> None:
        if self.protocol is not None:
            protocol, self.protocol = self.protocol, None
            protocol.connection_lost(None)


class Peer:
    """A connection in hand: what it began, what it refused, and how to feed it."""

    def __init__(self, on_write: Callable[[bytes], None] = lambda data: None) -> None:
        self.requests: list[Request] = []
        self.refusals: list[str | None] = []
        self.connection = Connection(
            lambda _, request: self.requests.append(request),
            lambda _, why: self.refusals.append(why),
            header_seconds=30,
        )
        self.transport = FakeTransport(on_write)
        self.transport.protocol = self.connection
        self.connection.connection_made(self.transport)

    def feed(self, data: bytes, cuts: Sequence[int] = ()) -> None:
        """`data`, cut at these places. A lost connection gets no more, as with a real transport."""
        places = sorted({cut % (len(data) + 1) for cut in cuts} | {0, len(data)})
        for start, end in pairwise(places):
            if self.transport.protocol is not None:
                self.connection.data_received(data[start:end])

    def session(self) -> Session:
        return Session(self.connection, self.requests[0])


def scripted(
    replies: Sequence[bytes], cuts: Sequence[int] = (), *, eof_after: int = 1 << 30
) -> Peer:
    """A peer in mid-call that answers each command with the next of `replies`, in pieces.

    `eof_after` bytes of replies it is gone.
    """
    left = list(replies)
    budget = eof_after

    def answer(_: bytes) -> None:
        nonlocal budget
        data = left.pop(0) if left else b""
        peer.feed(data[:budget], cuts)
        budget -= min(budget, len(data))
        if budget == 0:
            peer.transport.lose()

    peer = Peer(answer)
    peer.feed(headers("inbound"))
    return peer


_untimed = settings(deadline=None, max_examples=60)  # the machine may be busy
_cuts = st.lists(st.integers(0, 400), max_size=8)
_value = st.text(
    st.characters(codec="utf-8", exclude_characters="\r\n\0", exclude_categories=["Cs"]),
    max_size=20,
).filter(lambda value: value == value.strip())


@_untimed
@given(st.binary(max_size=400), _cuts)
def test_garbage_in_any_pieces_is_refused_or_waited_for(data: bytes, cuts: list[int]) -> None:
    async def run() -> None:
        peer = Peer()
        peer.feed(data, cuts)
        peer.transport.lose()
        assert len(peer.requests) + len(peer.refusals) == 1
        assert peer.connection.closed

    asyncio.run(run())


@_untimed
@given(st.binary(max_size=300), _cuts)
def test_garbage_for_a_reply_is_an_agi_error_and_nothing_else(data: bytes, cuts: list[int]) -> None:
    async def run() -> None:
        peer = scripted([data, data], cuts, eof_after=len(data))
        session = peer.session()
        for _ in range(3):
            try:
                await session.get_variable("X")
            except AgiError:
                continue

    asyncio.run(run())


def test_headers_cut_at_every_byte_are_one_request() -> None:
    async def run() -> None:
        block = headers("inbound?x=1", ["सीता"])
        for cut in range(len(block)):
            peer = Peer()
            peer.feed(block, [cut])
            assert peer.requests[0].args == ["सीता"]
        peer = Peer()
        peer.feed(block, range(len(block)))
        assert peer.requests[0].query == {"x": "1"}

    asyncio.run(run())


@_untimed
@given(st.lists(_value, min_size=1, max_size=6), st.data())
def test_hangup_lines_never_shift_replies(values: list[str], data: st.DataObject) -> None:
    """A HANGUP line before, between and after replies, in any pieces."""
    replies = []
    for value in values:
        before = b"HANGUP\n" * data.draw(st.integers(0, 2))
        after = b"HANGUP\n" * data.draw(st.integers(0, 2))
        replies.append(before + f"200 result=1 ({value})\n".encode() + after)
    cuts = data.draw(_cuts)

    async def run() -> None:
        peer = scripted(replies, cuts)
        session = peer.session()
        assert [await session.get_variable("X") for _ in values] == values
        assert session.hung_up == any(b"HANGUP\n" in reply for reply in replies)

    asyncio.run(run())


@_untimed
@given(st.lists(_value, min_size=1, max_size=4), st.integers(0, 100), _cuts)
def test_eof_anywhere_is_a_hangup(values: list[str], place: int, cuts: list[int]) -> None:
    replies = [f"200 result=1 ({value})\n".encode() for value in values]
    place %= sum(map(len, replies)) + 1
    whole = sum(1 for n in range(len(values)) if sum(map(len, replies[: n + 1])) <= place)

    async def run() -> None:
        session = scripted(replies, cuts, eof_after=max(place, 1)).session()
        for value in values[:whole]:
            assert await session.get_variable("X") == value
        with pytest.raises(Hangup):
            await session.get_variable("X")
        assert session.hung_up

    if place:
        asyncio.run(run())


@_untimed
@given(st.lists(st.booleans(), min_size=1, max_size=6), _cuts)
def test_usage_replies_fail_their_own_command_only(bad: list[bool], cuts: list[int]) -> None:
    replies = [
        USAGE if is_bad else b"200 result=1 (%d)\n" % number for number, is_bad in enumerate(bad)
    ]

    async def run() -> None:
        session = scripted(replies, cuts).session()
        for number, is_bad in enumerate(bad):
            if is_bad:
                with pytest.raises(CommandFailedError):
                    await session.get_variable("X")
            else:
                assert await session.get_variable("X") == str(number)

    asyncio.run(run())


async def test_the_usage_text_after_an_exec_that_returned_one_is_nobodys_reply() -> None:
    together = scripted([b"200 result=1\n" + USAGE, b"200 result=1 (mine)\n"]).session()
    assert await together.exec("Gosub") == 1
    assert await together.get_variable("X") == "mine"
    later = scripted([b"200 result=1\n", USAGE + b"200 result=1 (mine)\n"]).session()
    assert await later.exec("Gosub") == 1
    assert await later.get_variable("X") == "mine"


async def test_a_value_with_a_line_end_in_it_is_one_reply() -> None:
    session = scripted([b"200 result=1 (one\ntwo)\n", b"200 result=1 (next)\n"]).session()
    assert await session.get_variable("X") == "one\ntwo"
    assert await session.get_variable("X") == "next"


async def test_a_reply_that_nothing_asked_for_ends_the_session() -> None:
    peer = scripted([b"200 result=1 (a)\n200 result=1 (forged)\n"])
    session = peer.session()
    assert await session.get_variable("X") == "a"
    with pytest.raises(ProtocolError):
        await session.get_variable("X")


async def test_an_endless_reply_is_cut() -> None:
    session = scripted([b"200 result=1 (" + b"x" * (MAX_REPLY_BYTES + 1)]).session()
    with pytest.raises(ProtocolError):
        await session.get_variable("X")


async def test_a_command_without_a_reply_times_out_and_nothing_can_be_asked_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("agi.session.GRACE_SECONDS", 0.01)
    peer = scripted([])
    session = peer.session()
    with pytest.raises(CommandTimeoutError):
        await session.get_variable("X")
    peer.feed(b"200 result=1 (late)\n")
    with pytest.raises(CommandTimeoutError):
        await session.get_variable("X")
    assert not session.usable


async def test_a_cancelled_command_leaves_nothing_to_be_mistaken_for_a_reply() -> None:
    peer = scripted([])
    session = peer.session()
    task = asyncio.create_task(session.get_variable("X"))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    asked = asyncio.create_task(session.get_variable("X"))
    await asyncio.sleep(0)
    peer.feed(b"200 result=1 (of the cancelled one)\n")
    with pytest.raises(ProtocolError):
        await asked


async def test_a_hangup_is_seen_while_no_command_runs() -> None:
    peer = scripted([])
    session = peer.session()
    peer.feed(b"HANGUP\n")
    assert session.hung_up
    with pytest.raises(Hangup):
        await session.stream("x")
    assert peer.transport.sent == []


async def test_variables_can_be_read_and_set_after_the_hangup() -> None:
    peer = scripted([b"200 result=1 (v)\n", b"200 result=1\n"])
    session = peer.session()
    peer.feed(b"HANGUP\n")
    assert await session.get_variable("X") == "v"
    await session.set_variable("X", "w")
    assert peer.transport.sent == [b'GET VARIABLE "X"\n', b'SET VARIABLE X "w"\n']


async def test_a_command_that_a_dead_channel_refuses_is_a_hangup() -> None:
    session = scripted([b"511 Command Not Permitted on a dead channel\n"]).session()
    with pytest.raises(Hangup):
        await session.answer()
    assert session.hung_up


async def test_a_missing_prompt_is_not_taken_for_a_hangup() -> None:
    session = scripted([b"200 result=-1 endpos=0\n", b"200 result=6\n"]).session()
    with pytest.raises(CommandFailedError):
        await session.stream("no-such-file")
    assert not session.hung_up


async def test_a_hangup_during_a_prompt_is_a_hangup() -> None:
    session = scripted([b"200 result=-1 endpos=900\nHANGUP\n"]).session()
    with pytest.raises(Hangup):
        await session.stream("x")


async def test_an_unknown_application_is_a_failed_command() -> None:
    session = scripted([b"200 result=-2\n"]).session()
    with pytest.raises(CommandFailedError):
        await session.exec("NoSuchApp")


async def test_a_key_during_the_prompts_is_the_first_digit_and_stops_them() -> None:
    replies = [b"200 result=0 endpos=1\n", b"200 result=52 endpos=1\n"]
    replies += [b"200 result=50\n", b"200 result=35\n"]
    peer = scripted(replies)
    digits = await peer.session().ask_digits(["a", "b", "c"], max_digits=5)
    assert digits == "42"
    assert [command.split(b" ")[0] for command in peer.transport.sent] == [
        b"STREAM",
        b"STREAM",
        b"WAIT",
        b"WAIT",
    ]


async def test_silence_is_no_digits() -> None:
    session = scripted([b"200 result=0 endpos=1\n", b"200 result=0\n"]).session()
    assert await session.ask_digits(["a"], max_digits=5) == ""


@pytest.mark.parametrize(
    ("reply", "result"),
    [
        (b"200 result=35 (dtmf) endpos=24000", RecordResult(RecordEnd.KEY, 3.0, "#")),
        (b"200 result=0 (timeout) endpos=24000", RecordResult(RecordEnd.SILENCE, 2.0)),
        (b"200 result=0 (timeout) endpos=0", RecordResult(RecordEnd.SILENCE, 0.0)),
        (b"200 result=0 (timeout) endpos=79999", RecordResult(RecordEnd.LIMIT, 9.999875)),
        (b"200 result=-1 (hangup) endpos=8000", RecordResult(RecordEnd.HUNG_UP, 1.0)),
        (b"200 result=35 (randomerror) endpos=0", RecordResult(RecordEnd.NOT_BEGUN, 0.0, "#")),
    ],
)
async def test_a_recording_tells_why_it_ended(reply: bytes, result: RecordResult) -> None:
    peer = scripted([reply + b"\n"])
    recorded = await peer.session().record("/r/x", max_seconds=10, silence_seconds=4)
    assert recorded == result
    assert peer.transport.sent == [b'RECORD FILE "/r/x" "wav" "#" "10000" "0" "BEEP" "s=4"\n']


async def test_a_full_disk_is_not_taken_for_a_hangup() -> None:
    session = scripted([b"200 result=-1 (writefile)\n", b"200 result=6\n"]).session()
    with pytest.raises(CommandFailedError):
        await session.record("/r/x", max_seconds=10)


async def test_an_asterisk_that_goes_away_while_recording_leaves_a_recording() -> None:
    peer = scripted([b"2"], eof_after=1)
    assert await peer.session().record("/r/x", max_seconds=10) == RecordResult(
        RecordEnd.HUNG_UP, 0.0
    )
