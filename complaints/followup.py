"""A citizen whom the dialer did not reach: an agent calls, then an SMS asks, then it is unverified.

"No answer" is its own outcome, never "satisfied" (R19). Each step has an end and is an entry of
the history; a new disposal begins with the dialer's calls again. Who has told the matter again
since the disposal was heard: that never ends as unverified, an agent calls until it is answered.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog

from calls.numbers import is_landline
from complaints import history, texts
from complaints.batches import Due, Work, carry_out_each
from complaints.errors import NoTaskError, TaskTakenError
from complaints.history import Entry, Event
from complaints.lifecycle import AwaitingFeedback
from complaints.notifications import Kind, Notification, notify_each, word_anew
from complaints.policy import FollowUp, Policy, Step
from complaints.store import Complaint, held_due, hold_by_id, move_each, transaction
from complaints.words import clean
from db.pool import Connection, Pool
from db.statements import statements

_log = structlog.get_logger(__name__)
TAKEN_FOR = timedelta(minutes=15)
_SOON = 1 / 24  # of the step: an SMS that left so soon was asked in time
_CALL_AGAIN = FollowUp(Step.AGENT_CALL, 2)  # where the policy has no agent's call
_TOLD_AGAIN = "told again since the disposal"
_EVENTS = {Step.AGENT_CALL: Event.AGENT_TO_CALL, Step.SMS: Event.ASKED_TO_CALL}


@dataclass(frozen=True, slots=True)
class _Unanswered:
    """A step is over (None: the dialer's calls). `tried`: the steps so far, in words."""

    complaint: Complaint
    step: Step | None
    tried: tuple[str, ...]

    @property
    def state(self) -> AwaitingFeedback:
        state = self.complaint.state
        if not isinstance(state, AwaitingFeedback):
            raise TypeError(f"held as unanswered, but {state}")
        return state


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A citizen whom an agent is to call, until `step_until`. Names in Hindi.

    `numbers` (E.164): the one given for this complaint first. `tried`: why an agent is to call.
    `taken_...`: the agent who has it, or had it. `last_...`: the latest call by an agent's click;
    without an outcome it is under way. `of_all`: how many tasks there are.
    """

    number: str
    complaint_id: UUID
    disposal_no: int
    category: str
    place: str
    citizen: str | None
    step_until: datetime
    tried: tuple[str, ...]
    numbers: tuple[str, ...]
    category_en: str
    place_en: str
    confidential: bool
    taken_by: str | None
    taken_by_name: str | None
    taken_until: datetime | None
    last_at: datetime | None
    last_outcome: str | None
    last_by: str | None
    of_all: int


@dataclass(frozen=True, slots=True)
class TaskToCall:
    """A complaint whose citizen an agent is to call."""

    complaint_id: UUID
    number: str


async def give_up(
    conn: Connection,
    complaint_id: UUID,
    disposal_no: int,
    now: datetime,
    *,
    policy: Policy,
    reason: str = "attempts used up",
    actor: str = "dialer",
) -> bool:
    """The dialer calls no more, for `reason` (not empty): on to the next step of the policy, or,
    without any, to the end as unverified. In the caller's transaction.

    False, and nothing is changed, when there is nothing to give up: answered, ended, given up.
    """
    reason = clean("reason", reason, 400)
    complaint = await hold_by_id(conn, complaint_id)
    state = complaint.state
    if not isinstance(state, AwaitingFeedback) or state.disposals != disposal_no:
        return False
    if not await statements().complaints_feedback_called(
        conn, complaint_id=complaint_id, disposal_no=disposal_no
    ):
        return False
    await _go_on(conn, [_Unanswered(complaint, None, (reason,))], policy, now, actor)
    return True


async def follow_up(pool: Pool, *, policy: Policy, now: datetime, limit: int = 200) -> int:
    """Take at most `limit` steps whose time is over further, oldest first; how many there were.

    Exactly once, by any number of workers; one batch is one transaction. The next step's time runs
    from `now`, also after a downtime. What cannot go on counts too, as in
    `escalation.escalate_overdue`.
    """

    async def go_on(some: Sequence[_Over]) -> None:
        waiting: dict[_Over, datetime] = {}
        over = []
        for complaint, one in zip(await held_due(conn, some), some, strict=True):
            ends = one.ends(policy.of(complaint.category))
            if ends > now:
                waiting[one] = ends
            else:
                over.append(_unanswered(complaint, one))
        if waiting:
            await _ask_longer(conn, waiting, now)
        if over:
            await _go_on(conn, over, policy, now, "clock")

    async with transaction(pool) as conn:
        over = await _take_over(conn, now, limit)
        moved = await carry_out_each(conn, Work.FOLLOW_UP, over, go_on, now)
        if moved:
            _log.info("unanswered feedback followed up", complaints=moved)
    return len(over)


async def tasks(pool: Pool, *, at_most: int = 100) -> list[Task]:
    """Whom agents are to call, the first to end first."""
    async with pool.acquire(timeout=5) as conn:
        rows = statements().followup_tasks(conn, at_most=at_most)
        return [
            Task(**{**row, "tried": tuple(row["tried"]), "numbers": tuple(row["numbers"])})
            async for row in rows
        ]


async def task_to_call(
    conn: Connection, complaint_id: UUID, agent: str, now: datetime
) -> TaskToCall:
    """What there is to do about a complaint, before anything is written.

    Raises `NoTaskError` and `TaskTakenError`.
    """
    row = await statements().followup_task(conn, complaint_id=complaint_id)
    if row is None:
        raise NoTaskError(complaint_id)
    if row["taken_by"] not in (None, agent) and row["taken_until"] > now:
        raise TaskTakenError(row["number"])
    return TaskToCall(complaint_id, row["number"])


async def take_task(conn: Connection, task: TaskToCall, agent: str, now: datetime) -> None:
    """It is this agent's for `TAKEN_FOR`, in the transaction that writes their call.

    Raises `TaskTakenError`: another's, or there is nothing to do any more.
    """
    mine = await statements().followup_take(
        conn, complaint_id=task.complaint_id, agent_id=agent, now=now, until=now + TAKEN_FOR
    )
    if not mine:
        raise TaskTakenError(task.number)


@dataclass(frozen=True, slots=True)
class _Over(Due):
    """A step, by its name, whose time is over; `tried`: those before it, in words.

    Of the SMS that asks: when it was written, when it left for good (not what a receipt says did
    not arrive), and whether a gateway ever took it.
    """

    step: str = ""
    tried: tuple[str, ...] = ()
    written_at: datetime | None = None
    asked_at: datetime | None = None
    taken: bool = False

    def ends(self, policy: Policy) -> datetime:
        """When the step is over indeed. Nobody was asked by an SMS that has not left: its days run
        from when it does, and it is waited for as long again.
        """
        if self.step != Step.SMS or self.written_at is None:
            return self.at
        lasts = sum(one.days for one in policy.after_attempts if one.step is Step.SMS) * policy.day
        if self.asked_at is None:
            return self.written_at + 2 * lasts
        late = self.asked_at - self.written_at > _SOON * lasts
        return self.asked_at + lasts if late else self.at

    @property
    def words(self) -> str:
        """What was tried, and what came of it."""
        came = ""
        if self.step == Step.SMS and self.asked_at is None:
            came = " not delivered" if self.taken else " not sent"
        return f"{self.step}{came} until {self.at.isoformat()}"


async def _take_over(conn: Connection, now: datetime, limit: int) -> list[_Over]:
    rows = statements().followup_lock(conn, now=now, at_most=limit)
    return [
        _Over(
            row["id"],
            row["at"],
            row["failures"],
            row["step"],
            tuple(row["tried"]),
            row["written_at"],
            row["asked_at"],
            row["taken"],
        )
        async for row in rows
    ]


def _unanswered(complaint: Complaint, one: _Over) -> _Unanswered:
    return _Unanswered(complaint, Step(one.step), (*one.tried, one.words))


async def _ask_longer(conn: Connection, waiting: Mapping[_Over, datetime], now: datetime) -> None:
    """The step goes on; an SMS that has not left yet asks until its new end."""
    await statements().followup_ask_longer(
        conn,
        complaint_ids=[one.complaint_id for one in waiting],
        untils=list(waiting.values()),
    )
    for one, until in waiting.items():
        if one.asked_at is None:
            changes = {"until": texts.clock(until)}
            await word_anew(conn, [one.complaint_id], [Kind.CITIZEN_ASKED], changes, now)
    _log.warning("citizens not asked in time, asked longer", complaints=len(waiting))


async def _go_on(
    conn: Connection, over: Sequence[_Unanswered], policy: Policy, now: datetime, actor: str
) -> None:
    """Each to its next step, or to its end, with a fixed number of statements; what was told again
    has none: an agent is to call, and goes on where they are to do so already.
    """
    following = {one.complaint.id: _next(one, policy) for one in over}
    heard = await _told_again(conn, [one for one in over if not following[one.complaint.id]])
    calls = {one.complaint.id: _agents_call(policy.of(one.complaint.category)) for one in heard}
    longer = {
        one.complaint.id: now + calls[one.complaint.id].days * policy.day
        for one in heard
        if one.step is Step.AGENT_CALL
    }
    if longer:
        await statements().followup_ask_longer(
            conn, complaint_ids=list(longer), untils=list(longer.values())
        )
        _log.info("told again and not answered, called longer", complaints=len(longer))
    rest = [
        replace(one, tried=(*one.tried[:-1], f"{one.tried[-1]}, {_TOLD_AGAIN}"))
        if one.complaint.id in calls
        else one
        for one in over
        if one.complaint.id not in longer
    ]
    if rest:
        await _write_each(conn, rest, {**following, **calls}, policy, now, actor)


async def _told_again(conn: Connection, at_the_end: Sequence[_Unanswered]) -> list[_Unanswered]:
    """Those whose citizen has told it again since the last disposal."""
    if not at_the_end:
        return []
    rows = statements().followup_told_again(conn, ids=[one.complaint.id for one in at_the_end])
    found = {row["id"] async for row in rows}
    return [one for one in at_the_end if one.complaint.id in found]


def _agents_call(rules: Policy) -> FollowUp:
    of_policy = (one for one in rules.after_attempts if one.step is Step.AGENT_CALL)
    return next(of_policy, _CALL_AGAIN)


async def _write_each(
    conn: Connection,
    over: Sequence[_Unanswered],
    steps: Mapping[UUID, FollowUp | None],
    policy: Policy,
    now: datetime,
    actor: str,
) -> None:
    following = {one.complaint.id: steps[one.complaint.id] for one in over}
    until = {
        complaint_id: now + step.days * policy.day if step else None
        for complaint_id, step in following.items()
    }
    seqs = await history.append_each(
        conn,
        {
            one.complaint.id: _entry(
                one, following[one.complaint.id], until[one.complaint.id], actor, now
            )
            for one in over
        },
    )
    await statements().followup_go_on(
        conn,
        complaint_ids=list(following),
        disposal_nos=[one.state.disposals for one in over],
        steps=[step.step if step else None for step in following.values()],
        untils=list(until.values()),
        tried=[one.tried[-1] for one in over],
        at=now,
    )
    ended = {
        one.complaint.id: one.state.attempts_used_up("; ".join(one.tried), now)
        for one in over
        if following[one.complaint.id] is None
    }
    if ended:
        await move_each(conn, ended, now)
    messages = [
        Notification(
            complaint_id=one.complaint.id,
            entry=seqs[one.complaint.id],
            recipient=one.complaint.contact,
            **told,
        )
        for one in over
        if (told := _told(one.complaint, following[one.complaint.id], until[one.complaint.id]))
    ]
    if messages:
        await notify_each(conn, messages, now)


def _next(one: _Unanswered, policy: Policy) -> FollowUp | None:
    """What is tried next, nothing twice; nobody waits for what an SMS to a landline brings."""
    rules = policy.of(one.complaint.category)
    done = {words.partition(" ")[0] for words in one.tried}  # as `_Over.words` begin
    if is_landline(one.complaint.contact):
        done.add(Step.SMS)
    step = rules.step_after(one.step)
    while step and step.step in done:
        step = rules.step_after(step.step)
    return step


def _entry(
    one: _Unanswered, step: FollowUp | None, until: datetime | None, actor: str, now: datetime
) -> Entry:
    tried = "; ".join(one.tried)
    return Entry(
        at=now,
        event=_EVENTS[step.step] if step else Event.UNVERIFIED,
        level=one.state.level,
        actor=actor,
        reason=f"{tried}; now until {until.isoformat()}" if until else tried,
        post=one.state.post,
    )


def _told(
    complaint: Complaint, step: FollowUp | None, until: datetime | None
) -> dict[str, Any] | None:
    """What the citizen is written; None while an agent is to call them."""
    if step is None or until is None:
        return {"kind": Kind.CITIZEN_UNVERIFIED, "body": texts.citizen_unverified(complaint.number)}
    if step.step is Step.SMS:
        return {"kind": Kind.CITIZEN_ASKED, "body": texts.citizen_asked(complaint.number, until)}
    return None
