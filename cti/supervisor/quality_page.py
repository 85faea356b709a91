"""Quality: calls drawn by chance, the form to fill while listening, corrections, answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from aiohttp import web

from access.rights import Right, Subject, may, may_somewhere
from access.users import ACQUIRE_SECONDS
from cti import review_rows
from cti.errors import ConflictError, FieldsRefusedError, FormError
from cti.quality import Form
from cti.reviews import Sampled, answer, load_form, review, sample
from cti.supervising import Supervisor
from cti.supervisor import quality_form_page
from cti.supervisor.call_page import CallParts, Playing, gaps
from cti.supervisor.hearing import ListeningRights, person_may_hear
from cti.supervisor.wall import supervisor_of
from db.statements import statements
from recordings import pausing
from recordings.errors import NoSuchFileError, NotAllowedError
from recordings.listening import LinkTerms, Wish, link_for
from web.shell import RightRefusedError, Shell, Visit

FORM = "call"
_NOT_APPLICABLE = "na"
_MOST_DAYS = 90
_MOST_EACH = 20
_LONGEST_SEED = 40
_LONGEST_VERSION = 4


def add_routes(app: web.Application, shell: Shell, parts: CallParts) -> None:
    """`/quality` for who judges, `/my-reviews` for agents."""
    pages = _Quality(parts, ListeningRights(shell.pool, shell.now))
    judge, take = Right.QUALITY_JUDGE, Right.CALL_TAKE
    router = app.router
    quality_form_page.add_routes(app, shell, FORM)
    router.add_get("/quality", shell.page(_sample, right=judge))
    router.add_get("/quality/{id}", shell.page(pages.show, right=judge))
    router.add_post("/quality/{id}", shell.page(pages.judge, right=judge))
    router.add_post("/quality/{id}/listen", shell.page(pages.listen, right=judge))
    router.add_get("/my-reviews", shell.page(_own, right=take))
    router.add_post("/my-reviews/{id}", shell.page(_answer, right=take))


async def _sample(visit: Visit) -> web.StreamResponse:
    supervisor, asked, now = _judge(visit), visit.request.query, visit.shell.now()
    days = _within(asked.get("days", ""), 7, _MOST_DAYS)
    each = _within(asked.get("each", ""), 2, _MOST_EACH)
    seed = asked.get("seed", "")[:_LONGEST_SEED] or now.date().isoformat()
    drawn = await sample(
        visit.shell.pool, since=now - timedelta(days=days), until=now, per_agent=each, seed=seed,
        form=FORM,
    )  # fmt: skip
    shown = await _theirs(visit, supervisor, drawn)
    may_set = may_somewhere(visit.signed_in.person, Right.QUALITY_FORM_SET)
    return visit.render(
        "quality.html.j2", calls=shown, days=days, each=each, seed=seed, may_set=may_set
    )


async def _theirs(visit: Visit, who: Supervisor, drawn: Sequence[Sampled]) -> list[Sampled]:
    if who.queues is None:
        return list(drawn)
    async with visit.shell.pool.acquire(timeout=ACQUIRE_SECONDS) as conn:
        rows = statements().quality_queues_of(conn, calls=[one.call_id for one in drawn])
        queues = {row["id"]: row["queue"] async for row in rows}
    return [one for one in drawn if queues.get(one.call_id) in who.queues]


@dataclass(frozen=True, slots=True)
class _Quality:
    parts: CallParts
    rights: ListeningRights

    async def show(
        self,
        visit: Visit,
        *,
        playing: Playing | None = None,
        problem: str = "",
        given: Mapping[str, str] | None = None,
        faults: Mapping[str, str] | None = None,
    ) -> web.StreamResponse:
        call = await _call(visit)
        async with visit.shell.pool.acquire(timeout=ACQUIRE_SECONDS) as conn:
            reviews = await review_rows.of_call(conn, call["id"], FORM)
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
            paused = [await pausing.pauses(conn, one["id"]) for one in recordings[:1]]
        return visit.render(
            "quality_call.html.j2",
            call=call,
            form=form,
            reviews=reviews,
            standing=standing,
            given=given if given is not None else _as_given(standing),
            faults=faults or {},
            recordings=recordings,
            may_listen=any(heard),
            own=_own_call(visit, call),
            playing=playing,
            gaps=gaps(paused[0], recordings[0]["started_at"]) if recordings else [],
            problem=problem,
            status=400 if problem else 200,
        )

    async def listen(self, visit: Visit) -> web.StreamResponse:
        """The same rule as on the call's page: a right, a reason, a link that expires."""
        call, form = await _call(visit), await visit.form()
        try:
            recording = UUID(form.get("recording", ""))
        except ValueError as error:
            raise web.HTTPBadRequest from error
        async with visit.shell.pool.acquire(timeout=ACQUIRE_SECONDS) as conn:
            row = await statements().supervision_of_recording(conn, id=recording)
        if row is None or row["call_id"] != call["id"]:
            raise web.HTTPNotFound
        wish = Wish(visit.by.actor, recording, form.get("reason", "")[:500])
        terms = LinkTerms(self.parts.secret, "")
        try:
            url = await link_for(visit.shell.pool, self.rights, wish, terms, visit.shell.now())
        except NotAllowedError as error:
            if not wish.reason:
                return await self.show(visit, problem=visit.say("callpage.fault.reason"))
            raise RightRefusedError from error
        except NoSuchFileError:
            return await self.show(visit, problem=visit.say("callpage.fault.no_file"))
        return await self.show(visit, playing=Playing(recording, url))

    async def judge(self, visit: Visit) -> web.StreamResponse:
        call, given = await _call(visit), await visit.form()
        if _own_call(visit, call):
            return await self.show(visit, problem=visit.say("quality.own"), given=given)
        try:
            version = _version(given)
            async with visit.shell.pool.acquire(timeout=ACQUIRE_SECONDS) as conn:
                form = await load_form(conn, FORM, version)
            corrects = UUID(given["corrects"]) if given.get("corrects") else None
            await review(
                visit.shell.pool,
                call["id"],
                form=FORM,
                points=_points(form, given),
                comment=given.get("comment", ""),
                reviewer=visit.by.actor,
                now=visit.shell.now(),
                corrects=corrects,
                version=version,
            )
        except FieldsRefusedError as error:
            problem = visit.say("quality.incomplete")
            return await self.show(visit, problem=problem, given=given, faults=error.fields)
        except (FormError, ValueError):
            return await self.show(visit, problem=visit.say("quality.conflict"), given=given)
        return visit.go(f"/quality/{call['id']}")


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


def _judge(visit: Visit) -> Supervisor:
    return supervisor_of(visit, Right.QUALITY_JUDGE)


async def _call(visit: Visit) -> Any:
    """A call of their queues; any other is not there for them."""
    try:
        id = UUID(visit.request.match_info["id"])
    except ValueError as error:
        raise web.HTTPNotFound from error
    async with visit.shell.pool.acquire(timeout=ACQUIRE_SECONDS) as conn:
        call = await statements().supervision_call(conn, id=id)
    subject = Subject(queue=None if call is None else call["queue"])
    if call is None or not may(visit.signed_in.person, Right.QUALITY_JUDGE, subject):
        raise web.HTTPNotFound
    return call


def _own_call(visit: Visit, call: Mapping[str, Any]) -> bool:
    """Nobody judges their own call."""
    own = visit.signed_in.person.agent_id
    return own is not None and own == call["agent_id"]


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


def _as_given(standing: review_rows.Review | None) -> dict[str, str]:
    """A correction begins with what stands."""
    if standing is None:
        return {}
    marks = {
        f"p-{code}": _NOT_APPLICABLE if points is None else str(points)
        for code, points in standing.marks.items()
    }
    return {**marks, "comment": standing.comment}


def _within(text: str, otherwise: int, most: int) -> int:
    return min(max(int(text), 1), most) if text.isdecimal() else otherwise
