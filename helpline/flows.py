"""The call flows of a cell, joined to what they need."""

from collections.abc import Mapping

from agi.apology import ApologyFlow, OverloadFlow
from agi.desk import DeskFlow
from agi.ended import EndedFlow
from agi.feedback import FeedbackFlow
from agi.inbound import InboundFlow
from agi.keys import KeyListener
from agi.ports import CallbackBook, Capture, FeedbackBook, Journal, Prompts
from agi.server import FastAgiServer, Flow
from agi.unserved import UnservedFlow
from dialplans import names
from helpline.clock import Clock
from helpline.settings import CellOptions


def agi_server(
    cell: CellOptions,
    *,
    journal: Journal,
    capture: Capture,
    callbacks: CallbackBook,
    book: FeedbackBook,
    prompts: Prompts,
    now: Clock,
) -> FastAgiServer:
    """The FastAGI server of this cell with all its flows; not started."""
    listener = KeyListener(prompts)
    routes: Mapping[str, Flow] = {
        names.SCRIPT_INBOUND: InboundFlow(
            cell=cell.name,
            queue=cell.queues[0].name,
            journal=journal,
            capture=capture,
            prompts=prompts,
            listener=listener,
            now=now,
            patience=cell.patience_seconds,
        ),
        names.SCRIPT_UNSERVED: UnservedFlow(
            journal=journal, callbacks=callbacks, prompts=prompts, now=now
        ),
        names.SCRIPT_ENDED: EndedFlow(journal=journal, now=now),
        names.SCRIPT_DESK: DeskFlow(journal=journal, capture=capture, prompts=prompts, now=now),
        names.SCRIPT_FEEDBACK: FeedbackFlow(
            journal=journal,
            capture=capture,
            book=book,
            prompts=prompts,
            listener=listener,
            now=now,
        ),
    }
    return FastAgiServer(
        routes,
        host=str(cell.agi.address),
        port=cell.agi.port,
        max_sessions=cell.max_ivr_sessions,
        overflow=OverloadFlow(cell=cell.name, journal=journal, prompts=prompts, now=now),
        fault=ApologyFlow(prompts),
        # Feedback too: the citizen whom we have called may answer while we drain.
        follow_ups=(names.SCRIPT_UNSERVED, names.SCRIPT_ENDED, names.SCRIPT_FEEDBACK),
    )
