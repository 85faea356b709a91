"""`helpline notifications ...`: what waits, what is held, and the texts."""

import argparse
import sys
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from complaints.texts import clock
from helpline.bounded import rows
from helpline.clock import shifted_clock
from helpline.database import command_pool
from helpline.settings import Settings
from messages import templates
from messages.errors import MessageOverError, UnknownMessageError
from messages.held import held, release
from messages.model import Channel
from messages.parts import measure
from messages.rows import UNDELIVERED_DAYS, backlog
from messages.templates import LANGUAGE
from messages.undelivered import SentAgain, send_again, undelivered

_MOST_DAYS = 365
_MANY = 1000


async def listing(settings: Settings, options: argparse.Namespace) -> int:
    """Print the backlog by channel and each held message, longest held first; or what a gateway
    took and did not deliver."""
    async with command_pool(settings) as pool:
        if options.undelivered:
            for lost in await undelivered(pool, options.most):
                print(
                    f"{lost.id}  {lost.channel} {lost.kind} to {lost.recipient} about complaint "
                    f"{lost.number}, {clock(lost.undelivered_at)}: {lost.last_error}"
                )
            return 0
        if not options.held:
            now = shifted_clock(settings.clock_shift)()
            for channel, count in sorted((await backlog(pool, now)).items()):
                print(
                    f"{channel}: {count.waiting} waiting, {count.held} held, "
                    f"{count.undelivered} not delivered in the last {UNDELIVERED_DAYS} days"
                )
        for one in await held(pool, options.most):
            print(
                f"{one.id}  {one.channel} {one.kind} to {one.recipient}, held since "
                f"{clock(one.held_at)} after {one.attempts} attempt(s): {one.last_error}"
            )
    return 0


async def retry(settings: Settings, options: argparse.Namespace) -> int:
    """Let a held one go, or all; send an undelivered one again, or all."""
    now = shifted_clock(settings.clock_shift)()
    chosen = [options.id] if options.id else None
    released, again = [], SentAgain([])
    links_last = timedelta(days=settings.http.link_days)
    async with command_pool(settings) as pool:
        if not options.undelivered:
            released = await release(pool, chosen, now, _progress)
        if not options.all:
            again = await send_again(
                pool, chosen, now, links_last=links_last, within=options.days, progress=_progress
            )
    if options.id and again.over:
        raise MessageOverError(options.id)
    if options.id and not (released or again.messages):
        raise UnknownMessageError(
            f"no message {options.id} is held or undelivered, it was sent again already, "
            "or it has no text yet"
        )
    print(f"{len(released) + len(again.messages)} message(s) will be tried again")
    if again.old:
        print(f"{again.old} left out: not delivered before the last {options.days.days} day(s)")
    if again.over:
        print(f"{again.over} left out: {MessageOverError.__doc__}")
    return 0


def _progress(count: int) -> None:
    """Many are many portions: those that have gone stay, whatever becomes of the others."""
    if count >= _MANY:
        print(f"{count} so far", file=sys.stderr)


def _days(text: str) -> timedelta:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= _MOST_DAYS:
        raise argparse.ArgumentTypeError(f"1 to {_MOST_DAYS} days")
    return timedelta(days=int(text))


async def list_templates(settings: Settings, _options: argparse.Namespace) -> int:
    """Print each with its registration."""
    async with command_pool(settings) as pool, pool.acquire(timeout=5) as conn:
        for one in await templates.load_all(conn):
            registered = f"template id {one.template_id or '-'}, header {one.header or '-'}"
            print(f"{one.kind} {one.channel} {one.language}: {registered}")
            print(f"  variables {', '.join(one.variables)}")
            if one.channel is Channel.SMS:
                print(f"  {measure(one.text).parts} part(s) before its variables are filled in")
            print(f"  {one.text}")
    return 0


async def change_template(settings: Settings, options: argparse.Namespace) -> int:
    """Change what is given; refused when the text uses a variable that the kind has not."""
    given = {
        "template_id": options.id,
        "header": options.header,
        "subject": options.subject,
        "text": options.text,
    }
    changes = {name: value for name, value in given.items() if value is not None}
    async with (
        command_pool(settings) as pool,
        pool.acquire(timeout=5) as conn,
        conn.transaction(),
    ):
        before = await templates.load(conn, options.kind, Channel(options.channel), LANGUAGE)
        await templates.save(conn, replace(before, **changes))
    print(
        f"{options.kind}: changed; messages written from now on use it, and held ones once retried"
    )
    return 0


def add_to(parser: argparse.ArgumentParser) -> None:
    """The words of `helpline notifications ...`."""
    verbs = parser.add_subparsers(required=True)

    listed = verbs.add_parser("list", help="how many wait, and those that are held, with why")
    which = listed.add_mutually_exclusive_group()
    which.add_argument("--held", action="store_true", help="only those that are held")
    which.add_argument(
        "--undelivered", action="store_true", help="those that a gateway took but did not deliver"
    )
    listed.add_argument("--most", type=rows, default=100, metavar="N", help="default: 100")
    listed.set_defaults(command=listing)

    again = verbs.add_parser(
        "retry", help="messages that are held are tried again, undelivered ones sent once more"
    )
    which = again.add_mutually_exclusive_group(required=True)
    which.add_argument("id", nargs="?", type=UUID, metavar="ID")
    which.add_argument("--all", action="store_true", help="all that are held")
    which.add_argument(
        "--undelivered", action="store_true", help="all that a gateway took but did not deliver"
    )
    again.add_argument(
        "--days",
        type=_days,
        default=timedelta(days=7),
        metavar="N",
        help="with --undelivered: that were not delivered in the last N days; default: 7",
    )
    again.set_defaults(command=retry)

    templates = verbs.add_parser("templates", help="the texts, as registered with the operator")
    templates.set_defaults(command=list_templates)

    template = verbs.add_parser("template", help="change one text or its registration")
    template.add_argument("kind", metavar="KIND")
    template.add_argument("--channel", choices=list(Channel), default=Channel.SMS)
    template.add_argument("--id", help="the template id (DLT)")
    template.add_argument("--header", help="the sender id")
    template.add_argument("--subject", help="of an e-mail")
    template.add_argument("--text", help="with variables such as {number}")
    template.set_defaults(command=change_template)
