"""When a message that was not taken is tried again. Pure."""

from dataclasses import dataclass
from datetime import timedelta

from messages.errors import DeliveryError, PermanentError, TransientError

_LONGEST_ASKED = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class RetryRule:
    """`pauses`: after the first failure, the second, ...; after them the message is held."""

    pauses: tuple[timedelta, ...]

    def __post_init__(self) -> None:
        if any(pause <= timedelta(0) for pause in self.pauses):
            raise ValueError("a pause lasts some time")
        if list(self.pauses) != sorted(self.pauses):
            raise ValueError("pauses grow")

    @property
    def attempts(self) -> int:
        """How often a message is tried before it is held."""
        return len(self.pauses) + 1

    @property
    def furthest(self) -> timedelta:
        """No pause is longer."""
        return max((_LONGEST_ASKED, *self.pauses))

    def pause(self, failures: int, error: DeliveryError) -> timedelta | None:
        """Before the next attempt after `failures` (1, 2, ...) in a row; None: hold it.

        A gateway that asks for a longer pause gets it, up to an hour.
        """
        if isinstance(error, PermanentError) or failures >= self.attempts:
            return None
        pause = self.pauses[failures - 1]
        asked = error.after if isinstance(error, TransientError) else None
        return max(pause, min(asked, _LONGEST_ASKED)) if asked else pause
