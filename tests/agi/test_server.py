"""The server over real TCP."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import uuid4

import pytest

from agi.apology import ApologyFlow, OverloadFlow
from agi.server import FastAgiServer
from agi.session import Session
from calls.model import Outcome
from dialplans.names import SCRIPT_DESK, SCRIPT_FEEDBACK, SCRIPT_INBOUND, SCRIPTS_CARRIED_ON
from helpline.flows import FOLLOW_UPS as FOLLOW_UPS_OF_A_CELL
from tests.agi.asterisk import Citizen, headers
from tests.agi.rooms import FakeJournal, FakePrompts, now

Serve = Callable[..., Awaitable[FastAgiServer]]
FOLLOW_UPS = tuple(one for one in SCRIPTS_CARRIED_ON if one != SCRIPT_INBOUND)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.005)


class Held:
    """A flow that stays until it is let go, then says one prompt."""

    def __init__(self) -> None:
        self.running = 0
        self.let_go = asyncio.Event()

    async def __call__(self, session: Session) -> None:
        self.running += 1
        await self.let_go.wait()
        await session.say(["still-here"])


async def connect_and_send(port: int, data: bytes) -> bytes:
    """What the server answers before it closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    try:
        return await asyncio.wait_for(reader.read(), 30)
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def test_a_thousand_probes_leave_a_call_in_progress_untouched(serve: Serve) -> None:
    held, citizen = Held(), Citizen()
    server = await serve({"held": held})
    call = asyncio.create_task(citizen.call(server.port, "held"))
    await until(lambda: held.running == 1)
    for _ in range(20):
        probes = [asyncio.open_connection("127.0.0.1", server.port) for _ in range(50)]
        for _, writer in await asyncio.gather(*probes):
            writer.close()
    assert server.active == 1
    held.let_go.set()
    await call
    assert citizen.heard == ["still-here"]
    await until(lambda: not server.active)
    assert (server.served, server.failed, server.refused) == (1, 0, 0)


@pytest.mark.parametrize(
    "garbage",
    [b"GET / HTTP/1.1\r\n\r\n", b"\0" * 5000, b"agi_x\n\n", b"\n\n", b"agi_" + b"x" * 40_000],
)
async def test_garbage_is_hung_up_on_and_disturbs_nobody(serve: Serve, garbage: bytes) -> None:
    held = Held()
    held.let_go.set()
    server = await serve({"held": held})
    assert await connect_and_send(server.port, garbage) == b""
    assert server.rejected == 1
    citizen = Citizen()
    await citizen.call(server.port, "held")
    assert citizen.heard == ["still-here"]


async def test_a_peer_that_never_sends_its_headers_is_dropped(serve: Serve) -> None:
    server = await serve({}, header_seconds=0.05)
    assert await connect_and_send(server.port, b"agi_network: yes\n") == b""
    assert server.rejected == 1


async def test_an_unknown_script_ends_at_once(serve: Serve) -> None:
    server = await serve({})
    assert await connect_and_send(server.port, headers("nothing")) == b""
    assert server.unknown == 1


async def test_the_route_is_found_with_a_query_string(serve: Serve) -> None:
    queries: list[dict[str, str]] = []

    async def flow(session: Session) -> None:
        queries.append(session.query)

    server = await serve({"inbound": flow})
    await Citizen().call(server.port, "inbound?lang=hi")
    assert queries == [{"lang": "hi"}]


async def test_one_call_too_many_is_counted_and_left_to_the_dialplans_apology(
    serve: Serve,
) -> None:
    """There an emergency service is offered."""
    held, journal = Held(), FakeJournal()
    overload = OverloadFlow(cell="c1", journal=journal, prompts=FakePrompts(), now=now)
    server = await serve({"inbound": held}, max_sessions=2, overflow=overload)
    calls = [asyncio.create_task(Citizen().call(server.port, "inbound")) for _ in range(2)]
    await until(lambda: held.running == 2)
    late = Citizen()
    await late.call(server.port, "inbound")
    assert (late.said, late.hung_up) == ([], False)
    call = str(journal.call.id)
    assert late.variables == {"__HELPLINE_CALL": call, "HELPLINE_FAULT": call}
    assert journal.call.number == "+919876543210"
    assert journal.outcome is None  # its end tells
    assert server.refused == 1
    held.let_go.set()
    await asyncio.gather(*calls)
    await until(lambda: server.served == 2)
    again = Citizen()
    await again.call(server.port, "inbound")
    assert again.heard == ["still-here"]


async def test_a_citizen_whom_we_called_hears_that_we_cannot_ask_now(serve: Serve) -> None:
    held, journal, attempt = Held(), FakeJournal(), uuid4()
    overload = OverloadFlow(cell="c1", journal=journal, prompts=FakePrompts(), now=now)
    server = await serve({"feedback": held}, max_sessions=1, overflow=overload)
    first = asyncio.create_task(Citizen().call(server.port, "feedback"))
    await until(lambda: held.running == 1)
    late = Citizen()
    await late.call(server.port, "feedback", [str(attempt)])
    assert (late.said, late.hung_up) == (["all_busy", "call_again"], True)
    assert journal.outcomes == {attempt: Outcome.UNAVAILABLE}
    held.let_go.set()
    await first


@pytest.mark.parametrize("script", FOLLOW_UPS)
async def test_a_call_that_goes_on_is_not_refused_for_those_that_come(
    serve: Serve, script: str
) -> None:
    """And where too many go on, the dialplan carries them: nobody is hung up on in a queue."""
    held, further, apology = Held(), Held(), Held()
    server = await serve(
        {"x": held, script: further}, max_sessions=1, overflow=apology,
        follow_ups=FOLLOW_UPS, carried_on=SCRIPTS_CARRIED_ON,
    )  # fmt: skip
    calls = [asyncio.create_task(Citizen().call(server.port, "x"))]
    await until(lambda: held.running == 1)
    calls.append(asyncio.create_task(Citizen().call(server.port, script)))
    await until(lambda: further.running == 1)
    assert (server.active, server.refused) == (2, 0)
    late = Citizen()
    await late.call(server.port, script)
    assert (late.commands, late.hung_up, apology.running) == ([], False, 0)
    assert server.refused == 1
    held.let_go.set()
    further.let_go.set()
    await asyncio.gather(*calls)


@pytest.mark.parametrize("script", SCRIPTS_CARRIED_ON)
async def test_whose_flow_failed_is_left_to_the_dialplan_where_it_has_a_way_on(
    serve: Serve, script: str
) -> None:
    async def broken(session: Session) -> None:
        await session.answer()
        raise RuntimeError("a bug")

    apology = ApologyFlow(FakePrompts())
    server = await serve({script: broken}, fault=apology, carried_on=SCRIPTS_CARRIED_ON)
    citizen = Citizen()
    await citizen.call(server.port, script)
    await until(lambda: server.failed == 1)
    assert (citizen.said, citizen.hung_up) == ([], False)


async def test_apologies_are_bounded_too(serve: Serve) -> None:
    held, apology = Held(), Held()
    server = await serve({"x": held}, max_sessions=1, max_apologies=1, overflow=apology)
    calls = [asyncio.create_task(Citizen().call(server.port, "x"))]
    await until(lambda: held.running == 1)
    calls.append(asyncio.create_task(Citizen().call(server.port, "x")))
    await until(lambda: apology.running == 1)
    assert await connect_and_send(server.port, headers("x")) == b""
    assert server.refused == 2
    held.let_go.set()
    apology.let_go.set()
    await asyncio.gather(*calls)


async def test_outcomes_of_ended_calls_come_through_a_full_server(serve: Serve) -> None:
    held, ended = Held(), Held()
    ended.let_go.set()
    server = await serve({"x": held, "ended": ended}, max_sessions=1)
    call = asyncio.create_task(Citizen().call(server.port, "x"))
    await until(lambda: held.running == 1)
    await Citizen().call(server.port, "ended", extension="h")
    assert ended.running == 1
    assert server.refused == 0
    held.let_go.set()
    await call


async def test_a_failing_flow_apologises_and_harms_no_other(serve: Serve) -> None:
    async def broken(session: Session) -> None:
        await session.answer()
        raise RuntimeError("a bug")

    held = Held()
    server = await serve({"broken": broken, "held": held}, fault=ApologyFlow(FakePrompts()))
    beside = Citizen()
    call = asyncio.create_task(beside.call(server.port, "held"))
    await until(lambda: held.running == 1)
    citizen = Citizen()
    await citizen.call(server.port, "broken")
    assert citizen.said == ["technical_fault"]
    assert citizen.hung_up
    assert (server.failed, server.served) == (1, 0)
    held.let_go.set()
    await call
    assert beside.heard == ["still-here"]


async def test_a_hangup_is_no_failure(serve: Serve) -> None:
    held = Held()
    held.let_go.set()
    server = await serve({"x": held}, fault=ApologyFlow(FakePrompts()))
    citizen = Citizen(hang_up_at=0)
    await citizen.call(server.port, "x")
    await until(lambda: server.served == 1)
    assert server.failed == 0
    assert len(citizen.commands) == 1


@pytest.mark.parametrize("script", [SCRIPT_DESK, SCRIPT_FEEDBACK])
async def test_a_citizen_whom_we_have_called_is_served_while_we_drain(
    serve: Serve, script: str
) -> None:
    held, after = Held(), Held()
    after.let_go.set()
    server = await serve({"x": held, script: after}, follow_ups=FOLLOW_UPS_OF_A_CELL)
    call = asyncio.create_task(Citizen().call(server.port, "x"))
    await until(lambda: held.running == 1)
    draining = asyncio.create_task(server.drain(30))
    await asyncio.sleep(0)
    answers = Citizen()
    await answers.call(server.port, script)
    assert answers.heard == ["still-here"]
    held.let_go.set()
    await call
    assert await draining


async def test_draining_waits_for_running_calls_and_takes_no_new_ones(serve: Serve) -> None:
    held, citizen = Held(), Citizen()
    server = await serve({"x": held})
    port = server.port
    call = asyncio.create_task(citizen.call(port, "x"))
    await until(lambda: held.running == 1)
    draining = asyncio.create_task(server.drain(30))
    await asyncio.sleep(0)
    with pytest.raises(OSError):
        await asyncio.open_connection("127.0.0.1", port)
    assert not draining.done()
    held.let_go.set()
    assert await draining
    await call
    assert citizen.heard == ["still-here"]


async def test_draining_serves_the_next_flow_of_a_call_that_runs_but_begins_none(
    serve: Serve,
) -> None:
    held, after = Held(), Held()
    server = await serve({"x": held, "after": after}, follow_ups=("after",))
    first = asyncio.create_task(Citizen().call(server.port, "x"))
    await until(lambda: held.running == 1)
    draining = asyncio.create_task(server.drain(30))
    await asyncio.sleep(0)
    await Citizen().call(server.port, "x")  # closed at once
    assert held.running == 1
    held.let_go.set()
    await first
    following = asyncio.create_task(Citizen().call(server.port, "after"))
    await until(lambda: after.running == 1)
    assert not draining.done()
    after.let_go.set()
    await following
    assert await draining
    with pytest.raises(OSError):
        await asyncio.open_connection("127.0.0.1", server.port)


async def test_draining_cuts_calls_that_outstay_it(serve: Serve) -> None:
    held = Held()
    server = await serve({"x": held})
    call = asyncio.create_task(Citizen().call(server.port, "x"))
    await until(lambda: held.running == 1)
    assert not await server.drain(0.01)
    await call
    assert server.active == 0


async def test_headers_in_single_bytes_are_a_call(serve: Serve) -> None:
    held = Held()
    held.let_go.set()
    server = await serve({"x": held})
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    for byte in headers("x", callername="सीता"):
        writer.write(bytes([byte]))
        await asyncio.sleep(0)
    assert await reader.readline() == b'STREAM FILE "still-here" ""\n'
    writer.close()
