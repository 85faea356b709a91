"""What the history says of a file, and who may see it."""

from dataclasses import replace
from uuid import UUID

import pytest

from complaints.attachments.media import MediaType
from complaints.attachments.model import Attachment, TakenIn, line, lines, may_see
from complaints.policy import UP_1076
from recordings.vault import SealedObject
from tests.complaints.world import START

KEY = UUID(int=7)
PHOTO = Attachment(
    id=KEY,
    complaint_id=UUID(int=1),
    disposal_no=1,
    attachment_no=1,
    entry=2,
    name="एक फोटो.png",
    media_type=MediaType.PNG,
    bytes=70,
    sha256="ab" * 32,
    at=START,
    level=1,
    via="portal",
    erased_at=None,
    opened=0,
)


def test_a_line_says_what_the_file_is_and_ends_with_its_name() -> None:
    assert line(PHOTO) == f"{'ab' * 32} 70 image/png {KEY} एक फोटो.png"
    assert lines([PHOTO, PHOTO]) == f"{line(PHOTO)}\n{line(PHOTO)}"
    assert lines([]) == ""


def test_it_is_the_same_line_before_and_after_it_has_a_row() -> None:
    sealed = SealedObject(
        id=KEY,
        location="2025/11/20/x.sealed",
        sha256=PHOTO.sha256,
        bytes=PHOTO.bytes,
        stored_sha256="cd" * 32,
        stored_bytes=118,
        key=None,
    )
    taken = TakenIn(name=PHOTO.name, media_type=PHOTO.media_type, object=sealed, at=START)
    assert line(taken) == line(PHOTO)


def test_of_a_confidential_complaint_a_file_goes_where_no_more_is_told_than_is_known() -> None:
    policy = replace(UP_1076, confidential_seen_from=3)
    assert may_see(policy, 2, 1, "portal")
    assert not may_see(policy, 2, 3, "portal")
    assert may_see(policy, 3, 4, "portal")


@pytest.mark.parametrize("via", ["agent", "operator"])
def test_who_of_us_enters_a_report_always_knows_who_complains(via: str) -> None:
    assert not may_see(replace(UP_1076, confidential_seen_from=3), 2, 1, via)
    nobody = replace(UP_1076, confidential_seen_from=None)
    assert may_see(nobody, 1, 4, "portal")
    assert not may_see(nobody, 4, 1, via)
