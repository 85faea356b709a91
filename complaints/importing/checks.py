"""What does not fit together: within the files, and with what is recorded already. Pure."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from complaints.importing.faults import Fault
from complaints.importing.known import Known
from complaints.importing.layouts import Key, Kind, Located, Row
from complaints.officers import Days
from complaints.reference import PLACE_KINDS, Category, Leave, Place, PostRow, Tenure
from complaints.trees import line_above

Files = Mapping[Kind, Sequence[Located]]
_BEFORE = "recorded before, in no file"


@dataclass(frozen=True, slots=True)
class _Item:
    """A row as it would be after the import; `at` None: it is in no file, but recorded."""

    row: Row
    at: Located | None

    @property
    def origin(self) -> str:
        return f"{self.at.file}:{self.at.line}" if self.at else _BEFORE


class Merged:
    """What would be there after the import: the files' rows over the recorded ones."""

    def __init__(self, known: Known, files: Files) -> None:
        self._known = known
        self._files = files
        self.items: dict[Kind, dict[Key, _Item]] = {}
        for kind in Kind:
            merged = {key: _Item(row, None) for key, row in known[kind].items()}
            merged |= {
                located.key: _Item(located.row, located)
                for located in files.get(kind, ())
                if located.row is not None
            }
            self.items[kind] = merged
        self._keys = {
            kind: self.items[kind].keys() | {located.key for located in files.get(kind, ())}
            for kind in Kind
        }

    def has(self, kind: Kind, code: str) -> bool:
        """Whether there is such a row, be it a faulty one."""
        return (code,) in self._keys[kind]

    def rows_of(self, kind: Kind) -> Iterator[tuple[Located, Row]]:
        """The files' own good rows."""
        for located in self._files.get(kind, ()):
            if located.row is not None:
                yield located, located.row


def settle(known: Known, files: Files) -> dict[Kind, list[Located]]:
    """The files' rows with what they leave unsaid taken from what is recorded."""
    return {kind: [_settled(known[kind], one) for one in files[kind]] for kind in files}


def _settled(known: Mapping[Key, Row], located: Located) -> Located:
    recorded = known.get(located.key)
    if recorded is None or located.row is None or not located.unstated:
        return located
    kept = {name: getattr(recorded, name) for name in located.unstated}
    return replace(located, row=replace(located.row, **kept))


def check(known: Known, files: Files) -> list[Fault]:
    """Every fault, in the order of files and lines within each rule. `files` are settled."""
    merged = Merged(known, files)
    return [
        *_doubled(files),
        *_dangling(merged),
        *_misplaced(merged),
        *_rings(merged, Kind.PLACES),
        *_rings(merged, Kind.CATEGORIES),
        *_tree(known, merged),
        *_left_unsaid(known, merged),
        *_same_duty(merged),
        *_idle(merged),
        *_overlapping(merged, Kind.TENURES),
        *_overlapping(merged, Kind.LEAVES),
    ]


def _doubled(files: Files) -> Iterator[Fault]:
    for kind, rows in files.items():
        first: dict[Key, Located] = {}
        for located in rows:
            before = first.setdefault(located.key, located)
            if before is not located:
                what = f"{' '.join(located.key)} is in {before.file}:{before.line} already"
                yield Fault(located.file, located.line, f"{kind}: {what}")


def _references(row: Row) -> list[tuple[str, Kind, str]]:
    """(column, kind, code) of what a row refers to."""
    match row:
        case Place(parent=str(parent)):
            return [("parent", Kind.PLACES, parent)]
        case Category():
            department = (Kind.DEPARTMENTS, row.department)
            named = {"department": department, "parent": (Kind.CATEGORIES, row.parent)}
            return [(column, kind, code) for column, (kind, code) in named.items() if code]
        case PostRow():
            return [
                ("department", Kind.DEPARTMENTS, row.department),
                ("place", Kind.PLACES, row.place),
                *(("categories", Kind.CATEGORIES, category) for category in row.categories),
            ]
        case Tenure():
            return [("post", Kind.POSTS, row.post), ("officer", Kind.OFFICERS, row.officer)]
        case Leave():
            return [("officer", Kind.OFFICERS, row.officer)]
        case _:
            return []


def _dangling(merged: Merged) -> Iterator[Fault]:
    for kind in Kind:
        for located, row in merged.rows_of(kind):
            for column, other, code in _references(row):
                if not merged.has(other, code):
                    reason = f"{column} is not among the {other}: {code!r}"
                    yield Fault(located.file, located.line, reason)


def _misplaced(merged: Merged) -> Iterator[Fault]:
    """A place lies in a larger one, or beside one of its size (a ward's thana in a town)."""
    places = merged.items[Kind.PLACES]
    for inner, outer, at in _under_a_files_row(merged, Kind.PLACES):
        if isinstance(inner, Place) and isinstance(outer, Place) and _size(outer) > _size(inner):
            reason = f"kind: {inner.code}, a {inner.kind}, does not lie in a {outer.kind}"
            yield Fault(at.file, at.line, f"{reason} ({_BEFORE})")
    for located, row in merged.rows_of(Kind.PLACES):
        if not isinstance(row, Place):
            continue
        if (row.kind == "state") != (row.parent is None):
            reason = "has a parent" if row.parent else "is empty"
            yield Fault(located.file, located.line, f"parent: a {row.kind} {reason}")
        parent = places.get((row.parent,)) if row.parent else None
        if parent and isinstance(parent.row, Place) and _size(parent.row) > _size(row):
            reason = f"parent: a {row.kind} does not lie in a {parent.row.kind}"
            yield Fault(located.file, located.line, reason)


def _size(place: Place) -> int:
    """0 for a state, 1 for a district, 2 for all that lies within."""
    return min(PLACE_KINDS.index(place.kind), 2)


def _rings(merged: Merged, kind: Kind) -> Iterator[Fault]:
    parents = {
        code: item.row.parent
        for (code,), item in merged.items[kind].items()
        if isinstance(item.row, Place | Category)
    }
    for located, _ in merged.rows_of(kind):
        (code,) = located.key
        seen: set[str] = set()
        above = parents[code]
        while above is not None and above != code and above not in seen:
            seen.add(above)
            above = parents.get(above)
        if above == code:
            yield Fault(located.file, located.line, f"parent: {code} would lie within itself")


def _under_a_files_row(merged: Merged, kind: Kind) -> Iterator[tuple[Row, Row, Located]]:
    """What is recorded, in no file, under a row of the files: it, that row, and where this is."""
    items = merged.items[kind]
    for item in items.values():
        if item.at is None and isinstance(item.row, Place | Category) and item.row.parent:
            parent = items.get((item.row.parent,))
            if parent and parent.at:
                yield item.row, parent.row, parent.at


def _tree(known: Known, merged: Merged) -> Iterator[Fault]:
    """Only a leaf is answered, or out of scope; every other category has some under it."""
    rows = {
        code: item.row
        for (code,), item in merged.items[Kind.CATEGORIES].items()
        if isinstance(item.row, Category)
    }
    headings = {row.parent for row in rows.values()}
    for below, above, at in _under_a_files_row(merged, Kind.CATEGORIES):
        if isinstance(below, Category) and isinstance(above, Category) and above.is_leaf:
            column = "department: is given" if above.department else "in_scope: is no"
            yield Fault(at.file, at.line, f"{column}, but {below.code} lies under it ({_BEFORE})")
    for located, row in merged.rows_of(Kind.CATEGORIES):
        if not isinstance(row, Category):
            continue
        parent = rows.get(row.parent) if row.parent else None
        if parent and parent.is_leaf:
            why = "is answered by a department" if parent.department else "is out of scope"
            yield Fault(
                located.file, located.line, f"parent: {parent.code} {why}: nothing under it"
            )
        if not row.is_leaf and row.code not in headings:
            reason = "department: is empty, and nothing lies under this category"
            yield Fault(located.file, located.line, reason)
        before = known[Kind.CATEGORIES].get(located.key)
        if isinstance(before, Category) and before.department and not row.department:
            reason = f"department: complaints are with {before.department}, it cannot be taken away"
            yield Fault(located.file, located.line, reason)


def _left_unsaid(known: Known, merged: Merged) -> Iterator[Fault]:
    """A file without `in_scope` does not decide whether what was out of scope is answered now, nor
    take away the words about where to go.
    """
    for located, row in merged.rows_of(Kind.CATEGORIES):
        if not isinstance(row, Category) or row.in_scope:
            continue
        before = known[Kind.CATEGORIES].get(located.key)
        answered = isinstance(before, Category) and before.department
        if row.department and not answered and "in_scope" in located.unstated:
            reason = "in_scope: is no, though a department answers: say yes or no"
            yield Fault(located.file, located.line, reason)
        if not row.advice_hi:
            reason = "advice_hi is empty: where to go with what is out of scope"
            yield Fault(located.file, located.line, reason)


def _same_duty(merged: Merged) -> Iterator[Fault]:
    """One post for a department, place and level; and one for each category that is given there."""
    duties: defaultdict[tuple[str, str, int, str | None], list[_Item]] = defaultdict(list)
    for item in merged.items[Kind.POSTS].values():
        if isinstance(item.row, PostRow):
            for category in item.row.categories or (None,):
                duty = (item.row.department, item.row.place, item.row.level, category)
                duties[duty].append(item)
    for duty, posts in duties.items():
        first, *others = sorted(posts, key=_files_last)
        category = duty[-1]
        what = f"and category {category} " if category else ""
        for other in others:
            if other.at:
                taken = f"department, place and level {what}are those of {_name(first.row)}"
                yield Fault(other.at.file, other.at.line, f"{taken} ({first.origin})")


def _idle(merged: Merged) -> Iterator[Fault]:
    """A post is for categories that its department answers, or has such below: else for none."""
    categories = [
        item.row
        for item in merged.items[Kind.CATEGORIES].values()
        if isinstance(item.row, Category)
    ]
    parents = {row.code: row.parent for row in categories}
    answered = {
        (row.department, above)
        for row in categories
        if row.department
        for above in line_above(row.code, parents)
    }
    for located, row in merged.rows_of(Kind.POSTS):
        if not isinstance(row, PostRow):
            continue
        for category in row.categories:
            if category in parents and (row.department, category) not in answered:
                reason = f"categories: {row.department} answers nothing of {category!r}"
                yield Fault(located.file, located.line, reason)


def _overlapping(merged: Merged, kind: Kind) -> Iterator[Fault]:
    """A post has one holder (and one in charge) at a time, an officer one leave."""

    def whose(row: Row) -> tuple[str, ...] | None:
        match row:
            case Tenure():
                return (row.post, row.kind)
            case Leave():
                return (row.officer,)
        return None

    for items in _groups(merged.items[kind].values(), whose):
        items.sort(key=lambda item: _days(item.row).first)
        longest = items[0]
        for item in items[1:]:
            if _days(item.row).overlap(_days(longest.row)):
                at, other = (item, longest) if item.at else (longest, item)
                if at.at:
                    reason = f"overlaps that of {_name(other.row)} ({other.origin})"
                    yield Fault(at.at.file, at.at.line, reason)
            longest = max(longest, item, key=lambda one: _days(one.row).last or date.max)


def _groups(items: Iterable[_Item], by: Callable[[Row], Hashable | None]) -> Iterator[list[_Item]]:
    """Those of which there are several."""
    groups: defaultdict[Hashable, list[_Item]] = defaultdict(list)
    for item in items:
        if (group := by(item.row)) is not None:
            groups[group].append(item)
    return (items for items in groups.values() if len(items) > 1)


def _files_last(item: _Item) -> tuple[bool, str, int]:
    """Recorded rows first, then the files' in their order."""
    return (False, "", 0) if item.at is None else (True, item.at.file, item.at.line)


def _days(row: Row) -> Days:
    if not isinstance(row, Tenure | Leave):
        raise TypeError(f"no period: {row}")
    return Days(row.from_on, row.until_on)


def _name(row: Row) -> str:
    match row:
        case PostRow():
            return f"post {row.id}"
        case Tenure() | Leave():
            return f"{row.officer} from {row.from_on} until {row.until_on or 'further orders'}"
    return str(row)
