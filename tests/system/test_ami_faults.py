"""The AMI link is cut, and Asterisk killed, while citizens and agents are on the telephone."""

import asyncio
import os
import signal
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from calls.model import Outcome
from cti.ami import AmiLink, AmiSettings
from dialplans import names
from dialplans.secrets import ensure
from dialplans.settings import Address
from helpline.cell import state_folder
from helpline.clock import INDIA, RunningClock
from helpline.demo.agent import AgentPage
from helpline.lab.bed import CITIZEN, Bed, CellPlan, bed
from helpline.lab.relay import Relay
from helpline.lab.script import Answer, Press, Ring, Wait
from helpline.options.following import FeedbackOptions
from helpline.tools import Tools
from tests.cti.fake_ami import running
from tests.database import fresh_database
from tests.system.citizens import SATISFIED, complain, nobody_is_left_to_ask

pytestmark = pytest.mark.asyncio(loop_scope="session")

HOST = "127.0.15.1"
AMI, RELAYED = 5038, 5039
RETRY = timedelta(hours=1)
IDENTITY = f'"रामलाल" <sip:{CITIZEN}@citizen.invalid>'


@dataclass
class Cell:
    """A helpline whose AMI link can be cut."""

    bed: Bed
    relay: Relay
    clock: RunningClock

    @property
    def link(self) -> AmiLink:
        return self.bed.helpline.live.link

    async def back_after(self, connects: int) -> None:
        """Until the link is ready again, after its `connects`-th connection was lost."""

        async def again() -> bool | None:
            return (self.link.ready and self.link.connects > connects) or None

        await self.bed.until("the AMI link to be back", again)

    async def mend(self) -> None:
        """After a cut."""
        before = self.link.connects
        await self.relay.start()
        await self.back_after(before)

    async def asterisks_calls(self) -> tuple[set[UUID], set[str]]:
        """Our calls and the channels' endpoints, as Asterisk itself tells them."""
        settings = self.bed.settings
        agents = [agent.id for agent in settings.cell.agents]
        secret = ensure(state_folder(settings).cell_secrets, agents).ami.get_secret_value()
        own = AmiLink(AmiSettings(host=HOST, port=AMI, username=names.AMI_USER, secret=secret))
        async with running(own):
            channels = (await own.action_list("CoreShowChannels")).events
        calls = {UUID(one.variables[names.VAR_CALL]) for one in channels}
        return calls, {one.get("channel").rpartition("-")[0] for one in channels}

    async def agent_state(self, page: AgentPage) -> dict[str, Any]:
        """What a new page of the agent is told; it takes the place of `page`."""
        async with AgentPage(page.url, page.token) as fresh:
            state: dict[str, Any] = (await fresh.wait_for("hello"))["state"]
            return {key: state[key] for key in ("status", "call")}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared(tools: Tools, postgres_url: str) -> AsyncIterator[Cell]:
    database = fresh_database(postgres_url, "ami_tests")
    clock = RunningClock(datetime(2026, 3, 2, 10, 0, tzinfo=INDIA))
    relay = Relay(HOST, RELAYED, lambda: asyncio.open_connection(HOST, AMI))
    await relay.start()
    with tempfile.TemporaryDirectory(prefix="hl-") as folder:
        async with bed(
            Path(folder),
            tools,
            network="127.0.15",
            http_port=8279,
            database_url=database,
            feedback=FeedbackOptions(tick_seconds=0.2, ring_seconds=5, retry_uncounted=RETRY),
            cell=CellPlan(ami_via=Address(address=IPv4Address(HOST), port=RELAYED)),
            now=clock,
        ) as running_bed:
            yield Cell(running_bed, relay, clock)
    await relay.cut()


@pytest_asyncio.fixture(loop_scope="session")
async def cell(shared: Cell) -> AsyncIterator[Cell]:
    yield shared
    await shared.bed.clear_lines()
    await nobody_is_left_to_ask(shared.bed)


async def test_a_link_lost_after_the_request_rings_the_citizen_once_and_the_answer_counts(
    cell: Cell,
) -> None:
    matter = await complain(cell.bed, "+919876510001")
    phone = await cell.bed.line.expect(Answer(SATISFIED), times=2)
    before = cell.link.connects
    cell.relay.cut_after(b"Action: Originate")
    await matter.disposed()
    attempt = await matter.settled(1)
    await cell.back_after(before)
    assert (attempt["outcome"], attempt["answered_at"] is None) == (Outcome.FEEDBACK_GIVEN, False)
    assert (await matter.row())["closing_attempt"] == attempt["id"]
    cell.clock.set(cell.clock() + timedelta(minutes=3))  # past every wait for an unknown request
    await asyncio.sleep(2)
    assert (phone.invites(), len(await matter.attempts())) == (1, 1)


async def test_a_request_of_unknown_end_is_lost_and_dialled_again_only_as_a_new_attempt(
    cell: Cell,
) -> None:
    matter = await complain(cell.bed, "+919876510002")
    ringing = await cell.bed.line.expect(Ring())
    cell.relay.cut_after(b"Action: Originate")
    await matter.disposed()
    await cell.bed.until("the citizen's phone to ring", lambda: _rung(ringing.invites))
    await cell.relay.cut()  # nor does the end of the ringing come through
    await ringing.wait()
    assert (await matter.attempts())[0]["ended_at"] is None
    phone = await cell.bed.line.expect(Answer(SATISFIED), times=2)
    await cell.mend()
    cell.clock.set(cell.clock() + timedelta(minutes=1))
    lost = await matter.settled(1)
    assert lost["outcome"] == Outcome.LOST
    assert (phone.invites(), len(await matter.attempts())) == (0, 1)
    cell.clock.set(lost["settled_at"] + RETRY)
    assert (await matter.settled(2))["outcome"] == Outcome.FEEDBACK_GIVEN
    assert (ringing.invites(), phone.invites()) == (1, 1)


async def _rung(invites: Any) -> bool | None:
    return bool(invites()) or None


async def test_what_happened_while_the_link_was_cut_is_healed_from_a_snapshot(cell: Cell) -> None:
    bed = cell.bed
    rings = await bed.agent_phone().expect(Answer((Wait(60),), ring=2))
    async with bed.page() as page:
        await bed.until("the agent to be in the queue", lambda: _member(bed))
        citizen = await bed.caller.place("1076", IDENTITY, (Wait(1.4), Press("1"), Wait(90)))
        pop = await page.wait_for("pop")
        await cell.relay.cut()  # while the agent's telephone rings; answered unseen
        await bed.until("the agent to answer", lambda: _channels(bed, "Up", 2))
        assert bed.helpline.live.live_calls() is None  # not known is not said
        await cell.mend()
        await page.wait_for("answered", call=pop["call"])
        calls, endpoints = await cell.asterisks_calls()
        assert calls == {UUID(pop["call"])}
        assert bed.helpline.live.live_calls() == frozenset(calls)
        assert endpoints == {"PJSIP/trunk", "PJSIP/1001"}

        await cell.relay.cut()  # while they talk; hung up unseen
        assert await cell.agent_state(page) == {"status": "in_call", "call": pop["call"]}
        await citizen.bye()
        await rings.wait()
        await bed.until("Asterisk to be quiet", lambda: _channels(bed, "", 0))
        await cell.mend()
    assert await cell.asterisks_calls() == (set(), set())
    assert bed.helpline.live.live_calls() == frozenset()
    assert await cell.agent_state(page) == {"status": "ready", "call": None}
    (row,) = await bed.rows("select * from call where id = $1", UUID(pop["call"]))
    assert (row["outcome"], row["agent_id"]) == (Outcome.AGENT_ANSWERED, "1001")
    assert row["agent_answered_at"] is not None


async def _member(bed: Bed) -> bool | None:
    return "1001" in await bed.helpline.asterisk.process.cli("queue show") or None


async def _channels(bed: Bed, state: str, count: int) -> bool | None:
    text = await bed.helpline.asterisk.process.cli("core show channels concise")
    found = [line for line in text.splitlines() if line.startswith("PJSIP/")]
    return [line.split("!")[4] == state for line in found] == [True] * count or None


async def test_an_attempt_that_dies_with_asterisk_is_lost_and_the_retry_is_a_new_one(
    cell: Cell,
) -> None:
    bed = cell.bed
    matter = await complain(bed, "+919876510003")
    ringing = await bed.line.expect(Ring())
    await matter.disposed()
    await bed.until("the citizen's phone to ring", lambda: _rung(ringing.invites))
    killed, before = bed.helpline.asterisk.process.pid, cell.link.connects
    os.kill(killed, signal.SIGKILL)
    await cell.back_after(before)
    assert bed.helpline.asterisk.process.pid != killed
    await ringing.stop()
    lost = await matter.settled(1)
    assert (lost["outcome"], lost["answered_at"]) == (Outcome.LOST, None)
    phone = await bed.line.expect(Answer(SATISFIED), times=2)
    cell.clock.set(lost["settled_at"] + RETRY)
    assert (await matter.settled(2))["outcome"] == Outcome.FEEDBACK_GIVEN
    assert (ringing.invites(), phone.invites()) == (1, 1)
    assert len(await matter.attempts()) == 2
