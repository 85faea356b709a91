"""What citizens, officers, agents and the clock do to complaints; a new use case is a line in
`DOES`.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from complaints import feedback, officers_line
from complaints.deciders import tell_new_deciders
from complaints.disposal import DisposalKind, dispose
from complaints.escalation import escalate_overdue, remind
from complaints.feedback import Answer, follow_up
from complaints.interim import comment, interim_reply
from complaints.lifecycle import PauseReason
from complaints.merging import merge
from complaints.moving import forward_sorted
from complaints.officers_line import Spoken
from complaints.pausing import end_long_pauses, pause, resume
from complaints.registration import Registration
from complaints.second_look import look_again
from complaints.store import transaction
from complaints.vacancies import pass_on_vacant
from tests.complaints.moves import (
    advised,
    decided,
    reopened,
    returned,
    specially_closed,
    told,
    transferred,
    withdrawn,
)
from tests.complaints.staff import CHANGES
from tests.complaints.world import World, sign

_CORRECTED = [
    {},
    {"place": "lalitpur"},
    {"category": "power-cut"},
    {"category": "handpump"},
    {"category": "power-cut", "place": "lalitpur"},
    {"place": "lalitpur-mahroni"},
]
_FEW = 2  # of a batch, so that there is more than one


@dataclass(frozen=True)
class Case:
    """A complaint as the worker saw it before it began; others may change it meanwhile.

    `other`: that of the other one's number. `call`: of the citizen's; `talk`: with agent 101;
    `stranger`: with agent 101, from a number that is none of the citizen's. `form`: whoever sends
    it again; `adding`: the same matter told again, likewise. `officer`: who calls the officers'
    line, the user of who holds its level's post at times, or looks after it. `n`: of this step.
    """

    number: str
    other: str
    id: UUID
    post: str
    disposals: int
    decider: str
    attempt: UUID | None
    call: UUID
    talk: UUID
    stranger: UUID
    form: Registration
    adding: UUID
    officer: UUID
    remark: UUID | None
    at_level: int
    n: int

    @property
    def level(self) -> int:
        """At which a post or its officer changes in this step: the complaint's, or what it goes up
        to.
        """
        return min(self.at_level + max(self.n % 4 - 1, 0), 4)


Act = Callable[[World, Case], Awaitable[Any]]


def _by(world: World, case: Case) -> dict[str, Any]:
    return {
        "post": case.post,
        "actor": f"officer:{case.post}",
        "policy": world.policy,
        "now": world.now,
    }


async def _dispose(world: World, case: Case) -> object:
    return await dispose(
        world.pool,
        case.number,
        kind=DisposalKind.RESOLVED,
        report=f"ठीक किया {case.n}",
        **_by(world, case),
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


async def _add(world: World, case: Case) -> object:
    """The same matter again; whoever sends the form again adds it once."""
    form = world.form(
        key=case.adding,
        adds_to=case.number,
        separate=False,
        text="अब तक वैसा ही है",
        call_id=case.call,
    )
    return await world.taken_up(form)


async def _add_in_confidence(world: World, case: Case) -> object:
    form = world.form(
        key=case.adding,
        adds_to=case.number,
        separate=False,
        confidential=True,
        incident=True,
        text="नाम न बताएं",
        call_id=case.call,
    )
    return await world.taken_up(form)


async def _merge(world: World, case: Case) -> None:
    await merge(world.pool, case.number, into=case.other, actor="agent:101", now=world.now)


async def _pause(world: World, case: Case) -> None:
    words: dict[str, Any] = {"reason": PauseReason.COURT_STAY, "text": "स्थगन"}
    await pause(world.pool, case.number, **words, **_by(world, case))


async def _resume(world: World, case: Case) -> object:
    return await resume(world.pool, case.number, text="समाप्त", **_by(world, case))


def _decide(approve: bool) -> Act:
    return lambda world, case: decided(world, case.number, approve=approve, post=case.decider)


def _answer(satisfied: bool) -> Act:
    async def answer(world: World, case: Case) -> object:
        return case.attempt and await world.answer(case.attempt, Answer(satisfied))

    return answer


def _tell(satisfied: bool) -> Act:
    return lambda world, case: told(world, case.number, call_id=case.talk, answer=Answer(satisfied))


def _call_back(satisfied: bool) -> Act:
    async def call_back(world: World, case: Case) -> object:
        return await feedback.record_called_back(
            world.pool,
            case.id,
            case.disposals,
            call_id=case.call,
            answer=Answer(satisfied),
            policy=world.policy,
            now=world.now,
            signer=sign,
        )

    return call_back


async def _a_holiday_is_declared(world: World, case: Case) -> None:
    """Some day soon."""
    day = world.now.date() + timedelta(days=case.n % 9)
    async with transaction(world.pool) as conn:
        await conn.execute(
            """insert into holiday (calendar, on_date, name_hi) values ('state', $1, 'अवकाश')
               on conflict do nothing""",
            day,
        )


async def _withdraw_as_confirmed(world: World, case: Case) -> None:
    confirmed = {"actor": "agent:101", "confirmed": "पिता का नाम"}
    await withdrawn(world, case.number, case.stranger, **confirmed)


async def _give_up(world: World, case: Case) -> object:
    async with transaction(world.pool) as conn:
        return await feedback.give_up(conn, case.id, case.disposals, world.now, policy=world.policy)


async def _claim(world: World, _: Case) -> object:
    async with transaction(world.pool) as conn:
        return await feedback.claim_due(conn, world.now, _FEW)


async def _forward(world: World, case: Case) -> object:
    """Now and then corrected; the history says what is right by these words: category@place."""
    right = _CORRECTED[case.n % len(_CORRECTED)]
    return await forward_sorted(
        world.pool,
        case.number,
        actor="cm_office:5",
        policy=world.policy,
        now=world.now,
        signer=sign,
        text=f"{right.get('category', '')}@{right.get('place', '')}",
        **right,
    )


async def _report(world: World, case: Case) -> None:
    """By telephone; and the line says it again, as after an answer that was lost."""
    spoken = Spoken(
        call_id=case.call,
        officer=case.officer,
        number=case.number,
        kind=DisposalKind.RESOLVED,
        remark=case.remark,
    )
    for _ in range(2):
        await officers_line.report(world.pool, spoken, policy=world.policy, now=world.now)


def _staff(what: str) -> Act:
    return lambda world, case: CHANGES[what](world, case.level)


async def sweep(world: World) -> int:
    """Of what is overdue, a batch."""
    return await escalate_overdue(
        world.pool, policy=world.policy, now=world.now, signer=sign, limit=_FEW
    )


async def end_pauses(world: World) -> int:
    """Of the pauses that are too long, a batch."""
    return await end_long_pauses(world.pool, policy=world.policy, now=world.now, limit=_FEW)


async def followed_up(world: World) -> int:
    """Of the citizens whom nobody reached, a batch."""
    return await follow_up(world.pool, policy=world.policy, now=world.now, limit=_FEW)


async def looked_again(world: World) -> int:
    """Of what was late with no level left, a batch."""
    return await look_again(world.pool, policy=world.policy, now=world.now, signer=sign, limit=_FEW)


async def passed_on(world: World) -> int:
    """Of what vacant posts have, a batch."""
    return await pass_on_vacant(
        world.pool, policy=world.policy, now=world.now, signer=sign, limit=_FEW
    )


async def deciders_told(world: World) -> int:
    """Of what is proposed, a batch."""
    return await tell_new_deciders(world.pool, policy=world.policy, now=world.now, limit=_FEW)


#: Each is done again and again until nothing is left of it.
BY_THE_CLOCK: list[Callable[[World], Awaitable[int]]] = [
    end_pauses,
    sweep,
    followed_up,
    looked_again,
    passed_on,
    deciders_told,
]

#: Who does what, and the events of which one follows (none when it is refused). The clock's events
#: are counted apart, and so are the answers': they may be many, or a repeat.
DOES: dict[str, tuple[Act, set[str]]] = {
    "registers": (lambda world, case: world.register(case.form), set()),
    "tells it again": (_add, set()),
    "tells it again in confidence": (_add_in_confidence, set()),
    "merges": (_merge, {"merged"}),
    "disposes": (_dispose, {"disposed", "answered"}),
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
    "forwards": (_forward, {"forwarded"}),
    "advises": (lambda world, case: advised(world, case.number), {"advised"}),
    "closes specially": (
        lambda world, case: specially_closed(world, case.number, post=case.post),
        {"special_closed", "proposed"},
    ),
    "approves": (_decide(True), {"transferred", "special_closed"}),
    "refuses": (_decide(False), {"refused"}),
    "withdraws": (lambda world, case: withdrawn(world, case.number, case.call), {"withdrawn"}),
    "withdraws, as an agent confirms": (_withdraw_as_confirmed, {"withdrawn"}),
    "reopens": (lambda world, case: reopened(world, case.number, case.call), {"reopened"}),
    "is satisfied": (_answer(True), set()),
    "is not satisfied": (_answer(False), set()),
    "tells an agent: satisfied": (_tell(True), set()),
    "tells an agent: not satisfied": (_tell(False), set()),
    "calls back: satisfied": (_call_back(True), set()),
    "calls back: not satisfied": (_call_back(False), set()),
    "declares a holiday": (_a_holiday_is_declared, set()),
    "gives up": (_give_up, set()),
    "claims": (_claim, set()),
    "reports by telephone": (_report, {"disposed"}),
    "asks by telephone": (
        lambda world, case: officers_line.look(world.pool, case.number, case.officer, world.now),
        set(),
    ),
    **{what: (_staff(what), set()) for what in CHANGES},
    "sweeps": (lambda world, _: sweep(world), set()),
    "ends pauses": (lambda world, _: end_pauses(world), set()),
    "follows up": (lambda world, _: followed_up(world), set()),
    "looks again": (lambda world, _: looked_again(world), set()),
    "passes on": (lambda world, _: passed_on(world), set()),
    "reminds": (lambda world, _: remind(world.pool, now=world.now), set()),
}

_AT_WORK = ["disposes", "replies", "pauses", "transfers", "returns", "closes specially"]
_ANSWERS = ["is satisfied", "is not satisfied", "is not satisfied"]
_TELLS = ["tells an agent: satisfied", "tells an agent: not satisfied"]
#: What people mostly want of a complaint in a state; now and then they try anything.
LIKELY = {
    "triage": ["forwards", "advises", "notes", "withdraws", "tells it again"],
    "returned": ["forwards", "advises", "notes", "merges"],
    "with_officer": [
        *(*_AT_WORK, *_AT_WORK, *["disposes"] * 6, "withdraws", "notes", "tells it again"),
        *("tells it again", "tells it again in confidence", "merges"),
        *(*["reports by telephone"] * 4, "asks by telephone"),
    ],
    "proposed": ["approves", "approves", "refuses", "disposes", "replies"],
    "paused": [
        *("resumes", "resumes", "disposes", "replies", "ends pauses", "tells it again"),
        "reports by telephone",
    ],
    "awaiting_feedback": [
        *(*_ANSWERS, *_ANSWERS, *_TELLS, "gives up", "gives up", "follows up", "follows up"),
        *("withdraws, as an agent confirms", "merges", "calls back: satisfied"),
        *("calls back: not satisfied", "calls back: not satisfied"),
    ],
    "closed_satisfied": ["reopens", "reopens", "notes"],
    "unverified": ["reopens", "reopens", "notes"],
}
ANY_TIME = [
    *(
        "passes on",
        "passes on",
        "sweeps",
        "sweeps",
        "looks again",
        "follows up",
        "ends pauses",
        "reminds",
        "claims",
    ),
    *("registers", "declares a holiday", *CHANGES),
]
#: And when no level was left.
ONCE_LATE = ["fills a post", "joins", "looks again", "looks again"] * 3
