"""Citizens, officers, agents, dialers and sweeps at once, in any interleaving, on any clock.

Hypothesis chooses who does what to which complaint, who is killed, and whose statement is next.
After each step the database is compared with what its histories add up to. A new use case is a
line in `DOES`. `make soak` looks far longer than `make test` does.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from complaints import feedback
from complaints.calendar import Counting
from complaints.disposal import DisposalKind, dispose
from complaints.errors import ComplaintError
from complaints.escalation import escalate_overdue, remind
from complaints.feedback import Answer
from complaints.interim import comment, interim_reply
from complaints.lifecycle import PauseReason
from complaints.pausing import pause, resume
from complaints.policy import MP_181, UP_1076, UP_2017, Policy
from complaints.reference import load
from complaints.store import transaction
from complaints.verification import verify_all
from db.errors import AWAY
from db.pool import Pool, open_pool
from tests.complaints.interleaving import Killed, Worker, interleaved
from tests.complaints.life_model import Told, told
from tests.complaints.moves import (
    advised,
    decided,
    energy_has_officers,
    reopened,
    returned,
    sorted_to,
    specially_closed,
    transferred,
    withdrawn,
)
from tests.complaints.world import REFERENCE, World, sign
from tests.conftest import EMPTY

SOAK = bool(os.environ.get("HELPLINE_SOAK"))
POLICIES = [
    UP_1076,
    UP_2017,
    MP_181,
    replace(UP_1076, triage=True, counting=Counting.WORKING_DAYS),
    replace(UP_1076, transfer_needs_approval=True, reviews_per_level=0),
]
_GONE = (Killed, *AWAY)


@dataclass(frozen=True)
class Case:
    """A complaint as the worker saw it before it began; others may change it meanwhile."""

    number: str
    id: UUID
    post: str
    disposals: int
    decider: str
    attempt: UUID | None
    call: UUID
    form: UUID
    n: int  # of this step: what makes words different


Act = Callable[[World, Case], Awaitable[Any]]


async def _dispose(world: World, case: Case) -> object:
    return await dispose(
        world.pool,
        case.number,
        kind=DisposalKind.RESOLVED,
        report=f"ठीक किया {case.n}",
        post=case.post,
        actor=f"officer:{case.post}",
        policy=world.policy,
        now=world.now,
    )


async def _interim(world: World, case: Case) -> None:
    words = f"पाइप मंगाया {case.n}"
    by = world.now + timedelta(days=2)
    await interim_reply(
        world.pool,
        case.number,
        text=words,
        expected_by=by,
        post=case.post,
        actor="officer:x",
        now=world.now,
    )


async def _note(world: World, case: Case) -> None:
    words = f"बात हुई {case.n}"
    await comment(world.pool, case.number, text=words, actor="agent:101", now=world.now)


async def _pause(world: World, case: Case) -> None:
    await pause(
        world.pool,
        case.number,
        reason=PauseReason.COURT_STAY,
        text="स्थगन",
        post=case.post,
        actor=f"officer:{case.post}",
        policy=world.policy,
        now=world.now,
    )


async def _resume(world: World, case: Case) -> object:
    return await resume(
        world.pool,
        case.number,
        text="समाप्त",
        post=case.post,
        actor=f"officer:{case.post}",
        policy=world.policy,
        now=world.now,
    )


def _decide(approve: bool) -> Act:
    return lambda world, case: decided(world, case.number, approve=approve, post=case.decider)


def _answer(satisfied: bool) -> Act:
    async def answer(world: World, case: Case) -> object:
        return case.attempt and await world.answer(case.attempt, Answer(satisfied))

    return answer


async def _give_up(world: World, case: Case) -> object:
    async with transaction(world.pool) as conn:
        return await feedback.give_up(conn, case.id, case.disposals, world.now, policy=world.policy)


async def _claim(world: World, _: Case) -> object:
    async with transaction(world.pool) as conn:
        return await feedback.claim_due(conn, world.now, 2)


async def _sweep(world: World, _: Case) -> object:
    return await escalate_overdue(
        world.pool, policy=world.policy, now=world.now, signer=sign, limit=2
    )


#: Who does what, and the events of which one follows (none when it is refused). The sweep's and
#: the answers' are counted apart: they may be many, or a repeat.
DOES: dict[str, tuple[Act, set[str]]] = {
    "registers": (lambda world, case: world.register(world.form(key=case.form)), set()),
    "disposes": (_dispose, {"disposed"}),
    "replies": (_interim, {"interim_reply"}),
    "notes": (_note, {"noted"}),
    "pauses": (_pause, {"paused"}),
    "resumes": (_resume, {"resumed"}),
    "transfers": (
        lambda world, case: transferred(world, case.number, post=case.post),
        {"transferred", "proposed"},
    ),
    "returns": (
        lambda world, case: returned(world, case.number, post=case.post),
        {"wrong_mapping"},
    ),
    "forwards": (lambda world, case: sorted_to(world, case.number), {"forwarded"}),
    "advises": (lambda world, case: advised(world, case.number), {"advised"}),
    "closes specially": (
        lambda world, case: specially_closed(world, case.number, post=case.post),
        {"special_closed", "proposed"},
    ),
    "approves": (_decide(True), {"transferred", "special_closed"}),
    "refuses": (_decide(False), {"refused"}),
    "withdraws": (lambda world, case: withdrawn(world, case.number, case.call), {"withdrawn"}),
    "reopens": (lambda world, case: reopened(world, case.number, case.call), {"reopened"}),
    "is satisfied": (_answer(True), set()),
    "is not satisfied": (_answer(False), set()),
    "gives up": (_give_up, set()),
    "claims": (_claim, set()),
    "sweeps": (_sweep, set()),
    "reminds": (lambda world, _: remind(world.pool, now=world.now), set()),
}

#: Told once for each of these entries.
MESSAGES = {
    "escalated_overdue": "officer_forwarded",
    "escalated_dissatisfied": "officer_forwarded",
    "returned_for_review": "officer_review",
    "closed_satisfied": "citizen_closed",
    "unverified": "citizen_unverified",
    "withdrawn": "citizen_withdrawn",
    "special_closed": "citizen_special_closed",
    "advised": "citizen_advised",
    "reopened": "citizen_reopened",
    "paused": "citizen_paused",
    "interim_reply": "citizen_interim",
    "refused": "officer_refused",
    "proposed": "officer_proposal",
}
_RUNNING = {"triage", "with_officer", "proposed", "returned"}
_HOME = "jal-nigam"

Step = tuple[str, int, int]  # who does what, to which complaint, killed before which statement
_AT_WORK = ["disposes", "replies", "pauses", "transfers", "returns", "closes specially"]
#: What people mostly want of a complaint in a state; now and then they try anything.
LIKELY = {
    "triage": ["forwards", "advises", "notes", "withdraws"],
    "returned": ["forwards", "advises", "notes"],
    "with_officer": [*_AT_WORK, *_AT_WORK, "withdraws", "notes"],
    "proposed": ["approves", "approves", "refuses", "disposes", "replies"],
    "paused": ["resumes", "resumes", "disposes", "replies"],
    "awaiting_feedback": ["is satisfied", *["is not satisfied"] * 2, "gives up", "withdraws"],
    "closed_satisfied": ["reopens", "reopens", "notes"],
    "unverified": ["reopens", "reopens", "notes"],
}
_ANY_TIME = ["sweeps", "sweeps", "reminds", "claims", "registers"]
_HOURS = [0, 0, 1, 1, 25, 80, 8 * 24, 20 * 24, -1, -30]


class Office:
    """Two open complaints and those that have ended, and everybody who has to do with them."""

    def __init__(self, url: str, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
        self.url = url
        self.draw = draw
        self.said: dict[UUID, bool] = {}  # attempt -> the citizen's word in it
        self.asked: dict[UUID, UUID] = {}  # complaint -> its latest attempt
        self.forms: list[UUID] = []
        self.steps = 0

    async def open_for(self, rounds: int) -> None:
        """Let that many rounds pass, then close down: nothing may be left lying."""
        policy = self.draw(st.sampled_from(POLICIES))
        vacant = self.draw(st.sets(st.integers(1, 4), max_size=3))
        await self._open(policy, vacant)
        try:
            for _ in range(rounds):
                self.world.later(hours=self.draw(st.sampled_from(_HOURS)))
                if self.draw(st.booleans()):
                    await self._call_citizens()
                await self._at_once()
            self.world.later(days=40)
            await self._sweep_to_the_end()
        finally:
            await self.world.pool.close()

    async def _open(self, policy: Policy, vacant: set[int]) -> None:
        pool: Pool = await open_pool(self.url, size=7)
        await pool.execute(EMPTY)
        await load(pool, REFERENCE)
        self.world = World(pool, policy)
        await energy_has_officers(self.world)
        await pool.execute(
            "update post set vacant_from = '2020-01-01' where level = any($1) and department = $2",
            *(sorted(vacant), _HOME),
        )
        self.held = {_HOME: {1, 2, 3, 4} - vacant, "bijli": {1}}

    async def _call_citizens(self) -> None:
        for row in await self.world.pool.fetch(
            "select id, disposals from complaint where state = 'awaiting_feedback'"
        ):
            self.asked[row["id"]] = await self.world.attempt(row["id"], row["disposals"])

    async def _at_once(self) -> None:
        steps = await self._steps()
        turns = self.draw(st.lists(st.integers(0, 3), min_size=30, max_size=30))
        world = self.world
        before = await self._events()
        workers, cases = [], []
        for what, which, dies_at in steps:
            case = await self._case(which)
            cases.append(case)
            if case.attempt and "satisfied" in what:
                self.said.setdefault(case.attempt, what == "is satisfied")
            now = world.later(microseconds=1)
            workers.append(Worker(_use(DOES[what][0], replace(world, now=now), case), dies_at))
        results = await interleaved(world.pool, workers, turns)
        done, perhaps = _outcomes(steps, workers, results)
        self._events_are_right(await self._events() - before, done, perhaps)
        await self._is_right()

    async def _steps(self) -> list[Step]:
        """Two open complaints at least, and two to four people who want something of them."""
        rows = await self._complaints()
        for _ in range(2 - len(rows)):
            self.forms.append(uuid4())
            await self.world.register(self.world.form(key=self.forms[-1]))
        rows = await self._complaints()
        self.forms.append(uuid4())
        steps = []
        for _ in range(self.draw(st.integers(2, 4))):
            which = self.draw(st.sampled_from([0, 0, 1]))
            likely = LIKELY[rows[which]["state"]] * 2 + _ANY_TIME
            what = self.draw(st.sampled_from(likely) | st.sampled_from(sorted(DOES)))
            steps.append((what, which, self.draw(st.sampled_from([0, 0, 0, 0, 1, 3, 6, 9, 12]))))
        return steps

    async def _complaints(self) -> list[asyncpg.Record]:
        """Those that may still move, oldest first."""
        return await self.world.pool.fetch(
            """select id, number, post, disposals, level, state from complaint
               where state not in ('special_closed', 'withdrawn', 'advised')
               order by registered_at, number limit 2"""
        )

    def _events_are_right(
        self, new: Counter[str], done: Counter[str], perhaps: Counter[str]
    ) -> None:
        """As many events as use cases that say they succeeded, and those of which none knows."""
        for what, (_, events) in DOES.items():
            rivals = [other for other in DOES if DOES[other][1] & events]
            if events:
                happened = sum(new[one] for one in set().union(*(DOES[r][1] for r in rivals)))
                least = sum(done[one] for one in rivals)
                most = least + sum(perhaps[one] for one in rivals)
                if "forwarded" in events or "disposed" in events:
                    least, most = min(least, happened), max(most, happened)  # the clock's too
                assert least <= happened <= most, (what, new, done, perhaps)

    async def _case(self, which: int) -> Case:
        """The `which`-th of the complaints that may still move, as it stands."""
        self.steps += 1
        row = (await self._complaints())[which]
        above = min((one for one in self.held[_HOME] if one > row["level"]), default=4)
        return Case(
            number=row["number"],
            id=row["id"],
            post=row["post"],
            disposals=row["disposals"],
            decider=f"L{above}-{'UP' if above == 4 else 'LAL'}",
            attempt=self.asked.get(row["id"]),
            call=await self.world.call(),
            form=self.forms[-1],  # one form: whoever sends it again
            n=self.steps,
        )

    async def _events(self) -> Counter[str]:
        rows = await self.world.pool.fetch("select event from complaint_history")
        return Counter(row["event"] for row in rows)

    async def _sweep_to_the_end(self) -> None:
        while await _sweep(self.world, None):  # type: ignore[arg-type]
            pass
        late = await self.world.pool.fetchval(
            "select count(*) from complaint where due_at <= $1 and overdue_at is null",
            self.world.now,
        )
        assert late == 0, "an escalation was lost"
        await self._is_right()

    async def _is_right(self) -> None:
        pool = self.world.pool
        complaints = await pool.fetch("select * from complaint order by registered_at")
        assert len(complaints) <= len(self.forms), "a form that came twice registered twice"
        for row in complaints:
            history = await pool.fetch(
                "select * from complaint_history where complaint_id = $1 order by seq", row["id"]
            )
            story = told(history, self.held, _HOME)
            self._row_is_right(row, story)
            await self._evidence_is_there(row, history, story)
        assert [one async for one in verify_all(pool) if one.broken_at] == []

    def _row_is_right(self, row: asyncpg.Record, story: Told) -> None:
        state = row["state"]
        assert (state, row["level"], row["disposals"]) == (
            *(story.state, story.level, story.disposals),
        )
        clocks = [row["due_at"], row["remaining"], row["ended_at"]]
        open_one = [state in _RUNNING, state == "paused", state not in (*_RUNNING, "paused")]
        if state == "awaiting_feedback":
            open_one[2] = False
        assert [one is not None for one in clocks] == open_one
        if state in _RUNNING:
            assert row["due_at"] == story.due_at
        if row["overdue_at"]:
            assert not [one for one in self.held[story.department] if one > row["level"]]

    async def _evidence_is_there(
        self, row: asyncpg.Record, history: list[asyncpg.Record], story: Told
    ) -> None:
        pool, of_it = self.world.pool, row["id"]
        due = await pool.fetch("select * from feedback_due where complaint_id = $1", of_it)
        assert len(due) == story.disposals
        asking = [one["disposal_no"] for one in due if one["done_at"] is None]
        assert asking == ([story.disposals] if row["state"] == "awaiting_feedback" else [])
        answers = await pool.fetch("select * from feedback where complaint_id = $1", of_it)
        heard = {one["attempt_id"]: one["satisfied"] for one in answers}
        events = Counter(entry["event"] for entry in history)
        assert list(heard.values()).count(True) == events["closed_satisfied"]
        for entry in history:
            if entry["event"] == "closed_satisfied":
                assert heard[entry["call_id"]] is True
                assert entry["call_id"] in self.said
        messages = Counter(
            tuple(one["dedupe_key"].split(":")[1:3])
            for one in await pool.fetch("select * from notification where complaint_id = $1", of_it)
        )
        for entry in history:
            if kind := MESSAGES.get(entry["event"]):
                assert messages[str(entry["seq"]), kind] == 1, (entry["event"], messages)


def _use(act: Act, world: World, case: Case) -> Callable[[Pool], Awaitable[object]]:
    return lambda pool: act(replace(world, pool=pool), case)


def _outcomes(
    steps: list[Step], workers: list[Worker], results: list[Any]
) -> tuple[Counter[str], Counter[str]]:
    """Which use cases succeeded, and which died: of these nobody knows."""
    done: Counter[str] = Counter()
    perhaps: Counter[str] = Counter()
    for (what, _, dies_at), worker, result in zip(steps, workers, results, strict=True):
        if dies_at and worker.statements >= dies_at:
            assert isinstance(result, _GONE), result
            perhaps[what] += 1
        elif not isinstance(result, BaseException):
            done[what] += 1
        elif not isinstance(result, ComplaintError):
            raise result
    return done, perhaps


@pytest.mark.timeout(7200 if SOAK else 300)
@settings(
    max_examples=300 if SOAK else 8,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.reuse, Phase.generate),  # a shorter example is not worth its many minutes
)
@given(data=st.data())
def test_whatever_is_done_at_once_every_complaint_is_right(
    migrated_url: str, data: st.DataObject
) -> None:
    asyncio.run(Office(migrated_url, data.draw).open_for(rounds=30 if SOAK else 10))


async def test_the_same_turns_are_the_same_interleaving(world: World) -> None:
    registered = await world.register()

    async def one_after_the_other(turns: list[int]) -> list[bool]:
        workers = [
            Worker(lambda pool: replace(world, pool=pool).dispose(registered.number, post="L1-MAH"))
            for _ in range(2)
        ]
        return [
            isinstance(one, BaseException) for one in await interleaved(world.pool, workers, turns)
        ]

    assert await one_after_the_other([1] * 30) == [True, False]
    await world.answer(await world.attempt(registered.complaint_id, 1), Answer(satisfied=False))
    assert await one_after_the_other([0] * 30) == [False, True]
