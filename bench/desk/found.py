"""What is asked of the desk's bench at one size, and what it found: values."""

from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from bench.desk.marks import Matched


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Seconds. `per_second`: calls."""

    rest: float = 20.0
    warm_up: float = 60.0
    round: float = 40.0
    rounds: int = 3
    flood: float = 20.0
    per_second: float = 10.0


@dataclass(frozen=True, slots=True)
class Span:
    """A measured stretch. `cpu`: seconds by group of processes. Times: monotonic ns."""

    since: int
    until: int
    calls: int
    events: int
    cpu: dict[str, float]
    resident: int

    @property
    def seconds(self) -> float:
        """How long it was."""
        return (self.until - self.since) / 1e9


@dataclass(frozen=True, slots=True)
class Slowness:
    """A browser that was stopped (seconds; ns). `call`: what its agent was rung for meanwhile;
    `healed`: its new page showed the agent in that call.
    """

    dropped_after: float
    back_after: float
    since: int
    until: int
    call: UUID
    healed: bool


@dataclass(frozen=True, slots=True)
class Flood:
    """A page that asks and does not read. `grown`: bytes that the server held more meanwhile."""

    dropped_after: float | None
    since: int
    until: int
    grown: int


@dataclass
class Found:
    """Everything measured at one size. `replayed`: on which connections of the stopped browser the
    call of then was shown. `slow`, `flood`: None when that could not be measured, as `problems`
    say. `calls` = `served` + those that `died` in the bench + `stuck`. Bytes; counts.
    """

    rest: Span
    rounds: list[Span]
    slow: Slowness | None
    replayed: list[int]
    flood: Flood | None
    problems: list[str]
    matched: Matched
    calls: int
    served: int
    died: Counter[str]
    stuck: int
    empty: int
    seated: int
    ready_at_end: int
    rows_right: int
    lost_links: int
    board_bytes: int
    slow_agent: str

    def others_within(self, since: int, until: int) -> list[float]:
        """Milliseconds of what was offered in a span of time to agents whose page was not slow."""
        return [
            one.ms
            for one in self.matched.popped
            if since <= one.offer.at < until and one.offer.agent != self.slow_agent
        ]
