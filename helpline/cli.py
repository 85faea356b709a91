"""`helpline`: the operator's tool. Each command says in one sentence what went wrong, if it did."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from uuid import UUID

import pydantic
import uvloop

from calls.reporting import By
from complaints.disposal import DisposalKind
from complaints.errors import ComplaintError
from complaints.importing.layouts import Kind
from db.errors import AWAY, DatabaseError
from dialplans.errors import DialplanError
from helpline import call_reports, commands, logs, reports
from helpline import message_commands as messages
from helpline.database import NoDatabaseError
from helpline.importing import Bundle, UnreadableFileError, import_data
from helpline.policies import POLICIES
from helpline.postgres import PostgresError
from helpline.settings import SettingsError, faults, load_settings
from helpline.tools import ToolsError
from messages.errors import MessageError
from messages.model import Channel
from speech.errors import SpeechError

# What an operator can do something about; anything else is our fault and shows its traceback.
_OPERATOR_ERRORS = (
    SettingsError,
    ToolsError,
    PostgresError,
    NoDatabaseError,
    DatabaseError,
    DialplanError,
    ComplaintError,
    MessageError,
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

    agent = verbs.add_parser("agent", help="about agents").add_subparsers(required=True)
    token = agent.add_parser("token", help="the token with which an agent's page signs in")
    token.add_argument("agent", metavar="AGENT")
    token.set_defaults(command=commands.agent_token)

    boss = verbs.add_parser("supervisor", help="about supervisors").add_subparsers(required=True)
    boss_token = boss.add_parser("token", help="the token with which a wallboard signs in")
    boss_token.add_argument("name", metavar="NAME")
    boss_token.set_defaults(command=commands.supervisor_token)

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
    verify.set_defaults(command=commands.verify)

    _add_notifications(verbs.add_parser("notifications", help="about messages"))
    _add_complaint(verbs.add_parser("complaint", help="about one complaint"))
    _add_import(verbs.add_parser("import", help="departments, places, categories, posts, officers"))
    _add_report(verbs.add_parser("report", help="figures of calls; what is missing"))
    return parser


def _add_notifications(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(required=True)

    listing = verbs.add_parser("list", help="how many wait, and those that are held, with why")
    listing.add_argument("--held", action="store_true", help="only those that are held")
    listing.add_argument("--most", type=int, default=100, metavar="N", help="default: 100")
    listing.set_defaults(command=messages.listing)

    retry = verbs.add_parser("retry", help="let held messages go: they are tried again")
    which = retry.add_mutually_exclusive_group(required=True)
    which.add_argument("id", nargs="?", type=UUID, metavar="ID")
    which.add_argument("--all", action="store_true", help="all that are held")
    retry.set_defaults(command=messages.retry)

    templates = verbs.add_parser("templates", help="the texts, as registered with the operator")
    templates.set_defaults(command=messages.list_templates)

    template = verbs.add_parser("template", help="change one text or its registration")
    template.add_argument("kind", metavar="KIND")
    template.add_argument("--channel", choices=list(Channel), default=Channel.SMS)
    template.add_argument("--language", default="hi")
    template.add_argument("--id", help="the template id (DLT)")
    template.add_argument("--header", help="the sender id")
    template.add_argument("--subject", help="of an e-mail")
    template.add_argument("--text", help="with variables such as {number}")
    template.set_defaults(command=messages.change_template)


def _add_complaint(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(required=True)

    show = verbs.add_parser("show", help="tell a complaint's whole story")
    show.add_argument("number", metavar="NUMBER")
    show.set_defaults(command=commands.complaint_show)

    dispose = verbs.add_parser("dispose", help="enter an officer's disposal report")
    dispose.add_argument("number", metavar="NUMBER")
    dispose.add_argument("--report", required=True, help="what was done, in the officer's words")
    dispose.add_argument("--kind", choices=list(DisposalKind), default=DisposalKind.RESOLVED)
    dispose.add_argument("--by", required=True, metavar="POST", help="the post that reports")
    dispose.set_defaults(command=commands.complaint_dispose)


def _add_import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "kind", metavar="KIND", choices=[*Kind, *Bundle], help=", ".join([*Kind, *Bundle])
    )
    parser.add_argument(
        "files", metavar="FILE", type=Path, nargs="+", help="for folder and lgd: folders"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="say what is wrong and what would change"
    )
    parser.add_argument(
        "--remove-absent",
        action="store_true",
        help="remove tenures, leaves and holidays that are in no file (of the kinds imported)",
    )
    parser.set_defaults(command=import_data)


def _add_report(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(required=True)
    holes = verbs.add_parser("holes", help="categories without a post, posts without a holder")
    holes.add_argument("--all", action="store_true", help="name every place")
    holes.set_defaults(command=reports.holes)

    calls = verbs.add_parser("calls", help="offered, answered, abandoned, service level, ...")
    calls.add_argument(
        "--from", dest="since", type=date.fromisoformat, required=True, metavar="DAY"
    )
    calls.add_argument("--to", type=date.fromisoformat, metavar="DAY", help="that day included")
    calls.add_argument("--by", type=By, choices=list(By), default=By.QUEUE)
    calls.add_argument("--within", type=int, default=20, metavar="S", help="answered in time: 20 s")
    calls.add_argument("--short", type=int, default=5, metavar="S", help="a short abandon: 5 s")
    which = calls.add_mutually_exclusive_group()
    which.add_argument("--csv", type=Path, metavar="FILE")
    which.add_argument("--xlsx", type=Path, metavar="FILE", help="with a sheet of all calls")
    calls.add_argument("--list", action="store_true", help="one line for each call instead")
    calls.set_defaults(command=call_reports.calls)


if __name__ == "__main__":
    sys.exit(main())
