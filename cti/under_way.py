"""What agents' pages have asked for and is not answered yet: no page takes another one's share."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Coroutine
from typing import Final

EMERGENCY: Final = "emergency"
SOFTPHONE: Final = "softphone"
MOST_OF_AN_AGENT = 8  # a page that comes back asks for six things at once


class UnderWay:
    """Commands, each in a task of its own that ends by itself, so many of an agent at once.

    Emergencies have places of their own: whatever else waits for Asterisk or the database, they
    go out.
    """

    def __init__(self) -> None:
        self._tasks: dict[tuple[str, bool], set[asyncio.Task[None]]] = {}
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)  # one an agent

    def has_room(self, agent_id: str, type: str) -> bool:
        """Whether one more of this type can begin."""
        lane = (agent_id, type == EMERGENCY)
        return len(self._tasks.get(lane, ())) < MOST_OF_AN_AGENT

    def begin(self, agent_id: str, type: str, answer: Coroutine[None, None, None]) -> None:
        """Carry one out, for which there is room."""
        lane = (agent_id, type == EMERGENCY)
        task = asyncio.create_task(answer, name=f"command of agent {agent_id}")
        self._tasks.setdefault(lane, set()).add(task)
        task.add_done_callback(lambda done: self._over(lane, done))

    def turn(
        self, agent_id: str, type: str
    ) -> contextlib.AbstractAsyncContextManager[None, bool | None]:
        """To be held while it is carried out: an agent's passwords are made one after the other,
        since each voids the one before and Asterisk reads all of them anew.
        """
        return self._turns[agent_id] if type == SOFTPHONE else contextlib.nullcontext()

    async def end(self) -> None:
        """Cancel what is left, and wait for it."""
        tasks = [task for lane in self._tasks.values() for task in lane]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _over(self, lane: tuple[str, bool], task: asyncio.Task[None]) -> None:
        tasks = self._tasks[lane]
        tasks.discard(task)
        if not tasks:
            del self._tasks[lane]
