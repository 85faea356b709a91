"""The programs beside us, as set-up found them; Chromium and coturn are for tests."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from helpline.errors import OperatorError

MANIFEST = Path("var/tools.json")
BROWSER = Path("var/browser.json")
TURNSERVER = Path("var/turnserver.json")


class ToolsError(OperatorError):
    """The manifest of set-up is missing or cannot be read; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A program: `argv` starts it (it may be several words long), `env` is added for it."""

    argv: tuple[str, ...]
    version: str
    env: Mapping[str, str] = field(default_factory=dict)

    def command(self, *arguments: str | Path) -> list[str]:
        """The words to run it with these arguments."""
        return [*self.argv, *map(str, arguments)]

    def environment(self) -> dict[str, str]:
        """Our environment plus what the program needs."""
        return {**os.environ, **self.env}


@dataclass(frozen=True, slots=True)
class Asterisk:
    """The Asterisk to run, and its read-only folders."""

    argv: tuple[str, ...]
    version: str
    source: str  # "machine" or "prefix"
    modules_dir: Path
    data_dir: Path
    sounds_dir: Path  # English core sounds: holds `beep`
    documentation_dir: Path
    sbin_dir: Path

    def command(self, *arguments: str | Path) -> list[str]:
        """The words to run it with these arguments."""
        return [*self.argv, *map(str, arguments)]

    @property
    def major(self) -> int:
        """22 of 22.10.1."""
        return int(self.version.split(".")[0])


@dataclass(frozen=True, slots=True)
class Tools:
    """All that set-up provides."""

    asterisk: Asterisk
    sipp: Tool
    espeak_ng: Tool


def load_tools(root: Path) -> Tools:
    """Read `var/tools.json` of the checkout at `root`; raises `ToolsError`."""
    file = root / MANIFEST
    try:
        manifest = json.loads(file.read_text())
        return Tools(
            asterisk=_asterisk(manifest["asterisk"]),
            sipp=_tool(manifest["sipp"]),
            espeak_ng=_tool(manifest["espeak_ng"]),
        )
    except FileNotFoundError as error:
        raise ToolsError(f"{file} is missing: run `make setup`") from error
    except (KeyError, TypeError, ValueError) as error:
        raise ToolsError(f"{file} cannot be read: remove it and run `make setup`") from error


def load_browser(root: Path) -> Tool:
    """The Chromium of the tests, which set-up found or fetched; raises `ToolsError`."""
    return _own_file(root / BROWSER, "a Chromium")


def load_turnserver(root: Path) -> Tool:
    """The coturn of the tests, which set-up found or fetched; raises `ToolsError`."""
    return _own_file(root / TURNSERVER, "a coturn")


def _own_file(file: Path, what: str) -> Tool:
    try:
        return _tool(json.loads(file.read_text()))
    except FileNotFoundError as error:
        raise ToolsError(f"{file} is missing: run `make setup` where {what} can be had") from error
    except (KeyError, TypeError, ValueError) as error:
        raise ToolsError(f"{file} cannot be read: remove it and run `make setup`") from error


def _asterisk(entry: Mapping[str, Any]) -> Asterisk:
    return Asterisk(
        argv=tuple(entry["argv"]),
        version=entry["version"],
        source=entry["source"],
        modules_dir=Path(entry["modules_dir"]),
        data_dir=Path(entry["data_dir"]),
        sounds_dir=Path(entry["sounds_dir"]),
        documentation_dir=Path(entry["documentation_dir"]),
        sbin_dir=Path(entry["sbin_dir"]),
    )


def _tool(entry: Mapping[str, Any]) -> Tool:
    return Tool(argv=tuple(entry["argv"]), version=entry["version"], env=dict(entry["env"]))
