"""How complaints are followed up, and whom we call."""

from datetime import time, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from campaigns.errors import CampaignError
from campaigns.refusals import RefusalRules
from campaigns.retry import RetryPolicy
from campaigns.window import CallingWindow
from complaints.calendar import Counting
from complaints.policy import FollowUp, SpecialClose
from helpline.options.group import LONGEST, Count, Days, Group, LocalTime, Share, Wait


class FeedbackOptions(Group):
    """The outbound dialer that asks citizens whether they are satisfied (R15-R22)."""

    enabled: bool = True
    opens: LocalTime = time(9)
    closes: LocalTime = time(20)
    tick_seconds: Annotated[float, Field(gt=0, le=60)] = 1.0
    ring_seconds: Annotated[int, Field(ge=5, le=120)] = 40
    max_channels: Annotated[int, Field(ge=1)] = 30
    calls_per_second: Annotated[float, Field(ge=0.001, le=1000)] = 2.0
    trunk_channels: Annotated[int, Field(ge=1)] = 240
    inbound_reserve: Annotated[int, Field(ge=0)] = 120
    retry_busy: tuple[Wait, ...] = (
        timedelta(minutes=10),
        timedelta(hours=1),
        timedelta(hours=4),
    )
    retry_no_answer: tuple[Wait, ...] = (
        timedelta(hours=1),
        timedelta(hours=4),
        timedelta(days=1),
    )
    retry_wrong_person: Wait = timedelta(hours=20)
    retry_hung_up: Wait = timedelta(hours=1)
    retry_uncounted: Wait = timedelta(minutes=2)
    refusals_in_a_row: Annotated[int, Field(ge=3, le=50)] = 10
    """To so many different numbers: the trunk refuses, not the citizens, and the dialer pauses."""
    refusal_held: Annotated[timedelta, Field(ge=timedelta(0), le=timedelta(minutes=30))] = (
        timedelta(minutes=2)
    )
    """How long a refused call waits for others that tell whose fault it was."""
    probe_every: Wait = timedelta(minutes=2)

    @property
    def refusals(self) -> RefusalRules:
        """When a trunk is taken for one that refuses everything."""
        return RefusalRules(self.refusals_in_a_row, self.refusal_held, self.probe_every)

    @property
    def window(self) -> CallingWindow:
        """When citizens are asked. Raises a `CampaignError`."""
        return CallingWindow(self.opens, self.closes)

    @property
    def waits(self) -> RetryPolicy:
        """Between attempts. Raises a `CampaignError`."""
        return RetryPolicy(
            busy=self.retry_busy,
            no_answer=self.retry_no_answer,
            wrong_person=self.retry_wrong_person,
            hung_up=self.retry_hung_up,
            technical=self.retry_uncounted,
        )

    @model_validator(mode="after")
    def _the_dialer_can_go_by_it(self) -> Self:
        try:
            _ = self.window, self.waits
        except CampaignError as error:
            raise ValueError(str(error)) from error
        return self


class CallbackReason(StrEnum):
    """Why somebody waits for a call of ours, as their row has it."""

    KEPT = "callback_kept"
    NO_AGENT = "no_agent"
    QUEUE_FULL = "queue_full"
    QUEUE_TIMEOUT = "queue_timeout"
    CLOSED = "closed"
    HUNG_UP = "queue_abandoned"


class CallbackOptions(Group):
    """Calling those whom we have promised it. The caps of channels are the dialer's."""

    enabled: bool = True
    opens: LocalTime = time(8)
    closes: LocalTime = time(21)
    reasons: frozenset[CallbackReason] = frozenset(CallbackReason) - {CallbackReason.HUNG_UP}
    """Whom the dialer calls; the others are listed for people. Who hung up was promised nothing."""
    most: Annotated[int, Field(ge=1, le=10)] = 3
    most_a_day: Annotated[int, Field(ge=1, le=50)] = 6
    """Calls to one number, whatever they are owed."""
    retry: Wait = timedelta(minutes=5)
    listed_for: Wait = timedelta(days=1)
    """How long who hung up while waiting is on the list."""
    tick_seconds: Annotated[float, Field(gt=0, le=60)] = 2.0

    @property
    def window(self) -> CallingWindow:
        """When they are called. Raises a `CampaignError`."""
        return CallingWindow(self.opens, self.closes)

    @model_validator(mode="after")
    def _the_dialer_can_go_by_it(self) -> Self:
        try:
            _ = self.window
        except CampaignError as error:
            raise ValueError(str(error)) from error
        return self


_NO_LIMIT = {
    ("vacancy_days", "at_limit"),
    ("registrations_per_month", "any"),
    ("confidential_seen_from", "none"),
}
"""How settings write what is None in a policy: left out it would mean that nothing differs."""


class CategoryRules(Group):
    """What a category's complaints have otherwise than the policy; what is left out does not."""

    reviews_per_level: Count | None = None
    last_level: Count | None = None
    counting: Counting | None = None
    rest_weekdays: frozenset[int] | None = None
    holidays: str | None = None
    fewest_days: Count | None = None
    most_days: Count | None = None
    review_share: Share | None = None
    review_at_least_days: Count | None = None
    reminder_share: Share | None = None
    special_close: SpecialClose | None = None
    triage: bool | None = None
    sorting_days: Days | None = None
    longest_wait_days: Days | None = None
    longest_stay_days: Days | None = None
    vacancy_days: Days | Literal["at_limit"] | None = None
    """How long a post that falls vacant keeps its complaints."""
    transfers_at_most: Count | None = None
    transfer_days: Days | None = None
    transfer_needs_approval: bool | None = None
    reopen_days: Count | None = None
    confidential_seen_from: int | Literal["none"] | None = None
    """The lowest level that may know who complains."""
    feedback_delay: Annotated[timedelta, Field(le=LONGEST)] | None = None
    feedback_attempts: Annotated[int, Field(le=10)] | None = None
    after_attempts: tuple[FollowUp, ...] | None = None

    @property
    def given(self) -> dict[str, Any]:
        """What differs, by the rule's name."""
        return {
            name: None if (name, value) in _NO_LIMIT else value
            for name, value in self
            if value is not None
        }


class TenantRules(CategoryRules):
    """What all complaints of this helpline have otherwise than the policy of its name."""

    registrations_per_month: Annotated[int, Field(ge=1)] | Literal["any"] | None = None
    """Of one mobile."""
