"""Whether the citizen waits, and how far who is asked has come: as the agent's page shows it."""

from typing import Any

import pytest
from aiohttp import ClientWebSocketResponse

from db.pool import Pool
from dialplans.names import CONTEXT_DESK_HOLD
from tests.cti.room import ask, lines, opened, receive
from tests.cti.streams import agent_leg, citizen_leg, event
from tests.cti.test_leaving_consultation import COLLEAGUE, OUTSIDE, consulting
from tests.cti.test_room import listing


async def asking(page: ClientWebSocketResponse, step: str | None, who: str = "") -> None:
    """Until the page is told so."""
    wanted: Any = None if step is None else {"step": step, "who": who}
    while True:
        message = await page.receive_json(timeout=20)
        if message["type"] == "state" and message["asking"] == wanted:
            return


@pytest.mark.parametrize(
    ("whom", "who"), [(OUTSIDE, "number"), (COLLEAGUE, "agent:1002")], ids=["outside", "agent"]
)
async def test_the_page_sees_whom_it_asks_ring_answer_and_go(
    pool: Pool, whom: dict[str, str], who: str
) -> None:
    async with consulting(pool, whom) as (room, page, third):
        await room.asterisk_says(event("Newstate", **{**third, "channelstate": "5"}))
        await asking(page, "ringing", who)
        await room.asterisk_says(event("Newstate", **third))
        await asking(page, "answered", who)
        await room.asterisk_says(event("ConfbridgeJoin", **third))
        await asking(page, "in_room", who)
        again = await room.page()  # a page that was loaded anew
        (hello, _) = await receive(again, "hello", "pop")
        assert hello["state"]["asking"] == {"step": "in_room", "who": who}
        await room.asterisk_says(event("Hangup", **third, cause="16"))
        await asking(again, None)  # the citizen is back without the agent's doing


async def test_a_consultation_that_is_taken_back_is_over_on_the_page_at_once(pool: Pool) -> None:
    async with consulting(pool, OUTSIDE) as (_, page, _third):
        await page.send_json({"type": "consult_cancel", "id": "1"})
        await asking(page, None)


async def test_a_server_that_was_started_anew_shows_the_consultation(pool: Pool) -> None:
    held = {**citizen_leg(), "context": CONTEXT_DESK_HOLD}
    agent = {**agent_leg(state="6"), "application": "ConfBridge"}
    async with opened(pool, listing(lines(event("", **held)), lines(event("", **agent)))) as room:
        page = await room.page()
        (hello, _) = await receive(page, "hello", "pop")
        assert hello["state"]["asking"] == {"step": "nobody", "who": ""}
        assert (await ask(page, "consult_cancel"))["ok"]
