"""The agent's desk in the browser: one page, and what it asks beside its socket."""

import unicodedata
from datetime import datetime
from functools import partial
from typing import Any

from aiohttp import web

from access.rights import Right
from complaints.categories import FoundCategory, search
from db.statements import statements
from web.dates import IST
from web.shell import MenuItem, Shell, Visit

MENU = (MenuItem("/desk", "desk.menu", Right.CALL_TAKE),)
_ACQUIRE_SECONDS = 5.0
_LONGEST = 80
_MOST_WORDS = 6
_SHOWN = 12
#: What the page's script says by itself is handed to it whole.
_SCRIPTS = "desk.js."


def add_routes(app: web.Application, shell: Shell, cell: str) -> None:
    """`/desk` of this cell's agents, `/desk/categories`, `/desk/places`, `/desk/day`."""
    app.router.add_get("/desk", shell.page(partial(_desk, cell), right=Right.CALL_TAKE))
    app.router.add_get("/desk/categories", _data(shell, _categories, Right.COMPLAINT_REGISTER))
    app.router.add_get("/desk/places", _data(shell, _places, Right.COMPLAINT_REGISTER))
    app.router.add_get("/desk/day", _data(shell, _day, Right.CALL_TAKE))


def _data(shell: Shell, handler: Any, right: Right) -> Any:
    return shell.page(handler, right=right)


async def _desk(cell: str, visit: Visit) -> web.StreamResponse:
    async with visit.shell.pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
        found = await statements().cti_desk_of(conn, id=visit.signed_in.person.agent_id)
    if found is None:
        return _none(visit, "desk.none")
    if found["gone"]:
        return _none(visit, "desk.gone")
    if found["cell"] != cell:
        return _none(visit, "desk.elsewhere", cell=found["cell"], url=found["url"])
    told = visit.shell.texts.beginning(visit.language, "refused.")
    refused = {f"refused_{code}": text for code, text in told.items()}
    texts = visit.shell.texts.beginning(visit.language, _SCRIPTS) | refused
    return visit.render("desk.html.j2", texts=texts)


def _none(visit: Visit, why: str, **where: str) -> web.StreamResponse:
    """In place of a desk. `cell`, `url`: where theirs is."""
    return visit.render("desk_none.html.j2", status=403, why=why, where=where)


async def _categories(visit: Visit) -> web.StreamResponse:
    words = visit.request.query.get("q", "")[:_LONGEST]
    found = await search(visit.shell.pool, words, _SHOWN)
    return web.json_response([category_fields(one) for one in found])


def category_fields(found: FoundCategory) -> dict[str, Any]:
    """As the form's picker takes it. `advice`: in Hindi; `advice_en`: null where it has none."""
    one = found.category
    return {
        "code": one.code,
        "hi": one.name_hi,
        "en": one.name_en,
        "path": list(found.path),
        "advice": None if one.in_scope else one.advice_hi,
        "advice_en": None if one.in_scope else one.advice_en or None,
    }


async def _places(visit: Visit) -> web.StreamResponse:
    words = _words(visit.request.query.get("q", ""))
    async with visit.shell.pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
        rows = statements().desk_places(
            conn, words=words, first=words[0] if words else "", at_most=_SHOWN
        )
        return web.json_response(
            [
                {
                    "code": row["code"],
                    "kind": row["kind"],
                    "hi": row["name_hi"],
                    "en": row["name_en"],
                    "around_hi": row["around_hi"],
                    "around_en": row["around_en"],
                }
                async for row in rows
            ]
        )


def _words(text: str) -> list[str]:
    """What LIKE takes for a pattern is left out."""
    plain = "".join(" " if c in "%_\\,\0" else c for c in text[:_LONGEST])
    return unicodedata.normalize("NFC", plain).split()[:_MOST_WORDS]


async def _day(visit: Visit) -> web.StreamResponse:
    """The agent's own figures since midnight, Indian time; seconds."""
    now = visit.shell.now()
    async with visit.shell.pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
        row = await statements().desk_day(
            conn, agent_id=visit.signed_in.person.agent_id, since=_midnight(now), now=now
        )
    return web.json_response(dict(row))


def _midnight(now: datetime) -> datetime:
    return now.astimezone(IST).replace(hour=0, minute=0, second=0, microsecond=0)
