import pytest
from hypothesis import given
from hypothesis import strategies as st

from complaints import number
from complaints.errors import InvalidComplaintNumberError

serials = st.integers(0, 99_999_999)


@given(serials)
def test_a_made_number_has_nine_digits_and_is_valid(serial: int) -> None:
    made = number.make(serial)
    assert len(made) == 9
    assert made[:8] == f"{serial:08d}"
    assert number.is_valid(made)


@given(serials)
def test_every_single_wrong_digit_is_caught(serial: int) -> None:
    made = number.make(serial)
    for place in range(9):
        for wrong in "0123456789".replace(made[place], ""):
            assert not number.is_valid(made[:place] + wrong + made[place + 1 :])


@given(serials)
def test_every_swap_of_different_neighbours_is_caught(serial: int) -> None:
    made = number.make(serial)
    for place in range(8):
        swapped = made[:place] + made[place + 1] + made[place] + made[place + 2 :]
        assert swapped == made or not number.is_valid(swapped)


def test_the_check_digit_is_damms() -> None:
    assert number.make(572) == "000005724"  # the example of Damm's algorithm in the literature


@pytest.mark.parametrize("written", ["100000010", "100 000 010", "100-000-010", "१०० 000 ०१०\n"])
def test_blanks_and_devanagari_digits_are_the_same_number(written: str) -> None:
    assert number.normalise(written) == "100000010"
    assert number.is_valid(written) == number.is_valid("100000010")


def test_parse_gives_plain_digits() -> None:
    made = number.make(10_000_001)
    assert number.parse(f"{made[:3]} {made[3:6]} {made[6:]}") == made


@pytest.mark.parametrize(
    "text", ["", "12345678", "1000000171", "१२३", "abcdefghi", "¹²³⁴⁵⁶⁷⁸⁹", "٠" * 9]
)
def test_what_is_no_number_is_refused(text: str) -> None:
    assert not number.is_valid(text)
    with pytest.raises(InvalidComplaintNumberError):
        number.parse(text)


@given(st.text(max_size=20) | st.from_regex(r"[0-9०-९ -]{9,11}", fullmatch=True))
def test_any_text_is_a_number_or_refused(text: str) -> None:
    if number.is_valid(text):
        assert number.is_valid(number.parse(text))
        assert len(number.parse(text)) == 9
    else:
        with pytest.raises(InvalidComplaintNumberError):
            number.parse(text)


@pytest.mark.parametrize("serial", [-1, 100_000_000])
def test_a_serial_beyond_eight_digits_is_refused(serial: int) -> None:
    with pytest.raises(ValueError, match="eight digits"):
        number.make(serial)
