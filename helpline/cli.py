"""`helpline`: the operator's tool. Each command says in one sentence what went wrong, if it did."""

import argparse
import asyncio
import signal
import sys
import threading
from collections.abc import Callable, Coroutine, Sequence
from importlib import import_module
from typing import Any, NamedTuple

import pydantic
import uvloop

from access.errors import AccessError
from calls.errors import CallError
from complaints.errors import ComplaintError
from cti.errors import DeskError, FormError
from db.errors import AWAY, DatabaseError
from dialplans.errors import DialplanError
from helpline import logs
from helpline.errors import OperatorError
from helpline.owner import by_the_owner
from helpline.settings import faults, load_settings
from messages.errors import MessageError
from recordings.errors import RecordingError
from speech.errors import SpeechError
from web.errors import AssetsError

# What an operator can do something about; anything else is our fault and shows its traceback.
_OPERATOR_ERRORS = (
    OperatorError,
    AccessError,
    AssetsError,
    DatabaseError,
    DialplanError,
    CallError,
    ComplaintError,
    DeskError,
    FormError,
    MessageError,
    RecordingError,
    SpeechError,
    *AWAY,
)


class _Verb(NamedTuple):
    """`words`: the function that adds what follows. Its module is loaded when the verb is used:
    all of them together take three times as long as the slowest.
    """

    name: str
    help: str
    words: str

    def add_to(self, parser: argparse.ArgumentParser) -> None:
        module, _, name = self.words.partition(":")
        add: Callable[[argparse.ArgumentParser], None] = getattr(import_module(module), name)
        add(parser)


_VERBS = (
    # Running the cell, and making it ready.
    _Verb("serve", "run this cell until SIGTERM", "helpline.serving:add_serve"),
    _Verb("migrate", "bring the database's schema up to date", "helpline.commands:add_migrate"),
    _Verb("render", "write the cell's Asterisk configuration", "helpline.commands:add_render"),
    _Verb("check", "look for faults in settings and configuration", "helpline.commands:add_check"),
    _Verb("database", "back-up and restore", "helpline.database_commands:add_database"),
    _Verb("demo", "one citizen's story, end to end", "helpline.serving:add_demo"),
    _Verb("certificate", "about HTTPS", "helpline.commands:add_certificate"),
    _Verb("cells", "cells on this database", "helpline.alarm_commands:add_cells"),
    _Verb("alarms", "limits of alarms", "helpline.alarm_commands:add_alarms"),
    _Verb("notifications", "about messages", "helpline.message_commands:add_to"),
    # Calls.
    _Verb("agent", "about agents", "helpline.agent_commands:add_agent"),
    _Verb("supervisor", "about supervisors", "helpline.commands:add_supervisor"),
    _Verb("callers", "who is kept out", "helpline.caller_commands:add_callers"),
    _Verb("callbacks", "to whom a call is owed", "helpline.caller_commands:add_callbacks"),
    _Verb("dialling", "which endpoint may dial where", "helpline.caller_commands:add_dialling"),
    _Verb("recordings", "find, hand out, keep, erase, verify", "helpline.recording_words:add"),
    _Verb("quality", "judging recorded calls", "helpline.quality_commands:add_to"),
    _Verb("report", "figures of calls, what is missing, what waits", "helpline.report_words:add"),
    # Complaints.
    _Verb(
        "complaint",
        "about one complaint: every move of its life",
        "helpline.complaint_parser:add_complaint",
    ),
    _Verb(
        "deadlines",
        "complaints that the clock could not move",
        "helpline.deadline_commands:add_deadlines",
    ),
    _Verb("officer", "what officers have to do", "helpline.officer_commands:add_officer"),
    _Verb(
        "bundle",
        "what an officer is handed with an escalation",
        "helpline.complaint_parser:add_bundle",
    ),
    _Verb(
        "feedback",
        "citizens whom the dialer did not reach",
        "helpline.complaint_parser:add_feedback",
    ),
    _Verb("policy", "about policies", "helpline.commands:add_policy"),
    _Verb(
        "verify", "check that histories are as they were written", "helpline.commands:add_verify"
    ),
    # People, places and words.
    _Verb(
        "import", "departments, places, categories, posts, officers", "helpline.importing:add_to"
    ),
    _Verb(
        "guidance",
        "scripts, schemes and fields of the agents' desk",
        "helpline.guidance_commands:add_to",
    ),
    _Verb("user", "people who sign in", "helpline.user_words:add"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the process's exit status."""
    words = sys.argv[1:] if arguments is None else arguments
    options = parser_for(words).parse_args(words)
    try:
        settings = load_settings()
        by_the_owner(settings.state_dir.absolute())
        logs.configure(
            level=settings.log.level, show_pii=settings.log.show_pii, json=settings.log.json_lines
        )
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(_until_told_to_stop(options.command(settings, options)))
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except asyncio.CancelledError:
        return 128 + signal.SIGTERM
    except pydantic.ValidationError as error:
        print(f"helpline: {faults(error)}", file=sys.stderr)
    except _OPERATOR_ERRORS as error:
        print(f"helpline: {error}", file=sys.stderr)
    return 1


async def _until_told_to_stop(command: Coroutine[Any, Any, int]) -> int:
    """SIGTERM takes a command back as Ctrl-C does; a second one ends us at once.

    Who has an end of its own (`helpline serve`) puts its own handler in place.
    """
    loop, running = asyncio.get_running_loop(), asyncio.create_task(command, name="command")

    def stop() -> None:
        loop.remove_signal_handler(signal.SIGTERM)
        running.cancel()

    if threading.current_thread() is threading.main_thread():  # signals are its own
        loop.add_signal_handler(signal.SIGTERM, stop)
    return await running


def parser_for(words: Sequence[str]) -> argparse.ArgumentParser:
    """Knows all verbs, and of the one in `words` what follows it."""
    parser = argparse.ArgumentParser(
        prog="helpline", description="Helpline 1076, the control plane"
    )
    verbs = parser.add_subparsers(required=True, metavar="COMMAND")
    asked = next((word for word in words if not word.startswith("-")), None)
    for verb in _VERBS:
        words_of_verb = verbs.add_parser(verb.name, help=verb.help)
        if verb.name == asked:
            verb.add_to(words_of_verb)
    return parser


if __name__ == "__main__":
    sys.exit(main())
