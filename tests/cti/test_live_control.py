"""What agents do with calls, against a real Asterisk: who talks with whom, and what is recorded."""

import asyncio
from pathlib import Path
from uuid import UUID, uuid4

import numpy as np
import pytest
from asyncpg import Record

import agi.desk
from agi.connection import Connection
from agi.protocol import Request
from agi.server import FastAgiServer
from calls.model import Outcome
from calls.report_rows import Span, figures
from calls.reporting import By, Fate, Rules
from complaints.registration import Registration, register
from dialplans.names import CONTEXT_EMERGENCY
from helpline.demo.agent import AgentPage
from helpline.demo.reference import CATEGORY, PLACE
from helpline.lab.bed import CITIZEN, Bed
from helpline.lab.media import tone
from helpline.lab.phones import PhoneCall
from helpline.lab.script import Answer, Refuse, Ring, Say
from helpline.lab.tones import heard, level
from recordings.audio import RATE, read_wav
from speech.prompts import Prompt
from tests.cti.wiretap import share
from tests.system.callers import AGENTS_TONE, CITIZENS_TONE, TO_THE_QUEUE, Caller, place, signed_in

pytestmark = pytest.mark.asyncio(loop_scope="session")

OTHERS_TONE = 2900.0
LEFT, RIGHT = 0, 1
TALKS = Answer((Say(tone(AGENTS_TONE, 120)),), ring=0.1)
OTHER_TALKS = Answer((Say(tone(OTHERS_TONE, 120)),), ring=0.1)


async def in_call(bed: Bed, page: AgentPage) -> tuple[Caller, PhoneCall]:
    """A citizen talks with the first agent."""
    await page.until_state(status="ready")
    phone = await bed.agent_phone().expect(TALKS)
    call = await place(bed, TO_THE_QUEUE)
    await page.until_state(status="in_call", call=str(call.id))
    return call, phone


async def room(bed: Bed, people: int) -> None:
    """Until so many are in the only room."""

    async def so() -> bool | None:
        text = await bed.helpline.asterisk.process.cli("confbridge list")
        counts = [line.split()[1] for line in text.splitlines()[2:] if line.strip()]
        return (counts == [str(people)]) or None

    await bed.until(f"{people} in the room", so)


async def stays(bed: Bed, call: Caller) -> list[Record]:
    """In queues, in their order."""
    return await bed.rows(
        "select * from queue_stay where call_id = $1 order by entered_at, left_at", call.id
    )


async def talks(bed: Bed, call: Caller) -> list[Record]:
    """Agents', in their order."""
    return await bed.rows("select * from agent_talk where call_id = $1 order by began_at", call.id)


async def whole(call: Caller, *heard: float, said: float = CITIZENS_TONE) -> Path:
    """Its only recording: as long as the call, the citizen left, all those heard right."""
    await call.ended()
    path = await call.recording()
    assert level(path, LEFT, said) > 0.9
    for hertz in heard:
        assert level(path, RIGHT, hertz) > 0.02, hertz
        assert level(path, LEFT, hertz) < 0.01, hertz
    return path


async def talk(bed: Bed, call: Caller, seconds: float = 1.5) -> None:
    """Until the recording has grown by so much."""
    (file,) = list((bed.settings.state_dir.absolute() / "captures").glob(f"*{call.id}*"))
    size = file.stat().st_size

    async def grown() -> bool | None:
        return file.stat().st_size > size + seconds * 2 * 2 * 8000 or None

    await bed.until("some talk", grown)


async def heard_now(bed: Bed, call: Caller, hertz: float, least: float = 0.5) -> None:
    """Until the citizen hears this tone: a voice may begin later than its call."""
    (file,) = list((bed.settings.state_dir.absolute() / "captures").glob(f"*{call.id}*"))

    async def so() -> bool | None:
        samples = np.fromfile(file, dtype="<i2")
        sound = samples[: len(samples) // 2 * 2].reshape(-1, 2)[-8000:, RIGHT]
        return share(sound.astype(np.float32), hertz) > least or None

    await bed.until(f"{hertz} Hz to be heard", so)


async def test_a_blind_transfer_to_an_agent_frees_the_first_and_keeps_the_recording(
    desk: Bed,
) -> None:
    async with signed_in(desk) as page, signed_in(desk, 1) as other:
        await other.ask("pause", reason="break")
        call, _ = await in_call(desk, page)
        await talk(desk, call)
        refused = await page.ask("transfer", to={"agent": "1002"})
        assert (refused["ok"], refused["reason"]) == (False, {"code": "agent_not_free"})
        await other.ask("ready")
        await other.until_state(status="ready")
        await desk.agent_phone(1).expect(OTHER_TALKS)
        assert (await page.ask("transfer", to={"agent": "1002"}))["ok"]
        pop = await other.wait_for("pop", call=str(call.id))
        assert pop["caller"] == f"+91{CITIZEN}"
        await other.until_state(status="in_call", call=str(call.id))
        await page.until_state(status="wrap_up")
        await heard_now(desk, call, OTHERS_TONE)
        await call.phone.bye()
        await whole(call, AGENTS_TONE, OTHERS_TONE)
        row = await call.row()
        assert (row["outcome"], row["agent_id"]) == (Outcome.AGENT_ANSWERED, "1002")
        first, second = await talks(desk, call)
        assert (first["agent_id"], first["handed_to"]) == ("1001", "agent:1002")
        assert (second["agent_id"], second["handed_to"]) == ("1002", None)
        assert row["agent_answered_at"] == first["began_at"] < first["ended_at"]
        assert first["ended_at"] <= second["began_at"] < second["ended_at"]
        [stay] = await stays(desk, call)
        assert (stay["agent_id"], stay["left_at"]) == ("1001", first["began_at"])


async def test_an_attended_transfer_hands_over_after_asking(desk: Bed) -> None:
    async with signed_in(desk) as page:
        call, phone = await in_call(desk, page)
        await talk(desk, call)
        await desk.line.expect(OTHER_TALKS)
        assert (await page.ask("consult", to={"listed": "112"}))["ok"]
        assert (await page.ask("consult", to={"listed": "112"}))["ok"] is False
        await room(desk, 2)  # agent and third; the citizen waits outside
        assert (await page.ask("consult_complete"))["ok"]
        await phone.wait()
        await page.until_state(status="wrap_up")
        await room(desk, 2)  # citizen and third
        await heard_now(desk, call, OTHERS_TONE)
        await call.phone.bye()
        await whole(call, AGENTS_TONE, OTHERS_TONE)
        await no_channels(desk)


async def test_a_citizen_whom_the_third_leaves_is_not_left_alone_in_the_room(desk: Bed) -> None:
    """The agent handed them over and is gone."""
    async with signed_in(desk) as page:
        call, phone = await in_call(desk, page)
        talks_a_while = Answer((Say(tone(OTHERS_TONE, 10)),), ring=0.1, hang_up=True)
        third = await desk.line.expect(talks_a_while)
        assert (await page.ask("consult", to={"listed": "112"}))["ok"]
        await room(desk, 2)
        assert (await page.ask("consult_complete"))["ok"]
        await phone.wait()
        await room(desk, 2)
        await third.wait()
        assert (await call.ended())["outcome"] == Outcome.AGENT_ANSWERED
        await no_channels(desk)


async def test_an_emergency_comes_to_all_while_the_citizen_waits_for_who_is_asked(
    desk: Bed,
) -> None:
    async with signed_in(desk) as page, signed_in(desk, 1) as other:
        await other.ask("pause", reason="break")
        call, _ = await in_call(desk, page)
        await other.ask("ready")
        await other.until_state(status="ready")
        await desk.agent_phone(1).expect(OTHER_TALKS)
        assert (await page.ask("consult", to={"agent": "1002"}))["ok"]
        await room(desk, 2)
        await desk.line.expect(TALKS)
        assert (await page.ask("emergency"))["ok"]
        await room(desk, 4)
        assert (await page.ask("emergency"))["reason"] == {"code": "asked_already"}
        await heard_now(desk, call, OTHERS_TONE, 0.1)  # beside two who have the other tone
        await call.phone.bye()
        await call.ended()
        await no_channels(desk)


async def test_an_agent_who_is_asked_sees_it_ring_and_whose_call_it_is(desk: Bed) -> None:
    async with signed_in(desk) as page, signed_in(desk, 1) as other:
        await other.ask("pause", reason="break")
        call, _ = await in_call(desk, page)
        await other.ask("ready")
        await other.until_state(status="ready")
        await desk.agent_phone(1).expect(Answer((Say(tone(OTHERS_TONE, 120)),), ring=3))
        assert (await page.ask("consult", to={"agent": "1002"}))["ok"]
        await other.until_state(status="ringing", call=str(call.id))
        await other.until_state(status="in_call", call=str(call.id))
        await call.phone.bye()
        await call.ended()
        await no_channels(desk)


@pytest.mark.parametrize("target", ["number", "agent:1002"])
async def test_who_hangs_up_in_a_consultation_has_handed_the_citizen_over(
    desk: Bed, target: str
) -> None:
    async with signed_in(desk) as page, signed_in(desk, 1) as other:
        await other.ask("pause", reason="break")
        call, _ = await in_call(desk, page)
        await talk(desk, call)
        await other.ask("ready")
        await other.until_state(status="ready")
        outside = target == "number"
        await (desk.line if outside else desk.agent_phone(1)).expect(OTHER_TALKS)
        asked = {"listed": "112"} if outside else {"agent": "1002"}
        assert (await page.ask("consult", to=asked))["ok"]
        await room(desk, 2)
        assert (await page.ask("hang_up"))["ok"]
        await page.until_state(status="wrap_up")
        await heard_now(desk, call, OTHERS_TONE)
        await call.phone.bye()
        await call.ended()
        await no_channels(desk)
        first, *later = await talks(desk, call)
        assert (first["agent_id"], first["handed_to"]) == ("1001", target)
        others = [(talk["agent_id"], talk["handed_to"]) for talk in later]
        assert others == ([] if outside else [("1002", None)])


async def test_who_is_asked_and_does_not_answer_leaves_agent_and_citizen_talking(
    desk: Bed,
) -> None:
    async with signed_in(desk) as page:
        call, _ = await in_call(desk, page)
        await desk.line.expect(Refuse(486))
        assert (await page.ask("consult", to={"listed": "112"}))["ok"]
        await room(desk, 2)
        await talk(desk, call)
        await page.until_state(status="in_call", call=str(call.id))
        assert (await page.ask("hang_up"))["ok"]
        await whole(call, AGENTS_TONE)
        await no_channels(desk)


async def test_an_emergency_is_joined_in_one_click_and_stays_when_the_agent_leaves(
    desk: Bed,
) -> None:
    async with signed_in(desk) as page:
        call, phone = await in_call(desk, page)
        emergency = await desk.line.expect(OTHER_TALKS)
        assert (await page.ask("emergency"))["ok"]
        await room(desk, 3)
        await talk(desk, call)
        assert (await page.ask("keys", keys="12#"))["ok"]
        assert (await page.ask("hang_up"))["ok"]
        await phone.wait()
        await room(desk, 2)
        await heard_now(desk, call, OTHERS_TONE)
        await call.phone.bye()
        await emergency.wait()
        await whole(call, AGENTS_TONE, OTHERS_TONE)
        actions = await desk.rows(
            "select action, target from desk_action where call_id = $1 order by at, id", call.id
        )
        assert [tuple(row) for row in actions] == [
            ("conference", "number:112"), ("keys", ""), ("hang_up", ""),
        ]  # fmt: skip
        await no_channels(desk)


async def test_a_citizen_is_handed_to_a_queue(desk: Bed) -> None:
    async with signed_in(desk) as page:
        call, phone = await in_call(desk, page)
        assert (await page.ask("transfer", to={"queue": "nowhere"}))["ok"] is False
        assert (await page.ask("transfer", to={"queue": "second"}))["ok"]
        await page.until_state(status="wrap_up")
        await phone.wait()
        await page.ask("end_wrap_up")
        await desk.agent_phone().expect(TALKS)
        await page.until_state(status="in_call", call=str(call.id))
        await call.phone.bye()
        row = await call.ended()
        assert (row["queue"], row["outcome"]) == ("second", Outcome.AGENT_ANSWERED)
        first, second = await stays(desk, call)
        assert (first["agent_id"], second["queue"], second["agent_id"]) == (
            "1001", "second", "1001",
        )  # fmt: skip
        assert [talk["handed_to"] for talk in await talks(desk, call)] == ["queue:second", None]


async def test_who_overflows_from_a_queue_and_hangs_up_in_the_next_is_in_the_figures_of_both(
    desk: Bed,
) -> None:
    async with signed_in(desk) as page:
        call, phone = await in_call(desk, page)
        await page.ask("pause", reason="break")
        assert (await page.ask("transfer", to={"queue": "short"}))["ok"]
        await phone.wait()

        async def waits() -> bool | None:
            return [stay["queue"] for stay in await stays(desk, call)][2:] == ["second"] or None

        await desk.until("the citizen waits in the second queue", waits)
        await call.phone.bye()
        row = await call.ended()
        # The moment before the queue took them leaves the agent's trace: not in the figures.
        assert row["outcome"] in (Outcome.QUEUE_ABANDONED, Outcome.AGENT_ANSWERED)
    span = Span(since=row["started_at"], until=row["ended_at"])
    async with desk.helpline.pool.acquire() as conn:
        found = await figures(conn, span, By.QUEUE, Rules(), row["ended_at"])
    fates = {queue: [one for one in Fate if line.fates[one]] for queue, line in found.lines.items()}
    assert fates == {
        row["queue"]: [Fate.ABANDONED], "short": [Fate.OVERFLOWED],
        (await stays(desk, call))[0]["queue"]: [Fate.ANSWERED],
    }  # fmt: skip
    assert found.total.offered == 3


async def test_one_click_calls_the_citizen_once_with_notice_and_recording(desk: Bed) -> None:
    async with signed_in(desk) as page:
        await page.until_state(status="ready")
        number = await complaint(desk)
        agents = await desk.agent_phone().expect(TALKS)
        citizen = await desk.line.expect(Answer((Say(tone(CITIZENS_TONE, 120)),), ring=0.3))
        key = str(uuid4())
        first = await page.ask("call_citizen", key=key, complaint=number)
        again = await page.ask("call_citizen", key=key, complaint=number)
        assert first["ok"]
        assert again["call"] == first["call"]
        await page.until_state(status="in_call", call=first["call"])
        refused = await page.ask("call_citizen", key=str(uuid4()), complaint=number)
        assert (refused["ok"], refused["reason"]) == (False, {"code": "in_a_call"})
        await room(desk, 2)
        rows = await desk.rows("select id from call where id = $1", first["call"])
        call = Caller(desk, citizen, rows[0]["id"])
        pop = await page.wait_for("pop", call=first["call"])
        assert pop["caller"] == f"+91{CITIZEN}"
        await talk(desk, call)
        assert citizen.invites() == agents.invites() == 1
        assert (await page.ask("hang_up"))["ok"]
        path = await whole(call, AGENTS_TONE)
        row = await call.row()
        assert (row["direction"], row["outcome"]) == ("outbound", Outcome.AGENT_ANSWERED)
        assert row["agent_id"] == "1001"
        assert heard(path)[0] == Prompt.RECORDING_NOTICE
        await no_channels(desk)


@pytest.mark.parametrize("lost", ["before", "in_the_middle"])
async def test_who_answers_a_click_without_our_server_is_recorded_and_told_all_the_same(
    desk: Bed, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    """By the dialplan: as while it drains, or where it ends once the recorder runs."""

    def closes(_self: FastAgiServer, connection: Connection, _request: Request) -> None:
        connection.close()

    def breaks(_chosen: str | None, _offered: object) -> str:
        raise RuntimeError("a bug")

    async with signed_in(desk) as page:
        await page.until_state(status="ready")
        number = await complaint(desk)
        await desk.agent_phone().expect(TALKS)
        citizen = await desk.line.expect(Answer((Say(tone(CITIZENS_TONE, 120)),), ring=0.3))
        with monkeypatch.context() as patched:
            if lost == "before":
                patched.setattr(FastAgiServer, "_begin", closes)
            else:
                patched.setattr(agi.desk, "to_be_spoken", breaks)
            answer = await page.ask("call_citizen", key=str(uuid4()), complaint=number)
            await page.until_state(status="in_call", call=answer["call"])
            await room(desk, 2)
        call = Caller(desk, citizen, UUID(answer["call"]))
        await talk(desk, call)
        assert (await page.ask("hang_up"))["ok"]
        await call.ended()
        path = await desk.stored(call.id)
        assert level(path, LEFT, CITIZENS_TONE) > 0.9
        assert level(path, RIGHT, AGENTS_TONE) > 0.02
        assert heard(path).count(Prompt.RECORDING_NOTICE) == 1
        assert heard(path)[0] == Prompt.RECORDING_NOTICE
        row = await call.row()
        assert (row["direction"], row["outcome"]) == ("outbound", Outcome.AGENT_ANSWERED)
        await no_channels(desk)


async def test_a_citizen_who_is_busy_ends_the_click_and_frees_the_agent(desk: Bed) -> None:
    async with signed_in(desk) as page:
        await page.until_state(status="ready")
        number = await complaint(desk)
        await desk.agent_phone().expect(TALKS)
        await desk.line.expect(Refuse(486))
        answer = await page.ask("call_citizen", key=str(uuid4()), complaint=number)

        async def ended() -> str | None:
            rows = await desk.rows("select outcome from call where id = $1", answer["call"])
            return rows[0]["outcome"] if rows else None

        assert await desk.until("the call's end", ended) == Outcome.BUSY
        await page.until_state(status="ready")
        await no_channels(desk)


async def test_an_agent_pauses_the_recording_with_a_reason_and_only_in_a_call(desk: Bed) -> None:
    async with signed_in(desk) as page:
        await page.until_state(status="ready")
        assert (await page.ask("pause_recording", reason="Aadhaar"))["ok"] is False
        call, _ = await in_call(desk, page)
        await talk(desk, call)
        assert (await page.ask("pause_recording", reason=" "))["ok"] is False
        paused = await page.ask("pause_recording", reason="Aadhaar")
        assert (paused["ok"], paused["paused"], paused["why"]) == (True, True, "Aadhaar")
        assert paused["until"] is not None
        assert (await page.ask("pause_recording", reason="again"))["ok"] is False
        assert (await page.ask("recording"))["until"] == paused["until"]
        await asyncio.sleep(2)
        resumed = await page.ask("resume_recording")
        assert (resumed["ok"], resumed["paused"]) == (True, False)
        assert (await page.ask("resume_recording"))["ok"] is False
        await talk(desk, call)
        await call.phone.bye()
        await call.ended()
        samples = read_wav(await call.recording())[:, LEFT].astype(float) / 32768
        half = RATE // 2  # of two quiet seconds, one begins and ends within them
        quiet = [abs(samples[at : at + half]).max() < 0.02 for at in range(0, len(samples), half)]
        first, last = quiet.index(False), len(quiet) - quiet[::-1].index(False)
        assert any(quiet[first:last])
        [row] = await desk.rows(
            "select p.* from recording_pause p join recording r on r.id = p.recording_id"
            " where r.call_id = $1",
            call.id,
        )
        assert (row["paused_by"], row["resumed_by"]) == ("agent:1001", "agent:1001")


CUT_OFF = "insert into dial_cut_off (id, endpoint, at, why) values ($1, '1001', now(), 'test')"


@pytest.mark.parametrize("why", ["no rule", "cut off"])
async def test_who_may_not_dial_reaches_nobody_outside_but_an_emergency_service(
    desk: Bed, why: str
) -> None:
    if why == "cut off":
        await desk.rows(CUT_OFF, uuid4())
    else:
        await desk.rows("delete from dial_rule")
    async with signed_in(desk) as page:
        await page.until_state(status="ready")
        before = await desk.last_call_id()
        number = await complaint(desk)
        refused = [await page.ask("call_citizen", key=str(uuid4()), complaint=number)]
        assert await desk.last_call_id() == before
        call, _ = await in_call(desk, page)
        for way in ("transfer", "consult", "conference"):
            refused.append(await page.ask(way, to={"listed": "water"}))
        assert [one["ok"] for one in refused] == [False] * 4
        requests = await desk.rows("select refused from dial_request where endpoint = '1001'")
        assert [row["refused"] for row in requests] == [why.replace(" ", "_")] * 4
        service = await desk.line.expect(OTHER_TALKS)
        assert (await page.ask("emergency"))["ok"]
        await room(desk, 3)
        await call.phone.bye()
        await service.wait()
        await call.ended()
        await no_channels(desk)


async def test_a_citizen_is_handed_to_an_emergency_service_and_the_agent_is_free(
    desk: Bed,
) -> None:
    """While a colleague is asked, who is free then, too."""
    async with signed_in(desk) as page, signed_in(desk, 1) as other:
        await other.ask("pause", reason="break")
        call, phone = await in_call(desk, page)
        await talk(desk, call)
        await other.ask("ready")
        await other.until_state(status="ready")
        asked = await desk.agent_phone(1).expect(TALKS)
        assert (await page.ask("consult", to={"agent": "1002"}))["ok"]
        await room(desk, 2)
        service = await desk.line.expect(OTHER_TALKS)
        assert (await page.ask("emergency", how="transfer", code="108"))["ok"]
        await phone.wait()
        await asked.wait()
        await page.until_state(status="wrap_up")
        await both_up(desk)
        await heard_now(desk, call, OTHERS_TONE)
        await call.phone.bye()
        await service.wait()
        await whole(call, AGENTS_TONE, OTHERS_TONE)
        actions = await desk.rows(
            "select target from desk_action where call_id = $1 order by at, id", call.id
        )
        assert [row["target"] for row in actions] == ["agent:1002", "number:108"]
        await no_channels(desk)


async def test_an_emergency_service_that_rings_rings_on_when_the_agent_hangs_up(desk: Bed) -> None:
    """Anew, for the citizen alone."""
    async with signed_in(desk) as page:
        call, phone = await in_call(desk, page)
        service = await desk.line.expect(Ring(), times=2)
        assert (await page.ask("emergency", code="108"))["ok"]
        await room(desk, 2)

        async def rung() -> bool | None:
            return service.invites() == 1 or None

        async def rung_anew() -> bool | None:
            shown = await desk.helpline.asterisk.process.cli("core show channels concise")
            return (f"!{CONTEXT_EMERGENCY}!108!" in shown and "!Ringing!" in shown) or None

        await desk.until("the service to ring", rung)
        assert (await page.ask("hang_up"))["ok"]
        await phone.wait()
        await page.until_state(status="wrap_up")
        await desk.until("the service to ring for the citizen", rung_anew)
        await call.phone.bye()
        await call.ended()
        await service.wait()
        await no_channels(desk)


async def complaint(bed: Bed) -> str:
    done = await register(
        bed.helpline.pool,
        Registration(
            key=uuid4(), contact=f"+91{CITIZEN}", category=CATEGORY, place=PLACE,
            text="हैंडपंप खराब है", separate=True,
        ),
        policy=bed.settings.rules,
        now=bed.now(),
        actor="agent:1001",
    )  # fmt: skip
    return done.number


async def both_up(bed: Bed) -> None:
    """Until the citizen and who was rung for them are connected."""

    async def so() -> bool | None:
        text = await bed.helpline.asterisk.process.cli("core show channels concise")
        return [line.split("!")[4] for line in text.splitlines()] == ["Up", "Up"] or None

    await bed.until("two connected legs", so)


async def no_channels(bed: Bed) -> None:
    """Until Asterisk has none left, and we think so too."""

    async def none() -> bool | None:
        text = await bed.helpline.asterisk.process.cli("core show channels concise")
        return (not text.strip() and not bed.helpline.live.live_calls()) or None

    await bed.until("no channel to be left", none)
