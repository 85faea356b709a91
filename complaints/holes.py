"""Where complaints would find no officer: which departments lack a post at which level and place.

Pure. A post serves its place and all places under it, so a complaint finds a level's post at its
own place or at one above it. A department without categories gets no complaints and has no holes.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

_LEVELS = (1, 2, 3, 4)


@dataclass(frozen=True, slots=True)
class Duty:
    """A department's post at a level and place."""

    department: str
    place: str
    level: int


@dataclass(frozen=True, slots=True)
class Hole:
    """No post of `department` at any of `levels` for complaints about `places`.

    `under`: the place that holds `places`, of which it has `of` such; None: the top.
    `whole`: nothing under those places has a post either. False: the place has none for itself,
    but some of the places under it do; what is registered for it as such rolls up.
    """

    department: str
    categories: tuple[str, ...]
    levels: tuple[int, ...]
    under: str | None
    places: tuple[str, ...]
    of: int
    whole: bool


class Places:
    """The tree of places. A ring among the parents is cut, not followed for ever."""

    def __init__(self, parents: Mapping[str, str | None]) -> None:
        self.parents = parents
        self.children: dict[str | None, list[str]] = defaultdict(list)
        for place in sorted(parents):
            self.children[parents[place]].append(place)

    def above(self, place: str) -> list[str]:
        """The place itself and all above it, nearest first."""
        line: dict[str, None] = {}
        at: str | None = place
        while at is not None and at not in line:
            line[at] = None
            at = self.parents.get(at)
        return list(line)


def holes(
    places: Places,
    categories: Mapping[str, Sequence[str]],
    duties: Iterable[Duty],
    levels: Sequence[int] = _LEVELS,
) -> list[Hole]:
    """All holes, by department, then by their lowest level, then from the top down.

    `categories`: the codes of each department's. Posts that are vacant still count as posts here.
    """
    posted: dict[tuple[str, int], set[str]] = defaultdict(set)
    for duty in duties:
        posted[duty.department, duty.level].add(duty.place)
    found = []
    for department in sorted(categories):
        gaps: dict[_Gap, list[int]] = defaultdict(list)
        for level in levels:
            for gap in _gaps(places, posted[department, level]):
                gaps[gap].append(level)
        found += [
            Hole(
                department,
                tuple(sorted(categories[department])),
                tuple(at),
                gap.under,
                gap.places,
                len(places.children[gap.under]),
                gap.whole,
            )
            for gap, at in sorted(gaps.items(), key=lambda item: item[1][0])
        ]
    return found


@dataclass(frozen=True, slots=True)
class _Gap:
    under: str | None
    places: tuple[str, ...]
    whole: bool


def _gaps(places: Places, posted: set[str]) -> list[_Gap]:
    """Places without a post at a level. Those that are children of one place are one gap."""
    leading = {above for place in posted for above in places.above(place)} - posted
    tops = [place for place in places.children[None] if place not in posted]
    gaps: list[_Gap] = []
    waiting: deque[tuple[str | None, list[str]]] = deque([(None, tops)])
    while waiting:
        under, open_ones = waiting.popleft()
        empty = tuple(place for place in open_ones if place not in leading)
        if empty:
            gaps.append(_Gap(under, empty, whole=True))
        some = tuple(place for place in open_ones if place in leading)
        if some:
            gaps.append(_Gap(under, some, whole=False))
        for place in some:
            below = [child for child in places.children[place] if child not in posted]
            waiting.append((place, below))
    return gaps
