"""The call is over (`h` extension): what became of it, from what app_queue left behind."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from agi.caller import call_id_argument
from agi.durable import noted
from agi.ports import Journal, Served
from agi.session import Session
from agi.unserved import unserved_outcome
from calls.model import Outcome
from dialplans.names import VAR_FAULT, VAR_QUEUE

_log = structlog.get_logger(__name__)


def emergency_outcome(service: str, dial_status: str) -> Outcome | None:
    """What Dial's DIALSTATUS means for who asked for an emergency service; None: nobody did.

    Who hung up while it rang, or between two services, had not been heard.
    """
    if not service:
        return None
    return Outcome.EMERGENCY if dial_status == "ANSWER" else Outcome.EMERGENCY_ABANDONED


def ended_outcome(
    queue_status: str, abandoned: str, member_interface: str, *, sent_to_queue: bool = False
) -> Outcome | None:
    """The outcome as app_queue's variables tell it; None when the flow itself has written it.

    A queue that gives up also sets ABANDONED, so its status comes first. `sent_to_queue`: the menu
    was left for the queue; without any trace of a queue the caller hung up in between.
    """
    if outcome := unserved_outcome(queue_status):
        return outcome
    if abandoned.upper() == "TRUE":
        return Outcome.QUEUE_ABANDONED
    if member_interface:
        return Outcome.AGENT_ANSWERED
    return Outcome.IVR_ABANDONED if sent_to_queue else None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedFlow:
    """Arguments: our call, QUEUESTATUS, ABANDONED, MEMBERINTERFACE, hang-up cause,
    emergency service, DIALSTATUS.

    All but the first may be empty or missing.
    """

    journal: Journal
    served: Served
    now: Callable[[], datetime]

    async def __call__(self, session: Session) -> None:
        """Write the outcome, if the flow has not; a first one written stands."""
        call_id = call_id_argument(session)
        if call_id is None:
            _log.warning("ended: no call of ours", channel=session.channel)
            return
        at = self.now()
        _, status, abandoned, member, cause, service, dialled = (*session.args, *[""] * 6)[:7]
        outcome = emergency_outcome(service, dialled) or ended_outcome(status, abandoned, member)
        if outcome is None and await session.get_variable(VAR_FAULT):
            outcome = Outcome.UNAVAILABLE
        if outcome is None:
            queue = await session.get_variable(VAR_QUEUE)
            outcome = ended_outcome(status, abandoned, member, sent_to_queue=bool(queue))
        _log.info("call ended", call=str(call_id), outcome=outcome, cause=cause[:10])
        if outcome is not None:
            await noted(self.journal.ended(call_id, outcome, at))
        if outcome is Outcome.AGENT_ANSWERED:
            self.served(call_id, member, at)
