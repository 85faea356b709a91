"""From bytes to typed rows: nothing raises, and whatever is wrong has a line and a reason."""

import unicodedata
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from complaints.importing.importer import read_files
from complaints.importing.layouts import LAYOUTS, Kind, Row, read_rows
from complaints.importing.lgd import read_lgd
from complaints.officers import Officer, TenureKind
from complaints.reference import Category, Department, Holiday, Leave, Place, PostRow, Tenure
from tests.complaints.importing.files import STATE

# The machine may be busy.
_untimed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

DEPARTMENTS = STATE[Kind.DEPARTMENTS]


def read(kind: Kind, data: bytes | str) -> list[Row | None]:
    rows, faults = read_rows(kind, "f.csv", data if isinstance(data, bytes) else data.encode())
    assert faults == []
    return [located.row for located in rows]


def faults(kind: Kind, data: bytes | str) -> list[str]:
    _, found = read_rows(kind, "f.csv", data if isinstance(data, bytes) else data.encode())
    return [str(fault) for fault in found]


def test_every_kind_of_file_becomes_typed_rows() -> None:
    rows = {kind: read(kind, text) for kind, text in STATE.items()}
    assert set(rows) == set(Kind)
    assert rows[Kind.DEPARTMENTS] == [Department("water", "जल निगम", "Jal Nigam")]
    assert rows[Kind.PLACES][2] == Place("up", "state", "उत्तर प्रदेश", "Uttar Pradesh", None)
    assert rows[Kind.CATEGORIES] == [
        Category("handpump", "हैंडपंप", "Hand pump", "water", (7, 7, 10, 15))
    ]
    assert rows[Kind.POSTS] == [
        PostRow("L1", "अवर अभियंता", "water", "b1", 1, "+919415000001"),
        PostRow("L2", "अधिशासी अभियंता", "water", "d1", 2, "+919415000002", date(2025, 11, 1)),
    ]
    assert rows[Kind.OFFICERS] == [
        Officer("E1", "अनीता", "+919415100001"),
        Officer("E2", "बाबू", None),
    ]
    assert rows[Kind.TENURES] == [
        Tenure("L1", "E1", TenureKind.HOLDER, date(2024, 1, 1)),
        Tenure("L1", "E2", TenureKind.CHARGE, date(2025, 11, 17)),
    ]
    assert rows[Kind.LEAVES] == [Leave("E1", date(2025, 11, 17), date(2025, 11, 23))]
    assert rows[Kind.HOLIDAYS] == [Holiday("state", date(2026, 1, 26), "गणतंत्र दिवस")]


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + DEPARTMENTS.encode(),
        DEPARTMENTS.replace("\n", "\r\n"),
        DEPARTMENTS.replace("\n", "\r"),
        DEPARTMENTS.rstrip("\n"),
        DEPARTMENTS.replace("\n", "\n\n , ,\n"),
        DEPARTMENTS.replace("\n", ",,\n"),
        DEPARTMENTS.replace("code,name_hi,name_en", " Code , NAME_HI,Name_En"),
        'name_en,code,name_hi\n"Jal Nigam",water,"जल\n निगम"\n',
        unicodedata.normalize("NFD", DEPARTMENTS),
    ],
    ids=["bom", "crlf", "cr", "no end", "blank", "extra", "header", "quoted", "nfd"],
)
def test_what_spreadsheets_do_to_a_file_is_tolerated(data: bytes | str) -> None:
    assert read(Kind.DEPARTMENTS, data) == [Department("water", "जल निगम", "Jal Nigam")]


def test_an_officer_may_have_an_address() -> None:
    address = "anita.devi+jal@up-jal.example.in"
    data = f"code,name,email\nE1,अनीता,{address}\nE2,बाबू,\n"
    assert read(Kind.OFFICERS, data) == [
        Officer("E1", "अनीता", None, address),
        Officer("E2", "बाबू", None),
    ]


@pytest.mark.parametrize(
    "cell",
    [
        "anita",
        "anita@up",
        "Anita <anita@up.in>",
        "a b@up.in",
        "a@up.in;b@up.in",
        "a" * 250 + "@up.in",
    ],
)
def test_what_is_no_address_is_a_fault_with_its_line(cell: str) -> None:
    [fault] = faults(Kind.OFFICERS, f"code,name,email\nE1,अनीता,{cell}\n")
    assert fault.startswith("f.csv:2: email is not an e-mail address")


def test_names_are_kept_in_nfc() -> None:
    [row] = read(Kind.HOLIDAYS, "date,name_hi\n2026-01-26,पढ\u093c Cafe\u0301\n")
    assert isinstance(row, Holiday)
    assert row.name_hi == unicodedata.normalize("NFC", row.name_hi) == "पढ\u093c Caf\u00e9"


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", ["f.csv:1: is empty: the columns are date, name_hi"]),
        (b"\xff\xfed\x00a\x00", ["f.csv:1: is UTF-16: save it as CSV in UTF-8"]),
        (b"date;name_hi\n", ["f.csv:1: is separated by something else than commas"]),
        (b"date\n2026-01-26\n", ["f.csv:1: has no column name_hi"]),
        (b"date,name_hi,name_hi\n", ["f.csv:1: has the column name_hi twice"]),
        (b"date,name_hi,nmae\n", ["f.csv:1: has a column that is not known: 'nmae'"]),
        (b"date,name_hi\n2026-01-26\n", ["f.csv:2: has 1 cells, the header has 2"]),
        (b"date,name_hi\n2026-01-26,a,b\n", ["f.csv:2: has 3 cells, the header has 2"]),
        (
            b"date,name_hi\n2026-01-26,R\xe9publique\n2026-08-15,ok\n2026-10-02,\xa4\n",
            [
                "f.csv:2: byte 0xe9 at position 13 is not UTF-8: save as CSV in UTF-8",
                "f.csv:4: byte 0xa4 at position 12 is not UTF-8: save as CSV in UTF-8",
            ],
        ),
        (
            b'date,name_hi\n2026-01-26,"a"b\n2026-13-01,c\n2026-10-02,"never closed\n',
            [
                "f.csv:2: is not CSV: ',' expected after '\"'",
                "f.csv:4: is not CSV: unexpected end of data",
                "f.csv:3: date is no day: '2026-13-01'",
            ],
        ),
        (
            'date,name_hi\n"2026-01-26","a\nb"\n2026-1-32,\n',
            ["f.csv:4: date is no day: '2026-1-32'", "f.csv:4: name_hi is empty"],
        ),
        (
            "date,name_hi\n26.1.26,a\n1626-01-26,b\n",
            [
                "f.csv:2: date is not a date such as 2025-11-22: '26.1.26'",
                "f.csv:3: date is not from 1947 to 2100: '1626-01-26'",
            ],
        ),
        (
            "date,name_hi\n2026-01-26,\ufffd\n2026-01-27,"
            + "दिवस".encode().decode("latin-1")
            + "\n",
            [
                "f.csv:2: name_hi went through a wrong encoding",
                "f.csv:3: name_hi went through a wrong encoding",
            ],
        ),
    ],
)
def test_a_faulty_file_is_told_line_by_line(data: bytes | str, told: list[str]) -> None:
    assert faults(Kind.HOLIDAYS, data) == told


def test_every_cell_of_a_faulty_row_is_told() -> None:
    head = STATE[Kind.POSTS].splitlines()[0]
    assert faults(Kind.POSTS, f"{head}\nL 1,,water,b1,5,12345,soon\n") == [
        "f.csv:2: code is not a code: 'L 1'",
        "f.csv:2: title is empty",
        "f.csv:2: level is not 1 to 4: '5'",
        "f.csv:2: number is not a telephone number: '12345'",
        "f.csv:2: vacant_from is not a date such as 2025-11-22: 'soon'",
    ]


@pytest.mark.parametrize("level", ["0", "5", "-1", "1.0", "1_0", "", "four", "²", "99999999"])
def test_a_level_is_one_of_four(level: str) -> None:
    head = STATE[Kind.POSTS].splitlines()[0]
    [fault] = faults(Kind.POSTS, f"{head}\nL1,t,water,b1,{level},9415000001,\n")
    assert fault == f"f.csv:2: level is not 1 to 4: {level!r}"


@pytest.mark.parametrize("kind", [Kind.TENURES, Kind.LEAVES])
def test_a_period_does_not_end_before_it_begins(kind: Kind) -> None:
    values = {
        "post": "L1",
        "officer": "E1",
        "kind": "",
        "from": "2025-02-01",
        "until": "2025-01-31",
    }
    columns = [column.name for column in LAYOUTS[kind].columns]
    data = f"{','.join(columns)}\n{','.join(values[name] for name in columns)}\n"
    assert faults(kind, data) == ["f.csv:2: until is before from: 2025-01-31 < 2025-02-01"]


def test_a_file_beyond_reason_is_refused_unread() -> None:
    assert faults(Kind.HOLIDAYS, b"x" * (64 * 1024 * 1024 + 1)) == [
        "f.csv:1: is larger than 67108864 bytes"
    ]


CELLS = st.one_of(
    st.sampled_from(["", "E1", "L1", "1", "holder", "9415000001", "2025-01-01", "जल", '"', "\n"]),
    st.text(max_size=8),
)


@st.composite
def almost_files(draw: st.DrawFn) -> tuple[Kind, bytes]:
    """A header that may be right, rows that may fit, and bytes that may be spoilt."""
    kind = draw(st.sampled_from(Kind))
    columns = [column.name for column in LAYOUTS[kind].columns]
    header = draw(st.permutations(columns) | st.lists(CELLS, max_size=9))
    rows = draw(st.lists(st.lists(CELLS, min_size=len(header), max_size=len(header) + 1)))
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    data = end.join(",".join(row) for row in [header, *rows]).encode("utf-8", "surrogatepass")
    position = draw(st.integers(0, len(data)))
    return kind, data[:position] + draw(st.binary(max_size=3)) + data[position:]


@_untimed
@given(st.tuples(st.sampled_from(Kind), st.binary(max_size=300)) | almost_files())
def test_any_bytes_are_read_or_told_and_never_raise(file: tuple[Kind, bytes]) -> None:
    kind, data = file
    tables = read_files([(kind, "f.csv", data)])
    lines = data.count(b"\n") + data.count(b"\r") + 1
    for fault in tables.faults:
        assert fault.file == "f.csv"
        assert 1 <= fault.line <= lines
        assert fault.reason.strip()
    for located in tables.rows[kind]:
        assert 2 <= located.line <= lines
        assert all(located.key)
        if located.row is None:
            assert located.line in {fault.line for fault in tables.faults}


@_untimed
@given(
    st.sampled_from(["districts", "tehsils", "blocks", "urban_bodies", "departments", "other"]),
    st.binary(max_size=200)
    | st.builds(
        lambda cells: b"lgd_district_code,name_en\n" + ",".join(cells).encode("utf-8", "replace"),
        st.lists(CELLS, max_size=3),
    ),
)
def test_any_bytes_as_a_file_of_the_directory_are_read_or_told(name: str, data: bytes) -> None:
    tables = read_lgd({f"{name}.csv": data})
    assert all(fault.line >= 1 and fault.reason.strip() for fault in tables.faults)
    if name != "other" and not data.strip():
        assert tables.faults
