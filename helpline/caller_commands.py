"""`helpline callers ...` and `helpline dialling ...`: who is kept out, and who may dial where."""

import argparse
from datetime import timedelta

from access import log
from access.log import OPERATOR, By, Entry, Event
from calls import admission, dialling
from calls.dialling import Rule
from calls.errors import NotANumberError
from calls.numbers import to_e164
from calls.owed import owed_now
from complaints.texts import clock
from helpline.bounded import number, whole
from helpline.clock import shifted_clock
from helpline.database import command_pool
from helpline.known_names import must_be_an_agent
from helpline.recording_words import login
from helpline.settings import Settings

_SHOWN = 500
_EVERYBODY = "*"


async def block(settings: Settings, options: argparse.Namespace) -> int:
    """Keep an abusive caller out for some days; emergency stays reachable for them."""
    number, now = _number(options.number), shifted_clock(settings.clock_shift)()
    until = now + timedelta(days=options.days)
    async with command_pool(settings) as pool, pool.acquire(timeout=5) as conn:
        await admission.block(conn, number, until=until, by=options.by, why=options.why, now=now)
    print(f"{number} is kept out until {clock(until)}")
    return 0


async def unblock(settings: Settings, options: argparse.Namespace) -> int:
    """Let a caller in again."""
    number, now = _number(options.number), shifted_clock(settings.clock_shift)()
    async with command_pool(settings) as pool, pool.acquire(timeout=5) as conn:
        await admission.unblock(conn, number, by=options.by, now=now)
    print(f"{number} is let in again")
    return 0


async def blocked(settings: Settings, _options: argparse.Namespace) -> int:
    """Print who is kept out now."""
    now = shifted_clock(settings.clock_shift)()
    async with command_pool(settings) as pool, pool.acquire(timeout=5) as conn:
        for one in await admission.blocked(conn, now):
            print(f"{one.number}  until {clock(one.until)}, by {one.blocked_by}: {one.why}")
    return 0


async def allow(settings: Settings, options: argparse.Namespace) -> int:
    """Let an endpoint, or every one, dial numbers that begin so."""
    rule = Rule(options.endpoint, options.prefix, options.per_hour)
    now = shifted_clock(settings.clock_shift)()
    async with (
        command_pool(settings) as pool,
        pool.acquire(timeout=5) as conn,
        conn.transaction(),
    ):
        before = await dialling.allow(conn, rule)
        if before is None and rule.endpoint != _EVERYBODY:
            await must_be_an_agent(conn, settings, rule.endpoint)
        await log.write(
            conn, Event.DIALLING_ALLOWED, _by(options), now, endpoint=rule.endpoint,
            prefix=rule.prefix, per_hour=rule.per_hour, before=before, account=login(),
        )  # fmt: skip
    print(_allowed(rule.endpoint, rule.prefix, rule.per_hour))
    return 0


async def listed(settings: Settings, _options: argparse.Namespace) -> int:
    """Print who may dial where, and who may not."""
    async with command_pool(settings) as pool, pool.acquire(timeout=5) as conn:
        for one in await dialling.every_rule(conn):
            if one.per_hour:
                print(_allowed(one.endpoint, one.prefix, one.per_hour))
            else:
                print(f"{one.endpoint} may not dial {one.prefix}...")
    return 0


async def cut_offs(settings: Settings, _options: argparse.Namespace) -> int:
    """Print the endpoints that were cut off."""
    async with command_pool(settings) as pool, pool.acquire(timeout=5) as conn:
        for one in await dialling.cut_offs(conn):
            print(f"{one.endpoint}  since {clock(one.at)}: {one.why}")
    return 0


async def lift(settings: Settings, options: argparse.Namespace) -> int:
    """Let an endpoint dial again by its rules."""
    now = shifted_clock(settings.clock_shift)()
    async with (
        command_pool(settings) as pool,
        pool.acquire(timeout=5) as conn,
        conn.transaction(),
    ):
        await dialling.lift(conn, options.endpoint, by=options.by, now=now)
        await log.write(
            conn, Event.DIALLING_LIFTED, _by(options), now, endpoint=options.endpoint,
            account=login(),
        )  # fmt: skip
    print(_lifted(options.endpoint))
    return 0


async def changes(settings: Settings, _options: argparse.Namespace) -> int:
    """Print who let whom dial where, and who lifted a cut-off, the latest first."""
    async with command_pool(settings) as pool, pool.acquire(timeout=5) as conn:
        for one in await log.entries_about_dialling(conn, _SHOWN):
            print(f"{clock(one.at)}  {one.actor}: {_changed(one)}")
    return 0


def _by(options: argparse.Namespace) -> By:
    return By(f"{OPERATOR}:{options.by}", "command line")


def _changed(one: Entry) -> str:
    told = one.details
    if one.event is Event.DIALLING_LIFTED:
        return _lifted(told["endpoint"])
    before = "" if told["before"] is None else f" (was: {told['before']})"
    return _allowed(told["endpoint"], told["prefix"], told["per_hour"]) + before


def _allowed(endpoint: object, prefix: object, per_hour: object) -> str:
    return f"{endpoint} may dial {prefix}..., {per_hour} times an hour"


def _lifted(endpoint: object) -> str:
    return f"{endpoint} may dial again"


async def callbacks(settings: Settings, _options: argparse.Namespace) -> int:
    """Print to whom a call is owed; who talked with an agent since is left out."""
    now, first = shifted_clock(settings.clock_shift)(), settings.cell.queues[0].name
    async with command_pool(settings) as pool, pool.acquire(timeout=5) as conn:
        found, of_all = await owed_now(
            conn, queues=None, default_queue=first, now=now, at_most=_SHOWN
        )
    for one in found:
        told = f"{one.reason}, since {clock(one.requested_at)}, {one.queue}"
        taken = f", taken by agent {one.taken_by}" if one.taken_by else ""
        print(f"{one.number}  {told}, called {one.attempts} times{taken}")
    if of_all > len(found):
        print(f"and {of_all - len(found)} more")
    return 0


def add_callers(parser: argparse.ArgumentParser) -> None:
    """Who is kept out."""
    callers = parser.add_subparsers(required=True)
    keep_out = callers.add_parser("block", help="an abusive caller, for some days")
    keep_out.add_argument("number", metavar="NUMBER")
    keep_out.add_argument(
        "--days", type=number(0, 36_500), default=7.0, metavar="N", help="default: 7"
    )
    keep_out.add_argument("--why", required=True)
    keep_out.add_argument("--by", required=True, metavar="WHO")
    keep_out.set_defaults(command=block)
    let_in = callers.add_parser("unblock", help="before the time is over")
    let_in.add_argument("number", metavar="NUMBER")
    let_in.add_argument("--by", required=True, metavar="WHO")
    let_in.set_defaults(command=unblock)
    callers.add_parser("list", help="who is kept out now").set_defaults(command=blocked)


def add_callbacks(parser: argparse.ArgumentParser) -> None:
    """To whom a call is owed."""
    parser.set_defaults(command=callbacks)


def add_dialling(parser: argparse.ArgumentParser) -> None:
    """Which endpoint may dial where."""
    dials = parser.add_subparsers(required=True)
    allowed = dials.add_parser("allow", help="numbers that begin so, for an endpoint or *")
    allowed.add_argument("endpoint", metavar="ENDPOINT")
    allowed.add_argument("prefix", metavar="PREFIX", help="of the international number: +91")
    allowed.add_argument(
        "--per-hour", type=whole(0, 1_000_000), required=True, metavar="N", help="0: none"
    )
    allowed.add_argument("--by", default=login(), metavar="WHO", help="default: the login name")
    allowed.set_defaults(command=allow)
    dials.add_parser("list", help="the rules that stand").set_defaults(command=listed)
    dials.add_parser("cut-offs", help="those that stand").set_defaults(command=cut_offs)
    dials.add_parser("log", help="who changed it, and when").set_defaults(command=changes)
    again = dials.add_parser("lift", help="a cut-off, once somebody has looked")
    again.add_argument("endpoint", metavar="ENDPOINT")
    again.add_argument("--by", required=True, metavar="WHO")
    again.set_defaults(command=lift)


def _number(text: str) -> str:
    if (number := to_e164(text)) is None:
        raise NotANumberError(text)
    return number
