"""The virtual environment: the project, editable, with every version pinned."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from helpline.bootstrap.checks import SetupError
from helpline.bootstrap.stamps import fingerprint, write_atomically

CONSTRAINTS_HEADER = """\
# Every version that set-up installs. Made by `make constraints`; do not edit by hand.
"""
_NO_NETWORK = re.compile(
    r"NewConnectionError|NameResolutionError|ConnectTimeoutError|ProxyError|"
    r"Temporary failure in name resolution|Name or service not known|"
    r"Network is unreachable|No route to host|Connection refused",
)


def key(root: Path) -> str:
    """What the environment depends on: the interpreter, the pins, what is packaged."""
    return fingerprint(
        sys.version,
        _interpreter(),
        root,
        (root / "constraints.txt").read_text(),
        (root / "pyproject.toml").read_text(),
        packaging_part((root / "setup.cfg").read_text()),
    )


def packaging_part(setup_cfg: str) -> str:
    """The part of setup.cfg that an install reads (a new lint rule must not reinstall)."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(setup_cfg)
    return str(
        {
            name: dict(parser[name])
            for name in parser.sections()
            if name == "metadata" or name.split(".")[0] == "options"
        }
    )


def python_in(root: Path) -> Path:
    """The environment's interpreter."""
    return root / ".venv" / "bin" / "python"


def install(root: Path, log: Path) -> str:
    """Make or repair `.venv`, install the project, say how many packages it has."""
    python = python_in(root)
    if not _usable(python):
        _create(root / ".venv")
    # Modules are compiled when they are first imported: a third of the time, and most never are.
    _pip(python, ["install", "--no-compile", "-c", "constraints.txt", "-e", ".[dev]"], root, log)
    return f"{len(_installed(python, root))} packages"


def regenerate_constraints(root: Path) -> None:
    """Install the newest versions into a fresh environment and write them down."""
    with tempfile.TemporaryDirectory(prefix="helpline-constraints-") as folder:
        fresh = Path(folder) / "venv"
        _create(fresh)
        python = fresh / "bin" / "python"
        _pip(python, ["install", "-e", ".[dev]"], root, Path(folder) / "pip.log")
        pins = _installed(python, root)
    write_atomically(root / "constraints.txt", CONSTRAINTS_HEADER + "\n".join(pins) + "\n")
    print(f"constraints.txt: {len(pins)} packages pinned")


def pip_failure(output: str, log: Path) -> SetupError:
    """Turn pip's output into one sentence."""
    if _NO_NETWORK.search(output):
        return SetupError(
            f"the Python packages could not be downloaded because there is no network ({log})."
        )
    errors = [line for line in output.splitlines() if line.lower().startswith("error:")]
    reason = errors[0][len("error:") :].strip() if errors else "see the log"
    return SetupError(f"pip could not install the Python packages: {reason} ({log})")


def _installed(python: Path, root: Path) -> list[str]:
    frozen = _run([python, "-m", "pip", "freeze", "--exclude-editable"], root).stdout
    return [line for line in frozen.splitlines() if re.fullmatch(r"[\w.\-]+==\S+", line)]


def _interpreter() -> str:
    """The real program: python3, python3.11 and an environment's link to them are one."""
    return os.path.realpath(sys.executable)


def _usable(python: Path) -> bool:
    """Same Python version as ours, and a pip that starts: else the environment is made anew."""
    if not python.exists():
        return False
    script = "import pip, sys; print(sys.version_info[:2])"
    found = subprocess.run([python, "-c", script], capture_output=True, text=True, check=False)
    return found.returncode == 0 and found.stdout.strip() == str(tuple(sys.version_info[:2]))


def _create(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
    made = _run([_interpreter(), "-m", "venv", folder], folder.parent)
    if made.returncode:
        raise SetupError(f"no virtual environment could be made: {made.stdout.strip()}")


def _pip(python: Path, arguments: list[str], root: Path, log: Path) -> None:
    done = _run([python, "-m", "pip", *arguments, "--no-input"], root)
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(done.stdout)
    if done.returncode:
        raise pip_failure(done.stdout, log)


def _run(command: list[str | Path], cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=cwd,
        env=os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
