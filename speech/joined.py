"""Sounds made of sounds."""

import os
import tempfile
import wave
from collections.abc import Sequence
from pathlib import Path

from speech.errors import SpeechError

_RATE = 8000


def join(files: Sequence[Path], target: Path) -> None:
    """Prompts as `render` leaves them, one after another; `target` appears whole or not at all.

    Blocks. Raises `SpeechError` where one cannot be read, `OSError` where it cannot be written.
    """
    _write(b"".join(map(_frames, files)), target)


def silence(seconds: float, target: Path) -> None:
    """A sound in which nothing is heard. Blocks; raises `OSError`."""
    _write(bytes(2 * round(_RATE * seconds)), target)


def _write(frames: bytes, target: Path) -> None:
    target.parent.mkdir(mode=0o755, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=".joining-")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as raw, wave.open(raw, "wb") as sound:
            sound.setparams((1, 2, _RATE, 0, "NONE", ""))
            sound.writeframes(frames)
        temporary.chmod(0o644)  # Asterisk may run under another account
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _frames(file: Path) -> bytes:
    try:
        with wave.open(str(file), "rb") as sound:
            if sound.getparams()[:3] != (1, 2, _RATE):
                raise SpeechError(f"{file.name} is not 16 bit mono at 8 kHz")
            return sound.readframes(sound.getnframes())
    except (OSError, EOFError, wave.Error) as error:
        raise SpeechError(f"{file.name} cannot be read: {error}") from error
