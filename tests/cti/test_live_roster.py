"""Agents who join, move and leave while the cell runs, against a real Asterisk."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import aiohttp
import pytest
import pytest_asyncio

from cti.originate import OriginateCommand
from cti.pages import CLOSE_GONE
from dialplans.names import CONTEXT_DESK_SIDE, EXTEN_START, VAR_CALL
from dialplans.secrets import Secrets
from dialplans.settings import CellSettings, Peer
from helpline.demo.agent import AgentPage
from helpline.lab.bed import Bed
from helpline.lab.media import tone
from helpline.lab.script import Answer, Say
from helpline.options.cell import AgentOptions
from helpline.settings import Settings
from helpline.softphones import Telephones
from tests.system.callers import AGENTS_TONE, TO_THE_QUEUE, Caller, in_queue, place, signed_in

pytestmark = pytest.mark.asyncio(loop_scope="session")

TALKS = Say(tone(AGENTS_TONE, 120))
_A_RING = 1.5  # seconds in which a queue would ring a free agent
NEW = 3
"""The new agent's number in the laboratory: 1004."""


def listing(bed: Bed, *agents: AgentOptions) -> Settings:
    cell = bed.settings.cell.model_copy(update={"agents": agents})
    return bed.settings.model_copy(update={"cell": cell})


def newcomer(bed: Bed) -> AgentOptions:
    at = bed.site.agent(NEW)
    contact = Peer(host=at.host, port=at.port)
    return AgentOptions(id="1004", name="नई", contact=contact, queues=("helpline-hi",))


async def channels(bed: Bed) -> set[str]:
    """Asterisk's own names of the channels in a bridge: the name ends in a number of its own."""
    shown = await bed.helpline.asterisk.process.cli("core show channels concise")
    lines = [line.split("!") for line in shown.splitlines() if line.count("!") > 12]
    return {words[0] for words in lines if words[12]}


async def own_list(bed: Bed, command: str, word: str) -> bool:
    return word in await bed.helpline.asterisk.process.cli(command)


@pytest_asyncio.fixture(loop_scope="session")
async def roster(desk: Bed) -> AsyncIterator[Bed]:
    """The desk, which has its own agents again at the end."""
    yield desk
    await desk.clear_lines()
    assert (await desk.reload(desk.settings)).ok
    await desk.until("1004 to be gone", lambda: gone(desk, "1004"), 60)


async def gone(bed: Bed, agent_id: str) -> bool | None:
    rows = await bed.rows("select 1 from agent where id = $1 and gone_at is null", agent_id)
    return None if rows else True


async def waits(bed: Bed, caller: Caller) -> bool | None:
    return True if (await caller.row())["queued_at"] is not None else None


async def talking(bed: Bed, page: AgentPage, number: int) -> str:
    """A citizen in a call with that agent; the call's id."""
    await page.until_state(status="ready")
    await bed.agent_phone(number).expect(Answer((TALKS,), ring=0.1))
    call = await place(bed, TO_THE_QUEUE)
    await page.until_state(status="in_call", call=str(call.id))
    return str(call.id)


async def test_a_new_agent_is_called_and_a_call_in_progress_goes_on_untouched(
    roster: Bed,
) -> None:
    async with signed_in(roster, 0) as page:
        first = await talking(roster, page, 0)
        before = await channels(roster)
        assert len(before) == 2
        waiting = await place(roster, TO_THE_QUEUE)
        await roster.until("a citizen to wait", lambda: waits(roster, waiting))
        answer = await roster.reload(
            listing(roster, *roster.settings.cell.agents, newcomer(roster))
        )
        assert (answer.ok, answer.lines) == (True, ["added 1004 (नई): helpline-hi"])
        await roster.agent_phone(NEW).expect(Answer((TALKS,), ring=0.1))
        async with signed_in(roster, NEW) as second:
            await second.until_state(status="in_call", call=str(waiting.id))
            assert page.is_open
            assert page.state()["call"] == first
            assert before < await channels(roster)
            assert len(await channels(roster)) == 4
            # By the dialplan as well: a citizen can be handed to them.
            assert await own_list(roster, "dialplan show 1004@desk-agent", "PJSIP/1004")
            await roster.clear_lines()


async def test_who_is_removed_in_a_call_ends_it_with_its_wrap_up_and_is_gone(roster: Bed) -> None:
    one, *others = roster.settings.cell.agents
    async with roster.page(0) as page:
        call = await talking(roster, page, 0)
        before = await channels(roster)
        answer = await roster.reload(listing(roster, *others))
        assert answer.lines == [
            f"removed 1001 ({one.name})", "1001 is at work: gone after that",
        ]  # fmt: skip
        assert await channels(roster) == before
        assert page.state()["call"] == call
        await roster.clear_lines()
        state = await page.until_state(status="wrap_up")
        assert state["wrap_up"]["call"] == call
        assert await page.closed() == CLOSE_GONE
        await in_queue(roster, 0, present=False)
        await roster.until("1001 to be gone", lambda: gone(roster, "1001"))
    assert not await own_list(roster, "pjsip show endpoints", "Endpoint:  1001")
    again = roster.page(0)
    headers = {"Authorization": f"Bearer {again.token}"}
    async with (
        aiohttp.ClientSession(again.url, headers=headers) as client,
        client.ws_connect(again.path) as socket,
    ):
        message = await socket.receive(timeout=10)
        assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, CLOSE_GONE)


async def test_who_is_removed_and_comes_into_a_call_meanwhile_is_gone_after_that(
    roster: Bed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No queue rings them from the first moment on; a leg that comes otherwise is seen."""
    one, *others = roster.settings.cell.agents
    replace, times = Telephones.replace, 0

    async def slowly(self: Telephones, cell: CellSettings, secrets: Secrets) -> str | None:
        nonlocal times
        times += 1
        if times == 1:
            waiting = await place(roster, TO_THE_QUEUE)
            await roster.until("a citizen to wait", lambda: waits(roster, waiting))
            await asyncio.sleep(_A_RING)
            assert not roster.helpline.live.at_work("1001")
            await roster.agent_phone(0).expect(Answer((TALKS,), ring=0.1))
            assert await roster.helpline.live.link.originate(
                OriginateCommand(
                    channel_id=uuid4(), channel="PJSIP/1001", context=CONTEXT_DESK_SIDE,
                    exten=EXTEN_START, caller_id="1076", timeout_ms=20_000, side=True,
                    variables={f"__{VAR_CALL}": str(uuid4())},
                )
            )  # fmt: skip
            await roster.until("their telephone to be answered", in_a_leg)
        return await replace(self, cell, secrets)

    async def in_a_leg() -> bool | None:
        return roster.helpline.live.at_work("1001") or None

    async with roster.page(0) as page:
        await page.until_state(status="ready")
        await in_queue(roster, 0, present=True)
        with monkeypatch.context() as patched:
            patched.setattr(Telephones, "replace", slowly)
            answer = await roster.reload(listing(roster, *others))
        assert answer.lines == [
            f"removed 1001 ({one.name})", "1001 is at work: gone after that",
        ]  # fmt: skip
        assert times == 2
        assert page.is_open
        assert await own_list(roster, "pjsip show endpoints", "Endpoint:  1001")
        assert not await gone(roster, "1001")
        await roster.clear_lines()
        assert await page.closed() == CLOSE_GONE
        await roster.until("1001 to be gone", lambda: gone(roster, "1001"))


async def test_a_database_that_is_away_leaves_asterisk_and_agents_as_they_were(
    roster: Bed, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_agents: object) -> None:
        """As by a lost connection, when Asterisk has the telephones already."""
        assert await own_list(roster, "pjsip show endpoints", "Endpoint:  1004")
        raise ConnectionRefusedError

    others = roster.settings.cell.agents[1:]
    async with roster.page(0) as page:
        await page.until_state(status="ready")
        with monkeypatch.context() as patched:
            patched.setattr(roster.helpline.live, "load_agents", away)
            answer = await roster.reload(listing(roster, *others, newcomer(roster)))
        assert (answer.ok, "the database is away" in answer.lines[0]) == (False, True)
        assert await own_list(roster, "pjsip show endpoints", "Endpoint:  1001")
        assert not await own_list(roster, "pjsip show endpoints", "Endpoint:  1004")
        await talking(roster, page, 0)
        await roster.clear_lines()
        await page.sign_out()


async def test_an_agent_is_moved_to_another_queue_and_stays_signed_in(roster: Bed) -> None:
    one, *others = roster.settings.cell.agents
    moved = one.model_copy(update={"queues": ("second",)})
    async with roster.page(0) as page:
        await page.until_state(status="ready")
        answer = await roster.reload(listing(roster, moved, *others))
        assert answer.lines == [f"moved 1001 ({one.name}): helpline-hi, second, short -> second"]
        await in_queue(roster, 0, present=False)
        assert await own_list(roster, "queue show second", "PJSIP/1001")
        assert page.state()["status"] == "ready"
        await page.sign_out()


async def test_what_takes_a_restart_is_named_and_nothing_is_taken_over(roster: Bed) -> None:
    file = roster.settings.state_dir / "asterisk" / "etc" / "pjsip.conf"
    before = file.read_text(encoding="utf-8")
    wanted = listing(roster, newcomer(roster))
    cell = wanted.cell.model_copy(update={"patience_seconds": 7.0})
    answer = await roster.reload(wanted.model_copy(update={"cell": cell}))
    assert (answer.ok, answer.lines) == (
        False,
        ["nothing was changed: cell.patience_seconds: changed too, which takes a restart"],
    )
    assert file.read_text(encoding="utf-8") == before
    assert [row["id"] for row in await roster.rows(
        "select id from agent where gone_at is null order by id"
    )] == ["1001", "1002", "1003"]  # fmt: skip


async def test_who_is_removed_while_free_is_signed_out_and_told_so(roster: Bed) -> None:
    one, two, three = roster.settings.cell.agents
    async with roster.page(1) as page:
        await page.until_state(status="ready")
        await in_queue(roster, 1, present=True)
        answer = await roster.reload(listing(roster, one, three))
        assert answer.lines == [f"removed 1002 ({two.name})"]
        assert await page.closed() == CLOSE_GONE
        await in_queue(roster, 1, present=False)
    rows = await roster.rows(
        "select 1 from agent_session where agent_id = '1002' and signed_out_at is null"
    )
    assert rows == []
