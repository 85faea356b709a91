import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.parts import Encoding, measure

GSM = st.text(alphabet="abcXYZ0189 @£é\nΩ", max_size=700)
HINDI = st.text(alphabet="कखगाि् ।1", min_size=1, max_size=700).filter(lambda t: not t.isascii())
ANY = st.text(max_size=300)


@pytest.mark.parametrize(
    ("text", "encoding", "parts"),
    [
        ("", Encoding.GSM7, 1),
        ("a" * 160, Encoding.GSM7, 1),
        ("a" * 161, Encoding.GSM7, 2),
        ("a" * 306, Encoding.GSM7, 2),
        ("a" * 307, Encoding.GSM7, 3),
        ("€" * 80, Encoding.GSM7, 1),
        ("€" * 81, Encoding.GSM7, 2),
        ("क" * 70, Encoding.UCS2, 1),
        ("क" * 71, Encoding.UCS2, 2),
        ("क" * 134, Encoding.UCS2, 2),
        ("क" * 135, Encoding.UCS2, 3),
        ("😀" * 35, Encoding.UCS2, 1),
        ("`", Encoding.UCS2, 1),  # ASCII, but not in the GSM alphabet
    ],
)
def test_parts_at_the_limits(text: str, encoding: Encoding, parts: int) -> None:
    length = measure(text)
    assert (length.encoding, length.parts) == (encoding, parts)


def test_a_character_of_two_units_is_not_cut_in_two() -> None:
    # 66 units, then a pair: it begins the second part, so the second part is full one unit early.
    assert measure("क" * 66 + "😀" + "क" * 65).parts == 2
    assert measure("क" * 66 + "😀" + "क" * 66).parts == 3
    assert measure("a" * 152 + "€" + "a" * 151).parts == 2
    assert measure("a" * 152 + "€" + "a" * 152).parts == 3


@given(GSM)
def test_plain_gsm_text_is_counted_by_its_characters(text: str) -> None:
    length = measure(text)
    assert length.encoding is Encoding.GSM7
    assert length.units == len(text)
    assert length.parts == (1 if len(text) <= 160 else -(-len(text) // 153))


@given(HINDI)
def test_hindi_is_counted_by_its_utf_16_units(text: str) -> None:
    length = measure(text)
    assert length.encoding is Encoding.UCS2
    assert length.units == len(text.encode("utf-16-be")) // 2
    assert length.parts == (1 if length.units <= 70 else -(-length.units // 67))


@given(ANY)
def test_any_text_fits_into_its_parts_and_no_fewer_than_its_units_need(text: str) -> None:
    length = measure(text)
    single, part = (160, 153) if length.encoding is Encoding.GSM7 else (70, 67)
    if length.parts == 1:
        assert length.units <= single
    else:
        assert length.units > single
        # At most one unit of a part is lost to a character that would be cut.
        assert -(-length.units // part) <= length.parts <= -(-length.units // (part - 1))


@given(ANY, ANY)
def test_more_text_never_takes_fewer_parts(text: str, more: str) -> None:
    assert measure(text + more).parts >= measure(text).parts
