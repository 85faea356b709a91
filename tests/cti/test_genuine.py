"""Numbers with line ends in them, inside what Asterisk 22.10.1 really says."""

import asyncio
from dataclasses import fields, replace
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bench.desk.recorded import Phase, Recorded
from cti.events import Leg, parse
from cti.genuine import channel_of, flaw
from cti.message import AmiEvent
from cti.wire import AmiConnection
from dialplans.secrets import seal
from tests.cti.test_wire import GREETING, Transport

SEAL = seal("secret")
IDS = "cti-0123456789abcdef-"
CALL = "01990000-0000-7000-8000-000000000001"
OTHER = "01990000-0000-7000-8000-00000000000f"
NUMBER = "9415012345"
ABOUT = {
    "SYSTEM": "cell", "QUEUE": "helpline-hi", "CALL": CALL, "LEG": "cell-1.1", "AGENT": "101",
    "CHANNEL": "PJSIP/trunk-00000001", "NUMBER": NUMBER, "NAME": "राधा", "SINCE": "1795333258",
    "AGENT_LEG": "cell-1.2", "AGENT_CHANNEL": "PJSIP/101-00000002", "SEAL": SEAL,
}  # fmt: skip
SAID = [
    block + b"\r\n\r\n"
    for phase in Phase
    for block in Recorded().said(phase, ABOUT).split(b"\r\n\r\n")
    if block
]
WITH_A_NUMBER = [block for block in SAID if NUMBER.encode() in block]
ORIGINATED = (
    f"Event: OriginateResponse\r\nPrivilege: call,all\r\nActionID: side-{CALL}\r\n"
    f"Response: Success\r\nChannel: PJSIP/trunk-00000002\r\nContext: desk-side\r\nExten: s\r\n"
    f"Reason: 4\r\nUniqueid: side-{CALL}\r\nCallerIDNum: 1076\r\nCallerIDName: <unknown>\r\n"
    f"ChanVariable(PJSIP/trunk-00000002): HELPLINE_CALL={CALL}\r\n"
    f"ChanVariable(PJSIP/trunk-00000002): HELPLINE_QUEUE=\r\n"
    f"ChanVariable(PJSIP/trunk-00000002): {SEAL}="
)
LIST_ITEM = (
    f"Event: QueueEntry\r\nQueue: helpline-hi\r\nPosition: 1\r\nChannel: PJSIP/trunk-00000001\r\n"
    f"Uniqueid: cell-1.1\r\nCallerIDNum: {NUMBER}\r\nCallerIDName: unknown\r\nWait: 3\r\n"
    f"Priority: 0\r\nActionID: {IDS}7"
)

# What somebody who knows AMI would write: whole messages, single headers, and ends of either.
_pieces = st.sampled_from(
    [
        "\r\n", "\r\n\r\n", "\n", "\r", "0", "Event: Hangup", "Event: QueueMemberRemoved",
        "Privilege: call,all", "Interface: PJSIP/102", "Queue: other", f"Uniqueid: {OTHER}",
        f"Linkedid: {OTHER}", "Response: Success", "ActionID: cti-1", "EventList: Complete",
        "Channel: PJSIP/102-00000009", "ChannelState: 6", "DestChannelState: 6", "X: ",
        f"ChanVariable: HELPLINE_CALL={OTHER}", "ChanVariable: HELPLINE_SEAL=", "Priority: 1",
        f"DestChanVariable: HELPLINE_CALL={OTHER}", "ChanVariable: HELPLINE_SEAL_00=", "Status: 4",
    ]
)  # fmt: skip
_numbers = st.one_of(
    st.lists(_pieces, max_size=12).map("".join).map(str.encode),
    st.lists(_pieces, max_size=12).map("\r\n".join).map(str.encode),
    st.binary(max_size=80),
)


def numberless(event: AmiEvent) -> Any:
    """What the event means to us, but for callers' numbers."""
    meant = parse(event)
    told = {} if meant is None else {one.name: getattr(meant, one.name) for one in fields(meant)}
    return type(meant), {
        name: replace(value, number="") if isinstance(value, Leg) else value
        for name, value in told.items()
    }


def acted_on(data: bytes) -> tuple[list[AmiEvent], bool]:
    """What goes on to our state, and whether the link was ended."""

    async def heard() -> tuple[list[AmiEvent], bool]:
        events: list[AmiEvent] = []
        transport = Transport()
        connection = AmiConnection(events.append, seal=SEAL)
        connection.connection_made(transport)
        connection.data_received(GREETING + data)
        return events, transport.aborted

    with capture_logs():
        return asyncio.run(heard())


def test_all_that_asterisk_says_of_two_calls_is_believed() -> None:
    events, aborted = acted_on(b"".join(SAID))
    assert (len(events), aborted) == (len(SAID), False)
    assert len(WITH_A_NUMBER) > 10


@settings(deadline=None, max_examples=120)
@given(st.sampled_from(WITH_A_NUMBER), _numbers)
@example(WITH_A_NUMBER[0], f"0\r\nChanVariable: HELPLINE_CALL={OTHER}".encode())
@example(WITH_A_NUMBER[0], f"0\r\n\r\nEvent: Hangup\r\nUniqueid: {OTHER}\r\n\r\n".encode())
@example(WITH_A_NUMBER[0], WITH_A_NUMBER[0].replace(SEAL.encode(), b"HELPLINE_SEAL_00") * 3)
@example(WITH_A_NUMBER[0], b"\r\n\r\n" * 20)
def test_of_a_number_with_anything_in_it_the_event_itself_is_acted_on_or_nothing(
    block: bytes, number: bytes
) -> None:
    [genuine], _ = acted_on(block)
    # Its number, if no more, is the caller's word: it is what may differ.
    events, aborted = acted_on(block.replace(NUMBER.encode(), number) + SAID[-1])
    if aborted:
        assert events == []
        assert not block.startswith(b"Event: Newchannel")
        return
    *all_found, after = events
    assert SAID[-1].startswith(f"Event: {after.name}\r\n".encode())
    if not all_found:
        assert block.startswith(b"Event: Newchannel")  # left out, and nothing else
        return
    [found] = all_found
    assert (found.variables, found.dest_variables) == (genuine.variables, genuine.dest_variables)
    assert numberless(found) == numberless(genuine)


def test_who_calls_with_such_numbers_all_the_time_keeps_nobody_else_from_being_heard() -> None:
    forged = f"0\r\n\r\nEvent: Hangup\r\nUniqueid: {OTHER}\r\n\r\nResponse: Success".encode()
    cut = WITH_A_NUMBER[0].replace(NUMBER.encode(), forged)
    assert cut.startswith(b"Event: Newchannel\r\n")
    [after], _ = acted_on(SAID[-1])
    events, aborted = acted_on((cut + SAID[-1]) * 200)
    assert (events, aborted) == ([after] * 200, False)


def test_a_new_channels_event_without_an_end_is_not_waited_for_for_long() -> None:
    """A manager.conf that is not ours has no seal; what follows is of others."""
    unsealed = WITH_A_NUMBER[0].replace(SEAL.encode(), b"HELPLINE_QUEUE")
    events, aborted = acted_on(unsealed * 200 + SAID[-1])
    assert (events, aborted) == ([], True)


@settings(deadline=None, max_examples=120)
@given(_numbers)
def test_of_a_lists_item_with_anything_in_its_number_the_item_itself_is_read_or_nothing(
    number: bytes,
) -> None:
    said = LIST_ITEM.encode().replace(NUMBER.encode(), number).decode(errors="replace")
    first = said.split("\r\n\r\n")[0].strip()
    if not flaw(first, seal=SEAL, own_ids=IDS):
        assert first == said.strip()
        assert first.count("\r\nQueue: ") == first.count("\r\nUniqueid: ") == 1


def test_an_item_of_a_list_that_we_did_not_ask_for_is_not_believed() -> None:
    assert not flaw(LIST_ITEM, seal=SEAL, own_ids=IDS)
    assert flaw(LIST_ITEM, seal=SEAL, own_ids="cti-fedcba9876543210-")


def test_the_answer_to_an_originate_names_its_variables_in_its_own_way() -> None:
    assert not flaw(ORIGINATED, seal=SEAL, own_ids=IDS)
    assert flaw(ORIGINATED.replace(SEAL, "OTHER"), seal=SEAL, own_ids=IDS)


def test_a_seal_of_another_asterisk_is_none() -> None:
    block = WITH_A_NUMBER[0].decode().strip()
    assert not flaw(block, seal=SEAL, own_ids=IDS)
    assert flaw(block, seal=seal("another"), own_ids=IDS)


def test_the_channel_that_is_named_in_the_log_is_one() -> None:
    assert channel_of("Event: X\r\nDestChannel: PJSIP/101-0000002a") == "PJSIP/101-0000002a"
    assert channel_of("Event: X\r\nChannel: 9415012345 says") == ""
    assert channel_of("junk") == ""
