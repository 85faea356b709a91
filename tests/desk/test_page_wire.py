"""What the desk's page makes of what the server says late, out of order, or not at all."""

from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import expect

from tests.desk.conftest import Office
from tests.desk.test_desk_browser import status
from tests.desk.wire import Wire

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]


def pop(call: str, caller: str) -> dict[str, Any]:
    history: dict[str, Any] = {"calls": [], "complaints": [], "citizens": []}
    return {"type": "pop", "call": call, "queue": "", "caller": caller, "history": history}


async def test_who_is_shown_is_who_rings_whichever_callers_history_came_first(
    office: Office,
) -> None:
    wire = Wire()
    async with office.desk() as page:
        await wire.between(page)
        await page.reload()
        await status(page, "ready")
        gone, rings = str(uuid4()), str(uuid4())
        now = wire.last_state
        shown, number = page.locator("#caller"), page.locator("#caller-number")
        wire.say(
            now | {"status": "ringing", "call": gone},
            now | {"status": "ringing", "call": rings},
            pop(rings, "+911111111111"),
            pop(gone, "+912222222222"),
        )
        await expect(number).to_have_text("+911111111111")
        wire.say({"type": "pop_withdrawn", "call": gone})
        wire.say(now | {"status": "in_call", "call": rings})
        wire.say({"type": "answered", "call": rings})
        await status(page, "in_call")
        await expect(number).to_have_text("+911111111111")
        wire.say({"type": "released", "call": rings}, now | {"status": "wrap_up", "call": None})
        await status(page, "wrap_up")
        await expect(shown).to_be_visible()  # the form is completed
        await expect(number).to_have_text("+911111111111")
        wire.say(now | {"status": "ringing", "call": gone})
        await expect(shown).to_be_hidden()  # of this one nothing is known yet
        wire.say(pop(gone, "+912222222222"))
        await expect(number).to_have_text("+912222222222")
        wire.say({"type": "pop_withdrawn", "call": gone}, now)
        await expect(number).to_have_text("+911111111111")  # the agent's last is there again
        await status(page, "ready")


async def test_a_connection_that_nobody_answers_is_given_up_for_another(office: Office) -> None:
    """As one that was begun while there was no network: the system tries it again by and by."""
    wire = Wire()
    async with office.desk() as page:
        await wire.between(page)
        wire.dead = 2
        await page.reload()
        await status(page, "ready")
        assert wire.tried >= 3
