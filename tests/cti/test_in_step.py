"""What a page and its telephone are told before we know what Asterisk has, and after."""

import asyncio

import pytest

from cti.softphones import SoftphoneSettings
from db.pool import Pool
from dialplans.names import SIDE_LEG
from tests.cti.fake_ami import Action, FakeAmi, Session, eventually, one
from tests.cti.room import ask, lines, opened, receive, shows
from tests.cti.streams import CALL, agent_leg, citizen_leg, event
from tests.cti.test_room import listing

PHONES = SoftphoneSettings(agents=frozenset({"1001"}), url="wss://pbx/ws")
CITIZEN, AGENT = lines(event("", **citizen_leg())), lines(event("", **agent_leg(state="6")))


def gated(server: FakeAmi, gate: asyncio.Event) -> FakeAmi:
    """Its lists come when the gate is open."""
    usual = server.handler

    async def handler(session: Session, action: Action) -> bool:
        if one(action, "action") == "CoreShowChannels":
            await gate.wait()
        return await usual(session, action)

    server.handler = handler
    return server


async def test_a_page_in_a_call_is_judged_only_by_a_server_that_knows_asterisks_calls(
    pool: Pool,
) -> None:
    """As after a restart of ours: pages come back before the first snapshot."""
    gate = asyncio.Event()
    gate.set()
    server = gated(listing(), gate)
    async with opened(pool, server, softphones=PHONES) as room:
        gate.clear()
        server.channels += [CITIZEN, AGENT]  # type: ignore[attr-defined]
        server.sessions[-1].cut()
        await eventually(lambda: not room.link.ready)
        page = await room.page()
        (hello,) = await receive(page, "hello")
        assert (hello["state"]["call"], hello["state"]["in_step"]) == (None, False)
        await eventually(lambda: server.count("CoreShowChannels") > 1)
        for calls in (0, 1):
            answer = await ask(page, "softphone_ready", calls=calls)
            assert (answer["ok"], answer["reason"]["code"]) == (False, "no_link")
        gate.set()
        await shows(page, status="in_call", call=str(CALL), in_step=True)
        talks = await ask(page, "softphone_ready", calls=1)
        assert (talks["rings"], talks["stale"]) == (False, False)
        reloaded = await ask(page, "softphone_ready", calls=0)
        assert (reloaded["rings"], reloaded["call"]) == (True, str(CALL))


async def test_pages_whose_state_is_the_same_are_told_when_we_are_in_step_again(
    pool: Pool,
) -> None:
    async with opened(pool, listing(), softphones=PHONES) as room:
        page = await room.page()
        await receive(page, "hello")
        room.server.sessions[-1].cut()
        await shows(page, call=None, in_step=True)


@pytest.mark.parametrize("listens", [False, True])
async def test_a_telephones_call_is_over_only_if_asterisk_has_no_leg_of_it(
    pool: Pool, listens: bool
) -> None:
    """A supervisor's leg, who listens, is of no call."""
    spy = {**agent_leg(state="6"), "uniqueid": f"{SIDE_LEG}7", "call": ""}
    channels = [lines(event("", **spy))] if listens else []
    async with opened(pool, listing(*channels), softphones=PHONES) as room:
        page = await room.page()
        (hello,) = await receive(page, "hello")
        assert hello["state"]["call"] is None
        assert (await ask(page, "softphone_ready", calls=1))["stale"] is not listens
