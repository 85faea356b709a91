"""The rules that differ from tenant to tenant, as values."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How a tenant follows up. Numbers of days are calendar days of length `day`.

    `reviews_per_level`: how often a dissatisfied citizen's complaint goes back to the level that
    disposed of it before the next dissatisfaction takes it one level up (0: at once).
    `day`: a demonstration may say that a day lasts a minute.
    """

    name: str
    reviews_per_level: int = 1
    last_level: int = 4
    review_share: float = 0.5  # of the level's time, for a review
    review_at_least_days: int = 2
    feedback_delay: timedelta = timedelta(minutes=15)  # from disposal to the first feedback call
    after_attempts_used_up: str = "unverified"  # the only way there is so far
    day: timedelta = timedelta(days=1)

    def __post_init__(self) -> None:
        if not 1 <= self.last_level <= 4:
            raise ValueError(f"last_level is 1 to 4, not {self.last_level}")
        if self.reviews_per_level < 0 or self.review_share < 0 or self.review_at_least_days < 0:
            raise ValueError("counts and shares are not negative")
        if self.day <= timedelta(0) or self.feedback_delay < timedelta(0):
            raise ValueError("a day lasts some time, and a delay does not go back")
        if self.after_attempts_used_up != "unverified":
            raise ValueError(f"after_attempts_used_up: {self.after_attempts_used_up} is unknown")


#: 1076 as launched in Lucknow: first dissatisfaction back to the same level, the next one up.
UP_1076 = Policy(name="up-1076")
