"""`helpline report`: what the operator's data and people lack, and whom we failed."""

import argparse
from datetime import timedelta

from calls.waiting import gave_up
from complaints.staffing_report import load_staffing_report, render_staffing_report
from complaints.texts import clock
from helpline.clock import shifted_clock
from helpline.database import command_pool
from helpline.settings import Settings


async def holes(settings: Settings, options: argparse.Namespace) -> int:
    """Print which categories have no post where, and which posts nobody holds."""
    async with command_pool(settings) as pool:
        report = await load_staffing_report(pool, shifted_clock(settings.clock_shift)())
    print(render_staffing_report(report, every_name=options.all))
    return 0


async def abandoned(settings: Settings, options: argparse.Namespace) -> int:
    """Print who hung up while waiting, and whether somebody has served them since."""
    since = shifted_clock(settings.clock_shift)() - timedelta(hours=options.hours)
    async with command_pool(settings) as pool, pool.acquire(timeout=5) as conn:
        for one in await gave_up(conn, since, options.most):
            waited = round((one.ended_at - one.queued_at).total_seconds())
            served = ", served since" if one.served_since else ""
            number = one.number or "withheld"
            print(f"{clock(one.ended_at)}  {number}  {one.queue} after {waited} s{served}")
    return 0
