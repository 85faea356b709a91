"""Files of the Local Government Directory (LGD) -> places and departments. Pure; never raises.

Local Government Directory, Ministry of Panchayati Raj, Government of India: codes are unique
within one kind of body only, so ours begin with a letter for it: `d118` a district, `t766` a
tehsil, `b803` a block, `u277255` an urban body.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from complaints.errors import InvalidInputError
from complaints.importing import fields
from complaints.importing.faults import Fault
from complaints.importing.importer import Tables
from complaints.importing.layouts import Kind, Located, Row
from complaints.importing.reading import read_table
from complaints.reference import Department, Place

#: The directory's files are of one state; its own row is in none of them.
STATE = Place("up", "state", "उत्तर प्रदेश", "Uttar Pradesh", None)

_lgd_code = fields.whole(1, 9_999_999)


@dataclass(frozen=True, slots=True)
class _Source:
    """A file, known by how its name ends. `letter` begins the places' codes."""

    ending: str
    place_kind: str
    letter: str
    code: str
    name_hi: str = ""
    in_district: bool = True


_SOURCES = (
    _Source("districts.csv", "district", "d", "lgd_district_code", "name_hi", in_district=False),
    _Source("tehsils.csv", "tehsil", "t", "lgd_tehsil_code"),
    _Source("blocks.csv", "block", "b", "lgd_block_code"),
    _Source("urban_bodies.csv", "urban_body", "u", "lgd_localbody_code", "name_local"),
)
_DEPARTMENTS = "departments.csv"
_DISTRICT = "lgd_district_code"


def read_lgd(files: Mapping[str, bytes]) -> Tables:
    """The content of the directory's files by name; others are passed over, with a note.

    Where the directory has no Hindi name the English one stands in, and where it names no
    district the place lies in the state: both only until something better is recorded.
    """
    faults: list[Fault] = []
    notes: list[str] = []
    rows: dict[Kind, list[Located]] = {}
    for name, data in sorted(files.items()):
        source = next((one for one in _SOURCES if name.endswith(one.ending)), None)
        if source:
            places = _places(source, name, data, faults)
            rows.setdefault(Kind.PLACES, [_state(name)]).extend(places)
            notes += _notes(name, source, places)
        elif name.endswith(_DEPARTMENTS):
            rows.setdefault(Kind.DEPARTMENTS, []).extend(_departments(name, data, faults))
        else:
            notes.append(f"{name}: not a file of the directory, passed over")
    if not rows:
        endings = ", ".join([*(f"*{source.ending}" for source in _SOURCES), f"*{_DEPARTMENTS}"])
        faults.append(Fault("folder", 1, f"holds none of {endings}"))
    return Tables(rows, faults, notes)


def _state(file: str) -> Located:
    return Located(file, 1, (STATE.code,), STATE, frozenset({"name_hi", "name_en"}))


def _places(source: _Source, file: str, data: bytes, faults: list[Fault]) -> list[Located]:
    required = [source.code, "name_en", *([_DISTRICT] if source.in_district else [])]
    table = read_table(file, data, required=required, others_allowed=True)
    faults += table.faults
    if not set(required) <= set(table.columns):
        return []  # told once, not again for every row
    return [
        place
        for cells in table.rows
        if (place := _place(source, file, cells.line, cells.values, faults))
    ]


def _place(
    source: _Source, file: str, line: int, cells: Mapping[str, str], faults: list[Fault]
) -> Located | None:
    wrong: list[str] = []

    def cell(column: str, parse: Callable[[str, str], Any]) -> Any:
        try:
            return parse(column, cells.get(column, ""))
        except InvalidInputError as error:
            wrong.append(str(error))
            return None

    number = cell(source.code, _lgd_code)
    name_en = cell("name_en", fields.text)
    name_hi = cell(source.name_hi, fields.nothing_or(fields.text)) if source.name_hi else None
    district = cell(_DISTRICT, fields.nothing_or(_lgd_code)) if source.in_district else None
    faults += [Fault(file, line, reason) for reason in wrong]
    if number is None:
        return None
    code = f"{source.letter}{number}"
    if wrong:
        return Located(file, line, (code,), None)
    parent = f"d{district}" if district else STATE.code
    place = Place(code, source.place_kind, name_hi or name_en, name_en, parent)
    guessed = _guessed(("name_hi", name_hi), ("parent", district or not source.in_district))
    return Located(file, line, (code,), place, guessed)


def _guessed(*attributes: tuple[str, object]) -> frozenset[str]:
    """The names of those that the file does not state."""
    return frozenset(name for name, stated in attributes if not stated)


def _notes(file: str, source: _Source, places: Iterable[Located]) -> list[str]:
    places = list(places)
    notes = []
    if nameless := sum("name_hi" in place.unstated for place in places):
        notes.append(f"{file}: {nameless} without a Hindi name, the English one stands in")
    lost = [" ".join(place.key) for place in places if "parent" in place.unstated]
    if lost:
        notes.append(f"{file}: without a district, put into the state: {', '.join(lost)}")
    return notes


def _departments(file: str, data: bytes, faults: list[Fault]) -> list[Located]:
    columns = {"code": fields.code, "name_hi": fields.text, "name_en_gloss": fields.text}
    table = read_table(file, data, required=list(columns), others_allowed=True)
    faults += table.faults
    departments: list[Located] = []
    if not set(columns) <= set(table.columns):
        return departments
    for cells in table.rows:
        values = []
        for column, parse in columns.items():
            try:
                values.append(parse(column, cells.values.get(column, "")))
            except InvalidInputError as error:
                faults.append(Fault(file, cells.line, str(error)))
        if len(values) == len(columns):
            row: Row = Department(*values)
            departments.append(Located(file, cells.line, (values[0],), row))
    return departments
