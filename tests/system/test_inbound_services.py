"""What 1076 does without an agent: status, emergency, and telling who is not let in why."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import time, timedelta
from itertools import groupby
from uuid import UUID

import pytest

from calls.admission import block, unblock
from calls.model import Outcome
from calls.owed import PROMISED
from calls.reporting import Facts, Fate, fate
from campaigns.callbacks import Callbacks
from campaigns.window import CallingWindow
from dialplans.names import KEY_KEEP_PLACE
from helpline.adapters import TrunkOriginator
from helpline.dialing import callback_settings
from helpline.lab.bed import CITIZEN, Bed
from helpline.lab.script import Answer, Press, Refuse, Ring, Wait
from helpline.lab.tones import heard
from speech.numbers import digits
from speech.prompts import Prompt
from tests.system.callers import IN_THE_MENU, TALKING, connected, ends_as, place, signed_in
from tests.system.citizens import complain

pytestmark = pytest.mark.asyncio(loop_scope="session")

LATER = Wait(60)
EMERGENCY = (IN_THE_MENU, Press("9"), Wait(0.6), Press("9"), TALKING)
CONTACT = "+919810000077"


def said_once(prompts: list[str]) -> list[str]:
    """Two digits that are the same sound like one long one."""
    return [prompt for prompt, _ in groupby(prompts)]


def in_order(wanted: Sequence[str], said: Sequence[str]) -> bool:
    """`wanted` was said in this order; a subject in a real voice may stand between."""
    rest = iter(said)
    return all(one in rest for one in wanted)


async def test_the_number_keyed_tells_state_officer_and_due_date_without_an_agent(
    helpline: Bed,
) -> None:
    matter = await complain(helpline, CONTACT)
    keys = (IN_THE_MENU, Press("2"), Wait(0.8), Press(matter.number), LATER)
    call = await place(helpline, keys)
    said = heard(await ends_as(call, Outcome.STATUS_TOLD))
    due = (await matter.row())["due_at"]
    day = due + timedelta(hours=5, minutes=30)
    told = [
        *(Prompt.MENU, Prompt.STATUS_ASK, Prompt.STATUS_NUMBER),
        *said_once(list(digits(matter.number))),
        *(Prompt.STATUS_SUBJECT, Prompt.STATE_WITH_OFFICER, Prompt.STATUS_OFFICER, Prompt.LEVEL_1),
        *(Prompt.STATUS_DUE, f"number_{day.day}", f"month_{day.month}"),
        *(Prompt.MENU, Prompt.GOODBYE),
    ]
    assert in_order(told, said_once(said)), said
    assert (await call.row())["queue"] is None


async def test_the_calling_number_hears_its_open_complaints_and_not_with_whom_they_are(
    helpline: Bed,
) -> None:
    matter = await complain(helpline, CONTACT)
    keys = (IN_THE_MENU, Press("2"), Wait(0.8), Press("#"), LATER)
    call = await place(helpline, keys, identity=f"<sip:{CONTACT}@citizen.invalid>")
    said = heard(await ends_as(call, Outcome.STATUS_TOLD))
    told = [Prompt.STATUS_NUMBER, *said_once(list(digits(matter.number))), Prompt.STATUS_SUBJECT]
    assert in_order([*told, Prompt.STATE_WITH_OFFICER], said_once(said)), said
    assert Prompt.STATUS_OFFICER not in said
    assert Prompt.STATUS_DUE not in said


async def test_one_key_connects_to_an_emergency_service_while_no_agent_is_there(
    helpline: Bed,
) -> None:
    service = await helpline.line.expect(Answer((TALKING,), ring=0.3))
    call = await place(helpline, EMERGENCY)
    await connected(helpline)
    assert service.invites() == 1
    await call.phone.bye()
    said = heard(await ends_as(call, Outcome.EMERGENCY))
    assert said[-1] == Prompt.MENU  # the second key spared them the other services
    assert await call.callbacks() == []


async def test_when_no_service_answers_the_caller_goes_before_all_others_to_an_agent(
    helpline: Bed,
) -> None:
    services = await helpline.line.expect(Refuse(486), times=4)
    call = await place(helpline, (IN_THE_MENU, Press("9"), LATER))
    said = heard(await ends_as(call, Outcome.NO_AGENT))
    assert services.invites() == 4
    wanted = [Prompt.EMERGENCY_FIRST, Prompt.CHOICE_PRESS, Prompt.EMERGENCY_FAILED, Prompt.NO_AGENT]
    assert in_order(wanted, said), said
    assert (await call.row())["queue"] == "helpline-hi"


async def test_who_is_not_served_reaches_an_emergency_service_by_one_key(helpline: Bed) -> None:
    await helpline.line.expect(Answer((TALKING,), ring=0.1))
    not_served = (IN_THE_MENU, Press("1"), Wait(1.0), *((Wait(1.5), Press("9")) * 6), TALKING)
    call = await place(helpline, not_served)
    await connected(helpline)
    await call.phone.bye()
    await ends_as(call, Outcome.EMERGENCY)
    assert await call.callbacks() == [(f"+91{CITIZEN}", "no_agent")]


async def test_who_waits_leaves_for_an_emergency_service_by_one_key_and_was_not_lost(
    helpline: Bed,
) -> None:
    """Offered to the queue, served, but by nobody of ours; nobody owes them a call."""
    async with signed_in(helpline):
        await helpline.agent_phone().expect(Ring())
        await helpline.line.expect(Answer((TALKING,), ring=0.1))
        call = await place(helpline, (IN_THE_MENU, Press("1"), Wait(4.0), Press("9"), TALKING))
        await connected(helpline)

        async def waits_no_more() -> bool | None:
            [stay] = await helpline.rows(
                "select left_at from queue_stay where call_id = $1", call.id
            )
            return True if stay["left_at"] else None

        await helpline.until("the citizen to have left the queue", waits_no_more)
        assert (await call.row())["ended_at"] is None
        await call.phone.bye()
        await ends_as(call, Outcome.EMERGENCY)
        row = await call.row()
        assert (row["queue"], row["agent_answered_at"]) == ("helpline-hi", None)
        [stay] = await helpline.rows(
            "select queue, agent_id, moved_to, outcome, owes_callback from offered_stay"
            " where id = $1", call.id
        )  # fmt: skip
        assert tuple(stay) == ("helpline-hi", None, None, "emergency", False)
        facts = Facts(False, False, True, stay["outcome"], owes_callback=False)
        assert fate(facts) is Fate.OVERFLOWED
    await helpline.clear_lines()


async def test_who_hangs_up_before_the_service_answers_is_counted_apart(helpline: Bed) -> None:
    await helpline.line.expect(Answer((TALKING,), ring=30))
    call = await place(helpline, EMERGENCY)

    async def ringing() -> bool | None:
        shown = await helpline.helpline.asterisk.process.cli("core show channels concise")
        return True if "!Ringing!" in shown else None

    await helpline.until("the service's telephone to ring", ringing)
    await call.phone.bye()
    await ends_as(call, Outcome.EMERGENCY_ABANDONED)


async def test_a_blocked_number_hears_so_and_still_reaches_emergency(helpline: Bed) -> None:
    number = "+919810000099"
    identity = f"<sip:{number}@citizen.invalid>"
    now = helpline.now()
    pool = helpline.helpline.pool
    async with pool.acquire() as conn:
        until = now + timedelta(days=1)
        await block(conn, number, until=until, by="supervisor:test", why="test", now=now)
    call = await place(helpline, (LATER,), identity=identity)
    said = heard(await ends_as(call, Outcome.CALLER_BLOCKED))
    assert said[:2] == [Prompt.RECORDING_NOTICE, Prompt.CALLER_BLOCKED]
    await call.phone.wait()
    await helpline.line.expect(Answer((TALKING,), ring=0.1))
    urgent = await place(helpline, (Wait(1.2), *EMERGENCY[1:]), identity=identity)
    await urgent.until("answered_at")
    await connected(helpline)
    await urgent.phone.bye()
    await ends_as(urgent, Outcome.EMERGENCY)
    async with pool.acquire() as conn:
        await unblock(conn, number, by="supervisor:test", now=helpline.now())


async def test_a_waiting_caller_keeps_the_place_and_is_served_when_called_back(
    helpline: Bed,
) -> None:
    async with signed_in(helpline) as page:
        await helpline.agent_phone().expect(Ring())
        call = await place(
            helpline, (IN_THE_MENU, Press("1"), Wait(4.0), Press(KEY_KEEP_PLACE), TALKING)
        )
        said = heard(await ends_as(call, Outcome.CALLBACK_KEPT))
        assert Prompt.KEEP_PLACE_DONE in said
        (row,) = await helpline.rows("select * from callback where call_id = $1", call.id)
        assert (row["reason"], row["queue"]) == ("callback_kept", "helpline-hi")
        assert row["entered_at"] == (await call.row())["queued_at"]
        await helpline.clear_lines()
        await helpline.agent_phone().expect(Answer((TALKING,), ring=0.2))
        await helpline.line.expect(Answer((TALKING,), ring=0.2))
        back = await call_back(helpline, call.id)
        await page.wait_for("answered", 45, call=str(back))

    await helpline.clear_lines()


async def test_whom_we_promised_a_call_is_called_once_an_agent_is_there(helpline: Bed) -> None:
    await helpline.helpline.pool.execute(
        "update callback set done_at = now(), result = 'handled' where done_at is null"
    )
    call = await place(helpline, (IN_THE_MENU, Press("1"), TALKING))
    assert heard(await ends_as(call, Outcome.NO_AGENT))[-2] == Prompt.CALL_BACK_PROMISE
    await helpline.clear_lines()
    async with signed_in(helpline) as page:
        await helpline.agent_phone().expect(Answer((TALKING,), ring=0.2))
        await helpline.line.expect(Answer((TALKING,), ring=0.2))
        back = await call_back(helpline, call.id)
        pop = await page.wait_for("pop", 45, call=str(back))
        assert pop["caller"] == f"+91{CITIZEN}"
        assert str(call.id) in [one["call"] for one in pop["history"]["calls"]]
        await page.wait_for("answered", 45, call=str(back))
        rows = await helpline.rows("select citizen_number, queue from call where id = $1", back)
        assert tuple(rows[0]) == (f"+91{CITIZEN}", "helpline-hi")
    await helpline.clear_lines()


async def call_back(bed: Bed, left: UUID) -> UUID:
    """Let the carrier of call-backs take its turn; the call that it asked for."""
    live = bed.helpline.live
    settings = replace(
        callback_settings(bed.settings),
        window=CallingWindow(time(0), time(23, 59, 59)),
        reasons=PROMISED,
        retry=timedelta(0),  # the tests before called the same citizen
    )

    async def always(_queue: str) -> bool:
        return True

    carrier = Callbacks(
        bed.helpline.pool, TrunkOriginator(live.link, live.live_calls), bed.now, settings, always
    )

    async def asked() -> UUID | None:
        await carrier.tick()
        rows = await bed.rows("select id from callback_attempt where left_call = $1", left)
        return rows[0]["id"] if rows else None

    return await bed.until("the call-back", asked)
