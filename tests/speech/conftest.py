import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from speech.errors import SpeechError
from speech.tts import EspeakNg

TOOLS = Path(__file__).parents[2] / "var/tools.json"


@pytest.fixture(scope="session")
def espeak() -> EspeakNg:
    tool: Mapping[str, Any] = json.loads(TOOLS.read_text())["espeak_ng"]
    return EspeakNg(tool["argv"], tool["env"])


class ToneEngine:
    """Speaks a tone of half a second; counts how often."""

    def __init__(self, name: str = "tone", *, amplitude: float = 0.1) -> None:
        self.id = name
        self.amplitude = amplitude
        self.spoken: list[str] = []

    def synthesise(self, text: str, path: Path) -> None:
        self.spoken.append(text)
        tone = self.amplitude * np.sin(2 * np.pi * 440 * np.arange(22050 // 2) / 22050)
        soundfile.write(path, np.column_stack([tone, tone]), 22050, format="WAV")


class FailingEngine:
    """Leaves half a file and fails, as an engine does whose network goes away."""

    id = "failing"

    def __init__(self) -> None:
        self.asked = 0

    def synthesise(self, text: str, path: Path) -> None:
        self.asked += 1
        path.write_bytes(b"")
        raise SpeechError("no network")
