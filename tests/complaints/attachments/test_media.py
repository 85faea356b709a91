"""A file is what its bytes are, whatever it is called."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from complaints.attachments.media import HEAD, MediaType, media_of
from tests.complaints import files

SAMPLES = {
    MediaType.PDF: files.PDF,
    MediaType.JPEG: files.JPEG,
    MediaType.PNG: files.PNG,
    MediaType.WEBP: files.WEBP,
    MediaType.HEIC: files.HEIC,
    MediaType.WAV: files.WAV,
    MediaType.MP3: files.MP3,
    MediaType.OPUS: files.OPUS,
}
TAGGED = b"ID3\x04\0\0\0\0\x02\x01"


@pytest.mark.parametrize("media_type", list(MediaType))
def test_each_kind_is_told_by_its_first_bytes(media_type: MediaType) -> None:
    assert media_of(SAMPLES[media_type][:HEAD]) is media_type


def test_an_mp3_may_begin_with_its_tag() -> None:
    assert media_of(TAGGED) is MediaType.MP3


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"MZ\x90\0",
        b"PK\x03\x04",
        b"<html><script>alert(1)</script>",
        b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>",
        b"GIF89a",
        b" %PDF-1.7",  # not at the beginning: something else may stand before it
        b"%PDF-x",
        b"\x89PNG\r\n\x1a\n\0\0\0\x0dIDAT",
        b"RIFF\0\0\0\0AVI LIST",
        b"RIFF\0\0\0\0WEBPabcd",
        b"RIFF\0\0\0\0WAVEabcd",
        b"\0\0\0\x18ftypisom",
        b"OggS\0\2" + bytes(20) + b"\1\x1e\x01vorbis",
        b"ID3",
        b"ID3\x09\0\0\0\0\x02\x01",
        b"ID3\x04\0\0\0\0\x02\x81",
        b"\xff\xfb",
        b"\xff\xf1\x50\x80",  # AAC
        b"\xff\xea\x90\x64",  # no version
        b"\xff\xfb\xf0\x64",  # no bit rate
        b"\xff\xfb\x0f\x64",
        b"\xff\xfb\x9c\x64",  # no sampling rate
        b"#!/bin/sh\n",
    ],
)
def test_what_is_something_else_is_not_taken(head: bytes) -> None:
    assert media_of(head) is None


@given(st.binary(max_size=2 * HEAD), st.sampled_from(list(SAMPLES.values())))
def test_what_follows_the_first_bytes_changes_nothing(rest: bytes, sample: bytes) -> None:
    head = sample[:HEAD].ljust(HEAD, b"\0")
    assert media_of((head + rest)[:HEAD]) is media_of(head)


@given(st.text(max_size=HEAD))
def test_text_is_never_taken_for_a_photograph(text: str) -> None:
    """Pages and scripts are text: none passes as what a browser is told to show."""
    assert media_of(text.encode()[:HEAD]) not in (MediaType.JPEG, MediaType.PNG)


def test_only_pictures_and_letters_are_shown() -> None:
    shown = {one for one in MediaType if one.shown}
    assert shown == {MediaType.PDF, MediaType.JPEG, MediaType.PNG, MediaType.WEBP}
