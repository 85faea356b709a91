"""What an operator watches of calls and of the citizens who make them."""

from agi.server import FastAgiServer
from db.group_commit import GroupCommit
from db.left_rows import LeftRows
from helpline.http import HttpServer
from helpline.metrics import Metrics
from helpline.reception import Admission
from recordings.closer import Closer
from speech.words import Words


def watch_calls(
    metrics: Metrics, agi: FastAgiServer, commit: GroupCommit, left: LeftRows, closer: Closer
) -> None:
    """The call flows, their rows, and what became of recordings."""
    metrics.gauge("calls_in_flows", "Calls in our call flows", lambda: agi.active)
    metrics.counter("flows_served", "Call flows run to their end", lambda: agi.served)
    metrics.counter("flows_failed", "Call flows that raised", lambda: agi.failed)
    metrics.counter("flows_refused", "Calls beyond the bound", lambda: agi.refused)
    metrics.gauge("call_rows_waiting", "Rows not yet durable", lambda: commit.pending)
    metrics.counter("call_rows_refused", "Rows put by or refused", lambda: commit.refused)
    metrics.gauge(
        "call_rows_kept",
        "Rows in files: those that come in by themselves, and those that want a person",
        lambda: {"waiting": left.waiting, "refused": left.refused},
    )
    metrics.gauge("database_away", "1 while rows cannot be written", lambda: commit.away)
    metrics.counter(
        "recordings", "Recordings by what became of them", lambda: dict(closer.totals), "fate"
    )


def watch_callers(metrics: Metrics, gate: Admission, words: Words) -> None:
    """Who was not let in, and what could not be said to them."""
    metrics.counter("callers_refused", "Not let in", lambda: {**gate.refused}, "verdict")
    metrics.gauge("words_waiting", "Texts not yet spoken", lambda: words.waiting)
    metrics.counter("words_missed", "Left out of a sentence", lambda: words.missed)


def watch_http(metrics: Metrics, server: HttpServer) -> None:
    """Connections of browsers and programs."""
    metrics.gauge("http_connections", "Connections now", lambda: server.connections)
    metrics.counter(
        "http_refused", "Connections closed without an answer", lambda: dict(server.refused), "why"
    )
