"""The steps of set-up in order, each skipped while what it depends on is unchanged."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable
from pathlib import Path

from helpline.bootstrap import asterisk, bundles, checks, chromium, coturn, tools, venv
from helpline.bootstrap.apt import SuiteError
from helpline.bootstrap.checks import SetupError
from helpline.bootstrap.progress import Progress, Step
from helpline.bootstrap.stamps import fingerprint, is_fresh, locked, write_atomically
from helpline.bootstrap.tools import Manifest, ToolEntry

MANIFEST_FORMAT = 1


def run(root: Path) -> None:
    """Set the checkout up. Raises `SetupError` with one sentence when that cannot be done."""
    checks.check_machine(platform.system(), platform.machine())
    stamps = root / "var" / "setup"
    progress = Progress(total=5)
    waiting = "another set-up of this checkout is running, waiting for it"
    with locked(stamps / "lock", lambda: print(waiting, flush=True)):
        _python_packages(root, stamps, progress)
        _programs(root, stamps, progress)
        _bundles(root, stamps, progress)
        _browser(root, stamps, progress)
        _turnserver(root, stamps, progress)
    progress.finish()


def _python_packages(root: Path, stamps: Path, progress: Progress) -> None:
    stamp, key = stamps / "python", venv.key(root)
    if is_fresh(stamp, key) and venv.python_in(root).exists():
        return
    checks.check_venv_module()
    with progress.step(1, f"Python {platform.python_version()} packages in .venv") as step:
        step.result = venv.install(root, stamps / "pip.log")
    write_atomically(stamp, key)


def _programs(root: Path, stamps: Path, progress: Progress) -> None:
    stamp, file, key = stamps / "programs", root / "var" / "tools.json", _programs_key()
    if is_fresh(stamp, key) and file.exists() and tools.still_there(json.loads(file.read_text())):
        return
    with progress.step(2, "Asterisk, SIPp, eSpeak NG") as step:
        manifest, origin = _find_or_fetch()
        write_atomically(file, json.dumps(manifest, indent=2) + "\n")
        step.result = (
            f"Asterisk {manifest['asterisk']['version']} {origin}, "
            f"SIPp {manifest['sipp']['version']}, eSpeak NG {manifest['espeak_ng']['version']}"
        )
    write_atomically(stamp, key)


def _bundles(root: Path, stamps: Path, progress: Progress) -> None:
    stamp, key = stamps / "bundles", bundles.key(root)
    if is_fresh(stamp, key) and (bundles.folder(root) / "manifest.json").exists():
        return
    with progress.step(3, "scripts of the pages") as step:
        step.result = bundles.make(root, stamps / "npm.log")
    write_atomically(stamp, key)


def _browser(root: Path, stamps: Path, progress: Progress) -> None:
    stamp, file, key = stamps / "browser", root / chromium.MANIFEST, chromium.key()
    if is_fresh(stamp, key) and file.exists() and chromium.still_there(file):
        return
    with progress.step(4, "Chromium, for the tests of the pages") as step:
        if _written(file, "Chromium", chromium.find_or_fetch, step):
            write_atomically(stamp, key)


def _turnserver(root: Path, stamps: Path, progress: Progress) -> None:
    stamp, file, key = stamps / "turnserver", root / coturn.MANIFEST, coturn.key()
    if is_fresh(stamp, key) and file.exists() and coturn.still_there(file):
        return
    with progress.step(5, "coturn, for the tests of softphones") as step:
        if _written(file, "coturn", coturn.find_or_fetch, step):
            write_atomically(stamp, key)


def _written(file: Path, name: str, find: Callable[[], tuple[ToolEntry, str]], step: Step) -> bool:
    """Without it all works but the tests that use it: its absence is told and stops nothing."""
    try:
        entry, origin = find()
    except SetupError as error:
        file.unlink(missing_ok=True)
        step.result = f"none: {error}"
        return False
    write_atomically(file, json.dumps(entry, indent=2) + "\n")
    step.result = f"{name} {entry['version']} {origin}"
    return True


def _find_or_fetch() -> tuple[Manifest, str]:
    own = tools.own_asterisk()
    wanted = tools.packages_wanted(own)
    prefix = None
    if wanted:
        prefix = asterisk.fetch(
            wanted, asterisk.cache_folder(), lambda made: tools.try_out(own, made)
        )
    try:
        manifest = tools.describe(own, prefix)
    except SuiteError as error:
        where = f" (remove {prefix.path} to fetch it again)" if prefix else ""
        raise SetupError(f"{error}{where}") from error
    return manifest, f"from {prefix.suite}" if own is None and prefix else "of this machine"


def _programs_key() -> str:
    """Own programs that come, go or are updated, and another cache folder, make it stale."""
    own = [tools.on_machine(name) for name in ("asterisk", "sipp", "espeak-ng")]
    stats = [os.stat(path) for path in own if path]
    return fingerprint(
        MANIFEST_FORMAT,
        asterisk.cache_folder(),
        own,
        [(stat.st_mtime_ns, stat.st_size) for stat in stats],
    )
