"""From what was offered and what pages showed to latencies and mistakes: pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from bench.desk.traffic import Offer

Shown = tuple[str, int, int]
"""Call, when the page had parsed it (monotonic ns), on which of its connections."""


@dataclass(frozen=True, slots=True)
class Popped:
    """An offer and its screen-pop. `ms`: from Asterisk's word to the page."""

    offer: Offer
    ms: float


@dataclass(frozen=True, slots=True)
class Matched:
    """`missing`: offers without a screen-pop. `wrong`: shown to an agent who was not rung.
    `twice`: shown again though rung once.
    """

    popped: tuple[Popped, ...]
    missing: int
    wrong: int
    twice: int

    def within(self, since: int, until: int) -> list[float]:
        """Milliseconds of those that were offered in a span of time."""
        return [one.ms for one in self.popped if since <= one.offer.at < until]


def match(offers: Iterable[Offer], shown: Mapping[str, Sequence[Shown]]) -> Matched:
    """Each offer with the screen-pop that it caused: for one call and agent in order."""
    rung: dict[tuple[str, str], list[Offer]] = {}
    for offer in offers:
        rung.setdefault((str(offer.call), offer.agent), []).append(offer)
    seen: dict[tuple[str, str], list[int]] = {}
    for agent, pops in shown.items():
        for call, at, _ in pops:
            seen.setdefault((call, agent), []).append(at)
    popped, missing = [], 0
    for key, some in rung.items():
        times = sorted(seen.get(key, ()))
        popped += [Popped(one, (at - one.at) / 1e6) for one, at in zip(some, times, strict=False)]
        missing += max(0, len(some) - len(times))
    wrong = sum(len(times) for key, times in seen.items() if key not in rung)
    twice = sum(max(0, len(seen.get(key, ())) - len(some)) for key, some in rung.items())
    return Matched(tuple(popped), missing, wrong, twice)


def replays(shown: Sequence[Shown], call: UUID) -> list[int]:
    """On which connections of a page this call was shown."""
    return [connection for one, _, connection in shown if one == str(call)]
