"""Citizens call a real Asterisk; whoever they are and however their number is written."""

from typing import Any

import pytest

from calls.model import Outcome
from helpline.lab.bed import CITIZEN, Bed
from helpline.lab.media import tone
from helpline.lab.script import Press, Say, Wait
from helpline.lab.tones import heard, level
from speech.prompts import Prompt
from tests.system.callers import CITIZENS_TONE, IN_THE_MENU, ends_as, place

pytestmark = pytest.mark.asyncio(loop_scope="session")

CALLS = (IN_THE_MENU, Press("1"), Say(tone(CITIZENS_TONE, 1)))
WITHHELD = '"Anonymous" <sip:anonymous@anonymous.invalid>'
LATIN_1 = "Jos\udce9"  # one byte that is no UTF-8


async def test_without_an_agent_the_caller_hears_an_apology_and_is_owed_a_call(
    helpline: Bed,
) -> None:
    call = await place(helpline, CALLS)
    recording = await ends_as(call, Outcome.NO_AGENT)
    await call.phone.wait()
    assert await call.callbacks() == [(f"+91{CITIZEN}", "no_agent")]
    said = heard(recording)
    assert said[:2] == [Prompt.GREETING, Prompt.RECORDING_NOTICE]
    assert said[-3:] == [Prompt.NO_AGENT, Prompt.CALL_BACK_PROMISE, Prompt.EMERGENCY_KEY]
    assert level(recording, 0, CITIZENS_TONE) > 0.5 > level(recording, 1, CITIZENS_TONE)


async def test_a_withheld_number_is_asked_to_call_again_and_is_owed_nothing(
    helpline: Bed,
) -> None:
    call = await place(helpline, CALLS, identity=WITHHELD)
    recording = await ends_as(call, Outcome.NO_AGENT)
    apology = [Prompt.NO_AGENT, Prompt.CALL_AGAIN, Prompt.EMERGENCY_KEY]
    assert heard(recording)[-3:] == apology
    assert await call.callbacks() == []


@pytest.mark.parametrize("written", [f"+91{CITIZEN}", f"0091{CITIZEN}", f"0{CITIZEN}", CITIZEN])
async def test_one_number_in_all_its_forms_is_one_citizen(helpline: Bed, written: str) -> None:
    row = await _called_from(helpline, f"<sip:{written}@citizen.invalid>")
    assert (row["citizen_number"], row["citizen_number_raw"]) == (f"+91{CITIZEN}", written)


@pytest.mark.parametrize(
    ("written", "number"),
    [("+14155552671", "+14155552671"), ("12", None), ("ramlal", None), ("", None)],
)
async def test_foreign_and_wrong_numbers_are_served(
    helpline: Bed, written: str, number: str | None
) -> None:
    who = f"{written}@citizen.invalid" if written else "citizen.invalid"
    row = await _called_from(helpline, f"<sip:{who}>")
    assert row["citizen_number"] == number


@pytest.mark.parametrize("word", ["id", "user", "header; id"])
async def test_a_withheld_number_that_the_network_tells_us_is_not_kept(
    helpline: Bed, word: str
) -> None:
    known = (f"P-Asserted-Identity: <sip:+91{CITIZEN}@citizen.invalid>", f"Privacy: {word}")
    row = await _called_from(helpline, WITHHELD, known)
    assert row["citizen_number"] is None
    assert CITIZEN not in row["citizen_number_raw"]


@pytest.mark.parametrize("name", ["रामलाल अहिरवार", LATIN_1, '\\"; rm -rf /', "${HANGUP}"])
async def test_any_name_is_served(helpline: Bed, name: str) -> None:
    row = await _called_from(helpline, f'"{name}" <sip:{CITIZEN}@citizen.invalid>')
    assert row["citizen_number"] == f"+91{CITIZEN}"


async def _called_from(bed: Bed, identity: str, headers: tuple[str, ...] = ()) -> dict[str, Any]:
    """The row of a call that was answered and in which the citizen then hung up."""
    call = await place(bed, (Wait(60),), identity=identity, headers=headers)
    await call.until("answered_at")
    await call.phone.bye()
    row = await call.ended()
    assert row["outcome"] == Outcome.IVR_ABANDONED
    return row
