"""`helpline report`: what data and people lack, whom a week needs, and whom we failed."""

import argparse
from datetime import timedelta

from calls.waiting import gave_up
from complaints.cm_office import cm_office_list, render_listed
from complaints.staffing_report import load_staffing_report, render_staffing_report
from complaints.texts import clock
from cti.erlang import Target
from cti.staffing import render, suggest
from helpline.clock import shifted_clock
from helpline.database import command_pool
from helpline.settings import Settings, SettingsError

_MORE = "there are more (--most N)"


async def holes(settings: Settings, options: argparse.Namespace) -> int:
    """Print which categories have no post where, and which posts nobody holds."""
    async with command_pool(settings) as pool:
        report = await load_staffing_report(pool, shifted_clock(settings.clock_shift)())
    print(render_staffing_report(report, every_name=options.all))
    return 0


async def staffing(settings: Settings, options: argparse.Namespace) -> int:
    """Print how many agents each hour of the week needs, from the queue's own calls."""
    queue = next((one for one in settings.cell.queues if one.name == options.queue), None)
    if queue is None:
        raise SettingsError(f"no queue {options.queue} in cell.queues")
    within = queue.service_level_seconds if options.within is None else options.within
    try:
        target = Target(share=options.share, within=within, shrinkage=options.shrinkage)
    except ValueError as error:
        raise SettingsError(str(error)) from error
    async with command_pool(settings) as pool:
        week = await suggest(
            pool,
            queue.name,
            weeks=options.weeks,
            wrap_up=queue.wrap_up_seconds,
            target=target,
            now=shifted_clock(settings.clock_shift)(),
        )
    print(render(week, target))
    return 0


async def cm_office(settings: Settings, options: argparse.Namespace) -> int:
    """Print what is on the list of the CM's office, longest first."""
    async with command_pool(settings) as pool:
        listed = await cm_office_list(pool, at_most=options.most + 1)
    for one in listed[: options.most]:
        print(render_listed(one))
    if len(listed) > options.most:
        print(f"the first {options.most} on the list of the CM's office: {_MORE}")
    else:
        print(f"{len(listed)} complaint(s) on the list of the CM's office")
    return 0


async def abandoned(settings: Settings, options: argparse.Namespace) -> int:
    """Print who hung up while waiting, and whether somebody has served them since."""
    since = shifted_clock(settings.clock_shift)() - timedelta(hours=options.hours)
    async with command_pool(settings) as pool, pool.acquire(timeout=5) as conn:
        found = await gave_up(conn, since, options.most + 1)
    for one in found[: options.most]:
        waited = round((one.left_at - one.queued_at).total_seconds())
        served = ", served since" if one.served_since else ""
        number = one.number or "withheld"
        print(f"{clock(one.ended_at)}  {number}  {one.queue} after {waited} s{served}")
    if len(found) > options.most:
        print(f"the latest {options.most}: {_MORE}")
    return 0
