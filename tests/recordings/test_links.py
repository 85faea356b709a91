from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings.links import sign, verify
from tests.recordings.room import START

SECRET = b"a secret for tests only"
RECORDING = UUID("019b8c5e-0000-7000-8000-000000000001")
UNTIL = START + timedelta(days=7)


def _parts(url: str) -> dict[str, str]:
    split = urlsplit(url)
    return {"recording_id": split.path.rsplit("/", 1)[1], **dict(parse_qsl(split.query))}


@given(st.text(max_size=40))
def test_what_was_signed_is_verified_whatever_the_audience(audience: str) -> None:
    try:
        url = sign(SECRET, "https://helpline.example/", RECORDING, audience, UNTIL)
    except UnicodeEncodeError:  # half a character is no name of anybody
        return
    assert url.startswith(f"https://helpline.example/recordings/{RECORDING}?")
    parts = {"audience": "", **_parts(url)}
    assert verify(SECRET, **parts, now=START)


@pytest.mark.parametrize(
    "change",
    [
        {"recording_id": str(uuid4())},
        {"audience": "post:l3"},
        {"expires": "99999999999"},
        {"expires": "soon"},
        {"expires": ""},
        {"signature": "0" * 64},
        {"signature": ""},
        {"signature": "é"},
        {"signature": "\udce9"},
    ],
)
def test_a_link_that_was_changed_is_not_ours(change: dict[str, str]) -> None:
    parts = _parts(sign(SECRET, "https://helpline.example", RECORDING, "post:l2", UNTIL))
    assert verify(SECRET, **parts, now=START)
    assert not verify(SECRET, **{**parts, **change}, now=START)


def test_a_link_ends_at_its_time() -> None:
    parts = _parts(sign(SECRET, "https://helpline.example", RECORDING, "post:l2", UNTIL))
    assert verify(SECRET, **parts, now=UNTIL - timedelta(seconds=1))
    assert not verify(SECRET, **parts, now=UNTIL)


def test_another_secret_signs_other_links() -> None:
    parts = _parts(sign(SECRET, "https://helpline.example", RECORDING, "post:l2", UNTIL))
    assert not verify(b"another secret, as long", **parts, now=START)


def test_text_cannot_be_moved_between_the_signed_parts() -> None:
    until = str(int(UNTIL.timestamp()))
    parts = _parts(sign(SECRET, "https://helpline.example", RECORDING, f"{until}\nx", UNTIL))
    moved = {**parts, "expires": f"{until}\n{until}", "audience": "x"}
    assert not verify(SECRET, **moved, now=START)


@pytest.mark.parametrize("secret", [b"", b"short"])
def test_a_short_secret_is_refused(secret: bytes) -> None:
    with pytest.raises(ValueError, match="secret"):
        sign(secret, "https://helpline.example", RECORDING, "post:l2", UNTIL)
