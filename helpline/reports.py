"""`helpline report`: what the operator's data and people lack."""

import argparse

from complaints.cm_office import cm_office_list, render_listed
from complaints.staffing_report import load_staffing_report, render_staffing_report
from helpline.clock import shifted_clock
from helpline.database import command_pool
from helpline.settings import Settings


async def holes(settings: Settings, options: argparse.Namespace) -> int:
    """Print which categories have no post where, and which posts nobody holds."""
    async with command_pool(settings) as pool:
        report = await load_staffing_report(pool, shifted_clock(settings.clock_shift)())
    print(render_staffing_report(report, every_name=options.all))
    return 0


async def cm_office(settings: Settings, options: argparse.Namespace) -> int:
    """Print what is on the list of the CM's office, longest first."""
    async with command_pool(settings) as pool:
        listed = await cm_office_list(pool, at_most=options.most)
    for one in listed:
        print(render_listed(one))
    print(f"{len(listed)} complaint(s) on the list of the CM's office")
    return 0
