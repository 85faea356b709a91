"""Citizens call a real Asterisk; what becomes of the call is in its row."""

import pytest

from calls.model import Outcome
from helpline.lab.bed import CITIZEN, Bed
from helpline.lab.media import tone
from helpline.lab.script import Press, Say, Wait
from helpline.lab.tones import level
from speech.prompts import Prompt

pytestmark = pytest.mark.asyncio(loop_scope="session")

IDENTITY = f'"रामलाल" <sip:{CITIZEN}@citizen.invalid>'
UNTIL_MENU = Wait(1.4)


async def test_without_an_agent_the_caller_hears_an_apology_and_is_owed_a_call(
    helpline: Bed,
) -> None:
    before = await helpline.last_call_id()
    call = await helpline.caller.place(
        "1076", IDENTITY, (UNTIL_MENU, Press("1"), Say(tone(440, 1))), hang_up=False
    )
    row = await helpline.ended_call(before)
    await call.wait()
    assert row["outcome"] == Outcome.NO_AGENT
    assert row["citizen_number"] == f"+91{CITIZEN}"
    owed = await helpline.rows("select * from callback where call_id = $1", row["id"])
    assert [(one["number"], one["reason"]) for one in owed] == [(f"+91{CITIZEN}", "no_agent")]
    heard = await helpline.heard(row["id"])
    assert heard[:2] == [Prompt.GREETING, Prompt.RECORDING_NOTICE]
    assert heard[-2:] == [Prompt.NO_AGENT, Prompt.CALL_BACK_PROMISE]
    recording = await helpline.stored(row["id"])
    assert level(recording, 0, 440) > 0.5 > level(recording, 1, 440)
