"""Is a cell fit to serve? Its files, its folders, and what the real Asterisk says of them."""

import os
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Address
from pathlib import Path

from dialplans import names
from dialplans.findings import Finding, error, warning
from dialplans.lint import lint
from dialplans.render import SOFTPHONES, render
from dialplans.secrets import Secrets
from dialplans.settings import CellSettings
from dialplans.trial import load


async def check(
    cell: CellSettings,
    secrets: Secrets,
    *,
    asterisk_argv: Sequence[str] | None,
    trial_address: IPv4Address,
) -> list[Finding]:
    """Everything that is wrong with a cell; empty: fit to serve.

    The files on disk are judged if there are any, else those that would be rendered. With
    `asterisk_argv` a private Asterisk loads the configuration too, on free ports of the loopback
    address `trial_address`. Takes some seconds.
    """
    rendered = render(cell, secrets)
    written = read(cell)
    findings = [*lint(rendered | written), *_folders(cell), *_drift(rendered, written)]
    if asterisk_argv is not None:
        findings += await load(cell, asterisk_argv, trial_address)
    return findings


def read(cell: CellSettings) -> dict[str, str]:
    """The configuration files on disk, by name; empty when nothing was written yet."""
    return {file.name: file.read_text(encoding="utf-8") for file in _written(cell)}


def _written(cell: CellSettings) -> list[Path]:
    folder = cell.root / "etc"
    return sorted([*folder.glob("*.conf"), *folder.glob(SOFTPHONES)])


def _drift(rendered: Mapping[str, str], written: Mapping[str, str]) -> Iterator[Finding]:
    if not written:
        return
    for name in sorted(rendered.keys() | written.keys()):
        if name not in rendered:
            yield warning(name, "is none of our files, but Asterisk may read it")
        elif name not in written:
            yield error(name, "is missing: render again")
        elif written[name] != rendered[name] and name != SOFTPHONES:  # has a session's passwords
            yield warning(name, "differs from what the settings give: render again")


def _folders(cell: CellSettings) -> Iterator[Finding]:
    for prompt in names.PROMPTS:
        if not _has_sound(cell.prompts_dir, prompt):
            yield error(str(cell.prompts_dir), f"has no recording of the prompt {prompt!r}")
    if not _has_sound(cell.sounds_dir, "beep"):
        yield error(str(cell.sounds_dir), "has no English core sounds")
    for needed in (cell.modules_dir, cell.documentation_dir):
        if not needed.is_dir():
            yield error(str(needed), "is no folder")
    if cell.recordings_dir.is_dir() and not os.access(cell.recordings_dir, os.W_OK):
        yield error(str(cell.recordings_dir), "cannot be written to")
    for file in _written(cell):
        if file.stat().st_mode & 0o007:
            yield error(file.name, "can be read by everybody: it holds secrets")


def _has_sound(folder: Path, name: str) -> bool:
    return any(folder.glob(f"{name}.*"))
