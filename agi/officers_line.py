"""An officer calls (R11): number and PIN, complaint, kind of disposal, remark, confirmation.

Recording begins after the PIN, so that its tones are in no file.
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final
from uuid import UUID

import structlog

from access.pins import DIGITS as PIN_DIGITS
from access.pins import PinAccepted, PinLocked
from agi.durable import insist, noted
from agi.errors import AgiError, Hangup
from agi.ports import Capture, CaptureTarget, Gate, Journal, Listener, OfficersDesk, Prompts
from agi.reception import REFUSALS
from agi.recorded import record_call, record_words
from agi.session import RecordEnd, Session
from calls.admission import Verdict
from calls.model import NewCall, Outcome
from calls.numbers import to_e164
from complaints import number as complaint_numbers
from complaints.disposal import DisposalKind
from complaints.officers_line import Look, Spoken
from complaints.spoken import Grace
from db.errors import AWAY, stop_if_cancelled
from speech.numbers import digits as spoken_digits
from speech.prompts import Prompt

_log = structlog.get_logger(__name__)
_MOBILE_DIGITS, _NUMBER_DIGITS = 10, 9
_LAST_SECONDS = 3.0  # to write what was confirmed while we are being stopped
KEY_OTHER_NUMBER: Final = "*"
CONFIRM, AGAIN = "1", "2"
_HEARD_ENOUGH: Final = "*#"
# No key of the question before or after: a key pressed twice must not confirm.
KINDS: Final = MappingProxyType({"3": DisposalKind.RESOLVED, "4": DisposalKind.NOT_POSSIBLE})
_WHY_NOT: Final = MappingProxyType(
    {
        Look.NOT_YOURS: Prompt.OFFICER_NOT_YOURS,
        Look.DISPOSED: Prompt.OFFICER_ALREADY,
        Look.NOT_NOW: Prompt.OFFICER_NOT_NOW,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficersLine:
    """`number`: the service number of this line, if it has its own. Times in seconds.

    What was confirmed is written whoever hangs up: `insist_for` while the officer waits,
    `insist_after` when they are gone.
    """

    desk: OfficersDesk
    gate: Gate
    journal: Journal
    capture: Capture
    prompts: Prompts
    listener: Listener
    now: Callable[[], datetime]
    number: str | None = None
    tries: int = 3
    remark_seconds: float = 120.0
    shortest_remark: float = 1.0
    silence_seconds: int = 5
    insist_for: float = 10.0
    insist_after: float = 60.0

    def is_called_at(self, service_number: str) -> bool:
        """Whether a call to that number is for this line."""
        return self.number is not None and service_number == self.number

    async def __call__(self, session: Session, call: NewCall) -> Outcome:
        """A call to the line's own number; what it has come to. Raises `Hangup` before the PIN."""
        verdict = await self.gate.verdict(call)
        if verdict is not Verdict.ADMIT:
            await self._part(session, REFUSALS[verdict])
            return Outcome.OFFICER_REFUSED
        known = await self.recognise(session, call)
        if isinstance(known, PinAccepted):
            return await self.serve(session, call, known)
        if known is None:
            await self._part(session, Prompt.GOODBYE)
        return known or Outcome.OFFICER_REFUSED

    async def recognise(self, session: Session, call: NewCall) -> PinAccepted | Outcome | None:
        """Who it is, of a call that is not recorded; or what it has come to; None: they keyed
        nothing, it may be a citizen, or an officer whose number is withheld: an agent can write
        what they report.

        Raises `EmergencyKey`, of a citizen who has come here by mistake.
        """
        await self._say(session, Prompt.OFFICER_WELCOME)
        try:
            return await self._recognise(session, call.number)
        except AWAY as error:
            stop_if_cancelled()
            _log.warning("officer not recognised", call=str(call.id), error=repr(error))
            await self._part(session, Prompt.TECHNICAL_FAULT)
            return Outcome.UNAVAILABLE

    async def serve(self, session: Session, call: NewCall, officer: PinAccepted) -> Outcome:
        """Who was recognised; recorded from here on."""
        session.way_out = ""  # an officer at work, who has numbers to key: no citizen any more
        try:
            return await self._serve(session, call, officer)
        except Hangup:
            return Outcome.OFFICER_LEFT

    async def _recognise(
        self, session: Session, calling: str | None
    ) -> PinAccepted | Outcome | None:
        """Who it is; or refused, and told so; None: no key at all, or asked for none.

        Who withholds their number is not asked: guesses from there could be anybody's. What is no
        complete PIN is no guess that counts towards a lock.
        """
        if calling is None:
            await self._say(session, Prompt.OFFICER_WITHHELD)
            return None
        said: list[Prompt] = []
        for _ in range(self.tries):
            number, pin = await self._number_and_pin(session, calling, said)
            if not pin and not said:
                return None
            said = [Prompt.OFFICER_PIN_WRONG]
            guess = len(pin) == PIN_DIGITS and pin.isdecimal()
            known = await self.desk.verify(number, pin, calling) if number and guess else None
            if isinstance(known, PinAccepted):
                return known
            if isinstance(known, PinLocked):
                said = [Prompt.OFFICER_PIN_LOCKED]
                break
        await self._part(session, *said, Prompt.GOODBYE)
        return Outcome.OFFICER_REFUSED

    async def _number_and_pin(
        self, session: Session, calling: str, said: list[Prompt]
    ) -> tuple[str | None, str]:
        pin = await self._digits(session, [*said, Prompt.OFFICER_PIN], PIN_DIGITS)
        if len(pin) < PIN_DIGITS:
            session.heed(pin)
        if KEY_OTHER_NUMBER not in pin:
            return calling, pin
        keyed = await self._digits(session, [Prompt.OFFICER_NUMBER], _MOBILE_DIGITS)
        number = to_e164(keyed)
        return number, await self._digits(session, [Prompt.OFFICER_PIN], PIN_DIGITS)

    async def _serve(self, session: Session, call: NewCall, officer: PinAccepted) -> Outcome:
        await record_call(session, call.id, self.now(), journal=self.journal, capture=self.capture)
        await self._say(session, Prompt.RECORDING_NOTICE)
        if not officer.posts:
            return await self._leave(session, Prompt.OFFICER_NO_POST)
        try:
            number = await self._complaint(session, officer.user_id)
        except AWAY as error:
            stop_if_cancelled()
            _log.warning("complaint not looked at", call=str(call.id), error=repr(error))
            return await self._leave(session, Prompt.TECHNICAL_FAULT)
        if number is None:
            return await self._leave(session, Prompt.GOODBYE)
        said = [*spoken_digits(number), Prompt.OFFICER_KIND]
        key = await self.listener.choose(session, [Prompt.STATUS_NUMBER, *said], "".join(KINDS))
        remark = await self._remark(session, call.id) if key else None
        if key is None or remark is None:
            return await self._leave(session, Prompt.OFFICER_NOT_TAKEN)
        spoken = Spoken(
            call_id=call.id,
            officer=officer.user_id,
            number=number,
            kind=KINDS[key],
            remark=remark,
        )
        return await self._write(session, spoken)

    async def _complaint(self, session: Session, officer: UUID) -> str | None:
        """The number of a complaint that is theirs; None: none was keyed."""
        said: list[Prompt] = []
        for _ in range(self.tries):
            keyed = await self._digits(session, [*said, Prompt.OFFICER_COMPLAINT], _NUMBER_DIGITS)
            if not complaint_numbers.is_valid(keyed):
                said = [Prompt.STATUS_WRONG_NUMBER]
                continue
            found = await self.desk.look(keyed, officer)
            if found is Look.YOURS:
                return keyed
            said = [_WHY_NOT[found]]
        await self._say(session, *said)
        return None

    async def _remark(self, session: Session, call_id: UUID) -> UUID | None:
        """Their words, heard again and confirmed; None: they were not."""
        for _ in range(self.tries):
            await self._say(session, Prompt.OFFICER_REMARK)
            target, result = await record_words(
                session,
                call_id,
                "officer_remark",
                capture=self.capture,
                max_seconds=self.remark_seconds,
                silence_seconds=self.silence_seconds,
            )
            if result.reason is RecordEnd.NOT_BEGUN or result.seconds < self.shortest_remark:
                await self._say(session, Prompt.OFFICER_REMARK_SHORT)
                continue
            key = await self._heard_again(session, target, result.seconds)
            if key == CONFIRM:
                return target.id
            if key is None:
                return None
        return None

    async def _heard_again(
        self, session: Session, target: CaptureTarget, seconds: float
    ) -> str | None:
        """CONFIRM or AGAIN; either is heard while their words are played, two other keys cut them.

        The key that ended the recording, if it was doubled, is over by then.
        """
        await self._say(session, Prompt.OFFICER_REMARK_HEARD)
        choices = CONFIRM + AGAIN
        words = target.path.removesuffix(".wav")
        key = await session.stream(words, choices + _HEARD_ENOUGH, seconds=seconds)
        if key is not None and key in choices:
            return key
        return await self.listener.choose(session, [Prompt.OFFICER_CONFIRM], choices)

    async def _write(self, session: Session, spoken: Spoken) -> Outcome:
        """It was confirmed: from here on a hang-up takes nothing back.

        Of who is gone the call ended as this began, however long it takes to write: the first end
        stands.
        """
        grace, began, gone = Grace(), self.now(), session.hung_up
        try:
            seconds = self.insist_after if gone else self.insist_for
            taken = await self._insist(spoken, seconds, grace)
        except asyncio.CancelledError:
            taken = await self._insist(spoken, _LAST_SECONDS, Grace.as_we_stop())
            outcome = Outcome.DISPOSAL_TOLD if taken else Outcome.OFFICER_LEFT
            await noted(self.journal.ended(spoken.call_id, outcome, self.now()))
            raise
        if taken is None and session.hung_up:
            gone = True
            taken = await self._insist(spoken, self.insist_after, grace)
        last = Prompt.OFFICER_TAKEN if taken else Prompt.OFFICER_NOT_TAKEN
        if taken is False:
            last = Prompt.OFFICER_NOT_YOURS
        await self._part(session, last)
        outcome = Outcome.DISPOSAL_TOLD if taken else Outcome.OFFICER_LEFT
        if gone:
            await noted(self.journal.ended(spoken.call_id, outcome, began))
        return outcome

    async def _insist(self, spoken: Spoken, seconds: float, grace: Grace) -> bool | None:
        """Whether it was taken; None: the database was away all the time."""
        answers: list[bool] = []

        async def once() -> None:
            answers.append(await self.desk.report(spoken, grace))

        return answers[-1] if await insist(once, seconds=seconds) else None

    async def _digits(self, session: Session, said: list[Prompt], most: int) -> str:
        files = [self.prompts.file(one) for one in said]
        return await session.ask_digits(files, max_digits=most, first_timeout=8.0)

    async def _say(self, session: Session, *said: Prompt) -> None:
        await session.say([self.prompts.file(one) for one in said])

    async def _leave(self, session: Session, *said: Prompt) -> Outcome:
        await self._part(session, *said)
        return Outcome.OFFICER_LEFT

    async def _part(self, session: Session, *last: Prompt) -> None:
        """Last words: what the call has come to stands, whoever hangs up first."""
        with contextlib.suppress(AgiError):
            await self._say(session, *last)
            await session.hangup()
