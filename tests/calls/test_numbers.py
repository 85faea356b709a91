import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.numbers import to_e164

E164 = re.compile(r"\+[1-9][0-9]{6,14}")  # the database's domain


@pytest.mark.parametrize(
    "raw",
    [
        "+919876543210",
        "00919876543210",
        "919876543210",
        "09876543210",
        "9876543210",
        "98765 43210",
        "+91-98765-43210",
        "(+91) 98765.43210",
        "९८७६५४३२१०",
        "+९१ ९८७६५ ४३२१०",
    ],
)
def test_all_forms_of_an_indian_mobile_number_are_one_number(raw: str) -> None:
    assert to_e164(raw) == "+919876543210"


@pytest.mark.parametrize("raw", ["05162222222", "+915162222222", "00915162222222", "0516 222 2222"])
def test_all_forms_of_a_landline_are_one_number(raw: str) -> None:
    assert to_e164(raw) == "+915162222222"


@pytest.mark.parametrize(
    ("raw", "number"),
    [("+442079460958", "+442079460958"), ("009779841234567", "+9779841234567")],
)
def test_a_foreign_number_keeps_its_country(raw: str, number: str) -> None:
    assert to_e164(raw) == number


@pytest.mark.parametrize(
    "raw",
    [
        *("", "anonymous", "Anonymous", "unknown", "restricted", "unavailable"),
        *("1076", "112", "0", "+", "+91", "00", "12345", "5555555555", "99999999999999999999"),
        *("9876543210;drop", "9876543210\0", "98765432ab", "sip:9876543210@host", "अनजान"),
    ],
)
def test_what_is_withheld_or_no_number_is_none(raw: str) -> None:
    assert to_e164(raw) is None


@given(st.from_regex(r"\+?[0-9]{5,20}", fullmatch=True) | st.text(max_size=30))
def test_a_number_is_storable_and_its_own_form(raw: str) -> None:
    number = to_e164(raw)
    if number is not None:
        assert E164.fullmatch(number)
        assert to_e164(number) == number
