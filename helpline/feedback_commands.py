"""`helpline feedback ...`: what agents do where the dialer reached nobody."""

import argparse

from complaints import feedback
from complaints.feedback import Answer
from complaints.texts import DissatisfactionReason, clock
from helpline.complaint_commands import desk, say
from helpline.database import command_pool
from helpline.settings import Settings


async def tasks(settings: Settings, options: argparse.Namespace) -> int:
    """Print whom agents are to call."""
    async with command_pool(settings) as pool:
        found = await feedback.tasks(pool, at_most=options.most)
    for task in found:
        print(
            f"{task.number}  until {clock(task.step_until)}  {task.category}, {task.place}: "
            f"{task.citizen or 'a citizen without a name'}, {' or '.join(task.numbers)} "
            f"({'; '.join(task.tried)})"
        )
    print(f"{len(found)} citizen(s) to call")
    return 0


async def record(settings: Settings, options: argparse.Namespace) -> int:
    """Record what a citizen told an agent."""
    reason = DissatisfactionReason(options.reason) if options.reason else None
    async with desk(settings) as one:
        result = await feedback.record_told(
            one.pool,
            options.number,
            call_id=options.call,
            agent=options.agent,
            answer=Answer(options.satisfied, reason),
            signer=one.signer,
            **one.rules,
        )
    if result.due_at is None:
        say(options, "closed, the citizen is satisfied")
    else:
        say(options, f"not satisfied: with L{result.level}, due {clock(result.due_at)}")
    return 0
