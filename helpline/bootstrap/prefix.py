"""Private prefixes: unpacked package closures whose programs run by their own loader."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from helpline.bootstrap.apt import SuiteError
from helpline.bootstrap.stamps import write_atomically

MULTIARCH = "x86_64-linux-gnu"
_LOADER = "ld-linux-x86-64.so.2"
_RECORD = "helpline-prefix.json"


@dataclass(frozen=True, slots=True)
class Record:
    """What a prefix was made of; also kept beside the downloads, to make it again offline."""

    suite: str
    wanted: tuple[str, ...]
    files: tuple[str, ...]

    @property
    def name(self) -> str:
        """Folder name: suite and a hash over packages and versions."""
        digest = hashlib.sha256("\n".join(self.files).encode()).hexdigest()
        return f"{self.suite}-{digest[:10]}"

    def covers(self, wanted: Iterable[str]) -> bool:
        """Whether everything wanted is in it."""
        return set(wanted) <= set(self.wanted)

    def to_json(self) -> str:
        """As a JSON file."""
        fields = {"suite": self.suite, "wanted": self.wanted, "files": self.files}
        return json.dumps(fields, indent=1) + "\n"

    @classmethod
    def read(cls, file: Path) -> Record:
        """From a JSON file written by `to_json`."""
        fields = json.loads(file.read_text())
        return cls(fields["suite"], tuple(fields["wanted"]), tuple(fields["files"]))


@dataclass(frozen=True, slots=True)
class Prefix:
    """An unpacked closure at `path`."""

    path: Path

    @property
    def suite(self) -> str:
        """Where its packages came from."""
        return Record.read(self.path / _RECORD).suite

    def argv(self, program: str) -> list[str]:
        """How to run `usr/sbin/asterisk` and the like: through the prefix's own loader.

        The host's C library may be older than the packages need, and --argv0 keeps the
        program's name in its own messages (the process table still shows the loader).
        """
        return [
            str(self._loader()),
            "--argv0",
            Path(program).name,
            "--library-path",
            self.library_path(),
            str(self.path / program),
        ]

    def library_path(self) -> str:
        """The folders of its libraries, as a loader takes them.

        PulseAudio's private one too: its client library names it by an absolute path, which
        on the machine itself exists only where PulseAudio is installed.
        """
        libraries = [
            self.path / "usr/lib" / MULTIARCH,
            self.path / "usr/lib",
            self.path / "usr/lib" / MULTIARCH / "pulseaudio",
            self.path / "lib" / MULTIARCH,
        ]
        return ":".join(str(folder) for folder in libraries if folder.is_dir())

    def _loader(self) -> Path:
        for folder in ("usr/lib", "lib"):
            loader = self.path / folder / MULTIARCH / _LOADER
            if loader.exists():
                return loader
        raise SuiteError(f"{self.path} has no dynamic loader")


def newest_covering(cache: Path, wanted: Iterable[str]) -> Prefix | None:
    """A finished prefix of an earlier set-up that has everything wanted."""
    records = sorted(
        cache.glob(f"prefix/[!.]*/{_RECORD}"), key=lambda file: file.stat().st_mtime, reverse=True
    )
    fitting = (Prefix(file.parent) for file in records if Record.read(file).covers(wanted))
    return next(fitting, None)


def newest_complete_download(cache: Path, wanted: Iterable[str]) -> Record | None:
    """A closure all of whose packages were downloaded earlier."""
    records = sorted(cache.glob("debs/*.json"), key=lambda file: file.stat().st_mtime, reverse=True)
    for file in records:
        record = Record.read(file)
        if record.covers(wanted) and all(
            (cache / "debs" / name).is_file() for name in record.files
        ):
            return record
    return None


def build(cache: Path, record: Record, verify: Callable[[Prefix], None]) -> Prefix:
    """Unpack a downloaded closure, try it, and only then give it its name.

    The caller holds the cache's lock, so a temporary folder that exists is a killed set-up's.
    """
    folder = cache / "prefix"
    folder.mkdir(parents=True, exist_ok=True)
    for leftover in folder.glob(".tmp-*"):
        shutil.rmtree(leftover)
    target = folder / record.name
    if not target.exists():
        temporary = folder / f".tmp-{record.name}"
        try:
            _unpack(cache / "debs", record.files, temporary)
            _drop_set_id_bits(temporary)
            verify(Prefix(temporary))
        except SuiteError:
            shutil.rmtree(temporary)
            raise
        write_atomically(temporary / _RECORD, record.to_json())
        temporary.rename(target)
    write_atomically(cache / "debs" / f"{record.name}.json", record.to_json())
    return Prefix(target)


def _unpack(archives: Path, files: Iterable[str], target: Path) -> None:
    target.mkdir()

    def unpack(name: str) -> None:
        done = subprocess.run(
            ["dpkg-deb", "-x", archives / name, target],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SuiteError(f"{name} cannot be unpacked: {done.stderr.strip()}")

    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        list(pool.map(unpack, files))


def _drop_set_id_bits(folder: Path) -> None:
    """Another suite's set-uid programs have no business in a cache folder."""
    for root, _, names in os.walk(folder):
        for name in names:
            file = Path(root, name)
            mode = file.lstat().st_mode
            if stat.S_ISREG(mode) and mode & (stat.S_ISUID | stat.S_ISGID):
                file.chmod(stat.S_IMODE(mode) & 0o777)
