"""The words of `helpline user ...`."""

import argparse
from uuid import UUID

from access.rights import Role
from helpline import user_commands as people


def add(parser: argparse.ArgumentParser) -> None:
    """People, their roles, passwords, PINs and sessions."""
    verbs = parser.add_subparsers(required=True)

    bootstrap = verbs.add_parser("bootstrap", help="a link for the first administrator")
    bootstrap.set_defaults(command=people.bootstrap)

    _add_data(verbs)

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


def _add_data(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """What is known of a person, given first and corrected later."""
    add = verbs.add_parser("add", help="add a person; prints a password for the first sign-in")
    add.add_argument("name", metavar="NAME", help="what they type to sign in")
    add.add_argument("--display", required=True, help="their name, as pages show it")
    add.add_argument("--language", choices=["hi", "en"], default="hi")
    add.add_argument("--number", help="their telephone, for the officers' line")
    add.add_argument("--officer", metavar="CODE", help="the officer whose posts are theirs")
    add.add_argument("--agent", metavar="DESK", help="the desk that is theirs: 1001")
    add.set_defaults(command=people.add)

    change = verbs.add_parser("change", help="correct what is known of a person")
    change.add_argument("name", metavar="NAME")
    change.add_argument("--display", help="their name, as pages show it")
    change.add_argument(
        "--number", help='their telephone; "": none. Their PIN goes with the old one'
    )
    change.add_argument("--officer", metavar="CODE", help='whose posts are theirs; "": none')
    change.set_defaults(command=people.change)
