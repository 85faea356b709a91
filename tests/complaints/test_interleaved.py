"""Citizens, officers, agents, dialers and sweeps at once, in any interleaving, on any clock.

Hypothesis chooses who does what to which complaint, who is killed, whose statement is next, and
which officers come, go, are away and look after whose post. After each step the database is
compared with what its histories add up to. What people do stands in `doings`, who holds which post
in `staff`. `make test` looks at the same examples each time, `make soak` at many others.
"""

import asyncio
import os
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from complaints.calendar import Counting
from complaints.errors import ComplaintError
from complaints.feedback import Answer
from complaints.kinds import MatterKind
from complaints.policy import HP_1100, MP_181, UP_1076, UP_2017, Policy
from complaints.reference import PostRow, ReferenceData, load
from complaints.registration import Registration
from complaints.staffing_report import load_staffing_report
from complaints.verification import verify_all
from db.errors import AWAY
from db.ids import new_id
from db.pool import Pool, open_pool
from tests.complaints import staff
from tests.complaints.doings import ANY_TIME, BY_THE_CLOCK, DOES, LIKELY, ONCE_LATE, Act, Case
from tests.complaints.interleaving import Killed, Worker, interleaved
from tests.complaints.life_model import Told, told
from tests.complaints.moves import energy_has_officers, returned, sorted_to, transferred
from tests.complaints.staff import HOME, POSTS, Meanwhile, Staff, answering
from tests.complaints.world import REFERENCE, World
from tests.conftest import EMPTY

SOAK = bool(os.environ.get("HELPLINE_SOAK"))
LONGEST_STAY = timedelta(days=5)
POLICIES = [
    replace(one, longest_stay_days=LONGEST_STAY.days, registrations_per_month=None)
    for one in (
        UP_1076,
        replace(UP_2017, after_attempts=()),
        MP_181,
        HP_1100,
        replace(UP_1076, triage=True, counting=Counting.WORKING_DAYS),
        replace(UP_1076, transfer_needs_approval=True, reviews_per_level=0),
        replace(UP_1076, last_level=2),
    )
]
_BLOCK = "lalitpur-mahroni"
_ENERGY_ABOVE = PostRow("E2-LAL", "अधिशासी अभियंता विद्युत", "bijli", "lalitpur", 2, "+919415000012")
_GONE = (Killed, *AWAY)
_KINDS = [MatterKind.COMPLAINT] * 5 + [MatterKind.DEMAND, MatterKind.INFORMATION]

#: Told once for each of these entries; citizens also of each new due time.
MESSAGES = {
    "escalated_overdue": "officer_forwarded",
    "escalated_dissatisfied": "officer_forwarded",
    "passed_on_vacant": "officer_forwarded",
    "returned_for_review": "officer_review",
    "disposed": "citizen_disposed",
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
    "asked_to_call": "citizen_asked",
    "answered": "citizen_answered",
    "added": "citizen_added",
    "merged": "citizen_merged",
    "forwarded": "citizen_moved",
    "given_back": "citizen_moved",
    "transferred": "citizen_moved",
}
_NEW_TIMES = {
    **dict.fromkeys(("escalated_overdue", "escalated_dissatisfied"), "citizen_moved"),
    **dict.fromkeys(("passed_on_vacant", "returned_for_review"), "citizen_moved"),
    "resumed": "citizen_resumed",
}
#: By the clock only: the officer who resumes knows.
_BY_THE_CLOCK = {"resumed": "officer_resumed"}
_TO_ITS_POST = ["officer_forwarded", "officer_review", "officer_resumed", "officer_refused"]
_RUNNING = {"triage", "with_officer", "proposed", "returned"}

Step = tuple[str, int, int]  # who does what, to which complaint, killed before which statement
_HOURS = [0, 0, 1, 1, 25, 80, 8 * 24, 20 * 24, -1, -30]


class Office:
    """Two open complaints and those that have ended, and everybody who has to do with them."""

    def __init__(self, url: str, chance: Random) -> None:
        self.url = url
        self.chance = chance
        #: Attempt, or call with an agent -> what the citizen said in it.
        self.said: defaultdict[UUID, set[bool]] = defaultdict(set)
        self.asked: dict[UUID, UUID] = {}  # complaint -> its latest attempt
        self.forms: list[Registration] = []
        self.steps = 0
        self.staff = Staff(frozenset(), frozenset(), frozenset())
        self.officers: dict[str, UUID] = {}  # their users
        self.could_hold: dict[tuple[UUID, int], list[frozenset[int]]] = {}  # at an entry

    async def open_for(self, rounds: int) -> None:
        """Let that many rounds pass, then close down: nothing may be left lying."""
        await self._open(self.chance.choice(POLICIES))
        try:
            for _ in range(rounds):
                self.world.later(hours=self.chance.choice(_HOURS))
                if self.chance.random() < 0.5:
                    await self._call_citizens()
                await self._at_once()
            self.world.later(days=40)
            await self._nothing_is_left_lying()
        finally:
            await self.world.pool.close()

    async def _open(self, policy: Policy) -> None:
        pool: Pool = await open_pool(self.url, size=7)
        await pool.execute(EMPTY)
        await load(pool, REFERENCE)
        self.world = World(pool, policy)
        await energy_has_officers(self.world)
        await load(pool, ReferenceData(posts=[_ENERGY_ABOVE]))
        self.officers = await staff.known(self.world)
        vacant = set(self.chance.sample(sorted(POSTS), self.chance.randint(0, 3)))
        for level in POSTS:
            if level in vacant:
                marked = self.chance.random() < 0.5
                await staff.vacant_long_since(self.world, level, marked=marked)
                if self.chance.random() < 0.5:
                    await staff.looked_after(self.world, level)
            elif self.chance.random() < 0.7:
                await staff.joined_long_ago(self.world, level)

    async def _look_at_staff(self) -> Staff:
        self.staff = await staff.looked_at(self.world.pool, self.world.now)
        return self.staff

    async def _call_citizens(self) -> None:
        for row in await self.world.pool.fetch(
            "select id, disposals from complaint where state = 'awaiting_feedback'"
        ):
            self.asked[row["id"]] = await self.world.attempt(row["id"], row["disposals"])

    async def _at_once(self) -> None:
        staff_before = await self._look_at_staff()
        steps = await self._steps()
        adding = new_id(self.world.now)
        turns = [self.chance.randint(0, 3) for _ in range(60)]
        world = self.world
        before = await self._events()
        workers, cases = [], []
        for what, which, dies_at in steps:
            case = await self._case(what, which, adding)
            cases.append(case)
            self._hears(what, case)
            now = world.later(microseconds=1)
            workers.append(Worker(_use(DOES[what][0], replace(world, now=now), case), dies_at))
        results = await interleaved(world.pool, workers, turns)
        done, perhaps = _outcomes(steps, workers, results)
        _events_are_right(await self._events() - before, done, perhaps)
        changes = [(what, case.level) for (what, _, _), case in zip(steps, cases, strict=True)]
        staff_after = await self._look_at_staff()
        await self._is_right(staff.meanwhile(staff_before, staff_after, changes))

    def _hears(self, what: str, case: Case) -> None:
        """A word that was said in a call, and may be what is written down of it: the first one."""
        satisfied = what == "is satisfied" or what.endswith(": satisfied")
        if what in ("is satisfied", "is not satisfied") and case.attempt:
            self.said[case.attempt].add(satisfied)
        elif what.startswith("tells an agent"):
            self.said[case.talk].add(satisfied)
        elif what.startswith("calls back"):
            self.said[case.call].add(satisfied)

    async def _steps(self) -> list[Step]:
        """Two open complaints at least, and two to four people who want something of them."""
        for _ in range(2 - len(await self._complaints())):
            await self.world.register(self._form())
        rows = await self._complaints()
        self._form()
        steps = []
        for _ in range(self.chance.randint(2, 4)):
            which = self.chance.choice([0, 0, 1])
            likely = LIKELY[rows[which]["state"]] * 2 + ANY_TIME
            if rows[which]["overdue_at"]:
                likely += ONCE_LATE
            what = self.chance.choice(likely if self.chance.random() < 0.8 else sorted(DOES))
            steps.append((what, which, self.chance.choice([0, 0, 0, 0, 1, 3, 6, 9, 12])))
        return steps

    def _form(self) -> Registration:
        self.world.later(microseconds=1)  # no two of a moment: the older file is the earlier one
        self.forms.append(self.world.form(kind=self.chance.choice(_KINDS)))
        return self.forms[-1]

    async def _complaints(self) -> list[asyncpg.Record]:
        """Those that may still move, oldest first."""
        return await self.world.pool.fetch(
            """select c.id, number, post, disposals, level, state, overdue_at,
                      coalesce(c.department, k.department) as department
               from complaint c join category k on k.code = c.category
               where state = any($1) order by registered_at, number limit 2""",
            sorted(LIKELY),
        )

    async def _case(self, what: str, which: int, adding: UUID) -> Case:
        """The `which`-th of the complaints that may still move, as it stands."""
        self.steps += 1
        rows = await self._complaints()
        row = rows[which]
        higher = sorted(one for one in self.staff.held if one > row["level"]) or [4]
        # The next one may be held by who proposed it: now and then who comes after that one tries.
        above = higher[self.steps % 4 == 0 and len(higher) > 1]
        decider = f"L{above}-{'UP' if above == 4 else 'LAL'}"
        calls = staff.own if self.steps % 2 else staff.in_charge
        call = await self.world.call()
        spoke = what == "reports by telephone"
        return Case(
            number=row["number"],
            other=rows[1 - which]["number"],
            id=row["id"],
            post=row["post"],
            disposals=row["disposals"],
            decider=decider if row["department"] == HOME else _ENERGY_ABOVE.id,
            attempt=self.asked.get(row["id"]),
            call=call,
            talk=await self.world.talked_with("101"),
            stranger=await self.world.talked_with("101", "+919876500000"),
            form=self.forms[-1],
            adding=adding,
            officer=self.officers[calls(row["level"])],
            remark=await self._recorded(call) if spoke else None,
            at_level=row["level"],
            n=self.steps,
        )

    async def _recorded(self, call: UUID) -> UUID:
        return await self.world.recording(call, "officer_remark", "open")

    async def _events(self) -> Counter[str]:
        """Those that people made, and the dialer."""
        rows = await self.world.pool.fetch(
            "select event from complaint_history where actor <> 'clock'"
        )
        return Counter(row["event"] for row in rows)

    async def _nothing_is_left_lying(self) -> None:
        """Also of what was late while no higher post was held: at last every post is filled."""
        seen = await self._look_at_staff()
        await _all_that_is_due(self.world)
        await self._is_right(Meanwhile(seen, seen))
        await self._nobody_waits_untold()
        await staff.all_held(self.world)
        self.world.later(hours=2)
        seen = await self._look_at_staff()
        assert seen.held == set(POSTS)
        await _all_that_is_due(self.world)
        for left in _LEFT_LYING:
            assert await self.world.pool.fetchval(left, self.world.now) == 0, left
        held = self._serving(answering(seen.held))
        rows = await self.world.pool.fetch(
            """select level from complaint c join category k on k.code = c.category
               where overdue_at is not null and coalesce(c.department, k.department) = $1""",
            HOME,
        )
        late = [row["level"] for row in rows]
        assert not late or max(held) <= min(late), "late, and a higher post is held"
        await self._is_right(Meanwhile(seen, seen))

    async def _nobody_waits_untold(self) -> None:
        """What is with a post at which nobody is: told to people, and passed on where it can be."""
        pool, held = self.world.pool, self._serving(answering(self.staff.held))
        rows = await pool.fetch(
            """select post, level, state, vacancy_noted
               from complaint c join category k on k.code = c.category
               where state in ('with_officer', 'proposed', 'paused')
                 and coalesce(c.department, k.department) = $1""",
            HOME,
        )
        empty = [row for row in rows if row["level"] not in self.staff.held]
        running = [row for row in empty if row["state"] != "paused"]
        for row in running:
            assert max(held) <= row["level"], "with a vacant post, and a higher one is held"
            noted = str(row["vacancy_noted"])
            assert noted.startswith(f"{row['post']} since "), f"{row['post']} is vacant: {noted}"
        report = await load_staffing_report(pool, self.world.now)
        told = {post.id: report.waiting.get(post.id, 0) for post in report.empty}
        waiting = Counter(row["post"] for row in rows)
        for post in self.staff.unserved:
            assert told.get(post) == waiting[post], f"{post}: nobody is told who waits there"
        assert report.astray == []

    async def _is_right(self, meanwhile: Meanwhile) -> None:
        """`meanwhile`: who held posts since this was asked the last time."""
        pool, could_hold = self.world.pool, meanwhile.ways()
        complaints = await pool.fetch("select * from complaint order by registered_at")
        assert len(complaints) <= len(self.forms), "a form that came twice registered twice"
        steps = ["calls", *(one.step.value for one in self.world.policy.after_attempts)]
        for row in complaints:
            history = await pool.fetch(
                "select * from complaint_history where complaint_id = $1 order by seq", row["id"]
            )
            new = []
            for before, entry in zip([None, *history], history, strict=False):
                if self.could_hold.setdefault((row["id"], entry["seq"]), could_hold) is could_hold:
                    self._was_for_them_to_do(before, entry, meanwhile)
                    new.append(entry)
            story = told(history, self._held_by(row["id"]), HOME, _BLOCK, steps)
            for entry in new:
                if story.whose[entry["seq"]] == HOME:  # nobody joins or leaves in the other one
                    await self._told_who_is_there(entry, meanwhile)
            self._row_is_right(row, story)
            await self._evidence_is_there(row, history, story)
            await self._weight_is_right(row, story)
        assert await pool.fetchval(_ASUNDER) == 0, "of one subject, and not linked"
        assert [one async for one in verify_all(pool) if one.broken_at or one.faults] == []

    def _was_for_them_to_do(
        self, before: asyncpg.Record | None, entry: asyncpg.Record, meanwhile: Meanwhile
    ) -> None:
        """A new entry: nobody acts for a post that is another's, or takes from who was there."""
        if entry["event"] == "passed_on_vacant":
            assert before is not None
            assert meanwhile.empty_for_days(before["level"]), "somebody was there, or just left"
        if entry["event"] == "disposed" and entry["actor"].startswith("user:"):
            [officer] = [one for one, of in self.officers.items() if entry["actor"] == f"user:{of}"]
            assert meanwhile.may_have_acted(entry["level"], officer), f"{officer} has another post"

    async def _told_who_is_there(self, entry: asyncpg.Record, meanwhile: Meanwhile) -> None:
        """A new entry: the officer's message is not for who is away, or has left."""
        recipients = await self.world.pool.fetch(
            """select recipient from notification where complaint_id = $1
               and split_part(dedupe_key, ':', 2) = $2 and kind = any($3)""",
            *(entry["complaint_id"], str(entry["seq"]), _TO_ITS_POST),
        )
        for one in recipients:
            assert meanwhile.may_be_told(entry["level"], one["recipient"]), one["recipient"]

    def _held_by(self, of_it: UUID) -> Callable[[int, str, str], list[frozenset[int]]]:
        def held(seq: int, department: str, place: str) -> list[frozenset[int]]:
            elsewhere = [frozenset({1, 2})]
            ways = self.could_hold[of_it, seq] if department == HOME else elsewhere
            return [self._serving(levels, place) for levels in ways]

        return held

    def _serving(self, levels: frozenset[int], place: str = _BLOCK) -> frozenset[int]:
        """Of those that answer these that complaints may go to; a block's officer serves no
        district.
        """
        last, lowest = self.world.policy.last_level, 1 if place == _BLOCK else 2
        return frozenset(one for one in levels if lowest <= one <= last) or frozenset({last})

    @staticmethod
    def _row_is_right(row: asyncpg.Record, story: Told) -> None:
        state = row["state"]
        stands = (state, row["level"], row["disposals"], row["overdue_at"] is not None)
        assert stands == (story.state, story.level, story.disposals, story.late)
        assert story.listed in (None, row["cm_office_since"] is not None)
        clocks = [row["due_at"], row["remaining"], row["ended_at"]]
        open_one = [state in _RUNNING, state == "paused", state not in (*_RUNNING, "paused")]
        if state == "awaiting_feedback":
            open_one[2] = False
        assert [one is not None for one in clocks] == open_one
        if state in _RUNNING:
            assert row["due_at"] == story.due_at
        if state == "paused":
            assert story.paused_at is not None
            assert row["resume_at"] == story.paused_at + LONGEST_STAY - story.stood

    async def _evidence_is_there(
        self, row: asyncpg.Record, history: list[asyncpg.Record], story: Told
    ) -> None:
        pool, of_it = self.world.pool, row["id"]
        due = await pool.fetch("select * from feedback_due where complaint_id = $1", of_it)
        assert len(due) == story.disposals - (row["state"] == "answered")
        asking = [one["disposal_no"] for one in due if one["done_at"] is None]
        assert asking == ([story.disposals] if row["state"] == "awaiting_feedback" else [])
        if asking:
            assert [one["step"] for one in due if one["done_at"] is None] == [story.step]
        answers = await pool.fetch("select * from feedback where complaint_id = $1", of_it)
        heard = {one["attempt_id"]: one["satisfied"] for one in answers}
        events = Counter(entry["event"] for entry in history)
        assert list(heard.values()).count(True) == events["closed_satisfied"]
        for entry in history:
            if entry["event"] == "closed_satisfied":
                assert heard[entry["call_id"]] is True
        for call, satisfied in heard.items():
            assert satisfied in self.said[call], f"{satisfied} is written, and nobody said so"
        register = await pool.fetch(
            "select attempt_id from dissatisfaction_register where complaint_id = $1", of_it
        )
        said_no = {one for one, satisfied in heard.items() if not satisfied}
        assert {one["attempt_id"] for one in register} - {None} == said_no
        assert len(register) == len(said_no) + events["reopened"]
        assert events["made_confidential"] <= row["confidential"]
        assert events["made_incident"] <= row["incident"]
        messages = Counter(
            tuple(one["dedupe_key"].split(":")[1:3])
            for one in await pool.fetch("select * from notification where complaint_id = $1", of_it)
        )
        for entry in history:
            kinds = MESSAGES | (_BY_THE_CLOCK if entry["actor"] == "clock" else {})
            for kind in filter(None, (kinds.get(entry["event"]), _NEW_TIMES.get(entry["event"]))):
                assert messages[str(entry["seq"]), kind] == 1, (entry["event"], messages)
        approved = "select entry from proposal where complaint_id = $1 and approved"
        told = {seq for (seq, kind), _ in messages.items() if kind == "officer_approved"}
        assert told == {str(one["entry"]) for one in await pool.fetch(approved, of_it)}

    async def _weight_is_right(self, row: asyncpg.Record, story: Told) -> None:
        """Once for each time that the citizen told it, here or in a file that came to this one."""
        pool, of_it = self.world.pool, row["id"]
        younger = await pool.fetch(
            """select c.weight from complaint_end e join complaint c on c.id = e.complaint_id
               where e.merged_into = $1""",
            of_it,
        )
        assert len(younger) == story.merged_here
        assert row["weight"] == 1 + story.added + sum(one["weight"] for one in younger)
        forms = "select count(*) from registration_key where added and complaint_id = $1"
        assert await pool.fetchval(forms, of_it) == story.added


#: Open complaints about one subject share their label.
_ASUNDER = """
    select count(*) from (select from complaint where ended_at is null
                          group by category, place having count(distinct matter) > 1) s"""
#: What nobody may find when all has been done that was due by then.
_LEFT_LYING = [
    "select count(*) from complaint where due_at <= $1 and overdue_at is null",
    "select count(*) from complaint where resume_at <= $1",
    "select count(*) from deadline_fault where first_at <= $1",
    "select count(*) from feedback_due where done_at is null and step_until <= $1",
]


async def _all_that_is_due(world: World) -> None:
    for carry_out in BY_THE_CLOCK:
        while await carry_out(world):
            pass


def _events_are_right(new: Counter[str], done: Counter[str], perhaps: Counter[str]) -> None:
    """As many events as use cases that say they succeeded, and those of which none knows."""
    for what, (_, events) in DOES.items():
        rivals = [other for other in DOES if DOES[other][1] & events]
        if events:
            happened = sum(new[one] for one in set().union(*(DOES[r][1] for r in rivals)))
            least = sum(done[one] for one in rivals)
            most = least + sum(perhaps[one] for one in rivals)
            assert least <= happened <= most, (what, new, done, perhaps)


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


@pytest.mark.timeout(7200 if SOAK else 600)
@settings(
    max_examples=300 if SOAK else 12,
    derandomize=not SOAK,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.reuse, Phase.generate),  # a shorter example is not worth its many minutes
)
@given(chance=st.randoms(use_true_random=True))  # drawn one by one, few examples would differ
def test_whatever_is_done_at_once_every_complaint_is_right(
    migrated_url: str, chance: Random
) -> None:
    asyncio.run(Office(migrated_url, chance).open_for(rounds=30 if SOAK else 15))


async def test_whom_another_department_told_is_not_looked_for_here(world: World) -> None:
    """It was there, its officer was told to look again, and it is here when that is looked at."""
    office = Office("", Random(1))
    office.world = world
    await energy_has_officers(world)
    await load(world.pool, ReferenceData(posts=[_ENERGY_ABOVE]))
    office.officers = await staff.known(world)
    seen = await staff.looked_at(world.pool, world.now)
    office.forms.append(world.form())
    number = (await world.register(office.forms[0])).number
    await transferred(world, number)
    await world.dispose(number, post="E1-MAH")
    attempt = await world.attempt(await world.pool.fetchval("select id from complaint"), 1)
    office.said[attempt].add(False)
    await world.answer(attempt, Answer(satisfied=False))
    await returned(world, number, post="E1-MAH")
    await sorted_to(world, number, category="handpump", text="handpump@")
    await office._is_right(Meanwhile(seen, seen))


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
