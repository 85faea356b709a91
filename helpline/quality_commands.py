"""`helpline quality ...`: which calls to listen to, what was found, and how the agents do."""

import argparse
from datetime import datetime, timedelta
from uuid import UUID

from complaints.texts import clock
from cti.reviews import quality, review, sample
from helpline.bounded import whole
from helpline.clock import shifted_clock
from helpline.database import command_pool
from helpline.settings import Settings


def add_to(parser: argparse.ArgumentParser) -> None:
    """The sub-commands."""
    verbs = parser.add_subparsers(required=True)

    chosen = verbs.add_parser("sample", help="recorded calls to listen to, by chance")
    chosen.add_argument(
        "--days", type=whole(1, 3660), default=7, metavar="N", help="of the last: 7"
    )
    chosen.add_argument(
        "--per-agent", type=whole(1, 1000), default=2, metavar="N", help="at most: 2"
    )
    chosen.add_argument("--seed", default="", help="another word, other calls")
    chosen.set_defaults(command=show_sample)

    judged = verbs.add_parser("review", help="judge one call")
    judged.add_argument("call", type=UUID, metavar="CALL")
    judged.add_argument(
        "points", nargs="+", type=_points, metavar="CRITERION=POINTS", help="'-': does not apply"
    )
    judged.add_argument("--by", required=True, metavar="NAME", help="who listened")
    judged.add_argument("--agent", metavar="AGENT", help="whose part of it; default: the last's")
    judged.add_argument("--comment", default="")
    judged.add_argument("--corrects", type=UUID, metavar="REVIEW", help="the review that stands")
    judged.set_defaults(command=add_review)

    report = verbs.add_parser("report", help="how the agents do, and where points are lost")
    report.add_argument(
        "--days", type=whole(1, 3660), default=30, metavar="N", help="of the last: 30"
    )
    report.set_defaults(command=show_report)

    for one in (chosen, judged, report):
        one.add_argument("--form", default="call", metavar="CODE", help="default: call")


def _points(text: str) -> tuple[str, int | None]:
    code, given, points = text.partition("=")
    if not given or not (points == "-" or points.isdecimal()):
        raise argparse.ArgumentTypeError("CRITERION=POINTS, or CRITERION=-")
    return code, None if points == "-" else int(points)


async def show_sample(settings: Settings, options: argparse.Namespace) -> int:
    """Print one call a line."""
    now = shifted_clock(settings.clock_shift)()
    since = now - timedelta(days=options.days)
    async with command_pool(settings) as pool:
        calls = await sample(
            pool,
            since=since,
            until=now,
            per_agent=options.per_agent,
            seed=options.seed,
            form=options.form,
        )
    for one in calls:
        print(f"{one.call_id}  agent {one.agent_id}, {clock(one.started_at)}, {one.seconds:.0f} s")
    print(f"{len(calls)} call(s) to listen to")
    return 0


async def add_review(settings: Settings, options: argparse.Namespace) -> int:
    """Write the judgement."""
    async with command_pool(settings) as pool:
        review_id, found = await review(
            pool,
            options.call,
            form=options.form,
            points=dict(options.points),
            comment=options.comment,
            reviewer=options.by,
            now=shifted_clock(settings.clock_shift)(),
            agent_id=options.agent,
            corrects=options.corrects,
        )
    score = "nothing applied" if found.score is None else f"{found.score:g} of 100"
    print(f"review {review_id}: {score}{', failed' if found.failed else ''}")
    return 0


async def show_report(settings: Settings, options: argparse.Namespace) -> int:
    """Print the agents, the weakest first, then the criteria."""
    now: datetime = shifted_clock(settings.clock_shift)()
    since = now - timedelta(days=options.days)
    async with command_pool(settings) as pool:
        found = await quality(pool, since=since, until=now, form=options.form)
    for one in found.agents:
        score = "-" if one.score is None else f"{one.score:.1f}"
        print(
            f"agent {one.agent_id}: {score} in {one.reviews} review(s), {one.failed} failed, "
            f"{one.disputed} of {one.answered} answered disputed"
        )
    for code, share in found.criteria.items():
        print(f"  {code}: {share:.0%} of the points")
    if not found.agents:
        print("nothing was reviewed")
    return 0
