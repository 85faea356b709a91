"""Each guard of the AMI link, against a server that misbehaves as Asterisk or the network does."""

import asyncio
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from cti.ami import AmiLink, LinkState
from cti.errors import (
    AmiLinkLostError,
    AmiNotConnectedError,
    AmiTimeoutError,
    AmiValueError,
)
from cti.message import AmiEvent
from cti.originate import OriginateCommand, OriginateReply
from dialplans.secrets import seal
from tests.cti.fake_ami import (
    Action,
    FakeAmi,
    Session,
    confirm,
    eventually,
    one,
    running,
    settings,
)


def command(**changes: object) -> OriginateCommand:
    values: dict[str, object] = {
        "channel_id": uuid4(), "channel": "PJSIP/+919876543210@trunk",
        "context": "feedback", "exten": "s", "caller_id": "1600111076", "timeout_ms": 30_000,
    }  # fmt: skip
    return OriginateCommand(**(values | changes))  # type: ignore[arg-type]


async def next_event(link: AmiLink) -> AmiEvent:
    async with asyncio.timeout(10):
        item = await link.next()
    assert isinstance(item, AmiEvent)
    return item


async def test_originate_asks_once_asynchronously_with_our_id() -> None:
    async with FakeAmi() as server, running(AmiLink(settings(server))) as link:
        asked = command(variables={"__HELPLINE_CALL": "x", "A": "1"})
        assert await link.originate(asked) is OriginateReply.ACCEPTED
        sent = next(a for a in server.actions if one(a, "action") == "Originate")
        assert one(sent, "channelid") == one(sent, "actionid") == str(asked.channel_id)
        assert one(sent, "async") == "true"
        assert sent["variable"] == ["__HELPLINE_CALL=x", "A=1"]


async def test_originate_cut_off_before_its_answer_is_unknown_and_never_sent_again() -> None:
    async def cut_at_originate(session: Session, action: Action) -> bool:
        if one(action, "action") == "Originate":
            session.cut()
            return True
        return False

    async with FakeAmi(cut_at_originate) as server, running(AmiLink(settings(server))) as link:
        assert await link.originate(command()) is OriginateReply.UNKNOWN
        await confirm(link)  # a second connection, ready
        assert link.connects == 2
        await link.action("Events")  # whatever would be sent again was sent before this
        assert server.count("Originate") == 1


async def test_originate_refused_or_without_a_link_is_refused() -> None:
    async def refuse(session: Session, action: Action) -> bool:
        if one(action, "action") == "Originate":
            await session.reply(action, "Error", "Extension does not exist.")
            return True
        return False

    async with FakeAmi(refuse) as server:
        link = AmiLink(settings(server))
        assert await link.originate(command()) is OriginateReply.REFUSED
        async with running(link):
            assert await link.originate(command()) is OriginateReply.REFUSED
        assert server.count("Originate") == 1


async def test_originate_response_that_overtakes_the_answer_is_an_event() -> None:
    async def overtake(session: Session, action: Action) -> bool:
        if one(action, "action") == "Originate":
            id = one(action, "actionid")
            await session.send("Event: OriginateResponse", f"ActionID: {id}", "Response: Failure")
            await session.reply(action, "Success", "Originate successfully queued")
            return True
        return False

    async with FakeAmi(overtake) as server, running(AmiLink(settings(server))) as link:
        asked = command()
        assert await link.originate(asked) is OriginateReply.ACCEPTED
        event = await next_event(link)
        assert event.name == "OriginateResponse"
        assert event.get("actionid") == str(asked.channel_id)


@pytest.mark.parametrize("evil", ["a\r\n\r\nAction: Originate", "a\nX: y", "a\rb", "a\0b"])
async def test_a_value_with_a_line_break_is_refused_before_anything_is_sent(evil: str) -> None:
    async with FakeAmi() as server, running(AmiLink(settings(server))) as link:
        with pytest.raises(AmiValueError):
            await link.action("Setvar", {"Variable": "X", "Value": evil})
        with pytest.raises(AmiValueError):
            await link.action("Setvar", [(f"Value{evil}", "1")])
        await link.action("Events")
        assert set(server.names()) <= {"Login", "Ping", "Events"}


@pytest.mark.parametrize(
    "changes",
    [
        {"channel": "PJSIP/1@trunk&PJSIP/2@trunk"},
        {"channel": "PJSIP/1@trunk\r\nX: y"},
        {"channel": "SIP/1"},
        {"context": "feedback,s"},
        {"exten": "s\r\nApplication: System"},
        {"caller_id": "1076\r\nX: y"},
        {"timeout_ms": 0},
        {"variables": {"A": "1,B=2"}},
        {"variables": {"A=1\r\nB": "2"}},
    ],
)
def test_an_originate_that_would_say_something_else_cannot_be_made(
    changes: dict[str, object],
) -> None:
    with pytest.raises(AmiValueError):
        command(**changes)


async def test_hindi_split_inside_a_letter_arrives_whole() -> None:
    async with FakeAmi() as server, running(AmiLink(settings(server))) as link:
        for (
            byte
        ) in "Event: Newchannel\r\nPrivilege: call,all\r\nCallerIDName: सीता देवी\r\n\r\n".encode():
            await server.sessions[-1].send_bytes(bytes([byte]))
        assert (await next_event(link)).get("calleridname") == "सीता देवी"


async def test_latin_1_does_not_end_the_link() -> None:
    async with FakeAmi() as server, running(AmiLink(settings(server))) as link:
        raw = "Event: Newchannel\r\nPrivilege: call,all\r\nCallerIDName: José\r\n\r\n"
        await server.sessions[-1].send_bytes(raw.encode("latin-1"))
        assert (await next_event(link)).get("calleridname") == "Jos�"
        assert link.ready


async def test_events_keep_their_order_and_repeated_variables_survive() -> None:
    async with FakeAmi() as server, running(AmiLink(settings(server))) as link:
        for number in range(50):
            await server.event("Event: Newstate", f"Uniqueid: {number}")
        await server.event(
            "Event: AgentCalled",
            "ChanVariable: OTHER=a=b",
            "ChanVariable: HELPLINE_CALL=one",
            "ChanVariable: EMPTY=",
            "DestChanVariable: HELPLINE_CALL=two",
        )
        assert [(await next_event(link)).get("uniqueid") for _ in range(50)] == [
            str(number) for number in range(50)
        ]
        event = await next_event(link)
        assert event.variables == {"OTHER": "a=b", "HELPLINE_CALL": "one"}
        assert event.dest_variables == {"HELPLINE_CALL": "two"}


@pytest.mark.parametrize("junk", ["no colon", ": ", "A: b\r\nA: c", "Priority: 1\r\nUniqueid: 1"])
async def test_a_message_without_its_beginning_ends_the_link_and_nothing_after_it_is_read(
    junk: str,
) -> None:
    async with FakeAmi() as server, running(AmiLink(settings(server))) as link:
        await server.sessions[-1].send_bytes(b"\r\n\r\n")  # nothing at all is no message
        await server.event("Event: Newstate", "Uniqueid: 1")
        assert (await next_event(link)).get("uniqueid") == "1"
        after = b"Event: Hangup\r\nPrivilege: call,all\r\nUniqueid: 1\r\n\r\n"
        await server.sessions[-1].send_bytes(junk.encode() + b"\r\n\r\n" + after)
        await eventually(lambda: link.forgeries)
        await confirm(link)
        assert (link.events, link.ready, link.losses) == (1, True, 1)


async def test_what_a_number_forged_is_not_acted_on_and_the_channel_is_named() -> None:
    """An answer to an action under way is forged too: its id cannot be known."""
    sent: list[str] = []

    async def forged(session: Session, action: Action) -> bool:
        if one(action, "action") != "Getvar":
            return False
        sent.append(one(action, "actionid"))
        await session.send_bytes(
            b"Event: Newchannel\r\nPrivilege: call,all\r\nChannel: PJSIP/101-0000002a\r\n"
            b"ChannelState: 4\r\nCallerIDNum: 0\r\n\r\n"
            b"Response: Success\r\nActionID: " + sent[-1].encode() + b"\r\nValue: x\r\n\r\n"
        )
        return True

    with capture_logs() as logs:
        async with FakeAmi(forged) as server, running(AmiLink(settings(server))) as link:
            with pytest.raises(AmiLinkLostError, match="forged"):
                await link.action("Getvar")
            await confirm(link)
            with pytest.raises(AmiLinkLostError):
                await link.action("Getvar")
            assert link.forgeries
            assert not link.events
    [told, *_] = (log for log in logs if log["log_level"] == "error")
    assert told["of"] == "PJSIP/101-0000002a"
    ids = [one.rpartition("-")[0].removeprefix("cti-") for one in sent]
    assert len(set(ids)) == len(ids) == 2
    assert {len(id) for id in ids} == {16}


async def test_a_number_that_cuts_its_channels_first_event_does_not_end_the_link() -> None:
    cut = (
        b"Event: Newchannel\r\nPrivilege: call,all\r\nChannel: PJSIP/trunk-0000002a\r\n"
        b"ChannelState: 4\r\nChannelStateDesc: Ring\r\nCallerIDNum: 0\r\n\r\n"
        b"Event: Hangup\r\nPrivilege: call,all\r\nUniqueid: 1\r\n\r\n"
        b"CallerIDName: x\r\nChanVariable: HELPLINE_CALL=\r\nChanVariable: %b=\r\n\r\n"
    )
    async with FakeAmi() as server, running(AmiLink(settings(server))) as link:
        for number in range(20):
            await server.sessions[-1].send_bytes(cut % seal(settings(server).secret).encode())
            await server.event("Event: Newstate", f"Uniqueid: {number}")
        heard = [(await next_event(link)).get("uniqueid") for _ in range(20)]
        assert heard == [str(number) for number in range(20)]
        assert (link.ready, link.connects, link.losses, link.forgeries) == (True, 1, 0, 20)


async def test_overflow_drops_the_link_and_resynchronises() -> None:
    async with FakeAmi() as server, running(AmiLink(settings(server, inbox=10))) as link:
        for number in range(30):
            await server.event("Event: Newstate", f"Uniqueid: {number}")
        await eventually(lambda: link.overflows)
        assert not link.ready
        assert link.waiting <= 11
        await confirm(link)
        assert link.ready
        assert link.connects == 2


async def test_silence_is_noticed_and_the_link_made_anew() -> None:
    async with (
        FakeAmi(answers_pings=False) as server,
        running(AmiLink(settings(server, silence=0.3))) as link,
    ):
        assert server.count("Ping") <= 6
        await eventually(lambda: not link.ready)
        server.answers_pings = True
        await confirm(link)
        assert link.connects >= 2


async def test_pings_keep_a_quiet_link_up() -> None:
    async with FakeAmi() as server, running(AmiLink(settings(server, silence=0.3))) as link:
        await eventually(lambda: server.count("Ping") > 15)
        assert link.connects == 1


async def test_wrong_secret_backs_off_and_says_so_once() -> None:
    async with FakeAmi(secret="another") as server:
        link = AmiLink(settings(server, backoff_first=0.05, backoff_refused=60))
        with capture_logs() as logs:
            async with running(link, ready=False):
                await eventually(lambda: server.count("Login") >= 4)
                assert link.state is LinkState.AUTH_FAILED
                # 0.05 + 0.1 + 0.2 s so far, 0.4 s until the next
                assert server.count("Login") <= 5
        assert sum(log["log_level"] == "error" for log in logs) == 1
        assert not any("secret" in str(log.get("error")) for log in logs)


async def test_backoff_doubles_up_to_its_limit() -> None:
    async with FakeAmi(secret="another") as server:
        link = AmiLink(settings(server, backoff_first=0.02, backoff_refused=0.08))
        begun = asyncio.get_running_loop().time()
        async with running(link, ready=False):
            await eventually(lambda: server.count("Login") >= 5)
        assert asyncio.get_running_loop().time() - begun >= 0.02 + 0.04 + 0.08 + 0.08


async def test_no_action_waits_for_ever() -> None:
    async def silent(session: Session, action: Action) -> bool:
        return one(action, "action") == "Silent"

    async def refused(session: Session, action: Action) -> bool:
        if one(action, "action") == "Refused":
            await session.reply(action, "Error", "No such thing")
            return True
        return await silent(session, action)

    async with FakeAmi(refused) as server, running(AmiLink(settings(server))) as link:
        with pytest.raises(AmiTimeoutError):
            await link.action("Silent", timeout=0.1)
        with pytest.raises(AmiTimeoutError):
            await link.action_list("Silent", timeout=0.1)
        # panoramisk alone waits for ever for these two
        async with asyncio.timeout(5):
            reply = await link.action_list("Refused", timeout=60)
            assert (reply.ok, reply.message, reply.events) == (False, "No such thing", ())
            reply = await link.action("Originate", timeout=60)
            assert reply.ok


async def test_a_list_is_gathered_to_its_end() -> None:
    async def channels(session: Session, action: Action) -> bool:
        if one(action, "action") != "CoreShowChannels":
            return False
        id = f"ActionID: {one(action, 'actionid')}"
        await session.reply(action, "Success", "Channels will follow", "EventList: start")
        await session.send("Event: CoreShowChannel", id, "Uniqueid: 1")
        await session.send("Event: Newstate", "Uniqueid: between")
        await session.send("Event: CoreShowChannel", id, "Uniqueid: 2")
        await server.end_list(session, action, "CoreShowChannelsComplete")
        return True

    async with FakeAmi(channels) as server, running(AmiLink(settings(server))) as link:
        reply = await link.action_list("CoreShowChannels")
        assert [event.get("uniqueid") for event in reply.events] == ["1", "2"]
        assert (await next_event(link)).get("uniqueid") == "between"


async def test_an_action_under_way_ends_when_the_link_is_lost() -> None:
    async def cut(session: Session, action: Action) -> bool:
        if one(action, "action") == "Cut":
            session.cut()
            return True
        return False

    async with FakeAmi(cut) as server, running(AmiLink(settings(server))) as link:
        with pytest.raises(AmiLinkLostError):
            await link.action("Cut", timeout=60)


async def test_close_during_a_pending_reconnect_stays_closed() -> None:
    server = FakeAmi()
    await server.listen()
    link = AmiLink(settings(server, backoff_first=0.2))
    task = asyncio.create_task(link.run())
    await confirm(link)
    await server.stop()
    await eventually(lambda: link.state is LinkState.DOWN)
    link.close()
    await server.listen()
    async with asyncio.timeout(5):
        await task
    assert link.state is LinkState.CLOSED
    await asyncio.sleep(0.4)
    assert server.count("Login") == 1
    with pytest.raises(AmiNotConnectedError):
        await link.action("Events")
    await server.stop()


async def test_reconnects_and_is_ready_only_after_the_snapshot() -> None:
    async with FakeAmi() as server, running(AmiLink(settings(server)), ready=False) as link:
        await eventually(lambda: link.state is LinkState.SYNCHRONISING)
        assert not link.ready
        assert await link.originate(command()) is OriginateReply.REFUSED
        await confirm(link)
        assert link.ready
        server.sessions[-1].cut()
        await eventually(lambda: not link.ready)
        await confirm(link)
        assert link.ready


@pytest.mark.parametrize(("expected", "level"), [(False, "warning"), (True, "info")])
async def test_a_link_that_we_expect_to_end_is_nothing_to_warn_of(
    expected: bool, level: str
) -> None:
    async with FakeAmi() as server, running(AmiLink(settings(server))) as link:
        with capture_logs() as logs:
            if expected:
                link.expect_end()
            server.sessions[-1].cut()
            await eventually(lambda: any(log["event"] == "AMI link down" for log in logs))
        assert {log["log_level"] for log in logs if log["event"] == "AMI link down"} == {level}


async def test_a_late_confirmation_does_not_make_the_next_connection_ready() -> None:
    async with FakeAmi() as server, running(AmiLink(settings(server)), ready=False) as link:
        first = await link.next()
        server.sessions[-1].cut()
        await eventually(lambda: link.waiting)
        link.synchronised(first)
        assert not link.ready


async def test_waits_until_asterisk_has_booted() -> None:
    async with (
        FakeAmi(booted=False) as server,
        running(AmiLink(settings(server)), ready=False) as link,
    ):
        await eventually(lambda: server.count("Login") == 1)
        assert link.state is LinkState.CONNECTING
        await server.event("Event: FullyBooted", "Status: Fully Booted")
        await confirm(link)
        assert link.ready


async def test_without_system_events_the_log_says_what_is_missing() -> None:
    async with FakeAmi(booted=False) as server:
        with capture_logs() as logs:
            async with running(AmiLink(settings(server, boot_timeout=0.1)), ready=False):
                await eventually(lambda: server.count("Login") >= 2)
        assert any("system events" in log.get("error", "") for log in logs)


@pytest.mark.parametrize(
    "flood",
    [b"Event: X\r\nY: " + b"z" * 200_000, b"Event: X\r\nY: " + b"z" * 200_000 + b"\r\n\r\n"],
)
async def test_a_message_without_end_is_not_gathered_in_memory(flood: bytes) -> None:
    async with FakeAmi() as server, running(AmiLink(settings(server))) as link:
        await server.sessions[-1].send_bytes(flood)
        await eventually(lambda: not link.ready)
        await confirm(link)
        assert link.events == 0


async def test_what_is_no_asterisk_is_left_at_once() -> None:
    async def web(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    other = await asyncio.start_server(web, "127.0.0.1", 0)
    server = FakeAmi(port=other.sockets[0].getsockname()[1])
    with capture_logs() as logs:
        async with running(AmiLink(settings(server)), ready=False) as link:
            await eventually(lambda: link.connects >= 2)
    other.close()
    assert any("not an Asterisk manager" in log.get("error", "") for log in logs)
