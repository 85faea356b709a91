"""Chromium for the tests of pages: the machine's own, or that of its own suite in a prefix."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path

from helpline.bootstrap import asterisk
from helpline.bootstrap.checks import SetupError
from helpline.bootstrap.prefix import Prefix
from helpline.bootstrap.stamps import fingerprint
from helpline.bootstrap.tools import ToolEntry, ToolError, on_machine, output_of

MANIFEST = "var/browser.json"
_OWN = ("chromium", "chromium-browser", "google-chrome")
_PACKAGES = ["chromium", "fonts-noto-core"]
_FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
_FLAGS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]


def key() -> str:
    """What the choice depends on."""
    return fingerprint("chromium with fonts", _own(), asterisk.cache_folder())


def still_there(file: Path) -> bool:
    """Whether the browser in the manifest still exists."""
    return Path(json.loads(file.read_text())["argv"][0]).exists()


def find_or_fetch() -> tuple[ToolEntry, str]:
    """The browser and where it came from. Raises `SetupError`."""
    own = _own()
    try:
        if own is not None:
            return _tried(own, {}), "of this machine"
        prefix = asterisk.fetch(_PACKAGES, asterisk.cache_folder(), _check, own_suite=True)
        return _try_out(prefix), f"from {prefix.suite}"
    except ToolError as error:
        raise SetupError(str(error)) from error


def _check(prefix: Prefix) -> None:
    _try_out(prefix)


def _try_out(prefix: Prefix) -> ToolEntry:
    """It starts its own helpers by its own path, so no loader can stand before it: it is of the
    machine's own suite, runs by the machine's C library, only its libraries and fonts are ours.
    """
    env = {
        "LD_LIBRARY_PATH": prefix.library_path(),
        "FONTCONFIG_PATH": str(prefix.path / "etc/fonts"),
        "XDG_DATA_HOME": str(prefix.path / "usr/share"),  # fonts lie below it
    }
    return _tried(str(prefix.path / "usr/lib/chromium/chromium"), env)


def _tried(binary: str, env: dict[str, str]) -> ToolEntry:
    version = re.search(r"(\d+(?:\.\d+)+)", output_of([binary, "--version", "--no-sandbox"], env))
    with tempfile.TemporaryDirectory(prefix="helpline-setup-") as profile:
        page = "data:text/html,<p>ready</p>"
        flags = [*_FLAGS, f"--user-data-dir={profile}", "--dump-dom", page]
        shown = output_of([binary, *flags], env)
    if version is None or "<p>ready</p>" not in shown:
        raise ToolError(f"Chromium does not start: {shown.strip()[-200:]}")
    return ToolEntry(argv=[binary], version=version[1], env=env)


def _own() -> str | None:
    return next((path for name in _OWN if (path := on_machine(name))), None)
