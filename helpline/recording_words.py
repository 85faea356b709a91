"""The words of `helpline recordings ...`."""

import argparse
import getpass
import os
from datetime import datetime
from pathlib import Path
from typing import get_args
from uuid import UUID

from helpline import recording_commands as commands
from helpline.bounded import rows, whole
from helpline.clock import INDIA
from recordings.certificate import Relation
from recordings.model import Kind


def add(parser: argparse.ArgumentParser) -> None:
    """All verbs."""
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    _add_search(verbs)
    _add_listening(verbs)
    _add_keeping(verbs)
    _add_audit(verbs)


def _add_search(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    find = verbs.add_parser("find", help="recordings, newest first")
    which = find.add_mutually_exclusive_group()
    which.add_argument("--number", help="the citizen's")
    which.add_argument("--complaint", metavar="NUMBER")
    which.add_argument("--agent")
    find.add_argument("--since", type=day, metavar="YYYY-MM-DD", help="from that day on (IST)")
    find.add_argument("--until", type=day, metavar="YYYY-MM-DD", help="before that day (IST)")
    find.add_argument("--after", type=UUID, metavar="ID", help="the last one of the page before")
    find.add_argument("--most", type=rows, default=50, metavar="N", help="at most 500")
    find.set_defaults(command=commands.find)

    show = verbs.add_parser("show", help="one recording: files, pauses, holds, accesses, chain")
    show.add_argument("id", type=UUID, metavar="ID")
    show.set_defaults(command=commands.show)


def _add_listening(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    export = _about_one(verbs, "export", "write the opened file; it is written down who and why")
    export.add_argument("--reason", required=True)
    export.add_argument("--output", type=Path, default=Path(), metavar="FOLDER")
    export.add_argument("--original", action="store_true", help="not the kept copy")
    export.add_argument("--certificate", action="store_true", help="with a certificate as PDF")
    export.add_argument("--name", default="", help="of who signs the certificate")
    export.add_argument("--designation", default="")
    export.add_argument("--kin", default="", help="whose son, daughter or spouse")
    export.add_argument("--address", default="")
    export.add_argument("--relation", choices=get_args(Relation), default="managed")
    export.set_defaults(command=commands.export)

    link = _about_one(verbs, "link", "a signed link that plays for 30 minutes")
    link.add_argument("--reason", required=True)
    link.set_defaults(command=commands.link)


def _add_keeping(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    hold = _about_one(verbs, "hold", "keep it, whatever the policy says")
    hold.add_argument("--why", required=True)
    hold.add_argument("--until", type=day, metavar="YYYY-MM-DD", help="default: until released")
    hold.set_defaults(command=commands.hold)

    release = _about_one(verbs, "release", "end its holds")
    release.add_argument("--why", required=True)
    release.set_defaults(command=commands.release)

    due = verbs.add_parser("due", help="what is past its retention, and what holds it")
    due.add_argument("--most", type=rows, default=200, metavar="N")
    due.set_defaults(command=commands.due)

    erase = verbs.add_parser("erase", help="destroy keys and files; a tombstone stays")
    which = erase.add_mutually_exclusive_group(required=True)
    which.add_argument("id", type=UUID, nargs="?", metavar="ID")
    which.add_argument("--due", action="store_true", help="all that is due and not held")
    erase.add_argument("--why", default="", help="needed with ID")
    erase.add_argument("--early", action="store_true", help="before its retention has ended")
    _by(erase)
    erase.set_defaults(command=commands.erase)

    retention = verbs.add_parser("retention", help="show the policy, or change it")
    retention.add_argument("--kind", choices=get_args(Kind), default="call")
    retention.add_argument(
        "--days", type=whole(0, 36_500), help="from the start of the recording; at least 30"
    )
    _by(retention)
    retention.set_defaults(command=commands.retention)


def _add_audit(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    seal = verbs.add_parser("seal", help="seal the audit chain now and write its head to a file")
    seal.set_defaults(command=commands.seal)

    verify = verbs.add_parser("verify", help="check chain, rows, files and seals")
    which = verify.add_mutually_exclusive_group()
    which.add_argument("id", type=UUID, nargs="?", metavar="ID")
    which.add_argument("--all", action="store_true", help="every recording's bytes too")
    verify.set_defaults(command=commands.verify)

    sweep = verbs.add_parser("sweep", help="compare the whole store with the rows")
    sweep.set_defaults(command=commands.sweep)

    rotate = verbs.add_parser("rotate-key", help="a new master key; all keys are wrapped anew")
    rotate.set_defaults(command=commands.rotate_key)


def _about_one(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", word: str, text: str
) -> argparse.ArgumentParser:
    verb = verbs.add_parser(word, help=text)
    verb.add_argument("id", type=UUID, metavar="ID")
    _by(verb)
    return verb


def _by(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--by", default=login(), help="who (default: the login name)")


def login() -> str:
    """The login name; an account without one, as in a container, is told by its number."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid-{os.getuid()}"


def day(text: str) -> datetime:
    """The beginning of a day in India."""
    return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=INDIA)
