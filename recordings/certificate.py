"""The electronic-record certificate for a recording that is handed out.

Bharatiya Sakshya Adhiniyam 2023, section 63(4)(c) and the Schedule: Part A is filled in for the
party who produces the record, to be read, completed and signed; Part B is the expert's and stays
empty. The PDF is printed by Chromium, which shapes Devanagari.
"""

import asyncio
import contextlib
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal
from uuid import UUID

from jinja2 import Environment, PackageLoader, StrictUndefined

from recordings.errors import CertificateError, NoBrowserError, NoHindiFontError
from recordings.finding import Found
from recordings.model import IST
from recordings.rules import Part
from recordings.vault import StoredObject

Relation = Literal["owned", "maintained", "managed", "operated"]
Speaker = Literal["citizen", "officer", "unknown"]
Source = Literal["computer", "dvr", "mobile", "flash_drive", "disc", "server", "cloud", "other"]
"""The Schedule's: what the record was taken from."""
_PRINT_SECONDS = 60.0
_DEVANAGARI = re.compile(rb"Devanagari|Lohit|Mangal|Kokila|Nirmala|Gargi|Sahadeva|Samyak|Poppins")


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Who produces the record and signs. `relation`: to the device that holds it."""

    name: str
    designation: str
    kin: str = ""
    address: str = ""
    relation: Relation = "managed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """Where the record was kept; empty fields are left to be written in by hand.

    `identifiers`: UIN, UID, MAC or cloud id.
    """

    source: Source = "server"
    organisation: str = ""
    place: str = ""
    make_and_model: str = ""
    color: str = ""
    serial_number: str = ""
    imei: str = ""
    identifiers: str = ""
    other: str = ""


@dataclass(frozen=True, slots=True)
class ChainEntry:
    """An event of the recording in the audit chain; `seq` None: not sealed yet."""

    kind: str
    at: datetime
    seq: int | None
    hash: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """All that it says. `file` is what is handed out, `file_name` its name.

    `part`: what the recording has of its call; None: nobody saw when that ended, and nothing is
    claimed of how much of it was recorded. `others`: recordings of the same conversation, in files
    of their own. `speaker`: who talked with us.
    """

    party: Party
    device: Device
    recording: Found
    channels: int
    file: StoredObject
    original_sha256: str
    original_bytes: int
    chain: Sequence[ChainEntry]
    made_at: datetime
    reason: str
    speaker: Speaker
    part: Part | None
    pauses: Sequence[tuple[datetime, datetime | None]] = field(default=())
    others: Sequence[UUID] = ()

    @property
    def whole(self) -> Literal["whole", "paused", "short", "unknown"]:
        """How much of the conversation is in it."""
        if self.part is None:
            return "unknown"
        if not self.part.whole:
            return "short"
        return "paused" if self.pauses else "whole"


def as_html(certificate: Certificate) -> str:
    """The certificate in Hindi and in English."""
    environment = Environment(
        loader=PackageLoader("recordings", "pages"), autoescape=True, undefined=StrictUndefined
    )
    environment.filters["ist"] = _ist
    template = environment.get_template("certificate.html.j2")
    return template.render(c=certificate)


def without_browser(chromium: Path) -> str | None:
    """Why nothing can be printed here, and what to do; None where there is a program to try."""
    if not chromium.is_file():
        return f"no Chromium at {chromium}: install it, or set recordings.chromium to where it is"
    if not os.access(chromium, os.X_OK):
        return f"{chromium} may not be run by us: see recordings.chromium"
    return None


async def print_pdf(chromium: Path, html: str, path: Path) -> None:
    """Print a page to `path` as PDF. Raises `CertificateError`; then there is no file."""
    if (why := without_browser(chromium)) is not None:
        raise NoBrowserError(why)
    with tempfile.TemporaryDirectory(prefix="helpline-print-") as folder:
        page, printed = Path(folder) / "page.html", Path(folder) / "page.pdf"
        page.write_text(html, encoding="utf-8")
        command = [
            *(str(chromium), "--headless", "--disable-gpu", "--no-pdf-header-footer"),
            *(["--no-sandbox"] if os.geteuid() == 0 else []),  # Chromium's own rule for root
            *(f"--user-data-dir={folder}/profile", f"--print-to-pdf={printed}", page.as_uri()),
        ]
        said = await _run(command, {**os.environ, "HOME": folder})
        if not printed.is_file():
            raise CertificateError(f"Chromium printed nothing: {said[-200:]}")
        data = printed.read_bytes()
    if not _DEVANAGARI.search(data):
        raise NoHindiFontError("no font has Devanagari here: install fonts-noto-core")
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)


async def _run(command: Sequence[str], environment: Mapping[str, str]) -> str:
    process = await asyncio.create_subprocess_exec(
        *command,
        env=environment,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(_PRINT_SECONDS):
            _, said = await process.communicate()
    except TimeoutError as error:
        raise CertificateError(f"Chromium did not print in {_PRINT_SECONDS:.0f} s") from error
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, 9)
            await process.wait()
    return said.decode(errors="replace")


def _ist(at: datetime) -> str:
    """A moment in Indian time, by the second."""
    return at.astimezone(IST).strftime("%d-%m-%Y %H:%M:%S IST")
