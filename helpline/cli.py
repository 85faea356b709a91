"""`helpline`: the operator's tool. Each command says in one sentence what went wrong, if it did."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

import pydantic
import uvloop

from access.errors import AccessError
from calls.errors import CallError
from complaints.errors import ComplaintError
from cti.errors import DeskError, FormError
from db.errors import AWAY, DatabaseError
from dialplans.errors import DialplanError
from helpline import (
    commands,
    guidance_commands,
    importing,
    logs,
    message_commands,
    quality_commands,
    recording_words,
    report_words,
    user_words,
)
from helpline.agent_commands import add_commands as add_agent_commands
from helpline.alarm_commands import add_commands as add_alarm_commands
from helpline.caller_commands import add_commands as add_caller_commands
from helpline.complaint_parser import add_bundle, add_complaint, add_feedback
from helpline.database import NoDatabaseError
from helpline.database_commands import BackupError
from helpline.database_commands import add_commands as add_database_commands
from helpline.deadline_commands import add_commands as add_deadline_commands
from helpline.importing import UnreadableFileError
from helpline.officer_commands import add_commands as add_officer_commands
from helpline.operator_socket import NotServedError
from helpline.policies import POLICIES
from helpline.postgres import PostgresError
from helpline.settings import SettingsError, faults, load_settings
from helpline.tls import CertificateError
from helpline.tools import ToolsError
from messages.errors import MessageError
from recordings.errors import RecordingError
from speech.errors import SpeechError
from web.errors import AssetsError

_Verbs: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

# What an operator can do something about; anything else is our fault and shows its traceback.
_OPERATOR_ERRORS = (
    AccessError,
    BackupError,
    CertificateError,
    SettingsError,
    ToolsError,
    PostgresError,
    NoDatabaseError,
    NotServedError,
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
    UnreadableFileError,
    *AWAY,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the process's exit status."""
    options = _parser().parse_args(arguments)
    try:
        settings = load_settings()
        logs.configure(
            level=settings.log.level, show_pii=settings.log.show_pii, json=settings.log.json_lines
        )
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            status: int = runner.run(options.command(settings, options))
            return status
    except KeyboardInterrupt:
        return 130
    except pydantic.ValidationError as error:
        print(f"helpline: {faults(error)}", file=sys.stderr)
    except _OPERATOR_ERRORS as error:
        print(f"helpline: {error}", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="helpline", description="Helpline 1076, the control plane"
    )
    verbs = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_cell(verbs)
    _add_keys(verbs)
    _add_rules(verbs)
    add_caller_commands(verbs)
    add_agent_commands(verbs)
    add_alarm_commands(verbs)
    message_commands.add_to(verbs.add_parser("notifications", help="about messages"))
    add_complaint(verbs.add_parser("complaint", help="about one complaint: every move of its life"))
    add_database_commands(verbs)
    add_deadline_commands(verbs)
    add_officer_commands(verbs)
    add_bundle(verbs.add_parser("bundle", help="what an officer is handed with an escalation"))
    add_feedback(verbs.add_parser("feedback", help="citizens whom the dialer did not reach"))
    recording_words.add(verbs.add_parser("recordings", help="find, hand out, keep, erase, verify"))
    importing.add_to(
        verbs.add_parser("import", help="departments, places, categories, posts, officers")
    )
    guidance_commands.add_to(
        verbs.add_parser("guidance", help="scripts, schemes and fields of the agents' desk")
    )
    quality_commands.add_to(verbs.add_parser("quality", help="judging recorded calls"))
    report_words.add(
        verbs.add_parser("report", help="figures of calls, what is missing, what waits")
    )
    user_words.add(verbs.add_parser("user", help="people who sign in"))
    return parser


def _add_cell(verbs: _Verbs) -> None:
    """Running the cell, and making it ready."""
    serve = verbs.add_parser("serve", help="run this cell until SIGTERM")
    serve.set_defaults(command=commands.serve)

    migrate = verbs.add_parser("migrate", help="bring the database's schema up to date")
    migrate.set_defaults(command=commands.migrate)

    render = verbs.add_parser("render", help="write the cell's Asterisk configuration")
    render.set_defaults(command=commands.render)

    check = verbs.add_parser("check", help="look for faults in settings and configuration")
    check.set_defaults(command=commands.check)

    demo = verbs.add_parser("demo", help="one citizen's story, end to end")
    demo.add_argument(
        "--output",
        type=Path,
        default=commands.PROJECT / "var" / "demo",
        metavar="FOLDER",
        help="where report and recordings go (default: var/demo)",
    )
    demo.set_defaults(command=commands.demo)


def _add_keys(verbs: _Verbs) -> None:
    """Tokens of a laboratory's pages, and HTTPS."""
    certificate = verbs.add_parser("certificate", help="about HTTPS").add_subparsers(required=True)
    make = certificate.add_parser("make", help="a certificate by an authority of our own")
    make.add_argument("--name", action="append", metavar="HOST", help="repeat for several")
    make.set_defaults(command=commands.certificate_make)

    boss = verbs.add_parser("supervisor", help="about supervisors").add_subparsers(required=True)
    boss_token = boss.add_parser("token", help="the token with which a wallboard signs in")
    boss_token.add_argument("name", metavar="NAME")
    boss_token.set_defaults(command=commands.supervisor_token)


def _add_rules(verbs: _Verbs) -> None:
    """Whether the rules lead where they should, and histories are as they were written."""
    policy = verbs.add_parser("policy", help="about policies").add_subparsers(required=True)
    explain = policy.add_parser("explain", help="who gets a complaint, by when, and what then")
    explain.add_argument("category", metavar="CATEGORY")
    explain.add_argument("place", metavar="PLACE")
    explain.add_argument("--policy", choices=sorted(POLICIES), help="default: that of the settings")
    explain.set_defaults(command=commands.policy_explain)

    verify = verbs.add_parser("verify", help="check that histories are as they were written")
    which = verify.add_mutually_exclusive_group(required=True)
    which.add_argument("number", nargs="?", metavar="NUMBER")
    which.add_argument("--all", action="store_true", help="every complaint's")
    heads = "compare histories with the heads that were written down there"
    which.add_argument("--heads", nargs="+", type=Path, metavar="FILE", help=heads)
    new = "write the heads of all histories down, to be kept elsewhere"
    which.add_argument("--write-heads", type=Path, metavar="FILE", help=new)
    verify.add_argument("--files", action="store_true", help="read every attached file back too")
    verify.set_defaults(command=commands.verify)


if __name__ == "__main__":
    sys.exit(main())
