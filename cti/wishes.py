"""What an agent wants: to pause, and how long the wrap-up after a call is. Pure.

A wish outlives calls, our restart and Asterisk's; what Asterisk then does is the truth shown.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from cti.errors import NotNowError
from cti.views import WRAP_UP
from cti.why import Why


@dataclass(frozen=True, slots=True)
class WrapUp:
    """The time after a call. `limit` is the queue's; it may be extended once, by as much again."""

    call_id: UUID
    until: datetime
    limit: timedelta
    extended: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """`reason`: of the pause that the agent asked for; None: to take calls."""

    reason: str | None = None
    wrap_up: WrapUp | None = None

    @property
    def pause(self) -> str | None:
        """Why Asterisk is to give no calls now; None: it is to give them."""
        return WRAP_UP if self.wrap_up is not None else self.reason

    def paused(self, reason: str) -> "Wish":
        """Pause; a wrap-up ends with that."""
        return Wish(reason)

    def ready(self) -> "Wish":
        """Take calls; a wrap-up ends with that."""
        return Wish()

    def after_call(self, call_id: UUID, limit: timedelta, now: datetime) -> "Wish":
        """The call is over; a pause that was asked for follows the wrap-up."""
        if limit <= timedelta(0):
            return self
        return replace(self, wrap_up=WrapUp(call_id, now + limit, limit))

    def wrapped_up(self) -> "Wish":
        """The wrap-up is over before its time. Raises `NotNowError`."""
        if self.wrap_up is None:
            raise NotNowError(Why.NO_WRAP_UP)
        return replace(self, wrap_up=None)

    def extended(self) -> "Wish":
        """Once as long again. Raises `NotNowError`."""
        wrap_up = self.wrap_up
        if wrap_up is None:
            raise NotNowError(Why.NO_WRAP_UP)
        if wrap_up.extended:
            raise NotNowError(Why.WRAP_UP_EXTENDED)
        longer = replace(wrap_up, until=wrap_up.until + wrap_up.limit, extended=True)
        return replace(self, wrap_up=longer)

    def at(self, now: datetime) -> "Wish":
        """What is left of it by the clock.

        A clock that was put back must not hold anybody for longer than the limit allows.
        """
        wrap_up = self.wrap_up
        if wrap_up is None:
            return self
        longest = now + wrap_up.limit * (2 if wrap_up.extended else 1)
        if wrap_up.until <= now or wrap_up.until > longest:
            return replace(self, wrap_up=None)
        return self
