"""The administrators' pages: people, their roles, passwords, PINs and sessions."""

import secrets
from uuid import UUID

from aiohttp import web
from aiohttp.typedefs import Handler

from access import grants, log, pins, sessions, signin, users
from access.errors import (
    GrantError,
    GrantFault,
    InvalidPinError,
    InvalidUserError,
    LastAdministratorError,
    UnknownUserError,
)
from access.rights import SCOPES_OF, Grant, Right, Role, Scope
from access.users import ACQUIRE_SECONDS, Correction, NewUser
from calls.numbers import to_e164
from web.pages.scopes import told_grants
from web.shell import PageHandler, Shell, Visit

_MOST = 200
_PASSWORD_BYTES = 12
_SCOPE = ("department", "place", "post", "queue")


def add_routes(app: web.Application, shell: Shell) -> None:
    """`/users` and below."""

    def page(handler: PageHandler) -> Handler:
        async def found(visit: Visit) -> web.StreamResponse:
            try:
                return await handler(visit)
            except UnknownUserError as error:
                raise web.HTTPNotFound from error

        return shell.page(found, right=Right.USER_ADMINISTER)

    router = app.router
    for method, path, handler in (
        ("GET", "/users", _list),
        ("GET", "/users/new", _new),
        ("POST", "/users/new", _add),
        ("GET", "/users/{id}", _show),
        ("POST", "/users/{id}/change", _change),
        ("POST", "/users/{id}/grant", _grant),
        ("POST", "/users/{id}/revoke/{grant}", _revoke),
        ("POST", "/users/{id}/active", _set_active),
        ("POST", "/users/{id}/password", _reset_password),
        ("POST", "/users/{id}/pin", _set_pin),
        ("POST", "/users/{id}/sign-out", _sign_out),
    ):
        router.add_route(method, path, page(handler))


async def _list(visit: Visit) -> web.StreamResponse:
    part, shell = visit.request.query.get("name", ""), visit.shell
    async with shell.pool.acquire(timeout=ACQUIRE_SECONDS) as conn:
        found = await users.listed(conn, part, _MOST)
        people = await grants.persons(conn, found, shell.now())
    rows = [
        (user, [visit.say(f"role.{role}") for role in Role if role in person.roles])
        for user, person in zip(found, people, strict=True)
    ]
    return visit.render("users.html.j2", rows=rows, part=part, most=_MOST)


async def _new(visit: Visit) -> web.StreamResponse:
    return visit.render("user_new.html.j2", form={}, faults={})


async def _add(visit: Visit) -> web.StreamResponse:
    form, shell = await visit.form(), visit.shell
    password = secrets.token_urlsafe(_PASSWORD_BYTES)
    try:
        new = NewUser(
            sign_in_name=form.get("sign_in_name", ""),
            display_name=form.get("display_name", ""),
            language=form.get("language", ""),
            number=_number(form.get("number")),
            officer=form.get("officer") or None,
            agent_id=form.get("agent_id") or None,
            password_hash=await shell.passwords.hash(password),
        )
        user = await users.add(shell.pool, new, visit.by, shell.now())
    except InvalidUserError as error:
        faults = {error.field: visit.say(f"user.fault.{error.fault}")}
        return visit.render("user_new.html.j2", status=400, form=form, faults=faults)
    return await _page(visit, user.id, secret=visit.say("user.first_password", password=password))


async def _show(visit: Visit) -> web.StreamResponse:
    return await _page(visit, _id(visit))


async def _change(visit: Visit) -> web.StreamResponse:
    form, shell, user_id = await visit.form(), visit.shell, _id(visit)
    try:
        correction = Correction(
            display_name=form.get("display_name", ""),
            number=_number(form.get("number")),
            officer=form.get("officer") or None,
        )
        await users.change(shell.pool, user_id, correction, visit.by, shell.now())
    except InvalidUserError as error:
        faults = {error.field: visit.say(f"user.fault.{error.fault}")}
        return await _page(visit, user_id, visit.say("form.problem"), form=form, faults=faults)
    return visit.go(f"/users/{user_id}")


async def _grant(visit: Visit) -> web.StreamResponse:
    form, shell, user_id = await visit.form(), visit.shell, _id(visit)
    try:
        scope = Scope(**{part: form[part] for part in _SCOPE if form.get(part)})
        until = grants.end_of(form["until"]) if form.get("until") else None
        given = Grant(_role(form.get("role", "")), scope, until_at=until)
        await grants.grant(shell.pool, user_id, given, visit.by, shell.now())
    except GrantError as error:
        return await _page(visit, user_id, _why(visit, error, form), form=form)
    return visit.go(f"/users/{user_id}")


async def _revoke(visit: Visit) -> web.StreamResponse:
    shell, user_id = visit.shell, _id(visit)
    try:
        grant_id = UUID(visit.request.match_info["grant"])
        await grants.revoke(shell.pool, user_id, grant_id, visit.by, shell.now())
    except (ValueError, GrantError) as error:
        raise web.HTTPNotFound from error
    except LastAdministratorError:
        return await _page(visit, user_id, visit.say("user.fault.last_administrator"))
    return visit.go(f"/users/{user_id}")


async def _set_active(visit: Visit) -> web.StreamResponse:
    shell, user_id, form = visit.shell, _id(visit), await visit.form()
    active = form.get("active") == "yes"
    try:
        await users.set_active(shell.pool, user_id, active, visit.by, shell.now())
    except LastAdministratorError:
        return await _page(visit, user_id, visit.say("user.fault.last_administrator"))
    except InvalidUserError as error:
        return await _page(visit, user_id, visit.say(f"user.fault.{error.fault}"))
    return visit.go(f"/users/{user_id}")


async def _reset_password(visit: Visit) -> web.StreamResponse:
    shell, user_id = visit.shell, _id(visit)
    password = secrets.token_urlsafe(_PASSWORD_BYTES)
    await signin.reset_password(
        shell.pool, user_id, password, shell.passwords, visit.by, shell.now()
    )
    return await _page(visit, user_id, secret=visit.say("user.first_password", password=password))


async def _set_pin(visit: Visit) -> web.StreamResponse:
    shell, user_id, pin = visit.shell, _id(visit), pins.random_pin()
    try:
        await pins.set_pin(shell.pool, user_id, pin, shell.passwords, visit.by, shell.now())
    except InvalidPinError:
        return await _page(visit, user_id, visit.say("user.fault.no_number"))
    return await _page(visit, user_id, secret=visit.say("user.new_pin", pin=pin))


async def _sign_out(visit: Visit) -> web.StreamResponse:
    shell, user_id = visit.shell, _id(visit)
    async with shell.pool.acquire(timeout=ACQUIRE_SECONDS) as conn:
        await users.load(conn, user_id)
    await sessions.end_all(shell.pool, user_id, "forced", visit.by, shell.now())
    return visit.go(f"/users/{user_id}")


async def _page(
    visit: Visit,
    user_id: UUID,
    problem: str | None = None,
    *,
    secret: str | None = None,
    form: dict[str, str] | None = None,
    faults: dict[str, str] | None = None,
) -> web.Response:
    """One person. `secret` is shown on this answer alone, and kept nowhere."""
    async with visit.shell.pool.acquire(timeout=ACQUIRE_SECONDS) as conn:
        user = await users.load(conn, user_id)
        now = visit.shell.now()
        by_tenure = [
            grant for grant in (await grants.person(conn, user, now)).grants if grant.id is None
        ]
        held = [*await grants.standing(conn, user_id), *by_tenure]
        entries = await log.entries_about(conn, user_id)
    return visit.render(
        "user.html.j2",
        status=400 if problem else 200,
        user=user,
        grants=told_grants(visit, held),
        entries=entries,
        roles=list(Role),
        scope_parts=_SCOPE,
        problem=problem,
        secret=secret,
        form=form or {},
        faults=faults or {},
    )


def _id(visit: Visit) -> UUID:
    try:
        return UUID(visit.request.match_info["id"])
    except ValueError as error:
        raise web.HTTPNotFound from error


def _role(code: str) -> Role:
    try:
        return Role(code)
    except ValueError as error:
        raise GrantError(GrantFault.ROLE, f"no role {code!r}") from error


def _why(visit: Visit, error: GrantError, form: dict[str, str]) -> str:
    """In words; where the scope does not fit, with the fields that belong to the role."""
    if error.fault not in (GrantFault.SCOPE, GrantFault.WHOLE):
        return visit.say(f"user.fault.grant_{error.fault}")
    needed, allowed = SCOPES_OF[_role(form["role"])]
    optional = visit.say("form.optional")
    fields = [
        visit.say(f"user.{part}") + ("" if part in needed else f" ({optional})")
        for part in _SCOPE
        if part in needed | allowed
    ]
    role = visit.say(f"role.{form['role']}")
    return visit.say(f"user.fault.grant_{error.fault}", role=role, scope=", ".join(fields))


def _number(typed: str | None) -> str | None:
    if not typed:
        return None
    number = to_e164(typed)
    if number is None:
        raise InvalidUserError("number", "form", "not a telephone number")
    return number
