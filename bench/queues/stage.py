"""What the queue bench needs: an Asterisk as we configure it, its telephones, our AMI link."""

import asyncio
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import soundfile

from bench.cells import written_cell
from bench.load import unread_port
from bench.quiet import quiet
from bench.stage import StageError
from bench.telephones import Telephones
from calls.waiting import Queued, Standing
from cti.ami import AmiLink, AmiSettings
from cti.events import leg_of
from cti.message import AmiEvent, Connected
from cti.places import in_line
from dialplans.asterisk import AsteriskProcess
from dialplans.names import (
    AMI_USER,
    CONTEXT_QUEUES,
    PROMPT_KEEP_PLACE,
    PROMPT_QUEUE_WHERE,
    VAR_CALL,
    agent_interface,
)
from dialplans.settings import QueueSettings
from helpline.lab.media import RATE, tone
from helpline.lab.phones import Address
from helpline.lab.site import Site
from helpline.queue_words import QueueWords
from helpline.tools import Tools
from speech import numbers
from speech.prompts import Prompt

_READY_SECONDS = 30.0
# As long as the words are when they are spoken.
_WORDS: Mapping[str, float] = {
    PROMPT_QUEUE_WHERE: 4.0,
    PROMPT_KEEP_PLACE: 6.0,
    Prompt.QUEUE_POSITION: 1.5,
    Prompt.QUEUE_WAIT_MINUTES: 2.5,
    Prompt.QUEUE_WAIT_SHORT: 3.0,
    Prompt.QUEUE_WAIT_LONG: 2.0,
    **{numbers.number(one): 0.6 for one in range(1, numbers.LARGEST + 1)},
}
_TOLD_SECONDS = 5.0  # as our server does
_CALL_BEGINS = "00000000-0000-7000-8000-00"  # the rest is the citizen's number, of ten digits


@dataclass(frozen=True)
class Line:
    """A queue as it is measured, and further lines of its section in queues.conf."""

    settings: QueueSettings
    more: tuple[str, ...] = ()


@dataclass
class QueueStage:
    """Everything up and running."""

    asterisk: AsteriskProcess
    link: AmiLink
    citizens: Telephones
    agents: Telephones
    numbers: dict[str, str]
    """What to dial to be answered and then wait, by the queue's name."""
    events: Counter[str] = field(default_factory=Counter)
    standing: Queued | None = None
    """What our estimate goes by, where callers are told their place; None: nobody is."""
    calls: dict[str, UUID] = field(default_factory=dict)
    """Our call of each channel that has waited."""

    async def in_line(self) -> list[Standing]:
        """Who waits, as our server asks it."""
        return await in_line(self.link, self.calls.get) if self.standing else []

    async def queue_now(self, _queue: str) -> Queued | None:
        """The estimate."""
        return self.standing

    async def members(self, queue: str, agents: Sequence[str]) -> None:
        """Put agents into the queue. Raises `StageError` when one is refused."""
        for agent in agents:
            await self._ask("QueueAdd", queue, agent)

    async def leave(self, queue: str, agents: Sequence[str]) -> None:
        """Take them out again."""
        for agent in agents:
            await self._ask("QueueRemove", queue, agent)

    async def pause(self, queue: str, agent: str, *, paused: bool) -> None:
        """No calls for this agent, or calls again."""
        await self._ask("QueuePause", queue, agent, ("Paused", "true" if paused else "false"))

    async def quiet(self) -> None:
        """Until every citizen has hung up and no call is left. Raises `StageError`."""
        await quiet(self.asterisk, self.citizens, self.agents)

    async def _ask(self, action: str, queue: str, agent: str, *more: tuple[str, str]) -> None:
        fields = [("Queue", queue), ("Interface", agent_interface(agent)), *more]
        reply = await self.link.action(action, fields)
        if not reply.ok:
            raise StageError(f"{action} of {agent}: {reply.message}")


@asynccontextmanager
async def queue_stage(
    folder: Path, tools: Tools, network: str, lines: Sequence[Line], agents: int
) -> AsyncIterator[QueueStage]:
    """Set up in `folder` (emptied first), on `network` (three octets)."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    site = Site(network)
    async with AsyncExitStack() as stack:
        cell, secrets = written_cell(
            folder,
            tools,
            site,
            agents=agents,
            dialplan=_dialplan(lines),
            queues=tuple(line.settings for line in lines),
            queue_lines=_queue_lines(lines),
        )
        _record_words(cell.prompts_dir)
        asterisk = await stack.enter_async_context(AsteriskProcess(tools.asterisk.argv, cell.root))
        # Audio goes where nobody reads it: this bench is about who is called when.
        media = [Address(one, stack.enter_context(unread_port(one))) for one in _media(site)]
        citizens = Telephones([site.caller], site.asterisk, media[0])
        stack.callback(citizens.close)
        agents_at = [site.agent(number) for number in range(agents)]
        phones = Telephones(agents_at, site.asterisk, media[1])
        stack.callback(phones.close)
        link = AmiLink(
            AmiSettings(
                host=site.asterisk.host,
                port=cell.ami.port,
                username=AMI_USER,
                secret=secrets.ami.get_secret_value(),
            )
        )
        made = QueueStage(asterisk, link, citizens, phones, _numbers(lines))
        words = QueueWords(made.in_line, made.queue_now, cell.prompts_dir, ["hi", "en"])
        for name, work in (
            ("AMI link", link.run()),
            ("AMI events", _consume(made)),
            ("places told", words.run(_TOLD_SECONDS)),
        ):
            task = asyncio.create_task(work, name=name)
            stack.push_async_callback(_cancelled, task)
        async with asyncio.timeout(_READY_SECONDS):
            while not link.ready:
                await asyncio.sleep(0.05)
        yield made


def _media(site: Site) -> tuple[str, str]:
    return site.caller.host, site.agent(0).host


def _numbers(lines: Sequence[Line]) -> dict[str, str]:
    return {line.settings.name: str(9100 + at) for at, line in enumerate(lines)}


def straight(number: str) -> str:
    """The number on which nobody answers before an agent does."""
    return f"92{number[2:]}"


def _dialplan(lines: Sequence[Line]) -> list[str]:
    """The bench's numbers."""
    dialplan = []
    for name, number in _numbers(lines).items():
        dialplan += [
            f"exten => {number},1,Set(__{VAR_CALL}={_CALL_BEGINS}${{CALLERID(num)}})",
            " same => n,Answer()",
            f" same => n,Goto({CONTEXT_QUEUES},{name},1)",
            f"exten => {straight(number)},1,Goto({CONTEXT_QUEUES},{name},1)",
        ]
    return dialplan


def _queue_lines(lines: Sequence[Line]) -> list[str]:
    """What a queue has beyond our settings."""
    return [
        text for line in lines if line.more for text in (f"[{line.settings.name}](+)", *line.more)
    ]


def _record_words(prompts: Path) -> None:
    for name, seconds in _WORDS.items():
        soundfile.write(prompts / f"{name}.wav", tone(620, seconds), RATE)


async def _consume(stage: QueueStage) -> None:
    """Take every event at once, as our server does."""
    while True:
        event = await stage.link.next()
        if isinstance(event, Connected):
            stage.link.synchronised(event)
        elif isinstance(event, AmiEvent):
            stage.events[event.name] += 1
            if event.name == "QueueCallerJoin" and (leg := leg_of(event)) and leg.call_id:
                stage.calls[leg.channel_id] = leg.call_id


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
