"""Names that officers' telephones and computers give to files, and that somebody may make up."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from complaints.attachments.media import MediaType
from complaints.attachments.names import LONGEST, clean_name, handed_out_as


@pytest.mark.parametrize(
    ("given_name", "name"),
    [
        ("IMG_2041.jpg", "IMG_2041.jpg"),
        ("सड़क की मरम्मत.jpg", unicodedata.normalize("NFC", "सड़क की मरम्मत.jpg")),
        ("/etc/passwd", "passwd"),
        ("C:\\Users\\bdo\\पत्र.pdf", "पत्र.pdf"),
        ("../../secret", "secret"),
        ("folder/", "folder"),
        ("..", "file"),
        ("", "file"),
        (" \t ", "file"),
        ("a\0b\x1b[31m.png", "ab[31m.png"),
        ("two\r\nlines.png", "two lines.png"),
        (".htaccess", "htaccess"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("क\u094d\u200dष.png", "क\u094d\u200dष.png"),  # the joiner stays
        ("\ud800.png", "png"),
        ("e\u0301.png", "é.png"),
    ],
)
def test_a_name_is_cleaned(given_name: str, name: str) -> None:
    assert clean_name(given_name) == name


def test_a_long_name_keeps_its_beginning_and_its_ending() -> None:
    assert clean_name("क" * 300 + ".jpeg") == "क" * (LONGEST - 5) + ".jpeg"
    assert clean_name("x" * 300) == "x" * LONGEST
    assert clean_name("x." + "y" * 300) == ("x." + "y" * 300)[:LONGEST]


@given(st.text(max_size=300))
def test_whatever_is_given_the_name_is_fit(given_name: str) -> None:
    name = clean_name(given_name)
    assert 1 <= len(name) <= LONGEST
    assert not set(name) & set("/\\\n\r\t\0")
    assert name == name.strip()
    assert name not in {".", ".."}
    assert unicodedata.is_normalized("NFC", name)
    assert clean_name(name) == name
    name.encode()


@pytest.mark.parametrize(
    ("name", "media_type", "saved"),
    [
        ("a.JPG", MediaType.JPEG, "a.JPG"),
        ("a.jpeg", MediaType.JPEG, "a.jpeg"),
        ("page.html", MediaType.PNG, "page.html.png"),
        ("letter", MediaType.PDF, "letter.pdf"),
        ("note.ogg", MediaType.OPUS, "note.ogg"),
    ],
)
def test_it_is_saved_as_what_it_is(name: str, media_type: MediaType, saved: str) -> None:
    assert handed_out_as(name, media_type) == saved
