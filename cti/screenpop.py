"""What an agent's page hears of a call, in the order in which it happened.

A screen-pop waits a moment for the caller's history; whatever follows for the same agent and
call waits behind it, so that no page hears of an answer before it was shown the caller.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from types import MappingProxyType
from uuid import UUID

import structlog

from calls.numbers import to_e164
from cti.desk import Desk, call_message, pop_message
from cti.effects import AgentAnswered, AgentReleased, OfferToAgent, OfferWithdrawn
from cti.ports import CallerHistory, History

_log = structlog.get_logger(__name__)
_NUMBER_SECONDS = 1.0
_HISTORY_SECONDS = 1.0
_NO_HISTORY: History = {"calls": [], "complaints": []}

_LookUp = asyncio.Task[History | None]
_Key = tuple[UUID, str]  # call, agent


class ScreenPops:
    """Synchronous for its caller; its tasks belong to the caller's group.

    `number(agent, call)`: whose call it is (E.164) where Asterisk does not name them, as of whom we
    call, and that agent may see it. It may raise. `languages`: of queues.
    """

    def __init__(
        self,
        desk: Desk,
        history: CallerHistory,
        number: Callable[[str, UUID], Awaitable[str | None]],
        languages: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._desk = desk
        self._number = number
        self._languages = languages
        self._history = history
        self._stories: dict[_Key, deque[OfferToAgent | Callable[[], None]]] = {}
        self._lookups: dict[tuple[UUID, str | None], _LookUp] = {}
        self.without_history = 0

    def offer(self, effect: OfferToAgent, tasks: asyncio.TaskGroup) -> None:
        """Show the caller as soon as the history is there, or 1 s without it."""
        key = (effect.call_id, effect.agent_id)
        if (story := self._stories.get(key)) is not None:
            story.append(effect)
            return
        self._stories[key] = deque([effect])
        tasks.create_task(self._tell_story(key, tasks), name="screen-pop")

    def tell(self, effect: OfferWithdrawn | AgentAnswered | AgentReleased) -> None:
        """Tell the page what became of the call."""
        types = {OfferWithdrawn: "pop_withdrawn", AgentAnswered: "answered"}
        message = call_message(types.get(type(effect), "released"), effect.call_id, effect.at)
        ends = None if isinstance(effect, AgentAnswered) else effect.call_id
        deliver = partial(self._desk.tell, effect.agent_id, message, ends=ends)
        story = self._stories.get((effect.call_id, effect.agent_id))
        if story is None:
            deliver()
        else:
            story.append(deliver)

    async def _tell_story(self, key: _Key, tasks: asyncio.TaskGroup) -> None:
        story = self._stories[key]
        try:
            while story:
                step = story.popleft()
                if isinstance(step, OfferToAgent):
                    await self._pop(step, tasks)
                else:
                    step()
        finally:
            del self._stories[key]

    async def _pop(self, effect: OfferToAgent, tasks: asyncio.TaskGroup) -> None:
        number, sure = await self._whose(effect)
        # Of a number that could not be read nothing is known: the page asks again.
        history = await self._lookup(effect.call_id, number, tasks) if sure else None
        self.without_history += history is None
        message = pop_message(
            effect.call_id, effect.queue, number, effect.at, history, self._languages
        )
        self._desk.pop(effect.agent_id, effect.call_id, message)

    async def _whose(self, effect: OfferToAgent) -> tuple[str | None, bool]:
        """The citizen's number; and whether, where it is None, that is so."""
        if effect.number and (number := to_e164(effect.number)) is not None:
            return number, True
        try:
            async with asyncio.timeout(_NUMBER_SECONDS):
                return await self._number(effect.agent_id, effect.call_id), True
        except Exception as error:
            # As with the history: the agent must see that it rings, and now.
            _log.error("citizen's number not found in time", error=repr(error))
            return None, False

    def _lookup(self, call_id: UUID, number: str | None, tasks: asyncio.TaskGroup) -> _LookUp:
        """One look-up for all agents who are rung at once for the same call, and see the number."""
        key = (call_id, number)
        running = self._lookups.get(key)
        if running is None:
            running = tasks.create_task(look_up(self._history, number), name="caller's history")
            self._lookups[key] = running
            running.add_done_callback(lambda _: self._lookups.pop(key, None))
        return running


async def look_up(history: CallerHistory, number: str | None) -> History | None:
    """What is known of a number (E.164), within a second; None: not to be had now."""
    if number is None:
        return _NO_HISTORY
    try:
        async with asyncio.timeout(_HISTORY_SECONDS):
            return await history.lookup(number)
    except Exception as error:
        # Whatever is wrong with the history, the agent must see who calls, and now.
        _log.error("caller's history not found in time", error=repr(error))
        return None
