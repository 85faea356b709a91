"""The rules that differ from tenant to tenant and from category to category, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from complaints.calendar import Counting

_LONGEST_STEP = 400


class SpecialClose(StrEnum):
    """Who may close a complaint although its citizen is not satisfied (R18)."""

    NOBODY = "nobody"
    FROM_L2 = "from_l2"  # the officer who has it, from level 2 on
    PROPOSED = "proposed"  # level 2 proposes, the next level decides; from level 3 on who has it


class Step(StrEnum):
    """How a citizen is asked whom the dialer's calls did not reach (R19)."""

    AGENT_CALL = "agent_call"  # a task for agents
    SMS = "sms"  # the citizen is asked to call


@dataclass(frozen=True, slots=True)
class FollowUp:
    """One such step, and for how many days it is waited for the citizen's word."""

    step: Step
    days: float

    def __post_init__(self) -> None:
        if not 0 < self.days <= _LONGEST_STEP:
            raise ValueError(
                f"a step of the follow-up lasts some time, at most {_LONGEST_STEP} days"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How a tenant follows up. Days have the length `day`. An officer's, and the CM's team's, are
    counted (`counting`): those of the levels, of reviews and reminders, `sorting_days` and
    `transfer_days`. All others are plain days, whatever counts: citizens have no office hours, and
    what stands or lies with nobody does so for them on holidays too (`reopen_days`, the steps of
    `after_attempts`, `longest_wait_days`, `longest_stay_days`, `vacancy_days`).

    `reviews_per_level`: how often a dissatisfied citizen's complaint goes back to the level that
    disposed of it before the next dissatisfaction takes it one level up (0: at once).
    `fewest_days`, `most_days`: bounds to the category's days of a level.
    `triage`: the CM's team sees a new complaint first; `sorting_days` later it goes on without.
    `longest_wait_days`, `longest_stay_days`: after so many days a clock that stands for the
    citizen, or for a court, goes on by itself; all pauses of an officer's time for that reason
    count together.
    `vacancy_days`: for so many days a post that falls vacant keeps what it has, so that somebody
    can be put in charge; then it goes to the next post held (0: at once; None: at its limit only).
    `transfers_at_most`: transfers and returned wrong mappings of one complaint, together, each
    within `transfer_days` after the officer got it.
    `after_attempts`: what is tried, in this order, when the dialer's calls reached nobody; after it
    the complaint ends as unverified.
    `registrations_per_month`: as the state's own portal (Jansunwai/IGRS) since May 2023; a shared
    landline has no limit, and an incident is always registered.
    `confidential_seen_from`: officers below it learn neither name, number nor voice of a citizen
    who asked for that; None: only the CM's office does.
    `by_category`: what differs, by the category's code: names of these fields with their values.
    `day`: a demonstration may say that a day lasts a minute.
    """

    name: str
    reviews_per_level: int = 1
    last_level: int = 4
    counting: Counting = Counting.CALENDAR_DAYS
    rest_weekdays: frozenset[int] = frozenset({6})  # Monday is 0
    holidays: str = "state"  # which calendar of holidays, where working days count
    fewest_days: int = 0
    most_days: int = 366
    review_share: float = 0.5  # of the level's time, for a review
    review_at_least_days: int = 2
    reminder_share: float = 0.8  # of the officer's time: then they are reminded
    special_close: SpecialClose = SpecialClose.FROM_L2
    triage: bool = False
    sorting_days: float = 1.0
    longest_wait_days: float = 15.0
    longest_stay_days: float = 180.0
    vacancy_days: float | None = 2.0
    transfers_at_most: int = 2
    transfer_days: float = 3.0
    transfer_needs_approval: bool = False
    reopen_days: int = 30
    registrations_per_month: int | None = 10  # for officers, of one mobile; None: any number
    confidential_seen_from: int | None = (
        None  # lowest level that may know who complains; None: none
    )
    feedback_delay: timedelta = timedelta(minutes=15)  # from disposal to the first feedback call
    feedback_attempts: int = 4
    after_attempts: tuple[FollowUp, ...] = (FollowUp(Step.AGENT_CALL, 2), FollowUp(Step.SMS, 3))
    day: timedelta = timedelta(days=1)
    by_category: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 1 <= self.last_level <= 4:
            raise ValueError(f"last_level is 1 to 4, not {self.last_level}")
        if self.reviews_per_level < 0 or self.review_share < 0 or self.review_at_least_days < 0:
            raise ValueError("counts and shares are not negative")
        if self.transfers_at_most < 0 or self.transfer_days < 0 or self.reopen_days < 0:
            raise ValueError("counts and days are not negative")
        if self.longest_wait_days <= 0 or self.longest_stay_days <= 0:
            raise ValueError("a pause lasts some time")
        if self.vacancy_days is not None and self.vacancy_days < 0:
            raise ValueError("vacancy_days are not negative, or not set")
        if not 0 < self.reminder_share <= 1:
            raise ValueError("a reminder comes within the officer's time")
        if not 0 <= self.fewest_days <= self.most_days:
            raise ValueError("fewest_days are not more than most_days")
        if self.day <= timedelta(0) or self.feedback_delay < timedelta(0):
            raise ValueError("a day lasts some time, and a delay does not go back")
        if self.sorting_days <= 0 or self.feedback_attempts < 1:
            raise ValueError("sorting takes some time, and a citizen is called at least once")
        if self.registrations_per_month is not None and self.registrations_per_month < 1:
            raise ValueError("registrations_per_month is at least 1, or not set")
        if self.confidential_seen_from is not None and not 1 <= self.confidential_seen_from <= 4:
            raise ValueError(f"confidential_seen_from is 1 to 4: {self.confidential_seen_from}")
        if len(self.rest_weekdays) > 6:
            raise ValueError("some day of the week must count")
        if len({one.step for one in self.after_attempts}) < len(self.after_attempts):
            raise ValueError("after_attempts: each step is tried once")
        for category in self.by_category:
            self.of(category)

    def of(self, category: str) -> "Policy":
        """The rules for complaints of one category."""
        changes = self.by_category.get(category)
        if changes is None:
            return self
        if unknown := changes.keys() - _BY_CATEGORY:
            raise ValueError(f"{category}: {', '.join(sorted(unknown))} cannot differ by category")
        return replace(self, by_category={}, **changes)

    def step_after(self, step: Step | None) -> FollowUp | None:
        """What is tried next after `step` (None: the dialer's calls); None: nothing is left.

        Nor is anything after a step that this policy does not have.
        """
        steps = [None, *(one.step for one in self.after_attempts)]
        later = steps.index(step) if step in steps else len(steps)
        return self.after_attempts[later] if later < len(self.after_attempts) else None

    def reopenable_until(self, ended_at: datetime) -> datetime:
        """When a citizen cannot have it opened again any more."""
        return ended_at + self.reopen_days * self.day

    def days_at(self, level_days: tuple[int, ...], level: int) -> int:
        """An officer's days at `level` of a category that gives `level_days` at L1, L2, ..."""
        return min(max(level_days[level - 1], self.fewest_days), self.most_days)


_BY_CATEGORY = {
    "reviews_per_level",
    "last_level",
    "counting",
    "rest_weekdays",
    "holidays",
    "fewest_days",
    "most_days",
    "review_share",
    "review_at_least_days",
    "reminder_share",
    "special_close",
    "triage",
    "sorting_days",
    "longest_wait_days",
    "longest_stay_days",
    "vacancy_days",
    "transfers_at_most",
    "transfer_days",
    "transfer_needs_approval",
    "reopen_days",
    "confidential_seen_from",
    "feedback_delay",
    "feedback_attempts",
    "after_attempts",
}

#: 1076 as launched in Lucknow, the most authoritative source: first dissatisfaction back to the
#: same level, the next one up; L2 to L4 may close specially. The others say only what differs.
UP_1076 = Policy(name="up-1076")

#: 1076 as reported in 2017 (Patrika, Lalitpur): dissatisfied, it goes one level up at once, with
#: the recordings and the reason; nothing but the citizen's satisfaction closes it.
UP_2017 = replace(UP_1076, name="up-2017", reviews_per_level=0, special_close=SpecialClose.NOBODY)

#: Madhya Pradesh's 181 (training at Ujjain): calendar days with holidays counted; a special close
#: is proposed by L2 and decided by L3.
MP_181 = replace(UP_1076, name="mp-181", special_close=SpecialClose.PROPOSED)

#: Himachal Pradesh's 1100: 7 to 14 days a level; one level up at once; closed only satisfied.
HP_1100 = replace(
    UP_1076,
    name="hp-1100",
    reviews_per_level=0,
    fewest_days=7,
    most_days=14,
    special_close=SpecialClose.NOBODY,
)

READY = (UP_1076, UP_2017, MP_181, HP_1100)
