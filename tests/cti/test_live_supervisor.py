"""The wallboard says what Asterisk says; a supervisor acts on agents and beside them."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from access.rights import Role, Scope
from cti.pages import CLOSE_SIGNED_OUT
from cti.tokens import issue, issue_supervisor
from helpline.clock import system_clock
from helpline.demo.agent import AgentPage
from helpline.keys import signing_key
from helpline.lab.bed import Bed
from helpline.lab.media import tone
from helpline.lab.phones import may_send_raw
from helpline.lab.script import Answer, Say
from helpline.lab.tones import level
from helpline.sign_in import passwords
from tests.access.people import People
from tests.cti.test_live_control import in_call, no_channels, talk, whole
from tests.cti.wiretap import Sound, heard_at, share
from tests.system.callers import AGENTS_TONE, CITIZENS_TONE, TO_THE_QUEUE, place, signed_in
from tests.web.site import Client

pytestmark = pytest.mark.asyncio(loop_scope="session")

SUPERVISORS_TONE = 2700.0


@asynccontextmanager
async def wallboard(bed: Bed, token: str | None = None) -> AsyncIterator[AgentPage]:
    """A supervisor's page: its socket differs from an agent's by its path and first message."""
    given = token or issue_supervisor(signing_key(bed.settings), "kavita")
    page = AgentPage(bed.settings.http.public_url, given, path="/supervisor/socket", first="board")
    async with page:
        yield page


async def until_board(bed: Bed, page: AgentPage, **fields: object) -> dict[str, Any]:
    """The newest board, once it has these fields."""

    async def newest() -> dict[str, Any] | None:
        boards = [message for message in page.messages if message["type"] == "board"]
        return boards[-1] if fields.items() <= boards[-1].items() else None

    return await bed.until(f"a board with {fields}", newest)


async def asterisks_word(bed: Bed) -> tuple[int, int, int]:
    """Callers in the queues, channels of the trunk, agents who talk: by its own lists."""
    cli = bed.helpline.asterisk.process.cli
    queues, channels = await cli("queue show"), await cli("core show channels concise")
    waiting = sum(int(count) for count in re.findall(r"has (\d+) calls", queues))
    lines = [line for line in channels.splitlines() if line]
    trunk = sum(line.startswith("PJSIP/trunk-") for line in lines)
    talking = sum(line.startswith("PJSIP/100") and "!Up!" in line for line in lines)
    return waiting, trunk, talking


async def test_the_wallboard_equals_asterisks_own_lists(desk: Bed) -> None:
    async with signed_in(desk) as agent, wallboard(desk) as page:
        await until_board(desk, page, by_status={"ready": 1}, trunk_channels=0)
        first, _ = await in_call(desk, agent)
        second = await place(desk, TO_THE_QUEUE)
        await second.until("queued_at")
        board = await until_board(desk, page, by_status={"in_call": 1}, trunk_channels=2)

        async def one_waits() -> dict[str, Any] | None:
            newest = await until_board(desk, page, trunk_channels=2)
            queue = newest["queues"]["helpline-hi"]
            return newest if queue["waiting"] == 1 and queue["longest_wait"] >= 2 else None

        board = await desk.until("the waiting caller", one_waits)
        waiting = sum(queue["waiting"] for queue in board["queues"].values())
        talking = board["by_status"].get("in_call", 0)
        assert (waiting, board["trunk_channels"], talking) == await asterisks_word(desk)
        assert board["agents"][0]["call"] == str(first.id)
        await second.phone.bye()
        await first.phone.bye()
        board = await until_board(desk, page, by_status={"wrap_up": 1}, trunk_channels=0, calls=0)
        assert await asterisks_word(desk) == (0, 0, 0)

        async def counted() -> bool | None:
            newest = await until_board(desk, page)
            queue = newest["queues"]["helpline-hi"]
            return (queue["answered"] >= 1 and queue["abandoned"] >= 1) or None

        await desk.until("both calls counted", counted)


async def test_a_supervisor_pauses_moves_and_tells_agents(desk: Bed) -> None:
    async with desk.page() as agent, wallboard(desk) as page:
        await agent.until_state(status="ready")
        assert (await page.ask("force_pause", agent="1001", reason="जाँच"))["ok"]
        await agent.until_state(status="paused", reason="forced")
        assert (await page.ask("force_ready", agent="1001", reason="जाँच"))["ok"]
        await agent.until_state(status="ready")
        assert (await page.ask("force_pause", agent="1003", reason="जाँच"))["ok"] is False
        assert (await page.ask("broadcast", queue="helpline-hi", text="बाढ़ की सूचना"))["ok"]
        told = await agent.wait_for("broadcast")
        assert (told["from"], told["text"]) == ("kavita", "बाढ़ की सूचना")
        assert (await page.ask("move", agent="1001", queues=["second"], reason="भीड़"))["ok"]
        cli = desk.helpline.asterisk.process.cli

        async def moved() -> bool | None:
            before, after = await cli("queue show helpline-hi"), await cli("queue show second")
            return ("PJSIP/1001" not in before and "PJSIP/1001" in after) or None

        await desk.until("the move", moved)
        assert (await page.ask("move", agent="1001", queues=["nowhere"], reason="भीड़"))[
            "ok"
        ] is False
        assert (await page.ask("force_sign_out", agent="1001", reason="जाँच"))["ok"]
        await desk.until("the sign-out", lambda: _away(desk))


@pytest.mark.parametrize(("mode", "citizen_hears"), [("listen", False), ("barge", True)])
async def test_a_supervisor_listens_or_barges_in_with_a_reason(
    desk: Bed, mode: str, citizen_hears: bool
) -> None:
    async with signed_in(desk) as agent, wallboard(desk) as page:
        call, _ = await in_call(desk, agent)
        ears = await desk.agent_phone(2).expect(
            Answer((Say(tone(SUPERVISORS_TONE, 60)),), ring=0.1)
        )
        refused = await page.ask(mode, agent="1001", phone="1003", reason=" ")
        assert (refused["ok"], refused["reason"]) == (False, {"code": "say_why"})
        assert (await page.ask(mode, agent="1001", phone="1003", reason="शिकायत की जाँच"))["ok"]
        await desk.until("the supervisor's leg", lambda: _beside(desk))
        await talk(desk, call, 2.0)
        await call.phone.bye()
        await ears.wait()  # they do not stay behind
        path = await whole(call, AGENTS_TONE)
        assert (level(path, 1, SUPERVISORS_TONE) > 0.02) is citizen_hears
        rows = await desk.rows("select * from desk_action where call_id = $1", call.id)
        assert [(row["actor"], row["action"], row["target"], row["reason"]) for row in rows] == [
            ("supervisor:kavita", mode, "agent:1001", "शिकायत की जाँच")
        ]
        await no_channels(desk)


async def test_one_listens_on_while_another_joins_and_cannot_join_too(desk: Bed) -> None:
    meenas = issue_supervisor(signing_key(desk.settings), "meena")
    async with (
        signed_in(desk) as agent,
        wallboard(desk) as kavita,
        wallboard(desk, meenas) as meena,
    ):
        call, _ = await in_call(desk, agent)
        ears = await desk.agent_phone(2).expect(Answer(ring=0.1))
        voice = await desk.agent_phone(1).expect(
            Answer((Say(tone(SUPERVISORS_TONE, 60)),), ring=0.1)
        )
        assert (await kavita.ask("listen", agent="1001", phone="1003", reason="जाँच"))["ok"]
        await desk.until("the listener", lambda: _beside(desk))
        assert (await meena.ask("barge", agent="1001", phone="1002", reason="मदद"))["ok"]
        await desk.until("who joins", lambda: _beside(desk, "1002"))
        refused = await kavita.ask("barge", agent="1001", phone="1003", reason="मैं भी")
        assert refused["reason"] == {"code": "beside_another", "who": "meena"}
        await talk(desk, call, 2.0)
        assert await _beside(desk)  # the room has not shaken off who listens
        await _forgotten(desk)  # as a server that is started anew
        refused = await kavita.ask("whisper", agent="1001", phone="1003", reason="मैं भी")
        assert refused["reason"] == {"code": "beside_another", "who": "meena"}
        again = await kavita.ask("listen", agent="1001", phone="1003", reason="जाँच")
        assert again["reason"] == {"code": "beside_yourself"}
        assert (await kavita.ask("leave", agent="1001"))["ok"]
        await ears.wait()
        await call.phone.bye()
        await voice.wait()
        path = await whole(call, AGENTS_TONE)
        assert level(path, 1, SUPERVISORS_TONE) > 0.02
        await no_channels(desk)


@pytest.mark.skipif(not may_send_raw(), reason="hears packets by a raw socket")
@pytest.mark.parametrize("mode", ["listen", "whisper", "barge"])
async def test_each_hears_whom_they_should(desk: Bed, mode: str) -> None:
    """In the packets that their telephones get, which no recording shows."""
    citizens, agents = desk.site.caller.host, desk.site.agent(0).host
    async with signed_in(desk) as agent, wallboard(desk) as page:
        call, _ = await in_call(desk, agent)
        (alone,) = (await heard_at(agents, 1.5)).keys()
        ears = await desk.agent_phone(2).expect(
            Answer((Say(tone(SUPERVISORS_TONE, 120)),), ring=0.1)
        )
        assert (await page.ask(mode, agent="1001", phone="1003", reason="जाँच"))["ok"]
        await desk.until("the supervisor's leg", lambda: _beside(desk))

        async def all_as_it_should() -> bool | None:
            at_citizens = list((await heard_at(citizens, 1.5)).values())
            at_desks = await heard_at(agents, 1.5)
            others = [sound for port, sound in at_desks.items() if port != alone]
            if alone not in at_desks or len(others) != 1 or len(at_citizens) != 1:
                return None
            whole = (
                _tones(at_citizens[0]) == {AGENTS_TONE} | ({SUPERVISORS_TONE} & _to_citizen(mode))
                and _tones(at_desks[alone])
                == {CITIZENS_TONE} | ({SUPERVISORS_TONE} if mode != "listen" else set())
                and _tones(others[0]) == {CITIZENS_TONE, AGENTS_TONE}
            )
            return whole or None

        await desk.until("each to hear whom they should", all_as_it_should)
        for _ in range(2):  # and never the whisperer
            (citizen,) = (await heard_at(citizens, 1.5)).values()
            assert (SUPERVISORS_TONE in _tones(citizen)) is (mode == "barge")
        await call.phone.bye()
        await ears.wait()
        await no_channels(desk)


def _to_citizen(mode: str) -> set[float]:
    return {SUPERVISORS_TONE} if mode == "barge" else set()


def _tones(sound: Sound) -> set[float]:
    """Whose voices are in it."""
    return {
        hertz
        for hertz in (CITIZENS_TONE, AGENTS_TONE, SUPERVISORS_TONE)
        if share(sound, hertz) > 0.05
    }


async def test_an_agents_token_opens_no_wallboard(desk: Bed) -> None:
    for token in ("", "kavita.", issue(signing_key(desk.settings), "1001")):
        async with aiohttp.ClientSession(desk.settings.http.public_url) as session:
            headers = {"Authorization": f"Bearer {token}"}
            async with session.get("/supervisor/socket", headers=headers) as response:
                assert response.status == 401


async def test_a_supervisor_who_signed_in_sees_the_page_and_its_board(desk: Bed) -> None:
    """Through the real wiring: page, session, rights, socket."""
    settings, pool, now = desk.settings, desk.helpline.pool, system_clock
    people = People(pool, passwords(settings), now)  # type: ignore[arg-type]
    await people.add("kavita", Role.SUPERVISOR, Scope(queue="helpline-hi"))
    await people.add("mohan", Role.ADMINISTRATOR)
    origin = settings.http.public_url
    for name, page_status, sees in (("kavita", 200, True), ("mohan", 403, False)):
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(cookie_jar=jar) as http:
            client = Client(origin, http)
            await client.get("/sign-in")
            await client.sign_in(name)
            assert (await client.get("/supervisor")).status == page_status
            assert (await client.get("/reports/calls")).status == 200
            headers = {"Origin": origin}
            if not sees:
                async with http.ws_connect(f"{origin}/supervisor/socket", headers=headers) as none:
                    assert (await none.receive(timeout=20)).data == CLOSE_SIGNED_OUT
                continue
            async with http.ws_connect(f"{origin}/supervisor/socket", headers=headers) as socket:
                board = await socket.receive_json(timeout=20)
                assert set(board["queues"]) <= {"helpline-hi"}
                assert board["trunk_limit"] == settings.feedback.trunk_channels
            with pytest.raises(aiohttp.WSServerHandshakeError):  # from another site's page
                await http.ws_connect(
                    f"{origin}/supervisor/socket", headers={"Origin": "https://evil.example"}
                )


async def _forgotten(bed: Bed) -> None:
    """What our server knows of supervisors beside agents; then it looks at Asterisk's channels."""
    cti = bed.helpline.live._cti
    before = cti.consumer.resyncs
    cti.supervision.seats._seats.clear()
    cti.link.drop("the test wants a snapshot")

    async def looked() -> bool | None:
        return (cti.consumer.resyncs > before and cti.link.ready) or None

    await bed.until("the snapshot", looked)


async def _away(bed: Bed) -> bool | None:
    text = await bed.helpline.asterisk.process.cli("queue show")
    return "PJSIP/1001" not in text or None


async def _beside(bed: Bed, phone: str = "1003") -> bool | None:
    text = await bed.helpline.asterisk.process.cli("core show channels concise")
    there = [line for line in text.splitlines() if line.startswith(f"PJSIP/{phone}-")]
    return any("ChanSpy" in line or "ConfBridge" in line for line in there) or None
