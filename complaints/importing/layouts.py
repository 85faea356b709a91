"""Which columns each kind of file has, and the typed rows that come of them. Pure; never raises."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Generic, TypeVar

from complaints.errors import InvalidInputError
from complaints.importing import fields
from complaints.importing.faults import Fault
from complaints.importing.reading import Cells, read_table
from complaints.officers import Officer, TenureKind
from complaints.reference import PLACE_KINDS, Category, Department, Holiday, Leave, Place, PostRow
from complaints.reference import Tenure as TenureRow


class Kind(StrEnum):
    """The kinds of files, in the order in which they must be written: none refers to a later."""

    DEPARTMENTS = "departments"
    PLACES = "places"
    CATEGORIES = "categories"
    POSTS = "posts"
    OFFICERS = "officers"
    TENURES = "tenures"
    LEAVES = "leaves"
    HOLIDAYS = "holidays"


Row = Department | Place | Category | PostRow | Officer | TenureRow | Leave | Holiday
Key = tuple[str, ...]
R = TypeVar("R")


@dataclass(frozen=True)  # no slots: a generic alias that is called, as `Located`, cannot have them
class LocatedRow(Generic[R]):
    """A row of a file.

    `row` None: it has faults, told already; its key still counts as being there.
    `unstated`: attributes about which the file is silent. What is recorded stays.
    """

    file: str
    line: int
    key: Key
    row: R | None
    unstated: frozenset[str] = frozenset()


Located = LocatedRow[Row]


@dataclass(frozen=True, slots=True)
class Column:
    """`attribute` of the row, where it is not named like the column. Optional: may be missing."""

    name: str
    parse: Callable[[str, str], Any]
    attribute: str = ""
    optional: bool = False

    @property
    def target(self) -> str:
        """The row's attribute."""
        return self.attribute or self.name


@dataclass(frozen=True, slots=True)
class Layout(Generic[R]):
    """`key`: columns that say which row it is. `make` takes the attributes by name."""

    make: Callable[..., R]
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    def key_of(self, row: R) -> Key:
        """What tells this row from the others of its kind, as text."""
        targets = {column.name: column.target for column in self.columns}
        return tuple(str(getattr(row, targets[name])) for name in self.key)


def _category(
    *,
    days_1: int | None,
    days_2: int | None,
    days_3: int | None,
    days_4: int | None,
    department: str | None,
    **others: Any,
) -> Category:
    days = (days_1, days_2, days_3, days_4)
    given = tuple(day for day in days if day is not None)
    if given and department is None:
        raise InvalidInputError("department", "is empty, although there are days")
    if department is not None and len(given) < len(days):
        raise InvalidInputError("days", "are needed at L1 to L4 where a department answers")
    row = Category(
        **others,
        department=department,
        level_days=(given[0], given[1], given[2], given[3]) if given else None,
    )
    if not row.in_scope and not row.advice_hi:
        raise InvalidInputError("advice_hi", "is empty: where to go with what is out of scope")
    if row.parent == row.code:
        raise InvalidInputError("parent", "is the category itself")
    return row


def _in_order(from_on: date, until_on: date | None) -> None:
    if until_on is not None and until_on < from_on:
        raise InvalidInputError("until", f"is before from: {until_on} < {from_on}")


def _tenure(*, from_on: date, until_on: date | None, kind: str, **others: Any) -> TenureRow:
    _in_order(from_on, until_on)
    return TenureRow(from_on=from_on, until_on=until_on, kind=TenureKind(kind), **others)


def _leave(*, from_on: date, until_on: date | None, officer: str) -> Leave:
    _in_order(from_on, until_on)
    return Leave(officer, from_on, until_on)


_CODE = Column("code", fields.code)
_NAMES = (Column("name_hi", fields.text), Column("name_en", fields.text))
_DEPARTMENT = Column("department", fields.code)
_PERIOD = (
    Column("from", fields.day, "from_on"),
    Column("until", fields.nothing_or(fields.day), "until_on", optional=True),
)

LAYOUTS: Mapping[Kind, Layout[Row]] = {
    Kind.DEPARTMENTS: Layout(Department, ("code",), (_CODE, *_NAMES)),
    Kind.PLACES: Layout(
        Place,
        ("code",),
        (
            _CODE,
            Column("kind", fields.one_of(PLACE_KINDS)),
            *_NAMES,
            Column("parent", fields.nothing_or(fields.code)),
        ),
    ),
    Kind.CATEGORIES: Layout(
        _category,
        ("code",),
        (
            _CODE,
            *_NAMES,
            Column("department", fields.nothing_or(fields.code)),
            *(
                Column(f"days_{level}", fields.nothing_or(fields.whole(1, 365)))
                for level in (1, 2, 3, 4)
            ),
            Column("parent", fields.nothing_or(fields.code), optional=True),
            Column("in_scope", fields.if_given(fields.yes_or_no, otherwise=True), optional=True),
            Column("advice_hi", fields.nothing_or(fields.text), optional=True),
            Column("keywords", fields.words, optional=True),
            Column("advice_en", fields.if_given(fields.text, otherwise=""), optional=True),
        ),
    ),
    Kind.POSTS: Layout(
        PostRow,
        ("code",),
        (
            Column("code", fields.code, "id"),
            Column("title", fields.text),
            _DEPARTMENT,
            Column("place", fields.code),
            Column("level", fields.whole(1, 4)),
            Column("number", fields.phone),
            Column("vacant_from", fields.nothing_or(fields.day), optional=True),
            Column("title_en", fields.if_given(fields.text, otherwise=""), optional=True),
            Column("categories", fields.codes, optional=True),
        ),
    ),
    Kind.OFFICERS: Layout(
        Officer,
        ("code",),
        (
            _CODE,
            Column("name", fields.text),
            Column("number", fields.nothing_or(fields.phone), optional=True),
            Column("email", fields.nothing_or(fields.email), optional=True),
        ),
    ),
    Kind.TENURES: Layout(
        _tenure,
        ("post", "kind", "from"),
        (
            Column("post", fields.code),
            Column("officer", fields.code),
            Column(
                "kind",
                fields.if_given(fields.one_of(list(TenureKind)), TenureKind.HOLDER.value),
                optional=True,
            ),
            *_PERIOD,
        ),
    ),
    Kind.LEAVES: Layout(_leave, ("officer", "from"), (Column("officer", fields.code), *_PERIOD)),
    Kind.HOLIDAYS: Layout(
        Holiday,
        ("calendar", "date"),
        (
            Column("calendar", fields.if_given(fields.code, "state"), optional=True),
            Column("date", fields.day, "on_date"),
            Column("name_hi", fields.text),
        ),
    ),
}


def key_of(kind: Kind, row: Row) -> Key:
    """What tells this row from the others of its kind, as text."""
    return LAYOUTS[kind].key_of(row)


def read_rows(kind: Kind, file: str, data: bytes) -> tuple[list[Located], list[Fault]]:
    """The rows of one file, and everything that is wrong with it by itself."""
    return read_by(LAYOUTS[kind], file, data)


def read_by(layout: Layout[R], file: str, data: bytes) -> tuple[list[LocatedRow[R]], list[Fault]]:
    """The same for any layout."""
    table = read_table(
        file,
        data,
        required=[column.name for column in layout.columns if not column.optional],
        optional=[column.name for column in layout.columns if column.optional],
    )
    faults = list(table.faults)
    unstated = frozenset(
        column.target
        for column in layout.columns
        if column.optional and column.name not in table.columns
    )
    rows = [_row(layout, file, cells, unstated, faults) for cells in table.rows]
    return [row for row in rows if row is not None], faults


def _row(
    layout: Layout[R],
    file: str,
    cells: Cells,
    unstated: frozenset[str],
    faults: list[Fault],
) -> LocatedRow[R] | None:
    """None when it cannot even be told which row it is."""
    values, wrong = _values(layout.columns, cells.values)
    row: R | None = None
    if len(values) == len(layout.columns):
        try:
            row = layout.make(**{column.target: values[column.name] for column in layout.columns})
        except InvalidInputError as error:
            wrong.append(str(error))
    faults += [Fault(file, cells.line, reason) for reason in wrong]
    if row is not None:
        return LocatedRow(file, cells.line, layout.key_of(row), row, unstated)
    if all(name in values for name in layout.key):
        key = tuple(str(values[name]) for name in layout.key)
        return LocatedRow(file, cells.line, key, None)
    return None


def _values(
    columns: Iterable[Column], cells: Mapping[str, str]
) -> tuple[dict[str, Any], list[str]]:
    """What the cells say, and what is wrong with the others. A missing column was told before."""
    values: dict[str, Any] = {}
    wrong: list[str] = []
    for column in columns:
        if column.name not in cells and not column.optional:
            continue
        try:
            values[column.name] = column.parse(column.name, cells.get(column.name, ""))
        except InvalidInputError as error:
            wrong.append(str(error))
    return values, wrong
