"""Quality reviews: which calls to listen to, what the reviewer found, what the agent says to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg
import structlog

from cti.errors import ConflictError, FieldsRefusedError, NoSuchCallError
from cti.quality import Criterion, Form, Judgement, judge
from db.ids import new_id
from db.pool import Connection, Pool
from db.statements import statements

_log = structlog.get_logger(__name__)
_ACQUIRE_SECONDS = 5.0
_LONGEST = 4000


@dataclass(frozen=True, slots=True)
class Sampled:
    """A recorded call to listen to. `seconds`: of the recording."""

    agent_id: str
    call_id: UUID
    started_at: datetime
    seconds: float


@dataclass(frozen=True, slots=True)
class AgentQuality:
    """The reviews that stand. `score`: their mean, 0 to 100."""

    agent_id: str
    reviews: int
    score: float | None
    failed: int
    answered: int
    disputed: int


@dataclass(frozen=True, slots=True)
class Quality:
    """`lost`: share of the possible points by criterion, the weakest first."""

    agents: tuple[AgentQuality, ...]
    criteria: Mapping[str, float]


async def load_form(conn: Connection, code: str, version: int | None = None) -> Form:
    """That version, or the latest. Raises `FieldsRefusedError`."""
    rows = [row async for row in statements().quality_form(conn, code=code, version=version)]
    if not rows:
        raise FieldsRefusedError({"form": "is unknown"})
    criteria = tuple(
        Criterion(row["code"], row["title_hi"], row["title_en"], row["most"], row["fatal"])
        for row in rows
    )
    first = rows[0]
    return Form(first["form"], first["version"], first["form_hi"], first["form_en"], criteria)


async def review(
    pool: Pool,
    call_id: UUID,
    *,
    form: str,
    points: Mapping[str, int | None],
    comment: str,
    reviewer: str,
    now: datetime,
    corrects: UUID | None = None,
    version: int | None = None,
) -> tuple[UUID, Judgement]:
    """Judge an agent's recorded call. `corrects`: the review that stands, to be replaced by one of
    the same version of the form. `version`: of the form that was filled in, where that is known.

    Raises `NoSuchCallError`, `FieldsRefusedError` (form, points, comment, call) and
    `ConflictError` (judged already; another correction was faster; the reviewer's own call;
    the form was changed meanwhile).
    """
    if len(comment) > _LONGEST:
        raise FieldsRefusedError({"comment": f"is longer than {_LONGEST} characters"})
    async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn, conn.transaction():
        standing = await _standing(conn, call_id, form)
        sheet = await load_form(conn, form, standing.version if standing else None)
        if version not in (None, sheet.version):
            raise ConflictError("the form was changed meanwhile")
        found = judge(sheet, points)
        agent_id = await _whose(conn, call_id)
        if reviewer == f"agent:{agent_id}":
            raise ConflictError("nobody judges their own call")
        _must_stand(standing, corrects)
        review_id = new_id(now)
        try:
            await statements().quality_add(
                conn,
                id=review_id,
                call_id=call_id,
                form=sheet.code,
                version=sheet.version,
                agent_id=agent_id,
                reviewer=reviewer,
                score=found.score,
                failed=found.failed,
                comment=comment,
                at=now,
                supersedes=corrects,
            )
        except asyncpg.UniqueViolationError as error:
            raise ConflictError("somebody else has judged this call meanwhile") from error
        await statements().quality_add_marks(
            conn, review=review_id, codes=list(points), points=list(points.values())
        )
    _log.info("call reviewed", call=str(call_id), form=form, failed=found.failed)
    return review_id, found


async def _whose(conn: Connection, call_id: UUID) -> str:
    call = await statements().quality_call(conn, id=call_id)
    if call is None:
        raise NoSuchCallError
    if not call["ended"]:
        raise FieldsRefusedError({"call": "still goes on"})
    if call["agent_id"] is None:
        raise FieldsRefusedError({"call": "had no agent"})
    if not call["recorded"]:
        raise FieldsRefusedError({"call": "has no recording to listen to"})
    return str(call["agent_id"])


@dataclass(frozen=True, slots=True)
class _Standing:
    """The review that stands, and the version of the form that it is by."""

    id: UUID
    version: int


async def _standing(conn: Connection, call_id: UUID, form: str) -> _Standing | None:
    row = await statements().quality_standing(conn, call_id=call_id, form=form)
    return None if row is None else _Standing(row["id"], row["version"])


def _must_stand(standing: _Standing | None, corrects: UUID | None) -> None:
    if (standing and standing.id) != corrects:
        raise ConflictError(
            f"review {standing.id} stands: correct that one" if standing else "nothing to correct"
        )


async def answer(
    pool: Pool, review_id: UUID, *, agent_id: str, agrees: bool, text: str, now: datetime
) -> None:
    """The agent has read the review of their call, and agrees, or says why not. Once.

    Raises `FieldsRefusedError` (text) and `ConflictError`.
    """
    if not agrees and not text.strip():
        raise FieldsRefusedError({"text": "is missing: say why"})
    if len(text) > _LONGEST:
        raise FieldsRefusedError({"text": f"is longer than {_LONGEST} characters"})
    async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
        done = await statements().quality_answer(
            conn, review=review_id, agent_id=agent_id, agrees=agrees, text=text.strip(), at=now
        )
    if done != "INSERT 0 1":
        raise ConflictError("no such review of yours stands, or it is answered already")


async def sample(
    pool: Pool, *, since: datetime, until: datetime, per_agent: int, seed: str, form: str
) -> list[Sampled]:
    """Calls to listen to, by chance, at most `per_agent` of each agent. The same for one seed."""
    async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
        rows = statements().quality_sample(
            conn, since=since, until=until, per_agent=per_agent, form=form, seed=seed
        )
        return [
            Sampled(row["agent_id"], row["id"], row["started_at"], float(row["seconds"]))
            async for row in rows
        ]


async def quality(pool: Pool, *, since: datetime, until: datetime, form: str) -> Quality:
    """Of the reviews made from `since` until `until`, those that stand; the weakest first."""
    period = {"since": since, "until": until, "form": form}
    async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn, conn.transaction(readonly=True):
        agents = [
            AgentQuality(**row) async for row in statements().quality_by_agent(conn, **period)
        ]
        lost = statements().quality_by_criterion(conn, **period)
        return Quality(tuple(agents), {row["code"]: row["share"] async for row in lost})
