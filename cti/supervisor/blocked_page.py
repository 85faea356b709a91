"""Abusive callers: who is kept out, since when, why and by whom; to block and to let in again."""

from collections.abc import Mapping
from datetime import timedelta

from aiohttp import web

from access.rights import Right, may
from access.users import ACQUIRE_SECONDS
from calls import admission
from calls.errors import AlreadyBlockedError, NotARuleError, NotBlockedError
from calls.numbers import to_e164
from web.shell import RightRefusedError, Shell, Visit

PATH = "/supervisor/blocked"
_SHOWN = 200
_DAYS = 7
_MOST_DAYS = 365
_LONGEST = 500
_NOTHING: Mapping[str, str] = {}


def add_routes(app: web.Application, shell: Shell) -> None:
    """`/supervisor/blocked`, and its two forms. The list is of the whole helpline."""
    right = Right.CALLER_BLOCK
    app.router.add_get(PATH, shell.page(_show, right=right))
    app.router.add_post(PATH, shell.page(_block, right=right))
    app.router.add_post(f"{PATH}/lift", shell.page(_lift, right=right))


async def _show(
    visit: Visit, problem: str = "", given: Mapping[str, str] = _NOTHING, status: int = 400
) -> web.StreamResponse:
    await _must_have_it_for_all(visit)
    asked = visit.request.query.get("number", "").strip()
    number = to_e164(asked) if asked else None
    if asked and number is None:
        problem = problem or visit.say("blocked.fault_number")
    async with visit.shell.pool.acquire(timeout=ACQUIRE_SECONDS) as conn:
        entries = await admission.entries(conn, number, visit.shell.now(), _SHOWN)
    return visit.render(
        "blocked.html.j2",
        asked=asked,
        entries=entries,
        most=_SHOWN,
        most_days=_MOST_DAYS,
        given={"number": asked, "days": str(_DAYS), "why": "", **given},
        problem=problem,
        status=status if problem else 200,
    )


async def _block(visit: Visit) -> web.StreamResponse:
    await _must_have_it_for_all(visit)
    given, now = await visit.form(), visit.shell.now()
    number, days = to_e164(given.get("number", "")), _days(given.get("days", ""))
    why = given.get("why", "").replace("\0", "").strip()[:_LONGEST]
    if number is None:
        return await _show(visit, visit.say("blocked.fault_number"), given)
    if days is None:
        return await _show(visit, visit.say("blocked.fault_days", most=_MOST_DAYS), given)
    until = now + timedelta(days=days)
    async with visit.shell.pool.acquire(timeout=ACQUIRE_SECONDS) as conn:
        try:
            await admission.block(conn, number, until=until, by=visit.by.actor, why=why, now=now)
        except NotARuleError:
            return await _show(visit, visit.say("blocked.fault_why"), given)
        except AlreadyBlockedError:
            return await _show(visit, visit.say("blocked.already"), given, 409)
    return visit.go(PATH)


async def _lift(visit: Visit) -> web.StreamResponse:
    await _must_have_it_for_all(visit)
    number = (await visit.form()).get("number", "")
    async with visit.shell.pool.acquire(timeout=ACQUIRE_SECONDS) as conn:
        try:
            await admission.unblock(conn, number, by=visit.by.actor, now=visit.shell.now())
        except NotBlockedError:
            return await _show(visit, visit.say("blocked.not_blocked"), status=409)
    return visit.go(PATH)


async def _must_have_it_for_all(visit: Visit) -> None:
    """Whom one queue's supervisor kept out would be kept out of all queues."""
    if not may(visit.signed_in.person, Right.CALLER_BLOCK):
        await visit.shell.log_refusal(visit, Right.CALLER_BLOCK)
        raise RightRefusedError


def _days(text: str) -> int | None:
    if not (text.isascii() and text.isdecimal()) or len(text) > 3:
        return None
    return int(text) if 1 <= int(text) <= _MOST_DAYS else None
