"""Who speaks with a citizen after the first is recorded whole, and heard, whatever their stream's
first packet number: the first one's begins late, the second's early.
"""

from contextlib import AsyncExitStack

import numpy as np
import pytest

from dialplans.names import (
    CONTEXT_DESK_HOLD,
    CONTEXT_EMERGENCY,
    CONTEXT_QUEUES,
    ENDPOINT_TRUNK,
    EXTEN_START,
)
from helpline.demo.agent import AgentPage
from helpline.lab.bed import Bed
from helpline.lab.media import RATE, tone
from helpline.lab.phones import PhoneCall, may_send_raw
from helpline.lab.script import Answer, Jump, Say
from tests.cti.test_live_control import (
    OTHERS_TONE,
    both_up,
    heard_now,
    no_channels,
    talk,
    whole,
)
from tests.cti.wiretap import heard_at, share
from tests.system.callers import AGENTS_TONE, TO_THE_QUEUE, Caller, place, signed_in

pytestmark = pytest.mark.asyncio(loop_scope="session")

LATE = Answer((Say(tone(AGENTS_TONE, 120)),), ring=0.1, first=20_000)
ANEW = Answer((Say(tone(OTHERS_TONE, 4)), Jump(-20_000), Say(tone(OTHERS_TONE, 120))), ring=0.1)
EARLY = Answer((Say(tone(OTHERS_TONE, 120)),), ring=0.1, first=1)


async def talks_with_the_first(desk: Bed, page: AgentPage) -> tuple[Caller, PhoneCall]:
    await page.until_state(status="ready")
    phone = await desk.agent_phone().expect(LATE)
    call = await place(desk, TO_THE_QUEUE)
    await page.until_state(status="in_call", call=str(call.id))
    await talk(desk, call)
    return call, phone


@pytest.mark.skipif(not may_send_raw(), reason="hears packets by a raw socket")
@pytest.mark.parametrize("to", ["number", "agent", "queue", "emergency"])
async def test_who_speaks_second_is_recorded_and_heard_whole(desk: Bed, to: str) -> None:
    async with AsyncExitStack() as stack:
        page = await stack.enter_async_context(signed_in(desk))
        call, phone = await talks_with_the_first(desk, page)
        match to:
            case "number":
                await desk.line.expect(EARLY)
                done = await page.ask("transfer", to={"listed": "water"})
            case "emergency":
                await desk.line.expect(EARLY)
                done = await page.ask("emergency", how="transfer", code="108")
            case "queue":
                done = await page.ask("transfer", to={"queue": "second"})
            case "agent":
                other = await stack.enter_async_context(signed_in(desk, 1))
                await other.until_state(status="ready")
                await desk.agent_phone(1).expect(EARLY)
                done = await page.ask("transfer", to={"agent": "1002"})
        assert done["ok"]
        await page.until_state(status="wrap_up")
        if to == "queue":
            await phone.wait()
            await desk.agent_phone().expect(EARLY)
            await page.ask("end_wrap_up")
        await heard_now(desk, call, OTHERS_TONE)
        [sound] = (await heard_at(desk.site.caller.host, 1)).values()
        assert share(sound, OTHERS_TONE) > 0.9
        await talk(desk, call)
        await call.phone.bye()
        await whole(call, AGENTS_TONE, OTHERS_TONE)
        await no_channels(desk)


async def test_handing_on_ends_a_pause_and_says_so(desk: Bed) -> None:
    async with signed_in(desk) as page:
        call, _ = await talks_with_the_first(desk, page)
        assert (await page.ask("pause_recording", reason="Aadhaar"))["ok"]
        await desk.line.expect(EARLY)
        assert (await page.ask("transfer", to={"listed": "water"}))["ok"]
        await page.until_state(status="wrap_up")
        await heard_now(desk, call, OTHERS_TONE)
        await talk(desk, call)
        [row] = await desk.rows(
            "select p.* from recording_pause p join recording r on r.id = p.recording_id"
            " where r.call_id = $1",
            call.id,
        )
        assert (row["paused_by"], row["resumed_by"]) == ("agent:1001", "agent:1001")
        await call.phone.bye()
        await whole(call, AGENTS_TONE, OTHERS_TONE)
        await no_channels(desk)


async def test_a_recording_that_is_paused_stays_so_when_the_dialplan_hands_on(desk: Bed) -> None:
    async with signed_in(desk) as page:
        call, _ = await talks_with_the_first(desk, page)
        assert (await page.ask("pause_recording", reason="Aadhaar"))["ok"]
        await desk.line.expect(EARLY)
        cli = desk.helpline.asterisk.process.cli
        citizens = await citizens_leg(desk)
        await cli("module load res_clioriginate.so")
        await cli(f"channel redirect {citizens} {CONTEXT_EMERGENCY},108,1")
        await page.until_state(status="wrap_up")
        await both_up(desk)
        await talk(desk, call)
        (file,) = (desk.settings.state_dir.absolute() / "captures").glob(f"*{call.id}*")
        assert not np.fromfile(file, dtype="<i2")[-16_000:].any()
        await call.phone.bye()
        await call.ended()
        await no_channels(desk)


async def test_who_is_moved_on_while_the_recorder_begins_anew_is_recorded(desk: Bed) -> None:
    async with signed_in(desk) as page:
        call, _ = await talks_with_the_first(desk, page)
        await page.ask("pause", reason="break")  # nobody takes them from the queue
        cli = desk.helpline.asterisk.process.cli
        await cli("module load res_clioriginate.so")
        citizens = await citizens_leg(desk)
        await cli(f"channel redirect {citizens} {CONTEXT_QUEUES},second,1")
        await cli(f"channel redirect {citizens} {CONTEXT_DESK_HOLD},{EXTEN_START},1")
        await talk(desk, call)
        await call.phone.bye()
        await whole(call, AGENTS_TONE)
        await no_channels(desk)


async def citizens_leg(desk: Bed) -> str:
    shown = await desk.helpline.asterisk.process.cli("core show channels concise")
    legs = [line.split("!")[0] for line in shown.splitlines()]
    [citizens] = [leg for leg in legs if leg.startswith(f"PJSIP/{ENDPOINT_TRUNK}-")]
    return citizens


@pytest.mark.skipif(not may_send_raw(), reason="hears packets by a raw socket")
async def test_the_citizen_goes_on_hearing_whose_stream_begins_anew(desk: Bed) -> None:
    async with signed_in(desk) as page:
        call, _ = await talks_with_the_first(desk, page)
        await desk.line.expect(ANEW)
        assert (await page.ask("transfer", to={"listed": "water"}))["ok"]
        await page.until_state(status="wrap_up")
        await both_up(desk)
        [sound] = (await heard_at(desk.site.caller.host, 7)).values()
        seconds = np.split(sound[: len(sound) // RATE * RATE], len(sound) // RATE)
        assert all(share(second, OTHERS_TONE) > 0.9 for second in seconds[1:])
        assert len(seconds) >= 6
        await call.phone.bye()
        await call.ended()
        await no_channels(desk)
