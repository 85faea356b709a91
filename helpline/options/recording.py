"""Recordings: where they are kept, how long, and the device that certificates name."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr

from helpline.options.group import Group, HexKey
from recordings.certificate import Source


class DeviceOptions(Group):
    """What an electronic-record certificate says of the source (BSA 2023, Schedule, Part A)."""

    source: Source | None = None
    """What it is. None: a server, or a cloud where `store_url` is one."""
    organisation: str = ""
    place: str = ""
    make_and_model: str = ""
    color: str = ""
    serial_number: str = ""
    imei: str = ""
    identifiers: str = ""
    """UIN, UID, MAC or cloud id, as applicable."""
    other: str = ""


class RecordingOptions(Group):
    """Recordings after the call: where they lie, how they are sealed, how long they are kept."""

    store_url: str | None = None
    """None: `<state_dir>/recordings`. Otherwise `s3://bucket/prefix`, `gs://...`, `az://...`."""
    store_options: dict[str, SecretStr] = Field(default_factory=dict)
    """obstore's: `endpoint`, `region`, `access_key_id`, `secret_access_key`, `allow_http`."""
    master_keys: tuple[HexKey, ...] = ()
    """Each 32 bytes in hexadecimal, the current one first. None: generated in the state folder."""
    copy_kbits: Annotated[int, Field(ge=12, le=128)] = 24
    """Of the kept Opus copy, all channels together."""
    keep_original_days: Annotated[int, Field(ge=0, le=36500)] = 7
    """How long the original is kept beside its verified copy."""
    erase_when_due: bool = False
    """Erase at the end of retention without being asked; holds are respected in either case."""
    pause_limit_seconds: Annotated[int, Field(ge=5, le=900)] = 180
    """A pause of the recording ends by itself after this."""
    chromium: Path = Path("/usr/bin/chromium")
    """Prints certificates: a PDF with shaped Devanagari."""
    device: DeviceOptions = DeviceOptions()
