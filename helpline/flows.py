"""The call flows of a cell, joined to what they need."""

from collections.abc import Mapping, Sequence

from agi.apology import ApologyFlow, OverloadFlow
from agi.closed import ClosedExit
from agi.desk import DeskFlow
from agi.emergency import EmergencyExit, EmergencyFailedFlow
from agi.ended import EndedFlow
from agi.feedback import FeedbackFlow
from agi.inbound import InboundFlow
from agi.keys import KeyListener
from agi.menu import MainMenu
from agi.missed_feedback import MissedFeedback
from agi.officers_line import OfficersLine
from agi.patience import Patience
from agi.reception import Reception
from agi.sentences import Speaker
from agi.server import FastAgiServer, Flow
from agi.status import StatusEnquiry
from agi.unserved import UnservedFlow
from agi.waiting import KeepPlaceFlow, OverflowedFlow, ReturningFlow
from dialplans import names
from helpline.flow_parts import FlowParts
from helpline.options.cell import CellOptions
from helpline.reception import queue_languages, queue_routes

# Feedback and desk too: the citizen whom we have called may answer while we drain.
FOLLOW_UPS = (
    names.SCRIPT_UNSERVED,
    names.SCRIPT_EMERGENCY_FAILED,
    names.SCRIPT_OVERFLOWED,
    names.SCRIPT_KEEP_PLACE,
    names.SCRIPT_RETURNING,
    names.SCRIPT_ENDED,
    names.SCRIPT_FEEDBACK,
    names.SCRIPT_DESK,
)


def agi_server(cell: CellOptions, parts: FlowParts) -> FastAgiServer:
    """The FastAGI server of this cell with all its flows; not started."""
    return FastAgiServer(
        _routes(cell, parts),
        host=str(cell.agi.address),
        port=cell.agi.port,
        max_sessions=cell.max_ivr_sessions,
        overflow=OverloadFlow(
            cell=cell.name, journal=parts.journal, prompts=parts.prompts, now=parts.now
        ),
        fault=ApologyFlow(parts.prompts),
        follow_ups=FOLLOW_UPS,
        carried_on=names.SCRIPTS_CARRIED_ON,
    )


def _routes(cell: CellOptions, parts: FlowParts) -> Mapping[str, Flow]:
    """Each script of the dialplan, and the flow that it runs."""
    prompts, journal, now = parts.prompts, parts.journal, parts.now
    feedback = _feedback(cell, parts)
    return {
        names.SCRIPT_INBOUND: _inbound(cell, parts, feedback),
        names.SCRIPT_UNSERVED: UnservedFlow(
            journal=journal,
            callbacks=parts.callbacks,
            prompts=prompts,
            open_now=parts.open_now,
            now=now,
            emergency=cell.emergency[0].code if cell.emergency else None,
        ),
        names.SCRIPT_EMERGENCY_FAILED: EmergencyFailedFlow(
            journal=journal, prompts=prompts, now=now
        ),
        names.SCRIPT_OVERFLOWED: OverflowedFlow(
            journal=journal,
            open_now=parts.open_now,
            overflow={one.name: one.overflow for one in cell.queues if one.overflow},
            now=now,
        ),
        names.SCRIPT_KEEP_PLACE: KeepPlaceFlow(
            journal=journal, places=parts.places, prompts=prompts, now=now
        ),
        names.SCRIPT_RETURNING: ReturningFlow(
            journal=journal,
            capture=parts.capture,
            places=parts.places,
            prompts=prompts,
            default_queue=cell.queues[0].name,
            languages=queue_languages(cell.routes),
            now=now,
        ),
        names.SCRIPT_ENDED: EndedFlow(journal=journal, served=parts.served, now=now),
        names.SCRIPT_DESK: DeskFlow(
            journal=journal,
            capture=parts.capture,
            citizens=parts.book,
            prompts=prompts,
            now=now,
            languages=_offered(cell),
        ),
        names.SCRIPT_FEEDBACK: feedback,
    }


def _feedback(cell: CellOptions, parts: FlowParts) -> FeedbackFlow:
    return FeedbackFlow(
        journal=parts.journal,
        capture=parts.capture,
        book=parts.book,
        prompts=parts.prompts,
        listener=KeyListener(parts.prompts),
        languages=_offered(cell),
        speaker=Speaker(prompts=parts.prompts, words=parts.words, english=parts.english_words),
        now=parts.now,
    )


def _inbound(cell: CellOptions, parts: FlowParts, feedback: FeedbackFlow) -> InboundFlow:
    prompts = parts.prompts
    queue_for = queue_routes(cell.routes, cell.queues[0].name)
    status = StatusEnquiry(
        prompts=prompts, words=parts.words, english=parts.english_words, book=parts.status
    )
    missed = None
    if parts.questions is not None:
        missed = MissedFeedback(questions=parts.questions, feedback=feedback, prompts=prompts)
    return InboundFlow(
        cell=cell.name,
        queue_for=queue_for,
        journal=parts.journal,
        capture=parts.capture,
        prompts=prompts,
        reception=Reception(
            prompts=prompts,
            gate=parts.gate,
            open_now=parts.open_now,
            menu=MainMenu(prompts=prompts, status=status, for_officers=cell.officers_line.menu_key),
            queue_for=queue_for,
            closed=ClosedExit(
                prompts=prompts,
                callbacks=parts.callbacks,
                now=parts.now,
                offers=parts.offers_call_back,
            ),
            missed=missed,
            languages=_offered(cell),
        ),
        emergency=EmergencyExit(
            prompts=prompts, codes=tuple(target.code for target in cell.emergency)
        ),
        places=parts.places,
        known=parts.known,
        officers=_officers_line(cell, parts),
        now=parts.now,
        patience=Patience(
            journal=parts.journal, prompts=prompts, seconds=cell.patience_seconds, pause=1.0
        ),
    )


def _offered(cell: CellOptions) -> Sequence[str]:
    """The languages that citizens can choose, in the order of their keys."""
    return tuple(language.code for language in cell.languages)


def _officers_line(cell: CellOptions, parts: FlowParts) -> OfficersLine:
    return OfficersLine(
        desk=parts.officers,
        gate=parts.gate,
        journal=parts.journal,
        capture=parts.capture,
        prompts=parts.prompts,
        listener=KeyListener(parts.prompts),
        now=parts.now,
        number=cell.officers_line.number,
        remark_seconds=cell.officers_line.remark_seconds,
    )
