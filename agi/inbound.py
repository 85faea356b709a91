"""A citizen calls: the row, the recording, the reception; then queue or emergency by dialplan."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from access.pins import PinAccepted
from agi.caller import new_inbound_call
from agi.durable import noted
from agi.emergency import EmergencyExit
from agi.errors import AgiError, CommandFailedError, EmergencyKey, Hangup
from agi.officers_line import OfficersLine
from agi.patience import Patience, Waited
from agi.ports import Capture, Journal, KnownAgents, PlaceBook, Prompts
from agi.reception import QueueFor, Reception
from agi.recorded import record_call, stop_recording
from agi.session import Session
from agi.visit import Leave, Skill, ToAgent, ToEmergency, ToOfficersLine, Visit
from agi.waiting import announcement
from calls.model import NewCall, Outcome
from calls.waiting import told_minutes
from dialplans.names import (
    KEY_EMERGENCY,
    LANGUAGE_DEFAULT,
    VAR_AFTER_EMERGENCY,
    VAR_CALL,
    VAR_FAULT,
    VAR_KNOWN,
    VAR_LANGUAGE,
    VAR_QUEUE,
)
from speech.prompts import Prompt

_log = structlog.get_logger(__name__)


_NOTICES = {
    Skill.SUGGESTION: Prompt.SUGGESTION_NOTICE,
    Skill.SCHEMES: Prompt.SCHEMES_NOTICE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundFlow:
    """The inbound call up to the queue. Writes the outcome of a call that does not get there.

    Whom we cannot serve is left to the dialplan, which apologises and offers the emergency key; it
    tells the outcome of that (`VAR_FAULT`).
    """

    cell: str
    queue_for: QueueFor
    journal: Journal
    capture: Capture
    prompts: Prompts
    reception: Reception
    patience: Patience
    emergency: EmergencyExit
    places: PlaceBook
    now: Callable[[], datetime]
    known: KnownAgents | None = None
    officers: OfficersLine | None = None

    async def __call__(self, session: Session) -> None:
        """Return with a variable set that names queue, emergency or fault, or with the outcome
        written.
        """
        call = new_inbound_call(session, cell=self.cell, now=self.now())
        visit = Visit(call)
        # Who hangs up this early has called all the same: the row is written.
        with contextlib.suppress(Hangup):
            await session.set_variable(f"__{VAR_CALL}", str(call.id))
        try:
            outcome = await self._serve(session, visit)
        except Hangup:
            outcome = visit.outcome or Outcome.IVR_ABANDONED
        except Exception:
            await self._broken_off(session, visit)
            raise
        if outcome is not None:
            await self._end(visit, outcome)

    async def _serve(self, session: Session, visit: Visit) -> Outcome | None:
        call = visit.call
        opened, answered_at = await self._answer(session, call)
        if not opened and not await self._opened_in_time(session, visit, answered_at):
            return None
        if self.officers is not None and self.officers.is_called_at(call.service_number):
            await noted(self.journal.answered(call.id, answered_at))
            return await self.officers(session, call)
        await self._record(session, visit, answered_at)
        session.way_out = KEY_EMERGENCY if self.emergency.codes else ""
        try:
            return await self._lead(session, visit)
        except EmergencyKey:
            await self._to_emergency(session, visit)
            return None

    async def _lead(self, session: Session, visit: Visit) -> Outcome | None:
        """To the queue, to an emergency service, or to the call's end. Raises `EmergencyKey`."""
        call = visit.call
        try:
            way = await self.reception(session, visit)
            if isinstance(way, ToOfficersLine):
                if outcome := await self._officer(session, visit):
                    return outcome
                way = ToAgent()
            if isinstance(way, Leave):
                return await self._part(session, visit)
            if isinstance(way, ToEmergency):
                if await self._to_emergency(session, visit):
                    return None
                way = ToAgent()
            queue = self.queue_for(visit.language, way.skill)
            found = await self.places.queue_now(queue)
            wait = [] if found is None else announcement(found)
            await self._say(session, *_notice(way), Prompt.CONNECTING, *wait)
            visit.told_minutes = None if found is None else told_minutes(found)
        except CommandFailedError as error:
            # A prompt that is missing must not stand between a citizen and an agent.
            _log.error("prompt failed, caller goes on", call=str(call.id), error=str(error))
            way = ToAgent()
        await self._to_queue(session, visit, self.queue_for(visit.language, way.skill))
        return None

    async def _officer(self, session: Session, visit: Visit) -> Outcome | None:
        """Unrecorded while the PIN is keyed; None: a citizen after all. Who is led elsewhere, by
        key 9 or by a prompt that failed, is recorded again.
        """
        if self.officers is None:
            return None
        call = visit.call
        await stop_recording(session, self.capture, visit.recording)
        try:
            known = await self.officers.recognise(session, call)
        except (EmergencyKey, CommandFailedError):
            await self._record(session, visit, self.now())
            raise
        if isinstance(known, PinAccepted):
            return await self.officers.serve(session, call, known)
        if known is None:
            await self._record(session, visit, self.now())
        return known

    async def _record(self, session: Session, visit: Visit, at: datetime) -> None:
        visit.recording = await record_call(
            session, visit.call.id, at, journal=self.journal, capture=self.capture
        )

    async def _to_emergency(self, session: Session, visit: Visit) -> bool:
        """Also say where the dialplan leads who reaches no service, and in which language."""
        queue = self.queue_for(visit.language, Skill.REGISTER)
        await session.set_variable(VAR_AFTER_EMERGENCY, queue)
        if visit.language != LANGUAGE_DEFAULT:
            await session.set_variable(VAR_LANGUAGE, visit.language)
        return await self.emergency(session)

    async def _to_queue(self, session: Session, visit: Visit, queue: str) -> None:
        call, language = visit.call, visit.language
        known = None if self.known is None else await self.known.number(call, queue)
        if session.hung_up:
            raise Hangup
        await noted(self.journal.queued(call.id, queue, self.now(), visit.told_minutes))
        if language != LANGUAGE_DEFAULT:
            await session.set_variable(VAR_LANGUAGE, language)
        if known is not None:
            await session.set_variable(VAR_KNOWN, str(known))
        await session.set_variable(VAR_QUEUE, queue)

    async def _part(self, session: Session, visit: Visit) -> Outcome:
        """Last words: what the call has come to stands, whoever hangs up first."""
        with contextlib.suppress(Hangup):
            await self._say(session, Prompt.GOODBYE)
            await session.hangup()
        return visit.outcome or Outcome.IVR_ABANDONED

    async def _say(self, session: Session, *said: str) -> None:
        await session.say([self.prompts.file(one) for one in said])

    async def _answer(self, session: Session, call: NewCall) -> tuple[bool, datetime]:
        """Answer while the row is being written: whether it is durable, and when we answered.

        The citizen does not wait for a commit to be let in; nothing is said before it is there.
        """
        row = asyncio.create_task(self.patience.opened(call), name=f"row of call {call.id}")
        try:
            await session.answer()
            answered_at = self.now()
        finally:
            opened = await row
        return opened, answered_at

    async def _opened_in_time(self, session: Session, visit: Visit, answered_at: datetime) -> bool:
        """Whether the call's row is there after all; False: the dialplan has the citizen next."""
        waited = await self.patience(session, visit.call, answered_at)
        if waited is Waited.OPENED:
            return True
        if waited is Waited.EMERGENCY and await self._to_emergency(session, visit):
            return False
        with contextlib.suppress(Hangup):  # Asterisk is gone, and the call with it
            await session.set_variable(VAR_FAULT, str(visit.call.id))
        return False

    async def _broken_off(self, session: Session, visit: Visit) -> None:
        """A fault of ours. Who is there is the dialplan's, also if they hang up on the way to it;
        who had hung up before has left by their own will, and nobody else tells so.
        """
        if session.hung_up:
            await self._end(visit, visit.outcome or Outcome.IVR_ABANDONED)
        elif session.usable:
            with contextlib.suppress(AgiError):
                await session.set_variable(VAR_FAULT, str(visit.call.id))

    async def _end(self, visit: Visit, outcome: Outcome) -> None:
        await noted(self.journal.ended(visit.call.id, outcome, visit.over_at or self.now()))


def _notice(way: ToAgent) -> list[Prompt]:
    """What is said before an agent is called, besides that one is."""
    return [_NOTICES[way.skill]] if way.skill in _NOTICES else []
