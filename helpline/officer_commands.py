"""`helpline officer complaints POST`: what a post has to do."""

import argparse
from datetime import datetime

from complaints.errors import InputFault, InvalidInputError
from complaints.mapping import posts_by_id
from complaints.officers_list import After, officers_page, render_line
from helpline.bounded import rows
from helpline.clock import shifted_clock
from helpline.database import command_pool
from helpline.settings import Settings

_STANDS = "-"  # for the due time of one whose clock stands


async def complaints(settings: Settings, options: argparse.Namespace) -> int:
    """Print a page of them, due soonest first, and how to go on."""
    after, now = _after(options.after), shifted_clock(settings.clock_shift)()
    async with command_pool(settings) as pool:
        async with pool.acquire(timeout=5) as conn:
            if not await posts_by_id(conn, [options.post], now):
                raise InvalidInputError("post", "is unknown", InputFault.UNKNOWN)
        page = await officers_page(pool, options.post, after=after, at_most=options.most)
    for one in page.lines:
        print(render_line(one))
    if page.after:
        due_at = page.after.due_at.isoformat() if page.after.due_at else _STANDS
        print(f"more: --after {due_at} {page.after.number}")
    return 0


def _after(given: list[str] | None) -> After | None:
    if given is None:
        return None
    due, number = given
    if due == _STANDS:
        return After(None, number)
    try:
        due_at = datetime.fromisoformat(due)
    except ValueError as error:
        raise InvalidInputError("after", "is no time") from error
    if due_at.tzinfo is None:
        raise InvalidInputError("after", "has no time zone")
    return After(due_at, number)


def add_officer(parser: argparse.ArgumentParser) -> None:
    """What officers have to do."""
    words = parser.add_subparsers(required=True, metavar="WHAT")
    listed = words.add_parser("complaints", help="open complaints of a post, due soonest first")
    listed.add_argument("post", metavar="POST")
    listed.add_argument("--most", type=rows, default=25, metavar="N", help="a page: at most 200")
    listed.add_argument(
        "--after", nargs=2, metavar=("DUE", "NUMBER"), help="the page after, as the last one said"
    )
    listed.set_defaults(command=complaints)
