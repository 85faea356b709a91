"""Quality reviews: which calls to listen to, what the reviewer found, what the agent says to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg
import structlog

from calls.report_sql import fetch_slowly
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
    """A recorded call to listen to, for this agent's part of it. `seconds`: of the recording."""

    agent_id: str
    call_id: UUID
    started_at: datetime
    seconds: float


@dataclass(frozen=True, slots=True)
class Handled:
    """An agent who had the citizen of a call. `queues`: from which they had them, maybe none."""

    agent_id: str
    name: str
    queues: frozenset[str]


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
    agent_id: str | None = None,
    corrects: UUID | None = None,
    version: int | None = None,
) -> tuple[UUID, Judgement]:
    """Judge an agent's part of a recorded call. `agent_id`: whose; None: as in the review that is
    corrected, else who had the citizen last. `corrects`: the review of this part that stands, to
    be replaced by one of the same version of the form. `version`: of the form that was filled in,
    where that is known.

    Raises `NoSuchCallError`, `FieldsRefusedError` (form, points, comment, call, agent) and
    `ConflictError` (judged already; another correction was faster; a call in which the reviewer
    had the citizen; the form was changed meanwhile).
    """
    if len(comment) > _LONGEST:
        raise FieldsRefusedError({"comment": f"is longer than {_LONGEST} characters"})
    async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn, conn.transaction():
        if agent_id is None and corrects is not None:
            agent_id = await statements().quality_agent_of(conn, review=corrects, call_id=call_id)
        agent_id = await _whose(conn, call_id, agent_id, reviewer)
        standing = await _standing(conn, call_id, form, agent_id)
        sheet = await load_form(conn, form, standing.version if standing else None)
        if version not in (None, sheet.version):
            raise ConflictError("the form was changed meanwhile")
        found = judge(sheet, points)
        _must_stand(standing, corrects)
        review_id = new_id(now)
        await _add(
            conn, review_id, points,
            call_id=call_id, form=sheet.code, version=sheet.version, agent_id=agent_id,
            reviewer=reviewer, score=found.score, failed=found.failed, comment=comment,
            at=now, supersedes=corrects,
        )  # fmt: skip
    _log.info("call reviewed", call=str(call_id), form=form, failed=found.failed)
    return review_id, found


async def _add(
    conn: Connection, review_id: UUID, points: Mapping[str, int | None], **columns: object
) -> None:
    """`columns`: of the review's row."""
    try:
        await statements().quality_add(conn, id=review_id, **columns)
    except asyncpg.UniqueViolationError as error:
        raise ConflictError("somebody else has judged this agent in it meanwhile") from error
    await statements().quality_add_marks(
        conn, review=review_id, codes=list(points), points=list(points.values())
    )


async def who_handled(conn: Connection, call_id: UUID) -> list[Handled]:
    """Whose work the call is: each agent who had the citizen, who had them last at the end."""
    rows = statements().quality_talks(conn, call_id=call_id)
    return [Handled(row["agent_id"], row["name"], frozenset(row["queues"])) async for row in rows]


async def _whose(conn: Connection, call_id: UUID, asked: str | None, reviewer: str) -> str:
    call = await statements().quality_call(conn, id=call_id)
    if call is None:
        raise NoSuchCallError
    if not call["ended"]:
        raise FieldsRefusedError({"call": "still goes on"})
    agents = [one.agent_id for one in await who_handled(conn, call_id)]
    if not agents:
        raise FieldsRefusedError({"call": "had no agent"})
    if not call["recorded"]:
        raise FieldsRefusedError({"call": "has no recording to listen to"})
    if asked is not None and asked not in agents:
        raise FieldsRefusedError({"agent": "did not have the citizen in this call"})
    if reviewer in {f"agent:{one}" for one in agents}:
        raise ConflictError("nobody judges their own call")
    return asked or agents[-1]


@dataclass(frozen=True, slots=True)
class _Standing:
    """The review that stands, and the version of the form that it is by."""

    id: UUID
    version: int


async def _standing(conn: Connection, call_id: UUID, form: str, agent_id: str) -> _Standing | None:
    of = {"call_id": call_id, "form": form, "agent_id": agent_id}
    row = await statements().quality_standing(conn, **of)
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
    pool: Pool,
    *,
    since: datetime,
    until: datetime,
    per_agent: int,
    seed: str,
    form: str,
    queues: Sequence[str] | None = None,
) -> list[Sampled]:
    """Calls to listen to, by chance, at most `per_agent` of each agent. The same for one seed.

    `queues`: from which the agents had the citizens; None: from any, or from none. Raises
    `TimeoutError` after a minute, or another of `db.errors.AWAY`.
    """
    asked = {"since": since, "until": until, "per_agent": per_agent, "form": form, "seed": seed}
    async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
        rows = await fetch_slowly(conn, "quality_sample", **asked, queues=queues)
    return [
        Sampled(row["agent_id"], row["id"], row["started_at"], float(row["seconds"]))
        for row in rows
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
