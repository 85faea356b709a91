"""The words of `helpline complaint ...` and `helpline feedback ...`."""

import argparse
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from complaints.disposal import DisposalKind
from complaints.ends import SpecialReason
from complaints.lifecycle import PauseReason
from complaints.texts import DissatisfactionReason
from complaints.waiting import For
from helpline import attachment_commands, feedback_commands, registration_commands
from helpline import complaint_commands as commands
from helpline.bounded import rows
from helpline.settings import Settings

_TOLD_IN = "the call in which that agent was told; needed with --agent"
_Command = Callable[[Settings, argparse.Namespace], Awaitable[int]]


class _Verbs:
    """Sub-commands that are each about one complaint."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self._verbs = parser.add_subparsers(required=True, metavar="MOVE")

    @property
    def plain(self) -> Any:
        """`argparse`'s own, for those that are not about one complaint that is there already."""
        return self._verbs

    def add(self, name: str, what: str, command: _Command) -> argparse.ArgumentParser:
        """A move, with the complaint's number as its first argument."""
        verb = self._verbs.add_parser(name, help=what, description=what)
        verb.add_argument("number", metavar="NUMBER")
        verb.set_defaults(command=command)
        return verb

    def by_officer(
        self,
        name: str,
        what: str,
        command: _Command,
        text: str | None,
    ) -> argparse.ArgumentParser:
        """A move of the post that has the complaint; `text`: what is to be said with it."""
        verb = self.add(name, what, command)
        verb.add_argument("--by", required=True, metavar="POST", help="the post whose move it is")
        verb.add_argument("--agent", help="the agent whom that post told on the telephone")
        verb.add_argument("--call", type=UUID, help=_TOLD_IN)
        return _saying(verb, text) if text else verb


def add_complaint(parser: argparse.ArgumentParser) -> None:
    """Every move of a complaint's life, and its story."""
    verbs = _Verbs(parser)
    verbs.add("show", "tell a complaint's whole story", commands.show)
    _add_officers_moves(verbs)
    _add_moves_to_others(verbs)
    _add_cm_teams_moves(verbs)
    _add_citizens_moves(verbs)
    registration_commands.add_to(verbs.plain)
    attachment_commands.add_to(verbs.plain)
    comment = _saying(verbs.add("comment", "a remark, at any time", commands.comment), "the remark")
    who = comment.add_mutually_exclusive_group(required=True)
    who.add_argument(
        "--by", metavar="WHO", help="whose it is, such as post:bdo-mehroni, cm_office:5"
    )
    who.add_argument("--agent", help="the agent who writes it")
    comment.add_argument("--call", type=UUID, help="the call that the agent writes about")


def add_bundle(parser: argparse.ArgumentParser) -> None:
    """The page with recordings, reasons and history."""
    verbs = _Verbs(parser)
    renew = verbs.add(
        "renew", "a new link, sent to who holds the complaint's post now", commands.bundle_renew
    )
    renew.add_argument("--agent", help="the agent whom the officer asked for it")


def add_feedback(parser: argparse.ArgumentParser) -> None:
    """What agents do where the dialer reached nobody."""
    verbs = parser.add_subparsers(required=True, metavar="WHAT")
    tasks = verbs.add_parser("tasks", help="citizens whom agents are to call")
    tasks.add_argument("--most", type=rows, default=100, metavar="N", help="default: 100")
    tasks.set_defaults(command=feedback_commands.tasks)
    record = verbs.add_parser("record", help="what a citizen told an agent about a disposal")
    record.add_argument("number", metavar="NUMBER")
    record.add_argument("--call", type=UUID, required=True, help="the call in which they said so")
    record.add_argument("--agent", required=True, help="the agent who had that call")
    answer = record.add_mutually_exclusive_group(required=True)
    answer.add_argument("--satisfied", action="store_true", dest="satisfied")
    answer.add_argument("--dissatisfied", action="store_false", dest="satisfied")
    _why_dissatisfied(record)
    record.set_defaults(command=feedback_commands.record)


def _add_officers_moves(verbs: _Verbs) -> None:
    dispose = verbs.by_officer(
        "dispose",
        "enter an officer's disposal report",
        commands.dispose,
        None,
    )
    dispose.add_argument("--report", required=True, help="what was done, in the officer's words")
    dispose.add_argument("--kind", choices=list(DisposalKind), default=DisposalKind.RESOLVED)
    dispose.add_argument(
        "--attach",
        action="append",
        type=Path,
        default=[],
        metavar="FILE",
        help="a photograph, a letter as PDF, a voice note; repeat for several",
    )
    pause = verbs.by_officer("pause", "stop the officer's clock", commands.pause, "why")
    pause.add_argument("--reason", choices=list(PauseReason), required=True)
    verbs.by_officer("resume", "let the officer's clock go on", commands.resume, "why")
    interim = verbs.by_officer(
        "interim", "an interim reply; the due time stays", commands.interim, "how it stands"
    )
    interim.add_argument(
        "--expected",
        type=datetime.fromisoformat,
        required=True,
        metavar="TIME",
        help="when to expect more, as 2025-11-30 or 2025-11-30T17:00 (IST)",
    )


def _add_moves_to_others(verbs: _Verbs) -> None:
    for name, what in (
        ("transfer", "to another department, or proposed so where the policy wants approval"),
        ("propose-transfer", "ask the next level for a transfer; refused where none need be asked"),
    ):
        verb = verbs.by_officer(name, what, commands.transfer, "why")
        verb.add_argument("--to", required=True, metavar="DEPARTMENT")
        verb.set_defaults(only_propose=name != "transfer")
    for name, what in (
        ("special-close", "close without the citizen's satisfaction, or proposed so by the policy"),
        ("propose-close", "ask the next level for it; refused where none need be asked"),
    ):
        verb = verbs.by_officer(name, what, commands.special_close, "the situation")
        verb.add_argument("--reason", choices=list(SpecialReason), required=True)
        verb.set_defaults(only_propose=name != "special-close")
    verbs.by_officer("return", "it came to the wrong officer", commands.return_, "why")
    decide = verbs.by_officer(
        "decide", "the next level decides what was proposed", commands.decide, "why"
    )
    which = decide.add_mutually_exclusive_group(required=True)
    which.add_argument("--approve", action="store_true", dest="approve")
    which.add_argument("--refuse", action="store_false", dest="approve")


def _add_cm_teams_moves(verbs: _Verbs) -> None:
    forward = verbs.add(
        "forward", "the CM's team sends it to its officer, corrected if need be", commands.forward
    )
    forward.add_argument("--by", required=True, metavar="NAME", help="who of the CM's team")
    forward.add_argument("--category", help="the right category")
    forward.add_argument("--place", help="the right place")
    forward.add_argument("--text", default="", help="a word with it")
    waiting = verbs.plain.add_parser(
        "waiting",
        help="what waits for the CM's team or for a decision",
        description="what waits for the CM's team or for a decision, longest first",
    )
    which = waiting.add_mutually_exclusive_group()
    which.add_argument("--what", choices=list(For), help="only that; default: all")
    which.add_argument("--decider", metavar="POST", help="proposals that this post decides")
    waiting.add_argument("--most", type=rows, default=100, metavar="N", help="default: 100")
    waiting.set_defaults(command=commands.waiting)
    advise = verbs.add("advise", "not for this helpline: say where to go", commands.advise)
    advise.add_argument("--by", required=True, metavar="NAME", help="who of the CM's team")
    _saying(advise, "where to go")


def _add_citizens_moves(verbs: _Verbs) -> None:
    withdraw = verbs.add("withdraw", "the citizen takes it back", commands.withdraw)
    _citizens_word(withdraw)
    reopen = verbs.add("reopen", "the citizen is not satisfied after all", commands.reopen)
    _citizens_word(reopen)
    _why_dissatisfied(reopen)


def _citizens_word(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--call", type=UUID, required=True, help="the call in which they said so")
    verb.add_argument("--agent", help="the agent whom they told, who had that call")
    verb.add_argument(
        "--confirmed",
        default="",
        metavar="HOW",
        help="how the agent made sure who was speaking, where the number is not the citizen's",
    )
    verb.add_argument("--text", default="", help="in their words")


def _why_dissatisfied(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--reason", choices=list(DissatisfactionReason), help="why not satisfied")


def _saying(verb: argparse.ArgumentParser, what: str) -> argparse.ArgumentParser:
    verb.add_argument("--text", required=True, help=what)
    return verb
