"""Where complaints would find no officer: which categories lack a post at which level and place.

Pure. A post serves its place and all places under it, so a complaint finds a level's post at its
own place or at one above it. A department without categories gets no complaints and has no holes.
Categories of a department that lack the same are told together.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from complaints.trees import line_above

_LEVELS = (1, 2, 3, 4)
_NO_TREE: Mapping[str, str | None] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Duty:
    """A department's post at a level and place.

    `categories`: the nodes of the tree that it is for; none: for all of them.
    """

    department: str
    place: str
    level: int
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hole:
    """No post of `department` at any of `levels` for complaints of `categories` about `places`.

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
        return line_above(place, self.parents)


def holes(
    places: Places,
    categories: Mapping[str, Sequence[str]],
    duties: Iterable[Duty],
    levels: Sequence[int] = _LEVELS,
    above: Mapping[str, str | None] = _NO_TREE,
) -> list[Hole]:
    """All holes, by department and categories, then by lowest level, then from the top down.

    `categories`: the codes of each department's; `above`: the parent of each category. Posts that
    are vacant still count as posts here.
    """
    of_department: dict[str, list[Duty]] = defaultdict(list)
    for duty in duties:
        of_department[duty.department].append(duty)
    found = []
    for department in sorted(categories):
        alike: dict[_Gaps, list[str]] = defaultdict(list)
        for codes, theirs in _sharing(
            sorted(categories[department]), of_department[department], above
        ):
            alike[_gaps_by_level(places, theirs, levels)] += codes
        for gaps, codes in alike.items():
            found += [_hole(places, department, codes, gap, at) for gap, at in gaps]
    return found


def _sharing(
    categories: Sequence[str], duties: Sequence[Duty], above: Mapping[str, str | None]
) -> Iterator[tuple[list[str], list[Duty]]]:
    """Categories that have the same posts, with those."""
    whole = [duty for duty in duties if not duty.categories]
    limited = [duty for duty in duties if duty.categories]
    sharing: dict[frozenset[Duty], list[str]] = defaultdict(list)
    for category in categories:
        line = set(line_above(category, above))
        theirs = frozenset(duty for duty in limited if line.intersection(duty.categories))
        sharing[theirs].append(category)
    for theirs, codes in sharing.items():
        yield codes, [*whole, *theirs]


def _hole(
    places: Places, department: str, categories: Sequence[str], gap: "_Gap", levels: tuple[int, ...]
) -> Hole:
    of = len(places.children[gap.under])
    codes = tuple(sorted(categories))
    return Hole(department, codes, levels, gap.under, gap.places, of, gap.whole)


@dataclass(frozen=True, slots=True)
class _Gap:
    under: str | None
    places: tuple[str, ...]
    whole: bool


#: Each with its levels, by the lowest of them.
_Gaps = tuple[tuple[_Gap, tuple[int, ...]], ...]


def _gaps_by_level(places: Places, duties: Sequence[Duty], levels: Sequence[int]) -> _Gaps:
    found: dict[_Gap, list[int]] = defaultdict(list)
    for level in levels:
        for gap in _gaps(places, {duty.place for duty in duties if duty.level == level}):
            found[gap].append(level)
    return tuple((gap, tuple(at)) for gap, at in sorted(found.items(), key=lambda one: one[1][0]))


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
