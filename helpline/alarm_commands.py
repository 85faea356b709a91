"""`helpline alarms ...`: limits that hold in all cells. `helpline cells ...`: which there are."""

import argparse
from datetime import timedelta

from complaints.texts import clock
from cti import alarm_limits, alarm_rows
from cti.alarm_limits import SetLimit
from cti.alarms import EACH_QUEUE, AlarmKind, shown
from db.statements import statements
from helpline.clock import shifted_clock
from helpline.database import command_pool
from helpline.known_names import must_be_a_queue
from helpline.settings import Settings

_MOST = 200
_SILENT_FOR = timedelta(minutes=1)


async def limits(settings: Settings, _options: argparse.Namespace) -> int:
    """Print the limits of the settings, and what was set in place of them."""
    for rule in settings.alarms.as_rules():
        print(f"{rule.kind}  {rule.queue}  {shown(rule.kind, rule.threshold)}  (settings)")
    async with command_pool(settings) as pool:
        for one in await alarm_limits.history(pool, _MOST, None):
            value = "as set up" if one.threshold is None else shown(one.kind, one.threshold)
            told = f"{clock(one.set_at)}, {one.set_by_name or one.set_by}: {one.why}"
            print(f"{one.kind}  {one.queue}  {value}  ({told})")
    return 0


async def change(settings: Settings, options: argparse.Namespace) -> int:
    """Set a limit, or go back to that of the settings."""
    limit = SetLimit(
        kind=options.kind, queue=options.queue, threshold=options.threshold, why=options.why,
        set_by=f"operator:{options.by}", set_at=shifted_clock(settings.clock_shift)(),
    )  # fmt: skip
    async with command_pool(settings) as pool:
        if limit.threshold is not None and limit.queue != EACH_QUEUE:
            async with pool.acquire(timeout=5) as conn:
                await must_be_a_queue(conn, settings, limit.queue)
        await alarm_limits.set_limit(pool, limit)
    print(f"{limit.kind} {limit.queue}: set, in all cells")
    return 0


async def cells(settings: Settings, _options: argparse.Namespace) -> int:
    """Print the cells that have served on this database."""
    async with command_pool(settings) as pool, pool.acquire(timeout=5) as conn:
        async for row in statements().cells_words(conn, cell=""):
            last = clock(row["at"]) if row["at"] else "never since the database was started"
            print(f"{row['cell']}  {row['url']}  last word {last}")
    return 0


async def forget(settings: Settings, options: argparse.Namespace) -> int:
    """A cell that was taken down for good is missed no more, and what was open of it is over."""
    now, alarms = shifted_clock(settings.clock_shift)(), 0
    async with command_pool(settings) as pool, pool.acquire(timeout=5) as conn, conn.transaction():
        found = await statements().cells_forget(
            conn, cell=options.cell, spoke_before=now - _SILENT_FOR, now=now
        )
        if found is not None and found["dead"]:
            alarms = await alarm_rows.clear_forgotten(
                conn, options.cell, now, tell=settings.alarms.webhook
            )
    if found is None:
        print(f"there is no cell {options.cell}")
        return 1
    print(f"{options.cell} is forgotten")
    if not found["dead"]:
        print("it spoke within the last minute: its calls stand, and with its next word it is back")
        return 0
    if found["ended"]:
        print(f"{found['ended']} of its calls were open, and are ended as lost")
    if found["agents"]:
        print(f"{found['agents']} of its agents stood on duty, until its last word")
    if found["signed_out"]:
        print(f"{found['signed_out']} of its agents were signed in, until its last word")
    if alarms:
        print(f"{alarms} of its alarms stood, and are cleared")
    return 0


def add_alarms(parser: argparse.ArgumentParser) -> None:
    """Limits of alarms."""
    alarms = parser.add_subparsers(required=True)
    alarms.add_parser("limits", help="what holds and what was changed").set_defaults(command=limits)
    for name, told in (("set", "a limit, in all cells"), ("reset", "back to the setting")):
        one = alarms.add_parser(name, help=told)
        one.add_argument("kind", type=AlarmKind, choices=list(AlarmKind))
        if name == "set":
            one.add_argument("threshold", type=float, help="a number, seconds, or a share of 1")
        one.add_argument("--queue", default=EACH_QUEUE, help="default: each queue")
        one.add_argument("--why", required=True)
        one.add_argument("--by", required=True, metavar="WHO")
        one.set_defaults(command=change, **({} if name == "set" else {"threshold": None}))


def add_cells(parser: argparse.ArgumentParser) -> None:
    """Cells on this database."""
    there = parser.add_subparsers(required=True)
    there.add_parser("list", help="and their last word").set_defaults(command=cells)
    gone = there.add_parser("forget", help="one that was taken down for good")
    gone.add_argument("cell", metavar="CELL")
    gone.set_defaults(command=forget)
