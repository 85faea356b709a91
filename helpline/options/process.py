"""This process: its voice and its logs."""

from pathlib import Path
from typing import Literal

from helpline.options.group import Group


class SpeechOptions(Group):
    """Prompts: a site's studio recordings win, then gTTS if asked for, then eSpeak NG."""

    engine: Literal["espeak", "gtts"] = "espeak"
    studio: Path | None = None


class LogOptions(Group):
    """How this process logs."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    show_pii: bool = False
    json_lines: bool = True
