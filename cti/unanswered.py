"""How an attempt ended that nobody answered: two witnesses, in any order, either may be missing.

Seen on Asterisk 22.10: the hang-up knows the cause, comes before or after the OriginateResponse,
and not at all when no channel could be made; the response's reason is mostly 0 ("don't know").
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from calls.hangup import unanswered_outcome
from calls.model import Outcome
from calls.store import end_if_open
from cti.effects import CitizenLegEnded, OriginateFailed
from cti.writes import Writes
from db.pool import Connection


@dataclass(slots=True)
class _Heard:
    """What both witnesses said so far."""

    cause: int | None = None
    reason: int | None = None


class Unanswered:
    """Ends the call row at once when the cause says enough, else after `wait` s for the other."""

    def __init__(self, writes: Writes, live: Callable[[UUID], bool], *, wait: float = 2.0) -> None:
        self._writes = writes
        self._live = live
        self._wait = wait
        self._heard: dict[UUID, _Heard] = {}

    def leg_ended(self, effect: CitizenLegEnded) -> None:
        """The hang-up of a leg that never answered."""
        heard = self._heard.setdefault(effect.call_id, _Heard())
        heard.cause = effect.cause
        telling = unanswered_outcome(heard.cause, heard.reason) is not Outcome.FAILED
        self._end(effect.call_id, heard, effect.at, 0.0 if telling else self._wait)

    def originate_failed(self, effect: OriginateFailed) -> None:
        """Asterisk gave the attempt up."""
        heard = self._heard.setdefault(effect.call_id, _Heard())
        heard.reason = effect.reason
        self._end(effect.call_id, heard, effect.at, self._wait)

    def answered(self, call_id: UUID) -> None:
        """Somebody had answered: what was heard of it before is not how it ended."""
        self._heard.pop(call_id, None)

    def _end(self, call_id: UUID, heard: _Heard, at: datetime, delay: float) -> None:
        self._writes.add(
            "unanswered attempt",
            partial(self._end_job, call_id=call_id, heard=heard, at=at),
            call_id=call_id,
            delay=delay,
            written=partial(self._over, call_id, heard),
        )

    async def _end_job(
        self, conn: Connection, *, call_id: UUID, heard: _Heard, at: datetime
    ) -> None:
        if self._heard.get(call_id) is not heard:
            return  # the other witness has ended it, or it was answered after all
        # Refused because a channel of this id exists: that one's own end counts.
        if self._live(call_id):
            del self._heard[call_id]
            return
        # Kept until this is durable: a batch that is rolled back is written again.
        await end_if_open(conn, call_id, unanswered_outcome(heard.cause, heard.reason), at)

    def _over(self, call_id: UUID, heard: _Heard) -> None:
        if self._heard.get(call_id) is heard:
            del self._heard[call_id]
