"""On the way into a queue, and out of it with the place kept."""

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from agi.caller import call_id_argument, caller_number
from agi.durable import insisted, noted
from agi.errors import CommandFailedError, Hangup
from agi.language import speak
from agi.ports import Capture, Journal, OpenNow, PlaceBook, Prompts
from agi.recorded import record_call
from agi.session import Session
from calls.model import Outcome
from calls.waiting import KeptPlace, Queued, expected_wait, told_minutes
from dialplans.names import (
    LANGUAGE_DEFAULT,
    VAR_POSITION,
    VAR_PRIORITY,
    VAR_QUEUE,
)
from speech import numbers
from speech.prompts import Prompt

_log = structlog.get_logger(__name__)
_NEAR = timedelta(seconds=20)  # 5 until it is written, 6 of the longest words, and as much again


def announcement(queue: Queued) -> list[str]:
    """What somebody hears who has to wait; nothing if nobody waits, or no agent is there. Pure."""
    if expected_wait(queue) is None or queue.waiting == 0:
        return []
    position = queue.waiting + 1
    said: list[str] = []
    if position <= numbers.LARGEST:
        said = [Prompt.QUEUE_POSITION, numbers.number(position)]
    minutes = told_minutes(queue)
    if minutes is None:
        return [*said, Prompt.QUEUE_WAIT_LONG]
    if minutes == 1:
        return [*said, Prompt.QUEUE_WAIT_SHORT]
    return [*said, numbers.number(minutes), Prompt.QUEUE_WAIT_MINUTES]


def standing(position: int, queue: Queued) -> list[str] | None:
    """What somebody hears who waits at this place (1: the head); None where nobody serves.

    Nothing near the head: who listens to an announcement is not offered to an agent, and keeps one
    from those behind (app_queue). Near is what may become the head before the words are over, by
    either of our two estimates; the head itself also while all agents pause, since one may be back.
    """
    if position == 1:
        return []
    here = replace(queue, waiting=position - 1)
    waits = (expected_wait(here), expected_wait(replace(here, answered=0)))
    wait = min((one for one in waits if one is not None), default=None)
    if wait is None:
        return None
    return [] if wait <= _NEAR else announcement(here)


@dataclass(frozen=True, slots=True, kw_only=True)
class OverflowedFlow:
    """Arguments: our call, the queue it goes on to, the queue that gave up where one did.

    The dialplan goes there also without us. `overflow`: the next of each queue, until one is open.
    """

    journal: Journal
    open_now: OpenNow
    overflow: Mapping[str, str]
    now: Callable[[], datetime]

    async def __call__(self, session: Session) -> None:
        """The caller goes on to another queue: a stay of its own, at the place that they had.

        Where all that follow are closed, the caller stays that one's whom they had come to. That
        they were there is no news, unless the dialplan had sent them back and they were not let in.
        """
        call_id, at = call_id_argument(session), self.now()
        _, queue, gave_up = (*session.args, "", "", "")[:3]
        if gave_up:
            found = await self._open(queue)
            if found != queue:
                await session.set_variable(VAR_QUEUE, found or gave_up)
            if found is None:
                return
            queue = found
        if call_id is None:
            return
        for one in filter(None, (gave_up, queue)):
            await noted(self.journal.queued(call_id, one, at))

    async def _open(self, queue: str) -> str | None:
        """That queue or the first after it in which agents serve now."""
        at: str | None = queue
        while at is not None and not (await self.open_now(at)).is_open:
            at = self.overflow.get(at)
        return at


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepPlaceFlow:
    """Arguments: our call, its queue, its priority. The caller pressed a key to be called back.

    The row is written before it is promised. Who cannot be called, or whose row cannot be written,
    goes back to the queue at the place that they had: the flow then returns.
    """

    journal: Journal
    places: PlaceBook
    prompts: Prompts
    now: Callable[[], datetime]
    seconds: float = 3.0

    async def __call__(self, session: Session) -> None:
        """Keep the place and hang up, or return to the queue."""
        call_id, number = call_id_argument(session), caller_number(session)
        queue, priority = (*session.args, "", "")[1:3]
        if call_id is None or number is None:
            await self._back(session, call_id)
            return
        wanted = int(priority) if priority.isdecimal() else 0
        kept = await insisted(
            lambda: self.places.keep(call_id, number, queue, wanted), seconds=self.seconds
        )
        if not kept:
            await self._back(session, call_id)
            return
        await self._part(session, call_id)

    async def _part(self, session: Session, call_id: UUID) -> None:
        """Whatever fails now, nobody is back in the queue whose place is kept."""
        try:
            await noted(self.journal.ended(call_id, Outcome.CALLBACK_KEPT, self.now()))
            await session.say([self.prompts.file(Prompt.KEEP_PLACE_DONE)])
        except CommandFailedError as error:
            _log.error("not told that the place is kept", call=str(call_id), error=str(error))
        finally:
            with contextlib.suppress(Hangup):
                await session.hangup()

    async def _back(self, session: Session, call_id: UUID | None) -> None:
        position = None if call_id is None else await self.places.position(call_id)
        await session.set_variable(VAR_POSITION, str(position or 1))
        await session.say([self.prompts.file(Prompt.PLEASE_WAIT)])


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturningFlow:
    """Arguments: our outbound call, the call that left the queue. The citizen has answered.

    They wait for an agent again, at the place that their first call had. `languages`: of queues in
    which one is spoken; the citizen who chose it there hears it again.
    """

    journal: Journal
    capture: Capture
    places: PlaceBook
    prompts: Prompts
    default_queue: str
    languages: Mapping[str, str]
    now: Callable[[], datetime]

    async def __call__(self, session: Session) -> None:
        """Set queue, place and priority for the dialplan."""
        call_id = call_id_argument(session)
        if call_id is None:
            _log.error("returning: no call of ours", channel=session.channel)
            return
        try:
            await session.answer()
            at = self.now()
            await record_call(session, call_id, at, journal=self.journal, capture=self.capture)
            place = await self._place(session)
            queue = (place and place.queue) or self.default_queue
            came_to = (place and place.first_queue) or queue
            language = self.languages.get(came_to, LANGUAGE_DEFAULT)
            if language != LANGUAGE_DEFAULT:
                await speak(session, language)
            said = [Prompt.CALL_BACK_GREETING, Prompt.RECORDING_NOTICE, Prompt.CONNECTING]
            await session.say([self.prompts.file(one) for one in said])
            await self._queue(session, call_id, queue)
        except Hangup:
            await noted(self.journal.ended(call_id, Outcome.IVR_ABANDONED, self.now()))
            raise

    async def _place(self, session: Session) -> KeptPlace | None:
        left = _uuid(session.args[1]) if len(session.args) > 1 else None
        return None if left is None else await self.places.kept(left)

    async def _queue(self, session: Session, call_id: UUID, queue: str) -> None:
        place = await self._place(session)  # as it is now
        if session.hung_up:
            raise Hangup
        await noted(self.journal.queued(call_id, queue, self.now()))
        # Without a place on record: the head. We promised that they would not wait again.
        await session.set_variable(VAR_POSITION, str(1 if place is None else place.position))
        await session.set_variable(VAR_PRIORITY, str(0 if place is None else place.priority))
        await session.set_variable(VAR_QUEUE, queue)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
