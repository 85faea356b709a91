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

from access.errors import AccessError
from access.rights import Role
from calls.errors import CallError
from calls.reporting import By
from complaints.errors import ComplaintError
from complaints.importing.layouts import Kind
from cti.errors import DeskError, FormError
from db.errors import AWAY, DatabaseError
from dialplans.errors import DialplanError
from helpline import (
    call_reports,
    commands,
    guidance_commands,
    logs,
    quality_commands,
    recording_words,
    reports,
)
from helpline import message_commands as messages
from helpline import user_commands as people
from helpline.alarm_commands import add_commands as add_alarm_commands
from helpline.caller_commands import add_commands as add_caller_commands
from helpline.complaint_parser import add_bundle, add_complaint, add_feedback
from helpline.database import NoDatabaseError
from helpline.importing import Bundle, UnreadableFileError, import_data
from helpline.policies import POLICIES
from helpline.postgres import PostgresError
from helpline.settings import SettingsError, faults, load_settings
from helpline.tls import CertificateError
from helpline.tools import ToolsError
from messages.errors import MessageError
from messages.model import Channel
from recordings.errors import RecordingError
from speech.errors import SpeechError
from web.errors import AssetsError

# What an operator can do something about; anything else is our fault and shows its traceback.
_OPERATOR_ERRORS = (
    AccessError,
    CertificateError,
    SettingsError,
    ToolsError,
    PostgresError,
    NoDatabaseError,
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

    certificate = verbs.add_parser("certificate", help="about HTTPS").add_subparsers(required=True)
    make = certificate.add_parser("make", help="a certificate by an authority of our own")
    make.add_argument("--name", action="append", metavar="HOST", help="repeat for several")
    make.set_defaults(command=commands.certificate_make)

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
    verify.add_argument("--files", action="store_true", help="read every attached file back too")
    verify.set_defaults(command=commands.verify)

    add_caller_commands(verbs)
    add_alarm_commands(verbs)
    _add_notifications(verbs.add_parser("notifications", help="about messages"))
    add_complaint(verbs.add_parser("complaint", help="about one complaint: every move of its life"))
    add_bundle(verbs.add_parser("bundle", help="what an officer is handed with an escalation"))
    add_feedback(verbs.add_parser("feedback", help="citizens whom the dialer did not reach"))
    recording_words.add(verbs.add_parser("recordings", help="find, hand out, keep, erase, verify"))
    _add_import(verbs.add_parser("import", help="departments, places, categories, posts, officers"))
    guidance_commands.add_to(
        verbs.add_parser("guidance", help="scripts, schemes and fields of the agents' desk")
    )
    quality_commands.add_to(verbs.add_parser("quality", help="judging recorded calls"))
    _add_report(verbs.add_parser("report", help="figures of calls, what is missing, what waits"))
    _add_user(verbs.add_parser("user", help="people who sign in"))
    return parser


def _add_notifications(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(required=True)

    listing = verbs.add_parser("list", help="how many wait, and those that are held, with why")
    which = listing.add_mutually_exclusive_group()
    which.add_argument("--held", action="store_true", help="only those that are held")
    which.add_argument(
        "--undelivered", action="store_true", help="those that a gateway took but did not deliver"
    )
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


def _add_user(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(required=True)

    bootstrap = verbs.add_parser("bootstrap", help="a link for the first administrator")
    bootstrap.set_defaults(command=people.bootstrap)

    add = verbs.add_parser("add", help="add a person; prints a password for the first sign-in")
    add.add_argument("name", metavar="NAME", help="what they type to sign in")
    add.add_argument("--display", required=True, help="their name, as pages show it")
    add.add_argument("--language", choices=["hi", "en"], default="hi")
    add.add_argument("--number", help="their telephone, for the officers' line")
    add.add_argument("--officer", metavar="CODE", help="the officer whose posts are theirs")
    add.add_argument("--agent", metavar="DESK", help="the desk that is theirs: 1001")
    add.set_defaults(command=people.add)

    grant = verbs.add_parser("grant", help="give a role")
    grant.add_argument("name", metavar="NAME")
    grant.add_argument("role", metavar="ROLE", choices=list(Role), help=", ".join(Role))
    for part in ("department", "place", "post", "queue"):
        grant.add_argument(f"--{part}", metavar="CODE", help="only there")
    grant.add_argument("--until", metavar="DAY", help="the last day, 2026-03-31")
    grant.set_defaults(command=people.grant)

    revoke = verbs.add_parser("revoke", help="take a role back")
    revoke.add_argument("name", metavar="NAME")
    revoke.add_argument("id", type=UUID, metavar="ID", help="as `user show` tells")
    revoke.set_defaults(command=people.revoke)

    for verb, command, text in (
        ("show", people.show, "roles, and what the log has about them"),
        ("disable", people.disable, "no sign-in from now on; ends their sessions"),
        ("enable", people.enable, "lets them sign in again"),
        ("password", people.password, "a new password for the next sign-in; ends their sessions"),
        ("pin", people.pin, "a new PIN for the officers' line; printed once"),
        ("sessions", people.sessions_of, "where they are signed in"),
    ):
        one = verbs.add_parser(verb, help=text)
        one.add_argument("name", metavar="NAME")
        one.set_defaults(command=command)

    sign_out = verbs.add_parser("sign-out", help="end a person's sessions")
    sign_out.add_argument("name", metavar="NAME")
    sign_out.add_argument("--session", type=UUID, metavar="ID", help="only this one")
    sign_out.set_defaults(command=people.sign_out)


def _add_report(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(required=True)
    holes = verbs.add_parser("holes", help="categories without a post, posts without a holder")
    holes.add_argument("--all", action="store_true", help="name every place")
    holes.set_defaults(command=reports.holes)
    listed = verbs.add_parser("cm-office", help="what is on the list of the CM's office")
    listed.add_argument("--most", type=int, default=1000, metavar="N", help="default: 1000")
    listed.set_defaults(command=reports.cm_office)

    abandoned = verbs.add_parser("abandoned", help="who hung up while waiting for an agent")
    abandoned.add_argument("--hours", type=float, default=24.0, metavar="N", help="default: 24")
    abandoned.add_argument("--most", type=int, default=200, metavar="N", help="default: 200")
    abandoned.set_defaults(command=reports.abandoned)

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

    staffing = verbs.add_parser("staffing", help="agents that each hour of the week needs")
    staffing.add_argument("queue", metavar="QUEUE")
    staffing.add_argument("--weeks", type=_weeks, default=4, metavar="N", help="of calls: 4")
    staffing.add_argument("--share", type=float, default=0.8, help="of calls answered in time: 0.8")
    staffing.add_argument("--within", type=float, default=20, metavar="SECONDS", help="20")
    staffing.add_argument("--shrinkage", type=float, default=0.3, help="time not at the desk: 0.3")
    staffing.set_defaults(command=reports.staffing)


def _weeks(text: str) -> int:
    weeks = int(text)
    if not 1 <= weeks <= 52:
        raise argparse.ArgumentTypeError("1 to 52")
    return weeks


if __name__ == "__main__":
    sys.exit(main())
