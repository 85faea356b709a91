"""The first page after sign-in, the own sessions, the own password, the own PIN."""

from uuid import UUID

from aiohttp import web

from access import pins, sessions, signin
from access.errors import (
    InvalidPinError,
    TooManyGuessesError,
    WeakPasswordError,
    WrongPasswordError,
)
from access.rights import Right, may_somewhere
from access.signin import Change
from web import dates
from web.pages.scopes import told_grants
from web.shell import Shell, Visit

_NOTICES = {"changed": "password.changed", "pin": "pin.changed"}


def add_routes(app: web.Application, shell: Shell) -> None:
    """`/`, `/account`, `/account/password`, `/account/pin`."""
    app.router.add_get("/", shell.page(_home))
    app.router.add_get("/account", shell.page(_account))
    app.router.add_post("/account/sessions/end-others", shell.page(_end_others))
    app.router.add_post("/account/sessions/{id}/end", shell.page(_end))
    app.router.add_get("/account/password", shell.page(_password_form))
    app.router.add_post("/account/password", shell.page(_change_password))
    disposes = Right.COMPLAINT_DISPOSE
    app.router.add_get("/account/pin", shell.page(_pin_form, right=disposes))
    app.router.add_post("/account/pin", shell.page(_choose_pin, right=disposes))


async def _home(visit: Visit) -> web.StreamResponse:
    person = visit.signed_in.person
    return visit.render("home.html.j2", person=person, grants=told_grants(visit, person.grants))


async def _account(visit: Visit) -> web.StreamResponse:
    shell, session = visit.shell, visit.signed_in
    found = await sessions.own(shell.pool, session.person.id, shell.options.rule, shell.now())
    notice = _NOTICES.get(visit.request.query.get("notice", ""))
    return visit.render(
        "account.html.j2",
        sessions=found,
        own=session.id,
        notice=visit.say(notice) if notice else None,
        by_telephone=may_somewhere(session.person, Right.COMPLAINT_DISPOSE),
    )


async def _end(visit: Visit) -> web.StreamResponse:
    try:
        wanted = UUID(visit.request.match_info["id"])
    except ValueError as error:
        raise web.HTTPNotFound from error
    shell, person = visit.shell, visit.signed_in.person
    await sessions.end(shell.pool, wanted, person.id, "forced", visit.by, shell.now())
    return visit.go("/account")


async def _end_others(visit: Visit) -> web.StreamResponse:
    shell, session = visit.shell, visit.signed_in
    await sessions.end_all(
        shell.pool, session.person.id, "forced", visit.by, shell.now(), but=session.id
    )
    return visit.go("/account")


async def _password_form(visit: Visit) -> web.StreamResponse:
    return _password_page(visit)


async def _change_password(visit: Visit) -> web.StreamResponse:
    form, shell, session = await visit.form(), visit.shell, visit.signed_in
    new = form.get("new_password", "")
    if new != form.get("repeat_password", ""):
        return _password_page(visit, "repeat", visit.say("password.differ"))
    change = Change(
        present=form.get("present_password", ""),
        new=new,
        browser=visit.request.headers.get("User-Agent", ""),
    )
    try:
        token = await signin.change_password(
            shell.pool,
            session.person.id,
            change,
            shell.passwords,
            shell.options.rule,
            visit.by,
            shell.now(),
        )
    except WrongPasswordError:
        return _password_page(visit, "present", visit.say("password.wrong"))
    except WeakPasswordError as error:
        return _password_page(visit, "new", visit.say(f"password.fault.{error.fault}"))
    except TooManyGuessesError as error:
        until = dates.clock_after(error.until)
        return _password_page(visit, "present", visit.say("signin.paused", until=until))
    response = visit.go("/account?notice=changed")
    shell.cookies.set(response, token)
    return response


def _password_page(visit: Visit, field: str = "", problem: str | None = None) -> web.Response:
    return visit.render(
        "password.html.j2",
        status=200 if problem is None else 400,
        faults={field: problem} if problem else {},
        must=visit.signed_in.must_change,
    )


async def _pin_form(visit: Visit) -> web.StreamResponse:
    return _pin_page(visit)


async def _choose_pin(visit: Visit) -> web.StreamResponse:
    form, shell, session = await visit.form(), visit.shell, visit.signed_in
    user_id, present, new = session.person.id, form.get("present_password", ""), form.get("pin", "")
    if new != form.get("repeat_pin", ""):
        return _pin_page(visit, "repeat", visit.say("pin.differ"))
    try:
        pins.check_pin(new)
        await signin.confirm(shell.pool, user_id, present, shell.passwords, visit.by, shell.now())
        await pins.set_pin(shell.pool, user_id, new, shell.passwords, visit.by, shell.now())
    except WrongPasswordError:
        return _pin_page(visit, "present", visit.say("password.wrong"))
    except InvalidPinError:
        return _pin_page(visit, "pin", visit.say("pin.fault"))
    except TooManyGuessesError as error:
        until = dates.clock_after(error.until)
        return _pin_page(visit, "present", visit.say("signin.paused", until=until))
    return visit.go("/account?notice=pin")


def _pin_page(visit: Visit, field: str = "", problem: str | None = None) -> web.Response:
    return visit.render(
        "pin.html.j2",
        status=200 if problem is None else 400,
        faults={field: problem} if problem else {},
    )
