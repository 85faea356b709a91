"""An officer reports by telephone, on a real Asterisk; the PIN is in no record."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
import soundfile

from access import pins, users
from access.grants import grant
from access.log import By
from access.rights import Grant, Role, Scope
from calls.model import Outcome
from helpline.lab.bed import OFFICERS, Bed
from helpline.lab.media import tone
from helpline.lab.script import Press, Say, Wait
from helpline.lab.tones import heard, level
from helpline.recorded import take_out
from helpline.sign_in import passwords
from speech.prompts import Prompt
from tests.system.callers import CITIZENS_TONE, IN_THE_MENU, Caller, place
from tests.system.citizens import Matter, complain

pytestmark = pytest.mark.asyncio(loop_scope="session")

NUMBER, PIN, WRONG = "+919415000077", "480297", "111222"
IDENTITY = f"<sip:{NUMBER}@officer.invalid>"
BY = By("system:test", "test")
LATER = Wait(60)
BRIEF, LONG = 3, 12  # seconds of a remark; Asterisk is given 10 to play a prompt here


def reports(number: str, seconds: int) -> tuple[Press | Say | Wait, ...]:
    """What an officer keys and says after the PIN."""
    return (
        *(Wait(5), Press(number), Wait(2.5), Press("3")),
        *(Wait(2.5), Say(tone(CITIZENS_TONE, seconds)), Press("#")),
        *(Wait(4 + seconds), Press("1"), LATER),
    )


@dataclass(frozen=True)
class Reports:
    """Calls of one officer, side by side."""

    officer: UUID
    own: Matter
    menu: Matter
    on_own_number: Caller
    from_menu: Caller


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def told(site: Bed) -> AsyncIterator[Reports]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("agi.session.PROMPT_SECONDS", 0.0)
        yield await _reported(site)
        await site.clear_lines()


async def _reported(site: Bed) -> Reports:
    own, menu = await complain(site, "+919810000071"), await complain(site, "+919810000072")
    officer = await _officer(site, (await own.row())["post"])
    keys = (Wait(1.2), Press(PIN), *reports(own.number, LONG))
    by_menu = (IN_THE_MENU, Press("7"), Wait(1.5), Press(PIN), *reports(menu.number, BRIEF))
    return Reports(
        officer,
        own,
        menu,
        await place(site, keys, identity=IDENTITY, number=OFFICERS),
        await place(site, by_menu, identity=IDENTITY),
    )


async def _officer(bed: Bed, post: str) -> UUID:
    pool, now = bed.helpline.pool, bed.now()
    new = users.NewUser(
        sign_in_name=f"officer-{uuid4().hex[:8]}", display_name="राम", number=NUMBER
    )
    user = await users.add(pool, new, BY, now)
    await grant(pool, user.id, Grant(Role.OFFICER, Scope(post=post)), BY, now)
    await pins.set_pin(pool, user.id, PIN, passwords(bed.settings), BY, now)
    return user.id


async def recordings(bed: Bed, call: Caller, kind: str) -> list[Path]:
    """The call's recordings of a kind, stored, in order."""

    async def stored() -> list[UUID] | None:
        rows = await bed.rows(
            "select id, state from recording where call_id = $1 and kind = $2 order by started_at",
            call.id,
            kind,
        )
        whole = rows and all(row["state"] == "stored" for row in rows)
        return [row["id"] for row in rows] if whole else None

    ids = await bed.until("recordings to be stored", stored)
    folder, pool, vault = bed.settings.state_dir / "opened", bed.helpline.pool, bed.helpline.vault
    return [await take_out(pool, vault, one, folder) for one in ids]


async def test_a_disposal_told_by_telephone_has_the_officers_words_and_is_confirmed_by_sms(
    site: Bed, told: Reports
) -> None:
    row = await told.on_own_number.ended(90)
    assert row["outcome"] == Outcome.DISPOSAL_TOLD
    [remark] = await recordings(site, told.on_own_number, "officer_remark")
    assert level(remark, 0, CITIZENS_TONE) > 0.5
    assert soundfile.info(remark).duration > 10, "longer than a prompt may be"
    [disposal] = await site.rows(
        "select d.*, r.kind as recorded from disposal d join recording r on r.id = d.recording_id"
        " where d.call_id = $1",
        told.on_own_number.id,
    )
    assert (disposal["via"], disposal["recorded"]) == ("officers_line", "officer_remark")
    assert disposal["actor"] == f"user:{told.officer}"
    assert (await told.own.row())["state"] == "awaiting_feedback"
    [message] = await told.own.told("officer_reported")
    assert message["recipient"] == NUMBER


async def test_the_recording_begins_after_the_pin(site: Bed, told: Reports) -> None:
    await told.on_own_number.ended(90)
    [recording] = await recordings(site, told.on_own_number, "call")
    said = heard(recording)
    assert said[0] == Prompt.RECORDING_NOTICE
    assert said[-1] == Prompt.OFFICER_TAKEN
    assert Prompt.OFFICER_PIN not in said


async def test_from_the_menu_the_pin_lies_between_two_recordings(site: Bed, told: Reports) -> None:
    assert (await told.from_menu.ended(90))["outcome"] == Outcome.DISPOSAL_TOLD
    before, after = await recordings(site, told.from_menu, "call")
    assert heard(before)[-1] == Prompt.MENU
    assert heard(after)[0] == Prompt.RECORDING_NOTICE
    assert (await told.menu.row())["state"] == "awaiting_feedback"


async def test_no_log_of_asterisk_has_the_pin(site: Bed, told: Reports) -> None:
    await told.on_own_number.ended(90)
    logs = [path for path in (site.settings.state_dir / "asterisk").rglob("*") if path.is_file()]
    texts = [path.read_bytes() for path in logs if "log" in path.parts]
    assert texts
    assert not any(PIN.encode() in text for text in texts)


async def test_a_wrong_pin_three_times_ends_the_call_unrecorded(
    helpline: Bed, told: Reports
) -> None:
    wrong = (Wait(1.2), *(Press(WRONG), Wait(4)) * 3, LATER)
    identity = "<sip:+919415000078@officer.invalid>"
    call = await place(helpline, wrong, identity=identity, number=OFFICERS)
    assert (await call.ended(90))["outcome"] == Outcome.OFFICER_REFUSED
    assert await helpline.rows("select from recording where call_id = $1", call.id) == []
