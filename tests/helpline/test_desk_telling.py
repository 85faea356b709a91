"""What an agent was told in a call is entered once, with that call as its evidence, or refused."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from calls.model import Outcome
from calls.store import end_if_open
from complaints.errors import EvidenceFault, IllegalMoveError
from complaints.lifecycle import PauseReason
from complaints.pausing import pause
from complaints.tellable import Deed, deeds
from cti.errors import ConflictError, FieldsRefusedError, NoSuchCallError
from cti.ports import ToldForm
from helpline.desk_telling import REFUSED, DeskTellings
from tests.complaints.world import World, sign
from web.texts import Texts

AGENT, OTHERS = "101", "+919876500000"


@pytest.fixture
def desk(world: World) -> DeskTellings:
    return DeskTellings(world.pool, world.policy, lambda: world.now, sign)


def told(call: UUID, number: str, what: str, **more: Any) -> ToldForm:
    form = ToldForm(agent_id=AGENT, call_id=call, complaint=number, what=what)
    return replace(form, **({"speaker": "complainant"} | more))


async def disposed(world: World) -> str:
    number = (await world.register()).number
    await world.dispose(number)
    world.later(hours=1)
    return number


async def state_of(world: World, number: str) -> dict[str, Any]:
    row = await world.pool.fetchrow("select * from complaint where number = $1", number)
    assert row is not None
    return dict(row)


async def refused(desk: DeskTellings, form: ToldForm) -> str:
    with pytest.raises(ConflictError) as caught:
        await desk.tell(form)
    return str(caught.value.reason.code)


async def test_a_satisfied_citizen_closes_with_that_call_as_evidence_however_often_it_is_sent(
    world: World, desk: DeskTellings
) -> None:
    number = await disposed(world)
    call = await world.talked_with(AGENT)
    [shown] = await desk.about(AGENT, call, None)
    assert (shown["number"], shown["citizen"], shown["theirs"]) == (number, "रामप्यारी देवी", True)
    assert shown["deeds"] == (Deed.SATISFIED, Deed.DISSATISFIED, Deed.WITHDRAW, Deed.COMMENT)
    form = told(call, number, "satisfied", read_out=True)
    both = await asyncio.gather(desk.tell(form), desk.tell(form))
    assert {one.result for one in both} == {"closed_satisfied"}
    row = await state_of(world, number)
    assert (row["state"], row["closing_attempt"]) == ("closed_satisfied", call)
    assert await world.pool.fetchval("select count(*) from feedback") == 1
    assert await refused(desk, told(call, number, "dissatisfied", reason="not_done")) == (
        "answered_otherwise"
    )


async def test_a_dissatisfied_citizen_brings_it_back_to_its_officer_with_the_reason(
    world: World, desk: DeskTellings
) -> None:
    number = await disposed(world)
    call = await world.talked_with(AGENT)
    done = await desk.tell(told(call, number, "dissatisfied", reason="false_report"))
    assert (done.result, done.level, done.due_at is not None) == ("returned_for_review", 1, True)
    register = await world.pool.fetchrow(
        "select attempt_id, reason_code from dissatisfaction_register"
    )
    assert register is not None
    assert tuple(register) == (call, "false_report")
    assert await refused(desk, told(await world.talked_with(AGENT), number, "satisfied")) == (
        "not_awaiting"
    )


async def test_only_the_agent_who_has_the_call_enters_what_was_said_in_it(
    world: World, desk: DeskTellings
) -> None:
    number = await disposed(world)
    others = await world.talked_with("102")
    rings = await world.call()
    for call in (others, rings):
        assert await refused(desk, told(call, number, "satisfied", read_out=True)) == "not_yours"
        with pytest.raises(ConflictError):
            await desk.about(AGENT, call, None)
    with pytest.raises(NoSuchCallError):
        await desk.tell(told(uuid4(), number, "satisfied", read_out=True))
    # It is theirs, but no row says yet that they talk.
    live = DeskTellings(world.pool, world.policy, lambda: world.now, sign, lambda *_: True)
    assert await refused(live, told(rings, number, "satisfied", read_out=True)) == "call_not_had"
    assert (await state_of(world, number))["state"] == "awaiting_feedback"


async def test_another_number_answers_for_nobody_and_takes_back_only_what_an_agent_confirmed(
    world: World, desk: DeskTellings
) -> None:
    number = await disposed(world)
    call = await world.talked_with(AGENT, OTHERS)
    assert await desk.about(AGENT, call, None) == []
    spaced = f"{number[:3]} {number[3:]}"
    [shown] = await desk.about(AGENT, call, spaced)
    assert (shown["theirs"], shown["deeds"]) == (False, (Deed.WITHDRAW, Deed.COMMENT))
    assert await refused(desk, told(call, number, "satisfied", read_out=True)) == "not_their_number"
    form = told(call, number, "withdraw", text="अब ज़रूरत नहीं")
    assert await refused(desk, form) == "not_their_number"
    form = replace(form, confirmed="नाम, गाँव और तारीख बताई", speaker="for_complainant")
    first, again = await desk.tell(form), await desk.tell(form)
    assert first == replace(again, level=None)
    assert again.result == "withdrawn"
    said = await world.pool.fetchval("select text from complaint_end")
    assert said == (
        "अब ज़रूरत नहीं (शिकायतकर्ता की ओर से बात की); identity confirmed: नाम, गाँव और तारीख बताई"
    )
    assert await refused(
        desk, told(await world.talked_with(AGENT), number, "withdraw", text="x")
    ) == ("ended")


async def test_the_name_of_who_complains_in_confidence_is_not_told_to_who_says_the_number(
    world: World, desk: DeskTellings
) -> None:
    number = (await world.register(world.form(confidential=True))).number
    [shown] = await desk.about(AGENT, await world.talked_with(AGENT, OTHERS), number)
    assert shown["citizen"] is None
    [shown] = await desk.about(AGENT, await world.talked_with(AGENT), None)
    assert shown["citizen"] == "रामप्यारी देवी"


async def test_a_click_about_a_confidential_complaint_tells_of_that_one_alone_and_no_name(
    world: World, desk: DeskTellings
) -> None:
    secret = await world.register(world.form(confidential=True))
    await world.register()
    await world.pool.execute("insert into agent values ($1, 'अ', 'cell-1', '{q}')", AGENT)
    call = await world.talked_with(AGENT)
    await world.pool.execute("update call set direction = 'outbound' where id = $1", call)
    await world.pool.execute(
        "insert into desk_call values ($1, $2, $3, $4, $5)",
        *(uuid4(), call, AGENT, secret.complaint_id, world.now),
    )
    [shown] = await desk.about(AGENT, call, None)
    assert (shown["number"], shown["clicked"], shown["citizen"]) == (secret.number, True, None)
    assert (await desk.about(AGENT, call, secret.number))[0]["citizen"] is None
    await world.talked_with(AGENT)  # a call of the citizen's own
    shown_now = await desk.about(AGENT, call, None)
    assert [one["citizen"] for one in shown_now] == ["रामप्यारी देवी"] * 2


async def test_reopened_within_the_window_once_and_not_after_it(
    world: World, desk: DeskTellings
) -> None:
    number = await disposed(world)
    await desk.tell(told(await world.talked_with(AGENT), number, "satisfied", read_out=True))
    world.later(days=2)
    call = await world.talked_with(AGENT)
    form = told(call, number, "reopen", reason="partly_done", text="पानी फिर बंद")
    first, again = await desk.tell(form), await desk.tell(form)
    assert first == again
    assert (first.result, first.level) == ("reopened", 1)
    assert (await world.events((await state_of(world, number))["id"])).count("reopened") == 1
    await world.dispose(number)
    await desk.tell(told(await world.talked_with(AGENT), number, "satisfied", read_out=True))
    world.later(days=31)
    late = await world.talked_with(AGENT)
    [shown] = await desk.about(AGENT, late, None)
    assert shown["deeds"] == (Deed.COMMENT,)
    assert await refused(desk, told(late, number, "reopen", reason="other")) == "not_allowed"


async def test_an_officers_report_needs_an_officers_call_and_the_post_that_has_it(
    world: World, desk: DeskTellings
) -> None:
    number = (await world.register()).number
    own = await world.talked_with(AGENT)
    report = told(
        own, number, "disposal",
        speaker="officer", disposal="resolved", post="L1-MAH", text="हैंडपंप बदला गया",
    )  # fmt: skip
    assert await refused(desk, report) == "citizens_own_call"
    withheld = await world.talked_with(AGENT)
    await world.pool.execute("update call set citizen_number = null where id = $1", withheld)
    [shown] = await desk.about(AGENT, withheld, number)
    assert (shown["post"], Deed.DISPOSAL in shown["deeds"]) == ("L1-MAH", True)
    report = replace(report, call_id=withheld)
    assert await refused(desk, replace(report, post="L2-LAL")) == "moved_meanwhile"
    done, again = await desk.tell(report), await desk.tell(report)
    assert {done.result, again.result} == {"disposed"}
    row = await world.pool.fetchrow("select report, via, actor, call_id from disposal")
    assert row is not None
    assert tuple(row) == ("हैंडपंप बदला गया", "agent", "agent:101", withheld)
    other = replace(report, call_id=await world.talked_with(AGENT, OTHERS))
    assert await refused(desk, other) == "already_disposed"


async def test_a_comment_is_noted_once_with_its_call(world: World, desk: DeskTellings) -> None:
    number = (await world.register()).number
    call = await world.talked_with(AGENT)
    form = told(call, number, "comment", speaker=None, text="सुबह 10 से पहले फ़ोन करें")
    assert [(await desk.tell(form)).result for _ in range(2)] == ["noted", "noted"]
    noted = await world.pool.fetch("select call_id from complaint_history where event = 'noted'")
    assert [row["call_id"] for row in noted] == [call]


async def test_what_is_no_complaints_number_is_said_at_the_field(
    world: World, desk: DeskTellings
) -> None:
    call = await world.talked_with(AGENT)
    for typed, code in (("123456789", "not_a_complaint"), ("900000008", "no_complaint")):
        with pytest.raises(FieldsRefusedError) as looked_up:
            await desk.about(AGENT, call, typed)
        with pytest.raises(FieldsRefusedError) as entered:
            await desk.tell(told(call, typed, "withdraw", text="x"))
        for caught in (looked_up, entered):
            assert caught.value.reasons["complaint"].code == code


async def test_a_wrap_up_is_time_enough(world: World, desk: DeskTellings) -> None:
    number = await disposed(world)
    call = await world.talked_with(AGENT)
    async with world.pool.acquire() as conn:
        await end_if_open(conn, call, Outcome.AGENT_ANSWERED, world.now)
    world.later(minutes=2)
    done = await desk.tell(told(call, number, "satisfied", read_out=True))
    assert done.result == "closed_satisfied"


async def test_a_paused_complaint_can_be_reported_too(world: World, desk: DeskTellings) -> None:
    number = (await world.register()).number
    await pause(
        world.pool, number, reason=PauseReason.COURT_STAY, text="स्थगन", post="L1-MAH",
        actor="officer:L1-MAH", policy=world.policy, now=world.now,
    )  # fmt: skip
    call = await world.talked_with(AGENT, OTHERS)
    [shown] = await desk.about(AGENT, call, number)
    assert Deed.DISPOSAL in shown["deeds"]


def test_nothing_is_offered_of_an_end_that_nothing_leads_on_from() -> None:
    world = World(None)  # type: ignore[arg-type]  # a policy and a clock
    for state in ("withdrawn", "special_closed", "merged", "advised", "thanked", "answered"):
        found = deeds(state, theirs=True, ended_at=world.now, policy=world.policy, now=world.now)
        assert found == (Deed.COMMENT,)


@pytest.mark.parametrize("language", ["hi", "en"])
def test_every_refusal_and_every_deed_has_its_words_in_both_languages(language: str) -> None:
    texts = Texts(["cti"]).beginning(language, "desk.js.")
    codes = {f"error_{code}" for code in (*REFUSED.values(), *EvidenceFault, "answered_otherwise")}
    results = (
        "closed_satisfied", "returned_for_review", "escalated_dissatisfied", "reopened",
        "withdrawn", "disposed", "answered", "noted",
    )  # fmt: skip
    words = {f"told_{one}" for one in Deed} | {f"told_result_{one}" for one in results}
    faults = {"fault_no_complaint", "fault_not_a_complaint"}
    for key in codes | words | faults:
        assert texts[key].isascii() == (language == "en"), key


def test_no_refusal_of_a_move_is_left_without_a_word_of_its_own() -> None:
    """But those that no deed of a desk can meet."""
    never = {"NotOverdueError", "NotHeldError"}
    assert {one.__name__ for one in IllegalMoveError.__subclasses__()} == {
        one.__name__ for one in REFUSED
    } | never
