"""Quality: calls drawn by chance, the form to fill while listening, corrections, answers."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from urllib.parse import quote
from uuid import UUID

import asyncpg
from aiohttp import web

from access.rights import Right, may_somewhere
from access.users import ACQUIRE_SECONDS
from calls.course import course_of
from cti import review_rows
from cti.errors import ConflictError, FieldsRefusedError, FormError
from cti.quality import Form
from cti.reviews import answer, load_form, review, sample
from cti.supervisor import quality_form_page
from cti.supervisor.call_page import CallParts, Playing, gaps
from cti.supervisor.course import steps
from cti.supervisor.hearing import ListeningRights, person_may_hear
from cti.supervisor.judging import judged, may_be_judged
from cti.supervisor.wall import asked_count, supervisor_of
from db.pool import Connection
from db.statements import statements
from recordings import pausing
from recordings.errors import NoSuchFileError, NotAllowedError
from recordings.listening import LinkTerms, Wish, link_for
from web.dates import exact
from web.shell import RightRefusedError, Shell, Visit

FORM = "call"
_NOT_APPLICABLE = "na"
_MOST_DAYS = 90
_MOST_EACH = 20
_LONGEST_SEED = 40
_LONGEST_VERSION = 4
_DRAW_SECONDS = 120.0
"""A draw of many days, which the database stops after a minute, and the one before it."""


def add_routes(app: web.Application, shell: Shell, parts: CallParts) -> None:
    """`/quality` for who judges, `/my-reviews` for agents."""
    pages = _Quality(parts, ListeningRights(shell.pool, shell.now))
    judge, take = Right.QUALITY_JUDGE, Right.CALL_TAKE
    router = app.router
    quality_form_page.add_routes(app, shell, FORM)
    router.add_get("/quality", shell.page(pages.draw, right=judge, seconds=_DRAW_SECONDS))
    router.add_get("/quality/{id}", shell.page(pages.show, right=judge))
    router.add_post("/quality/{id}", shell.page(pages.judge, right=judge))
    router.add_post("/quality/{id}/listen", shell.page(pages.listen, right=judge))
    router.add_get("/my-reviews", shell.page(_own, right=take))
    router.add_post("/my-reviews/{id}", shell.page(_answer, right=take))


@dataclass(frozen=True, slots=True)
class _Quality:
    """`_turn`: this process answers calls too, so one draw at a time looks through all talks."""

    parts: CallParts
    rights: ListeningRights
    _turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))

    async def draw(self, visit: Visit) -> web.StreamResponse:
        """Calls by chance, for who asks."""
        who = supervisor_of(visit, Right.QUALITY_JUDGE)
        asked, now = visit.request.query, visit.shell.now()
        days = asked_count(visit, "days", 7, _MOST_DAYS)
        each = asked_count(visit, "each", 2, _MOST_EACH)
        seed = asked.get("seed", "")[:_LONGEST_SEED] or now.date().isoformat()
        queues = None if who.queues is None else sorted(who.queues)
        period = {"since": now - timedelta(days=days), "until": now}
        try:
            async with self._turn:
                drawn = await sample(
                    visit.shell.pool, **period, per_agent=each, seed=seed, form=FORM, queues=queues
                )
        except TimeoutError:
            said = {"heading": "quality.title", "back": "/quality", "why": "quality.too_long"}
            return visit.render("too_long.html.j2", **said, status=503)
        async with visit.shell.pool.acquire(timeout=ACQUIRE_SECONDS) as conn:
            shown = await may_be_judged(conn, visit.signed_in.person, drawn)
        may_set = may_somewhere(visit.signed_in.person, Right.QUALITY_FORM_SET)
        return visit.render(
            "quality.html.j2", calls=shown, days=days, each=each, seed=seed, may_set=may_set
        )

    async def show(
        self,
        visit: Visit,
        *,
        agent: str | None = None,
        playing: Playing | None = None,
        problem: str = "",
        given: Mapping[str, str] | None = None,
        faults: Mapping[str, str] | None = None,
    ) -> web.StreamResponse:
        """`agent`: whose part of the call; None: as the address says."""
        agent = visit.request.query.get("agent", "") if agent is None else agent
        about = await judged(visit, agent)
        call = about.call
        async with visit.shell.pool.acquire(timeout=ACQUIRE_SECONDS) as conn:
            reviews = await review_rows.of_part(conn, call["id"], about.chosen.agent_id, FORM)
            standing = next((one for one in reviews if one.stands), None)
            form = await load_form(conn, FORM, standing.version if standing else None)
            rows = statements().supervision_call_recordings(conn, id=call["id"])
            recordings = [
                row async for row in rows if row["state"] == "stored" and row["kind"] == "call"
            ]
            heard = [
                await person_may_hear(conn, one["id"], visit.signed_in.person, visit.shell.now())
                for one in recordings[:1]
            ]
            unrecorded = {one["id"]: await _unrecorded(conn, one) for one in recordings}
            course = steps(await course_of(conn, call["id"]), call)
        return visit.render(
            "quality_call.html.j2",
            call=call,
            agents=about.agents,
            chosen=about.chosen,
            course=course,
            exact=partial(exact, language=visit.language),
            form=form,
            reviews=reviews,
            standing=standing,
            given=given if given is not None else _as_given(standing),
            faults=faults or {},
            recordings=recordings,
            may_listen=any(heard),
            own=about.own,
            playing=playing,
            gaps=unrecorded,
            problem=problem,
            status=400 if problem else 200,
        )

    async def listen(self, visit: Visit) -> web.StreamResponse:
        """The same rule as on the call's page: a right, a reason, a link that expires."""
        form = await visit.form()
        agent = form.get("agent", "")
        call = (await judged(visit, agent)).call
        try:
            recording = UUID(form.get("recording", ""))
        except ValueError as error:
            raise web.HTTPBadRequest from error
        async with visit.shell.pool.acquire(timeout=ACQUIRE_SECONDS) as conn:
            if await statements().supervision_of_recording(conn, id=recording) != call["id"]:
                raise web.HTTPNotFound
        wish = Wish(visit.by.actor, recording, form.get("reason", "")[:500])
        terms = LinkTerms(self.parts.secret, "")
        try:
            url = await link_for(visit.shell.pool, self.rights, wish, terms, visit.shell.now())
        except NotAllowedError as error:
            if not wish.reason:
                problem = visit.say("callpage.fault.reason")
                return await self.show(visit, agent=agent, problem=problem)
            raise RightRefusedError from error
        except NoSuchFileError:
            problem = visit.say("callpage.fault.no_file")
            return await self.show(visit, agent=agent, problem=problem)
        return await self.show(visit, agent=agent, playing=Playing(recording, url))

    async def judge(self, visit: Visit) -> web.StreamResponse:
        given = await visit.form()
        about = await judged(visit, given.get("agent", ""))
        agent = about.chosen.agent_id
        again = partial(self.show, visit, agent=agent, given=given)
        if about.own:
            return await again(problem=visit.say("quality.own"))
        try:
            version = _version(given)
            async with visit.shell.pool.acquire(timeout=ACQUIRE_SECONDS) as conn:
                form = await load_form(conn, FORM, version)
            corrects = UUID(given["corrects"]) if given.get("corrects") else None
            await review(
                visit.shell.pool,
                about.call["id"],
                form=FORM,
                points=_points(form, given),
                comment=given.get("comment", ""),
                reviewer=visit.by.actor,
                now=visit.shell.now(),
                agent_id=agent,
                corrects=corrects,
                version=version,
            )
        except FieldsRefusedError as error:
            return await again(problem=visit.say("quality.incomplete"), faults=error.fields)
        except (FormError, ValueError):
            return await again(problem=visit.say("quality.conflict"))
        return visit.go(f"/quality/{about.call['id']}?agent={quote(agent, safe='')}")


async def _own(visit: Visit, problem: str = "") -> web.StreamResponse:
    """The agent's own reviews, and what they say to them."""
    agent_id = visit.signed_in.person.agent_id
    if agent_id is None:
        raise RightRefusedError
    async with visit.shell.pool.acquire(timeout=ACQUIRE_SECONDS) as conn:
        reviews = await review_rows.of_agent(conn, agent_id)
        forms = {
            version: await load_form(conn, FORM, version)
            for version in {one.version for one in reviews}
        }
    return visit.render(
        "my_reviews.html.j2",
        forms=forms,
        reviews=reviews,
        problem=problem,
        status=400 if problem else 200,
    )


async def _answer(visit: Visit) -> web.StreamResponse:
    agent_id, form = visit.signed_in.person.agent_id, await visit.form()
    if agent_id is None:
        raise RightRefusedError
    try:
        await answer(
            visit.shell.pool,
            UUID(visit.request.match_info["id"]),
            agent_id=agent_id,
            agrees=form.get("agrees") == "yes",
            text=form.get("text", ""),
            now=visit.shell.now(),
        )
    except FieldsRefusedError:
        return await _own(visit, visit.say("quality.say_why"))
    except (ConflictError, ValueError):
        return await _own(visit, visit.say("quality.answered"))
    return visit.go("/my-reviews")


def _version(given: Mapping[str, str]) -> int | None:
    """Of the form that was filled in. Raises `ValueError`."""
    text = given.get("version", "")
    if len(text) > _LONGEST_VERSION:
        raise ValueError(text)
    return int(text) if text else None


def _points(form: Form, given: Mapping[str, str]) -> dict[str, int | None]:
    """What was chosen; a criterion that was left open is missing."""
    chosen = {one.code: given.get(f"p-{one.code}", "") for one in form.criteria}
    return {
        code: None if value == _NOT_APPLICABLE else int(value)
        for code, value in chosen.items()
        if value == _NOT_APPLICABLE or value.isdecimal()
    }


async def _unrecorded(conn: Connection, recording: asyncpg.Record) -> list[dict[str, object]]:
    return gaps(await pausing.pauses(conn, recording["id"]), recording["started_at"])


def _as_given(standing: review_rows.Review | None) -> dict[str, str]:
    """A correction begins with what stands."""
    if standing is None:
        return {}
    marks = {
        f"p-{code}": _NOT_APPLICABLE if points is None else str(points)
        for code, points in standing.marks.items()
    }
    return {**marks, "comment": standing.comment}
