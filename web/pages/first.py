"""The first administrator's page: it exists for whoever has the operator's code."""

from aiohttp import web

from access import first
from access.errors import InvalidCodeError, InvalidUserError, WeakPasswordError
from access.users import NewUser
from web.shell import Shell, Visit


def add_routes(app: web.Application, shell: Shell) -> None:
    """`/first-administrator`."""
    app.router.add_get("/first-administrator", shell.open_page(_show))
    app.router.add_post("/first-administrator", shell.open_page(_create))


async def _show(visit: Visit) -> web.StreamResponse:
    return _page(visit, {}, {})


async def _create(visit: Visit) -> web.StreamResponse:
    form, shell = await visit.form(), visit.shell
    password = form.get("new_password", "")
    if password != form.get("repeat_password", ""):
        return _page(visit, form, {"repeat": visit.say("password.differ")})
    new = NewUser(
        sign_in_name=form.get("name", ""),
        display_name=form.get("display_name", ""),
        language=visit.language,
    )
    try:
        await first.use_code(
            shell.pool,
            form.get("code", ""),
            new,
            password,
            shell.passwords,
            remote=visit.remote,
            now=shell.now(),
        )
    except InvalidCodeError:
        return _page(visit, form, {"code": visit.say("first.invalid")})
    except WeakPasswordError as error:
        return _page(visit, form, {"new": visit.say(f"password.fault.{error.fault}")})
    except InvalidUserError as error:
        return _page(visit, form, {error.field: visit.say(f"user.fault.{error.fault}")})
    return visit.go("/sign-in?notice=first")


def _page(visit: Visit, form: dict[str, str], faults: dict[str, str]) -> web.Response:
    status = 400 if faults else 200
    return visit.render("first.html.j2", status=status, form=form, faults=faults)
