"""coturn, for the tests of softphones behind a relay: the machine's own, or one in a prefix.

A prefix of its own: packages added to Asterisk's would have every machine unpack that one anew.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from helpline.bootstrap import asterisk
from helpline.bootstrap.apt import SuiteError
from helpline.bootstrap.checks import SetupError
from helpline.bootstrap.prefix import Prefix
from helpline.bootstrap.stamps import fingerprint
from helpline.bootstrap.tools import ToolEntry, ToolError, on_machine, output_of

MANIFEST = "var/turnserver.json"
_PACKAGES = ["coturn"]


def key() -> str:
    """What the choice depends on."""
    return fingerprint("coturn", on_machine("turnserver"), asterisk.cache_folder())


def still_there(file: Path) -> bool:
    """Whether the program in the manifest, and the loader before it, still exist."""
    argv = json.loads(file.read_text())["argv"]
    return Path(argv[0]).exists() and Path(argv[-1]).exists()


def find_or_fetch() -> tuple[ToolEntry, str]:
    """`turnserver` and where it came from. Raises `SetupError`."""
    own = on_machine("turnserver")
    try:
        if own is not None:
            return _tried([own]), "of this machine"
        prefix = asterisk.fetch(_PACKAGES, asterisk.cache_folder(), _check)
        return _tried(_argv(prefix)), f"from {prefix.suite}"
    except SuiteError as error:
        raise SetupError(str(error)) from error


def _check(prefix: Prefix) -> None:
    _tried(_argv(prefix))


def _argv(prefix: Prefix) -> list[str]:
    return prefix.argv("usr/bin/turnserver")


def _tried(argv: list[str]) -> ToolEntry:
    said = output_of([*argv, "--version"])
    version = re.search(r"^v?(\d+(?:\.\d+)+)", said.strip(), re.MULTILINE)
    if version is None:
        raise ToolError(f"coturn does not start: {said.strip()[:200]}")
    return ToolEntry(argv=argv, version=version[1], env={})
