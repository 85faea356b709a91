"""The certificate says what the file is; file, paper and chain agree."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from pypdf import PdfReader

from calls.model import Outcome
from recordings import finding, handing_out
from recordings.audio import wav_header
from recordings.certificate import Certificate, Device, Party, as_html, print_pdf
from recordings.chain import seal_batch
from recordings.errors import (
    CertificateError,
    NoBrowserError,
    NoHindiFontError,
    NotAllowedError,
)
from recordings.handing_out import hand_out
from recordings.keeper import Keeper
from recordings.listening import Wish
from recordings.rules import Part
from recordings.vault import Role
from tests.chromium import CHROMIUM, write_chromium
from tests.complaints.world import World
from tests.recordings.room import Room, conversation, tone

PARTY = Party(
    name="अनीता <शर्मा>",
    designation="प्रणाली प्रशासक / System Administrator",
    kin="R. K. Sharma",
    address="Lok Bhawan",
    relation="operated",
)
_PRINTS_NOTHING = """#!/bin/sh
for a; do case $a in --print-to-pdf=*) echo %PDF >"${a#*=}";; esac; done
"""
DEVICE = Device(
    organisation="मुख्यमंत्री हेल्पलाइन 1076",
    place="Lucknow",
    make_and_model="Dell R760",
    color="Black",
    serial_number="SRV-7",
    imei="none such",
    identifiers="MAC 00:1A:2B",
    other="rack 4",
)


@pytest.fixture(scope="module", autouse=True)
def printer() -> Path:
    return write_chromium()


class Everybody:
    async def may_listen(self, user: str, recording_id: UUID) -> bool:
        return True


async def kept(room: Room) -> UUID:
    recording_id, _ = await room.recorded(conversation(1.0), seconds=1)
    await room.closer().sweep()
    await Keeper(room.pool, room.vault, room.now).sweep()
    await seal_batch(room.pool)
    return recording_id


async def handed(
    room: Room,
    recording_id: UUID,
    folder: Path,
    chromium: Path,
    role: Role | None = None,
    device: Device = DEVICE,
) -> tuple[Path, Path, str]:
    return await hand_out(
        room.pool,
        room.vault,
        Everybody(),
        Wish("operator:anita", recording_id, "Case 12/2026, न्यायालय"),
        folder,
        party=PARTY,
        device=device,
        chromium=chromium,
        now=room.at,
        role=role,
    )


@pytest.mark.parametrize("role", ["copy", "original"])
async def test_file_certificate_and_chain_name_the_same_hash(
    room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, role: Role
) -> None:
    pages: list[str] = []

    async def printed(chromium: Path, html: str, path: Path) -> None:
        pages.append(html)

    monkeypatch.setattr(handing_out, "print_pdf", printed)
    recording_id = await kept(room)
    path, _, sha256 = await handed(room, recording_id, tmp_path, CHROMIUM, role)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == sha256
    [html] = pages
    row = await room.row(recording_id)
    one = await room.object(recording_id, role)
    seals = await room.pool.fetch("select hash from recording_seal order by seq")
    assert html.count(sha256) == (4 if role == "original" else 2)  # in Hindi and in English
    for said in (row["sha256"], one.tool, str(recording_id), *(seal["hash"] for seal in seals)):
        assert html.count(said) >= 2
    assert "अनीता &lt;शर्मा&gt;" in html
    facts = await room.pool.fetchval("select facts from recording_event where kind = 'certified'")
    assert json.loads(facts)["sha256"] == sha256
    assert await room.pool.fetchval("select count(*) from recording_access") == 1


def blanked(text: str) -> str:
    """As it is compared: a line that was broken is the same line."""
    return re.sub(r"\s+", " ", text)


async def test_chromium_prints_every_field_of_part_a_with_a_font_that_has_devanagari(
    room: Room, tmp_path: Path
) -> None:
    recording_id = await kept(room)
    _, pdf, sha256 = await handed(room, recording_id, tmp_path, CHROMIUM)
    data = pdf.read_bytes()
    assert data.startswith(b"%PDF")
    assert b"Devanagari" in data
    assert pdf.stat().st_mode & 0o077 == 0
    text = blanked(" ".join(page.extract_text() for page in PdfReader(pdf).pages))
    for field in (
        *("Make and model Dell R760", "Color Black", "Serial number SRV-7", "IMEI none such"),
        *("UIN/UID/MAC/Cloud ID MAC 00:1A:2B", "Other relevant information rack 4"),
        *("☑ Server", "☐ Cloud", "son/daughter/spouse of R. K. Sharma", "Place: Lucknow"),
        *("residing/employed at Lok Bhawan", "☐ Managed", "☑ Operated by me", "☑ SHA256"),
        *("the whole conversation", "kept encrypted (AES-256-GCM)", "Case 12/2026"),
    ):
        assert field in text, field
    assert text.replace(" ", "").count(sha256) >= 2


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What would be printed, tags left out."""
    printed: list[str] = []

    async def printing(chromium: Path, html: str, path: Path) -> None:
        printed.append(blanked(re.sub(r"<[^>]+>", " ", html)))

    monkeypatch.setattr(handing_out, "print_pdf", printing)
    return printed


async def test_each_field_stands_in_hindi_as_well(
    room: Room, tmp_path: Path, pages: list[str]
) -> None:
    recording_id = await kept(room)
    await handed(room, recording_id, tmp_path, CHROMIUM)
    for field in (
        *("निर्माता और मॉडल Dell R760", "रंग Black", "क्रम संख्या SRV-7", "आईएमईआई (IMEI) none such"),
        *("मैक/क्लाउड पहचान MAC 00:1A:2B", "अन्य जानकारी rack 4", "☑ सर्वर", "☐ क्लाउड"),
        *(
            "☐ प्रबंधित",
            "☑ संचालित",
            "पूरी बातचीत",
            "कूटबद्ध (AES-256-GCM)",
            "R. K. Sharma",
            "Lok Bhawan",
        ),
    ):
        assert field in pages[0], field


async def test_it_says_when_the_store_is_a_cloud_and_what_is_left_to_be_written_in(
    room: Room, tmp_path: Path, pages: list[str]
) -> None:
    recording_id = await kept(room)
    await handed(room, recording_id, tmp_path, CHROMIUM, device=Device(source="cloud"))
    for field in ("☐ Server ☑ Cloud", "☐ सर्वर ☑ क्लाउड", "Color &nbsp;", "IMEI &nbsp;"):
        assert field in pages[0], field


async def test_it_says_when_the_recording_is_shorter_than_its_call(
    room: Room, tmp_path: Path, pages: list[str]
) -> None:
    recording_id, _ = await room.recorded(conversation(1.0), seconds=60)
    await room.closer().sweep()
    await handed(room, recording_id, tmp_path, CHROMIUM)
    assert "the whole conversation" not in pages[0]
    assert "पूरी बातचीत" not in pages[0]
    assert "as much of the conversation as is in this recording" in pages[0]
    assert "other recordings" not in pages[0]
    assert "less than the call, which lasted 60 seconds" in pages[0]
    assert "कॉल से कम: कॉल की अवधि 60 सेकंड" in pages[0]


async def test_of_a_call_that_was_recorded_twice_neither_recording_is_the_whole(
    room: Room, tmp_path: Path, pages: list[str]
) -> None:
    """A citizen on the officers' line keyed no PIN, and was recorded anew to the call's end."""
    first, path = await room.recorded(conversation(20.0), seconds=45)
    call_id = (await room.row(first))["call_id"]
    await room.pool.execute("update call set ended_at = null, outcome = null")
    second = await room.capture().open(call_id, "call")
    path.with_name(Path(second.path).name).write_bytes(conversation(30.0))
    room.wait(30)
    await room.end(call_id)
    await room.closer().sweep()
    for one, other in ((first, second.id), (second.id, first)):
        await handed(room, one, tmp_path, CHROMIUM)
        page = pages.pop()
        assert "the whole conversation" not in page
        assert "पूरी बातचीत" not in page
        assert "as much of the conversation as is in this recording" in page
        assert "less than the call, which lasted 75 seconds" in page
        assert f"other recordings of the same call, not in this file: {other}" in page
        assert f"अन्य रिकॉर्डिंग, जो इस फ़ाइल में नहीं हैं: {other}" in page


async def test_it_is_stricter_than_the_alarm_of_a_short_recording(
    room: Room, tmp_path: Path, pages: list[str]
) -> None:
    recording_id, _ = await room.recorded(conversation(1.0), seconds=5.9)
    closer = room.closer()
    await closer.sweep()
    await handed(room, recording_id, tmp_path, CHROMIUM)
    assert closer.totals["short"] == 0
    assert "the whole conversation" not in pages[0]
    assert "less than the call, which lasted 6 seconds" in pages[0]


async def test_of_a_call_whose_end_nobody_saw_it_claims_no_length(
    room: Room, tmp_path: Path, pages: list[str]
) -> None:
    """It is ended as lost when that is found: here after two hours."""
    recording_id, _ = await room.recorded(conversation(1.0), seconds=7400)
    await room.pool.execute("update call set outcome = 'lost'")
    await room.closer().sweep()
    await handed(room, recording_id, tmp_path, CHROMIUM)
    assert "7400" not in pages[0]
    for claim in ("the whole conversation", "पूरी बातचीत", "less than the call", "कॉल से कम"):
        assert claim not in pages[0]
    assert "when the call ended is not known" in pages[0]
    assert "कॉल कब समाप्त हुई यह ज्ञात नहीं" in pages[0]


async def test_it_says_when_recording_was_paused_or_the_file_lay_in_the_clear(
    room: Room, tmp_path: Path, pages: list[str]
) -> None:
    recording_id = await kept(room)
    one = await room.object(recording_id, "original")
    await room.pool.execute(
        "insert into recording_pause (id, recording_id, paused_at, paused_by, why, limit_at,"
        " resumed_at, resumed_by) values ($1, $1, $2, 'agent:1', 'x', $3, $3, 'limit')",
        *(recording_id, room.at, room.at + timedelta(seconds=5)),
    )
    async with room.pool.acquire() as conn:
        found = await finding.found(conn, recording_id)
    assert found is not None
    certificate = Certificate(
        party=PARTY, device=DEVICE, recording=found, channels=2, file=replace(one, key=None),
        original_sha256=one.sha256, original_bytes=one.bytes, chain=(), made_at=room.at,
        reason="x", speaker="citizen", part=Part(whole=True), pauses=[(room.at, None)],
    )  # fmt: skip
    html = as_html(certificate)
    for said in ("in the store without encryption", "बिना कूटबद्ध किए", "but for the pauses below"):
        assert said in html
    assert "AES-256-GCM" not in html
    await handed(room, recording_id, tmp_path, CHROMIUM)
    assert "विरामों को छोड़कर" in pages[0]


CITIZENS = ("citizen called", "the citizen;", "नागरिक ने", "नागरिक;")


@pytest.mark.parametrize(
    ("outcome", "role", "said", "not_said"),
    [
        (Outcome.DISPOSAL_TOLD, None, ("an officer called", "अधिकारी ने सुना"), CITIZENS),
        (Outcome.OFFICER_LEFT, None, ("what the officer heard",), CITIZENS),
        (Outcome.OFFICER_REFUSED, None, ("a call to the helpline", "लाइन पर जो"), CITIZENS),
        (Outcome.LOST, None, ("a call to the helpline",), CITIZENS),
        (Outcome.LOST, "registration", ("the citizen called",), ("officer",)),
        (Outcome.AGENT_ANSWERED, "disposal", ("an officer called",), CITIZENS),
        (Outcome.AGENT_ANSWERED, None, ("the citizen called", "नागरिक ने"), ("officer",)),
    ],
)
async def test_it_says_whose_call_it_was(
    room: Room, world: World, tmp_path: Path, pages: list[str],
    outcome: Outcome, role: str | None, said: Sequence[str], not_said: Sequence[str],
) -> None:  # fmt: skip
    recording_id, _ = await room.recorded(conversation(1.0), seconds=1, outcome=outcome)
    await room.closer().sweep()
    if role is not None:
        complaint = (await world.register()).complaint_id
        await room.pool.execute(
            "insert into complaint_call select $1, call_id, $2 from recording where id = $3",
            *(complaint, role, recording_id),
        )
    await handed(room, recording_id, tmp_path, CHROMIUM)
    assert [one for one in said if one not in pages[0]] == []
    assert [one for one in not_said if one in pages[0]] == []


async def test_a_remarks_certificate_is_an_officers(
    room: Room, tmp_path: Path, pages: list[str]
) -> None:
    samples = tone(300, 1.0).tobytes()
    data = wav_header(1, 8000, len(samples)) + samples
    remark, _ = await room.recorded(data, "officer_remark", 1, Outcome.LOST)
    await room.closer().sweep()
    await handed(room, remark, tmp_path, CHROMIUM)
    assert "an officer called the helpline, the officer&#39;s remark" in pages[0]
    assert [one for one in CITIZENS if one in pages[0]] == []


async def test_without_chromium_the_error_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(NoBrowserError, match=r"set recordings\.chromium"):
        await print_pdf(tmp_path / "chromium", "<p>", tmp_path / "x.pdf")
    (tmp_path / "chromium").write_text("not a program")
    with pytest.raises(NoBrowserError, match="may not be run"):
        await print_pdf(tmp_path / "chromium", "<p>", tmp_path / "x.pdf")


async def test_without_chromium_nothing_is_taken_out(room: Room, tmp_path: Path) -> None:
    recording_id = await kept(room)
    with pytest.raises(NoBrowserError):
        await handed(room, recording_id, tmp_path, tmp_path / "none")
    assert await room.pool.fetchval("select count(*) from recording_access") == 0


async def test_a_page_without_devanagari_is_refused(tmp_path: Path) -> None:
    """As where no font has it: an empty box is no certificate."""
    chromium = tmp_path / "chromium"
    chromium.write_text(_PRINTS_NOTHING)
    chromium.chmod(0o700)
    with pytest.raises(NoHindiFontError, match="fonts-noto-core"):
        await print_pdf(chromium, "<p>", tmp_path / "x.pdf")
    chromium.write_text("#!/bin/sh\necho no display >&2\nexit 1\n")
    with pytest.raises(CertificateError, match="printed nothing: no display"):
        await print_pdf(chromium, "<p>", tmp_path / "x.pdf")


async def test_a_certificate_needs_the_same_right_and_reason(room: Room, tmp_path: Path) -> None:
    recording_id = await kept(room)
    with pytest.raises(NotAllowedError):
        await hand_out(
            room.pool,
            room.vault,
            Everybody(),
            Wish("operator:anita", recording_id, ""),
            tmp_path,
            party=PARTY,
            device=DEVICE,
            chromium=CHROMIUM,
            now=room.at,
        )
    assert list(tmp_path.glob("*.ogg")) == []
