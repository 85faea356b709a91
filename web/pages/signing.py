"""Signing in and out, and the choice of a language."""

from aiohttp import web

from access import sessions, signin, users
from access.errors import TooManyGuessesError, WrongPasswordError
from access.log import By
from access.signin import Attempt
from web import dates
from web.back import came_from, local_path
from web.shell import Shell, Visit
from web.texts import LANGUAGES


def add_routes(app: web.Application, shell: Shell) -> None:
    """`/sign-in`, `/sign-out`, `/language`."""
    app.router.add_get("/sign-in", shell.open_page(_show))
    app.router.add_post("/sign-in", shell.open_page(_sign_in))
    app.router.add_post("/sign-out", shell.open_page(_sign_out))
    app.router.add_post("/language", shell.open_page(_language))


async def _show(visit: Visit) -> web.StreamResponse:
    after = local_path(visit.request.query.get("next"))
    if visit.session is not None:
        return visit.go(after)
    notices = {"ended": "signin.ended", "first": "first.done", "unsent": "signin.unsent"}
    notice = notices.get(visit.request.query.get("notice", ""))
    if notice is None and after != "/":
        notice = "signin.again"
    return _page(visit, after, notice=notice)


async def _sign_in(visit: Visit) -> web.StreamResponse:
    form, shell = await visit.form(), visit.shell
    after = local_path(form.get("next"))
    attempt = Attempt(
        name=form.get("name", ""),
        password=form.get("password", ""),
        remote=visit.remote,
        browser=visit.request.headers.get("User-Agent", ""),
    )
    try:
        token = await signin.sign_in(
            shell.pool, attempt, shell.passwords, shell.options.rule, shell.now()
        )
    except WrongPasswordError:
        return _page(visit, after, problem=visit.say("signin.wrong"), status=403)
    except TooManyGuessesError as error:
        until = dates.clock_after(error.until)
        problem = visit.say("signin.paused", until=until)
        return _page(visit, after, problem=problem, status=429)
    await _end_present(visit, "rotated")
    response = visit.go(after)
    shell.cookies.set(response, token)
    return response


async def _sign_out(visit: Visit) -> web.StreamResponse:
    await _end_present(visit, "sign_out")
    response = visit.go("/sign-in?notice=ended")
    visit.shell.cookies.clear(response)
    return response


async def _language(visit: Visit) -> web.StreamResponse:
    form = await visit.form()
    language = form.get("language", "")
    if language not in LANGUAGES:
        raise web.HTTPBadRequest
    response = visit.go(came_from(visit.request))
    visit.shell.cookies.set_language(response, language)
    if visit.session is not None:
        session = visit.session
        await users.set_language(visit.shell.pool, session.person.id, session.id, language)
    return response


async def _end_present(visit: Visit, why: str) -> None:
    """The session that this browser had, whoever's it was."""
    if visit.session is not None:
        person = visit.session.person
        by = By(person.actor, visit.remote)
        shell = visit.shell
        await sessions.end(shell.pool, visit.session.id, person.id, why, by, shell.now())


def _page(
    visit: Visit,
    after: str,
    *,
    problem: str | None = None,
    notice: str | None = None,
    status: int = 200,
) -> web.Response:
    return visit.render(
        "sign_in.html.j2",
        status=status,
        after=after,
        problem=problem,
        notice=None if notice is None else visit.say(notice),
    )
