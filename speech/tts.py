"""The engines that speak: eSpeak NG without a network, gTTS with one."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import gtts

from speech.errors import SpeechError


class Synthesiser(Protocol):
    """Speaks one language. Blocks, so never during a call."""

    @property
    def id(self) -> str:
        """The engine with all that changes its voice: a part of the cache's key."""

    def synthesise(self, text: str, path: Path) -> None:
        """Write `text` as audio to `path`, in any format that libsndfile reads.

        Raises `SpeechError`; what then lies in `path` is of no use.
        """


class EspeakNg:
    """eSpeak NG: robotic, clear, always there. `argv` and `env` start it."""

    def __init__(
        self,
        argv: Sequence[str],
        env: Mapping[str, str] | None = None,
        *,
        language: str = "hi",
        words_per_minute: int = 140,
        timeout: float = 30.0,
    ) -> None:
        self._argv = (*argv, "-v", language, "-s", str(words_per_minute))
        self._env = dict(env or {})
        self._timeout = timeout
        self.id = f"espeak-ng {language} {words_per_minute}"

    def synthesise(self, text: str, path: Path) -> None:
        """The text goes through standard input, so that none of it is an option."""
        try:
            done = subprocess.run(
                [*self._argv, "-w", str(path), "--stdin"],
                input=text.encode(),
                env=os.environ | self._env,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                timeout=self._timeout,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise SpeechError(f"eSpeak NG did not run: {error}") from error
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip()[-200:]
            raise SpeechError(f"eSpeak NG ended with code {done.returncode}: {said}")


class Gtts:
    """Google's translation voice, over the network. `timeout` in seconds for each network step."""

    def __init__(self, *, language: str = "hi", timeout: float = 10.0) -> None:
        self._language = language
        self._timeout = timeout
        self.id = f"gtts {language}"

    def synthesise(self, text: str, path: Path) -> None:
        """Writes MP3."""
        try:
            gtts.gTTS(text, lang=self._language, timeout=self._timeout).save(str(path))
        except (gtts.gTTSError, OSError) as error:
            raise SpeechError(f"gTTS failed: {error}") from error
