"""Finding, trying and describing the three programs: Asterisk, SIPp and eSpeak NG."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TypedDict

from helpline.bootstrap.apt import SuiteError
from helpline.bootstrap.prefix import MULTIARCH, Prefix
from helpline.bootstrap.sources import OLDEST_ASTERISK

_SBIN = "/usr/sbin:/usr/local/sbin"
_SOUNDS_PACKAGE = "asterisk-core-sounds-en-wav"


class ToolError(SuiteError):
    """A program was found but does not work."""


class AsteriskEntry(TypedDict):
    """Asterisk in `var/tools.json`."""

    argv: list[str]
    version: str
    source: str
    modules_dir: str
    data_dir: str
    sounds_dir: str
    documentation_dir: str
    sbin_dir: str


class ToolEntry(TypedDict):
    """Another program in `var/tools.json`; `env` is added to the environment."""

    argv: list[str]
    version: str
    env: dict[str, str]


class Manifest(TypedDict):
    """The content of `var/tools.json`."""

    asterisk: AsteriskEntry
    sipp: ToolEntry
    espeak_ng: ToolEntry


def on_machine(name: str) -> str | None:
    """The machine's own program, also where a plain user's PATH has no sbin."""
    return shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:{_SBIN}")


def asterisk_version(output: str) -> str | None:
    """`22.10.1` out of what `asterisk -V` prints, certified and git builds included."""
    match = re.search(r"Asterisk (?:certified[/-]|GIT-)?(\d+(?:\.\d+)*)", output)
    return match[1] if match else None


def own_asterisk() -> AsteriskEntry | None:
    """The machine's own Asterisk, if it is new enough and its folders can be found."""
    binary = on_machine("asterisk")
    version = asterisk_version(output_of([binary, "-V"])) if binary else None
    if binary is None or version is None or int(version.split(".")[0]) < OLDEST_ASTERISK:
        return None
    configured = _configured_directories()
    modules = _first_with("res_agi.so", configured.get("astmoddir"), *_module_folders())
    data = _first_with(
        "documentation", configured.get("astdatadir"), "/usr/share/asterisk", "/var/lib/asterisk"
    )
    if modules is None or data is None:
        return None
    return AsteriskEntry(
        argv=[binary],
        version=version,
        source="machine",
        modules_dir=str(modules),
        data_dir=str(data),
        sounds_dir=str(english_sounds(data) or ""),
        documentation_dir=str(data / "documentation"),
        sbin_dir=str(Path(binary).parent),
    )


def packages_wanted(asterisk: AsteriskEntry | None) -> list[str]:
    """What has to be fetched because the machine has none of its own."""
    wanted = []
    if asterisk is None:
        wanted.append("asterisk")
    if asterisk is None or not asterisk["sounds_dir"]:
        wanted.append(_SOUNDS_PACKAGE)
    if on_machine("sipp") is None:
        wanted.append("sip-tester")
    if on_machine("espeak-ng") is None:
        wanted.append("espeak-ng")
    return wanted


def describe(asterisk: AsteriskEntry | None, prefix: Prefix | None) -> Manifest:
    """Join own and fetched programs; each one is run, so what is written down works."""
    entry = asterisk or _asterisk_in(_needed(prefix))
    if not entry["sounds_dir"]:
        entry["sounds_dir"] = str(english_sounds(_needed(prefix).path / "usr/share/asterisk") or "")
    if not entry["sounds_dir"]:
        raise ToolError("no English core sounds were found")
    return Manifest(asterisk=entry, sipp=_sipp(prefix), espeak_ng=_espeak_ng(prefix))


def try_out(asterisk: AsteriskEntry | None, prefix: Prefix) -> None:
    """Run each program of a new prefix; raises `ToolError` when one does not work."""
    # Sounds and folders are filled into the entry, so the caller's own stays as it was.
    describe(asterisk.copy() if asterisk else None, prefix)


def still_there(manifest: Manifest) -> bool:
    """Whether every file that the manifest names still exists (a cache may be cleaned)."""
    asterisk = manifest["asterisk"]
    programs = [asterisk["argv"], manifest["sipp"]["argv"], manifest["espeak_ng"]["argv"]]
    paths = [argument for argv in programs for argument in (argv[0], argv[-1])]
    return all(
        Path(path).exists() for path in [*paths, asterisk["modules_dir"], asterisk["sounds_dir"]]
    )


def english_sounds(data: Path) -> Path | None:
    """The folder with the English `beep`.

    Debian links `sounds/en` through the alternatives system, which a prefix does not have.
    """
    folders = [data / "sounds/en", *sorted(data.glob("sounds/en_*"))]
    return next((folder for folder in folders if any(folder.glob("beep.*"))), None)


def _asterisk_in(prefix: Prefix) -> AsteriskEntry:
    argv = prefix.argv("usr/sbin/asterisk")
    output = output_of([*argv, "-V"])
    version = asterisk_version(output)
    if version is None:
        raise ToolError(f"the fetched Asterisk does not start: {output.strip()[:200]}")
    data = prefix.path / "usr/share/asterisk"
    modules = _first_with("res_agi.so", *_module_folders(prefix.path))
    if modules is None:
        raise ToolError("the fetched Asterisk has no modules")
    return AsteriskEntry(
        argv=argv,
        version=version,
        source="prefix",
        modules_dir=str(modules),
        data_dir=str(data),
        sounds_dir=str(english_sounds(data) or ""),
        documentation_dir=str(data / "documentation"),
        sbin_dir=str(prefix.path / "usr/sbin"),
    )


def _sipp(prefix: Prefix | None) -> ToolEntry:
    own = on_machine("sipp")
    argv = [own] if own else _needed(prefix).argv("usr/bin/sipp")
    output = output_of([*argv, "-v"])  # leaves with a code of its own: the text counts
    match = re.search(r"SIPp v(\d[\w.]*)", output)
    if match is None:
        raise ToolError(f"SIPp does not start: {output.strip()[:200]}")
    return ToolEntry(argv=argv, version=match[1], env={})


def _espeak_ng(prefix: Prefix | None) -> ToolEntry:
    own = on_machine("espeak-ng")
    env = {}
    if own is None:
        data = _first_with(
            "espeak-ng-data",
            _needed(prefix).path / "usr/lib" / MULTIARCH,
            _needed(prefix).path / "usr/share",
        )
        if data is None:
            raise ToolError("the fetched eSpeak NG has no voices")
        env = {"ESPEAK_DATA_PATH": str(data)}
    argv = [own] if own else _needed(prefix).argv("usr/bin/espeak-ng")
    match = re.search(r"text-to-speech: (\d[\w.]*)", output_of([*argv, "--version"], env))
    with tempfile.TemporaryDirectory(prefix="helpline-setup-") as folder:
        spoken = Path(folder) / "word.wav"
        output = output_of([*argv, "-v", "hi", "-w", str(spoken), "नमस्ते"], env)
        if match is None or not spoken.is_file() or spoken.stat().st_size < 1000:
            raise ToolError(f"eSpeak NG does not speak Hindi: {output.strip()[:200]}")
    return ToolEntry(argv=argv, version=match[1], env=env)


def _needed(prefix: Prefix | None) -> Prefix:
    if prefix is None:
        raise ToolError("a program that was there a moment ago is gone")
    return prefix


def _configured_directories() -> dict[str, str]:
    file = Path("/etc/asterisk/asterisk.conf")
    if not file.is_file() or not os.access(file, os.R_OK):
        return {}
    found = re.findall(r"^\s*(ast\w+dir)\s*=>?\s*([^;\s]+)", file.read_text(), re.MULTILINE)
    return dict(found)


def _module_folders(root: Path = Path("/")) -> list[Path]:
    folders = (f"usr/lib/{MULTIARCH}", "usr/lib", "usr/lib64", "usr/local/lib")
    return [root / folder / "asterisk/modules" for folder in folders]


def _first_with(entry: str, *folders: str | Path | None) -> Path | None:
    present = (Path(folder) for folder in folders if folder)
    return next((folder for folder in present if (folder / entry).exists()), None)


def output_of(argv: list[str], env: dict[str, str] | None = None) -> str:
    """What a program says within 30 s, on either stream; or why it does not start."""
    try:
        done = subprocess.run(
            argv,
            env=os.environ | (env or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=30,
            text=True,
            errors="replace",
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return done.stdout
