"""`helpline notifications ...`: what waits, what is held, and the texts."""

import argparse
from dataclasses import replace

from complaints.texts import clock
from helpline.clock import shifted_clock
from helpline.database import command_pool
from helpline.settings import Settings
from messages import templates
from messages.errors import UnknownMessageError
from messages.held import held, release
from messages.model import Channel
from messages.parts import measure
from messages.rows import backlog
from messages.undelivered import undelivered


async def listing(settings: Settings, options: argparse.Namespace) -> int:
    """Print the backlog by channel and each held message, longest held first; or what a gateway
    took and did not deliver."""
    async with command_pool(settings) as pool:
        if options.undelivered:
            for lost in await undelivered(pool, options.most):
                print(
                    f"{lost.id}  {lost.channel} {lost.kind} to {lost.recipient} about complaint "
                    f"{lost.number}, {clock(lost.undelivered_at)}: {lost.last_error}"
                )
            return 0
        if not options.held:
            for channel, count in sorted((await backlog(pool)).items()):
                print(
                    f"{channel}: {count.waiting} waiting, {count.held} held, "
                    f"{count.undelivered} not delivered"
                )
        for one in await held(pool, options.most):
            print(
                f"{one.id}  {one.channel} {one.kind} to {one.recipient}, held since "
                f"{clock(one.held_at)} after {one.attempts} attempt(s): {one.last_error}"
            )
    return 0


async def retry(settings: Settings, options: argparse.Namespace) -> int:
    """Let one go, or all."""
    now = shifted_clock(settings.clock_shift)()
    async with command_pool(settings) as pool:
        released = await release(pool, None if options.all else [options.id], now)
    if options.id and not released:
        raise UnknownMessageError(f"no message {options.id} is held, or it has no text yet")
    print(f"{len(released)} message(s) will be tried again")
    return 0


async def list_templates(settings: Settings, _options: argparse.Namespace) -> int:
    """Print each with its registration."""
    async with command_pool(settings) as pool, pool.acquire(timeout=5) as conn:
        for one in await templates.load_all(conn):
            registered = f"template id {one.template_id or '-'}, header {one.header or '-'}"
            print(f"{one.kind} {one.channel} {one.language}: {registered}")
            print(f"  variables {', '.join(one.variables)}")
            if one.channel is Channel.SMS:
                print(f"  {measure(one.text).parts} part(s) before its variables are filled in")
            print(f"  {one.text}")
    return 0


async def change_template(settings: Settings, options: argparse.Namespace) -> int:
    """Change what is given; refused when the text uses a variable that the kind has not."""
    given = {
        "template_id": options.id,
        "header": options.header,
        "subject": options.subject,
        "text": options.text,
    }
    changes = {name: value for name, value in given.items() if value is not None}
    async with (
        command_pool(settings) as pool,
        pool.acquire(timeout=5) as conn,
        conn.transaction(),
    ):
        before = await templates.load(
            conn, options.kind, Channel(options.channel), options.language
        )
        await templates.save(conn, replace(before, language=options.language, **changes))
    print(f"{options.kind}: changed; messages written from now on use it")
    return 0
