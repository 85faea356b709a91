"""A desk at which no call can arrive, and one at which nobody answers: both say so."""

import pytest

from tests.desk.conftest import Office
from tests.desk.test_desk_browser import phone_ready, status
from tests.system.callers import TO_THE_QUEUE, place

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]
# The telephone's own connection, apart from the page's: cut, and kept from being made again.
_SIP_SOCKETS = """
  const Own = window.WebSocket;
  const made = [];
  window.WebSocket = class extends Own {
    constructor(url, protocols) {
      const sip = String(protocols).includes("sip");
      if (sip && window.cut) url = "ws://127.0.0.1:9/";
      super(url, protocols);
      if (sip) made.push(this);
    }
  };
  window.cutTelephone = () => {
    window.cut = true;
    for (const socket of made) socket.close();
  };
"""


async def test_an_agent_whose_telephone_is_away_is_told_and_is_not_shown_as_ready(
    office: Office,
) -> None:
    async with office.desk() as page:
        await page.add_init_script(_SIP_SOCKETS)
        await page.reload()
        await phone_ready(page)
        await status(page, "ready")
        await page.evaluate("cutTelephone()")
        await status(page, "unreachable")
        assert await page.inner_text("#desk-status") == "टेलीफ़ोन जुड़ा नहीं है"
        assert "कोई कॉल नहीं पहुँच सकती" in await page.inner_text("#desk-why")
        assert "कोई कॉल नहीं पहुँच सकती" in await page.inner_text("#desk-said")
        shown = await office.bed.helpline.asterisk.process.cli("queue show")
        assert "(Unavailable)" in next(line for line in shown.splitlines() if "PJSIP/1001" in line)
        await page.evaluate("window.cut = false")
        await status(page, "ready")
        assert await page.inner_text("#desk-why") == ""


async def test_who_lets_calls_go_is_paused_and_comes_back_by_one_key(office: Office) -> None:
    async with office.desk() as page:
        await phone_ready(page)
        await status(page, "ready")
        call = await place(office.bed, TO_THE_QUEUE)
        for _ in range(3):
            await status(page, "ringing")
            await page.wait_for_selector("#call-answer:enabled")
            await page.wait_for_timeout(1100)  # before that it would be for a call that is over
            await page.keyboard.press("F9")
            await page.wait_for_selector("#desk-bar:not([data-status=ringing])")
        await status(page, "paused")
        assert "Shift+F2" in await page.inner_text("#desk-why")
        assert (await call.row())["ended_at"] is None
        await call.phone.bye()
        await call.ended()
        await page.keyboard.press("Shift+F2")
        await status(page, "ready")
        assert await page.inner_text("#desk-why") == ""
