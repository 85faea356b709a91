"""Prompts as files: a site's own recording, else spoken once by an engine and kept.

    <folder>/greeting.wav -> cache/<hash of engine and text>.wav

Asterisk plays the links. Rendering happens at set-up and start, never during a call.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from speech import audio
from speech.errors import SpeechError
from speech.numbers import TEXTS
from speech.tts import Synthesiser

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)

STUDIO: Final = "studio"
_STUDIO_SUFFIXES: Final = (".wav", ".flac", ".ogg", ".mp3")
_FORM: Final = "1"
"""Counted up when `audio.prepare` changes, so that what is cached is made anew."""


@dataclass(frozen=True, slots=True)
class Progress:
    """One prompt is ready. `source`: the engine's id, or `STUDIO`."""

    done: int
    total: int
    prompt: str
    source: str


class PromptStore:
    """The prompts of a site. `engines` in order of preference; the last should need no network."""

    def __init__(
        self,
        folder: Path,
        *,
        engines: Sequence[Synthesiser],
        studio_dir: Path | None = None,
        texts: Mapping[str, str] = TEXTS,
    ) -> None:
        self._folder = folder.absolute()
        self._cache = self._folder / "cache"
        self._engines = engines
        self._studio_dir = studio_dir
        self._texts = texts

    def file(self, key: str) -> str:
        """The prompt as Asterisk wants it: an absolute path without an extension."""
        return str(self._folder / key)

    def missing(self) -> list[str]:
        """The prompts that have no file yet."""
        return [key for key in self._texts if not (self._folder / f"{key}.wav").exists()]

    def spoken(self, text: str) -> str | None:
        """A text of its own (a subject, a post's title) as Asterisk wants it; None: not ready yet.

        Looks at the disk only: fit for a call.
        """
        for engine in self._engines:
            if (file := self._cached(engine.id.encode(), text.encode())).exists():
                return str(file.with_suffix(""))
        return None

    def speak(self, text: str) -> None:
        """Make such a text ready. Blocks, so never during a call. Raises `SpeechError`."""
        self._cache.mkdir(parents=True, exist_ok=True)
        self._from_engine(text, list(self._engines))

    def render_all(self, progress: Callable[[Progress], None] | None = None) -> Mapping[str, str]:
        """Make every prompt ready; where each came from. Blocks: seconds when nothing is cached.

        An engine that fails once is not asked again in this run. Raises `SpeechError` when none is
        left; prompts that were ready before stay as they were.
        """
        self._cache.mkdir(parents=True, exist_ok=True)
        engines = list(self._engines)
        sources: dict[str, str] = {}
        for key, text in self._texts.items():
            file, source = self._from_studio(key) or self._from_engine(text, engines)
            _point(self._folder / f"{key}.wav", file)
            sources[key] = source
            if progress:
                progress(Progress(len(sources), len(self._texts), key, source))
        return sources

    def _from_studio(self, key: str) -> tuple[Path, str] | None:
        if self._studio_dir is None:
            return None
        recordings = (self._studio_dir / f"{key}{suffix}" for suffix in _STUDIO_SUFFIXES)
        recording = next((file for file in recordings if file.is_file()), None)
        if recording is None:
            return None
        target = self._cached(STUDIO.encode(), recording.read_bytes())
        if not target.exists():
            _finish(recording, target)
        return target, STUDIO

    def _from_engine(self, text: str, engines: list[Synthesiser]) -> tuple[Path, str]:
        """Speak `text`; an engine that fails is taken out of `engines`."""
        failures = []
        # What an engine spoke earlier counts, also when it cannot be reached today.
        for engine in self._engines:
            target = self._cached(engine.id.encode(), text.encode())
            if target.exists():
                return target, engine.id
            if engine not in engines:
                continue
            try:
                self._speak(engine, text, target)
            except SpeechError as error:
                log.warning("speech engine failed", engine=engine.id, error=str(error))
                failures.append(f"{engine.id}: {error}")
                engines.remove(engine)
            else:
                return target, engine.id
        raise SpeechError("; ".join(failures) or "no speech engine is left")

    def _speak(self, engine: Synthesiser, text: str, target: Path) -> None:
        with tempfile.TemporaryDirectory(dir=self._cache, prefix=".speaking-") as folder:
            spoken = Path(folder) / "spoken"
            engine.synthesise(text, spoken)
            _finish(spoken, target)

    def _cached(self, *parts: bytes) -> Path:
        digest = hashlib.sha256(b"\0".join((_FORM.encode(), *parts))).hexdigest()
        return self._cache / f"{digest[:32]}.wav"


def _finish(spoken: Path, target: Path) -> None:
    """Bring a sound into its form; `target` appears whole or not at all."""
    samples = audio.prepare(audio.load(spoken))
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=".finishing-", suffix=".wav")
    os.close(descriptor)
    temporary = Path(name)
    try:
        audio.save(samples, temporary)
        temporary.chmod(0o644)  # Asterisk may run under another account
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _point(link: Path, target: Path) -> None:
    """Let `link` lead to `target`, in one step for whoever reads it."""
    relative = Path(os.path.relpath(target, link.parent))
    if link.is_symlink() and link.readlink() == relative:
        return
    temporary = link.with_name(f".{link.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(relative)
    temporary.replace(link)
