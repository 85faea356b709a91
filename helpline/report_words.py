"""The words of `helpline report ...`."""

import argparse
from pathlib import Path

from calls.reporting import By
from helpline import call_reports, reports
from helpline.bounded import day, number, rows, whole


def add(parser: argparse.ArgumentParser) -> None:
    """Figures, and lists of what somebody should look at."""
    verbs = parser.add_subparsers(required=True)
    _add_lists(verbs)
    _add_calls(verbs.add_parser("calls", help="offered, answered, abandoned, service level, ..."))
    _add_staffing(verbs.add_parser("staffing", help="agents that each hour of the week needs"))


def _add_lists(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    holes = verbs.add_parser("holes", help="categories without a post, posts without a holder")
    holes.add_argument("--all", action="store_true", help="name every place")
    holes.set_defaults(command=reports.holes)
    listed = verbs.add_parser("cm-office", help="what is on the list of the CM's office")
    listed.add_argument("--most", type=rows, default=1000, metavar="N", help="default: 1000")
    listed.set_defaults(command=reports.cm_office)

    abandoned = verbs.add_parser("abandoned", help="who hung up while waiting for an agent")
    abandoned.add_argument(
        "--hours", type=number(0, 876_600), default=24.0, metavar="N", help="default: 24"
    )
    abandoned.add_argument("--most", type=rows, default=200, metavar="N", help="default: 200")
    abandoned.set_defaults(command=reports.abandoned)

    waits = verbs.add_parser("waits", help="waiting times that were said, and those that came")
    waits.add_argument("--from", dest="since", type=day, required=True, metavar="DAY")
    waits.add_argument("--to", type=day, metavar="DAY", help="that day included")
    waits.set_defaults(command=call_reports.waits)


def _add_days(of: argparse.ArgumentParser) -> None:
    of.add_argument("--from", dest="since", type=day, required=True, metavar="DAY")
    of.add_argument("--to", type=day, metavar="DAY", help="that day included")


def _add_calls(calls: argparse.ArgumentParser) -> None:
    _add_days(calls)
    calls.add_argument("--by", type=By, choices=list(By), default=By.QUEUE)
    calls.add_argument(
        "--within",
        type=whole(0, 86_400),
        metavar="S",
        help="answered in time; else each queue's own seconds",
    )
    calls.add_argument(
        "--short", type=whole(0, 86_400), default=5, metavar="S", help="a short abandon: 5 s"
    )
    which = calls.add_mutually_exclusive_group()
    which.add_argument("--csv", type=Path, metavar="FILE")
    which.add_argument("--xlsx", type=Path, metavar="FILE", help="with a sheet of all calls")
    calls.add_argument("--list", action="store_true", help="one line for each call instead")
    calls.set_defaults(command=call_reports.calls)


def _add_staffing(staffing: argparse.ArgumentParser) -> None:
    staffing.add_argument("queue", metavar="QUEUE")
    staffing.add_argument("--weeks", type=whole(1, 52), default=4, metavar="N", help="of calls: 4")
    staffing.add_argument("--share", type=float, default=0.8, help="of calls answered in time: 0.8")
    staffing.add_argument(
        "--within", type=float, metavar="SECONDS", help="the queue's service_level_seconds"
    )
    staffing.add_argument("--shrinkage", type=float, default=0.3, help="time not at the desk: 0.3")
    staffing.set_defaults(command=reports.staffing)
