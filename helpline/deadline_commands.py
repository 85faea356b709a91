"""`helpline deadlines ...`: complaints that the clock could not move, set aside by the sweeps."""

import argparse

from complaints.number import parse
from complaints.set_aside import render_set_aside, set_aside, try_now
from helpline.bounded import rows
from helpline.clock import shifted_clock
from helpline.database import command_pool
from helpline.settings import Settings

_MOST = 1000


async def stuck(settings: Settings, options: argparse.Namespace) -> int:
    """Print what is set aside, and why; 1 when there is any."""
    async with command_pool(settings) as pool:
        found = await set_aside(pool, at_most=options.most)
    for one in found:
        print(render_set_aside(one))
    print(f"{len(found)} deadline(s) set aside")
    return 1 if found else 0


async def retry(settings: Settings, options: argparse.Namespace) -> int:
    """Let the next sweep try again what is set aside."""
    now = shifted_clock(settings.clock_shift)()
    number = None if options.number is None else parse(options.number)
    async with command_pool(settings) as pool:
        some = await try_now(pool, number, now)
    print(f"{some} deadline(s) are tried again by the next sweep")
    return 0


def add_deadlines(parser: argparse.ArgumentParser) -> None:
    """Complaints that the clock could not move."""
    words = parser.add_subparsers(required=True, metavar="WHAT")
    listed = words.add_parser("stuck", help="which, why, and when they are tried again")
    listed.add_argument("--most", type=rows, default=_MOST, metavar="N")
    listed.set_defaults(command=stuck)
    again = words.add_parser("retry", help="try them now: the cause is mended")
    again.add_argument("number", nargs="?", metavar="NUMBER", help="only this complaint")
    again.set_defaults(command=retry)
