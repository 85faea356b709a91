"""What the desk shows beside the form: the script, the category's fields, schemes to tell."""

from typing import Any

from aiohttp import web

from access.rights import Right
from complaints.categories import FoundCategory, by_code
from complaints.guidance.choosing import guidance_for, schemes
from complaints.guidance.known import Current
from complaints.guidance.model import FormField, Scheme, Script
from cti.deskpage import category_fields
from db.statements import statements
from web.dates import IST
from web.shell import Shell, Visit

_ACQUIRE_SECONDS = 5.0
_LONGEST = 80
_SHOWN = 8


def add_routes(app: web.Application, shell: Shell) -> None:
    """`/desk/guidance`, `/desk/schemes`."""
    for path, handler in (("/desk/guidance", _guidance), ("/desk/schemes", _schemes)):
        app.router.add_get(path, shell.page(handler, right=Right.COMPLAINT_REGISTER))


async def _guidance(visit: Visit) -> web.StreamResponse:
    """For `queue`, `kind` and `category`, each of which may be missing."""
    given = {name: _asked(visit, name) or None for name in ("queue", "kind", "category")}
    found = await guidance_for(visit.shell.pool, **given)
    return web.json_response(
        {
            "script": _script(found.script) if found.script else None,
            "fields": [_field(one.guide) for one in found.fields],
        }
    )


async def _schemes(visit: Visit) -> web.StreamResponse:
    """Those that fit `q`; and `place`: the state, since a scheme is not of one village."""
    pool = visit.shell.pool
    today = visit.shell.now().astimezone(IST).date()
    found = await schemes(pool, _asked(visit, "q"), today, _SHOWN)
    categories = await by_code(pool, {one.guide.category for one in found if one.guide.category})
    async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
        state = await statements().guidance_state(conn)
    place = None
    if state is not None:
        place = {"kind": "state", "around_hi": None, "around_en": None, **dict(state)}
    told = [_scheme(one, categories.get(one.guide.category or "")) for one in found]
    return web.json_response({"schemes": told, "place": place})


def _asked(visit: Visit, name: str) -> str:
    return visit.request.query.get(name, "").replace("\0", "")[:_LONGEST]


def _script(one: Script) -> dict[str, Any]:
    questions = zip(one.questions_hi, one.questions_en, strict=True)
    return {
        "code": one.code,
        "greeting": _both(one, "greeting"),
        "questions": [{"hi": hi, "en": en} for hi, en in questions],
        "closing": _both(one, "closing"),
        "sample": one.sample,
    }


def _field(one: FormField) -> dict[str, Any]:
    return {"code": one.code, "hi": one.name_hi, "en": one.name_en, "sensitive": one.sensitive}


def _scheme(one: Current[Scheme], category: FoundCategory | None) -> dict[str, Any]:
    scheme = one.guide
    return {
        "code": scheme.code,
        "version": one.version,
        "hi": scheme.name_hi,
        "en": scheme.name_en,
        "until": scheme.until_on.isoformat() if scheme.until_on else None,
        "category": category_fields(category) if category else None,
        "sample": scheme.sample,
        "told": _both(scheme, "told"),
        **{name: _both(scheme, name) for name in ("who", "how", "documents", "where")},
    }


def _both(one: object, name: str) -> dict[str, str]:
    return {language: getattr(one, f"{name}_{language}") for language in ("hi", "en")}
