"""A private apt: packages of another suite, without touching the host's own packages.

It has its own sources, an empty list of installed packages and its own state folder, so apt
computes and downloads the complete closure down to the C library. What reaches the mirror
(address, keys, proxy, credentials) comes from the host's own apt configuration.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from helpline.bootstrap import sources
from helpline.bootstrap.checks import SetupError
from helpline.bootstrap.sources import Package, Source
from helpline.bootstrap.stamps import write_atomically

_NO_NETWORK = re.compile(
    r"Could not resolve|Temporary failure resolving|Cannot initiate the connection|"
    r"Could not connect|Connection timed out|Network is unreachable|Unable to connect"
)
_HOST_PATHS = {
    "LIST": "Dir::Etc::sourcelist/f",
    "PARTS": "Dir::Etc::sourceparts/d",
    "TRUSTED": "Dir::Etc::trusted/f",
    "TRUSTED_PARTS": "Dir::Etc::trustedparts/d",
    "NETRC": "Dir::Etc::netrc/f",
    "NETRC_PARTS": "Dir::Etc::netrcparts/d",
    "LISTS": "Dir::State::lists/d",
}


class SuiteError(Exception):
    """This suite does not have what is needed; another may."""


class NoNetworkError(SuiteError):
    """The mirror cannot be reached, so no other suite of it can."""


@dataclass(frozen=True, slots=True)
class Host:
    """What the host's apt configuration says."""

    source: Source
    distribution: str
    suite: str
    candidate: str | None
    lists_known: bool
    settings: tuple[str, ...]
    paths: dict[str, str]

    def suites(self) -> list[str]:
        """Where to look for Asterisk, best first."""
        return sources.suites_to_try(
            self.distribution, self.suite, self.candidate, lists_known=self.lists_known
        )


def read_host() -> Host:
    """Read the host's apt configuration; no package list is fetched or changed."""
    try:
        paths = sources.parse_shell(
            _run(["apt-config", "shell", *(part for pair in _HOST_PATHS.items() for part in pair)])
        )
        settings = sources.carried_settings(_run(["apt-config", "dump"]))
        policy = _run(["apt-cache", "policy", "asterisk"])
        release = sources.parse_os_release(Path("/etc/os-release").read_text())
    except FileNotFoundError as error:
        raise SetupError(
            "this machine has no Asterisk 20 or newer and no apt to fetch one with: "
            "install Asterisk and run this again."
        ) from error
    codename = release.get("VERSION_CODENAME", "")
    source = sources.distribution_source(_read_sources(paths), codename)
    if source is None:
        raise SetupError(
            "the apt configuration of this machine names no mirror of its distribution: "
            "install Asterisk 20 or newer and run this again."
        )
    return Host(
        source=source,
        distribution=release.get("ID", ""),
        suite=sources.own_suite(source, codename),
        candidate=sources.candidate(policy),
        lists_known=any(Path(paths.get("LISTS", "")).glob("*_Packages*")),
        settings=tuple(settings),
        paths=paths,
    )


def _read_sources(paths: dict[str, str]) -> list[Source]:
    found: list[Source] = []
    files = [Path(paths["LIST"]), *sorted(Path(paths["PARTS"]).glob("*"))]
    for file in files:
        if not file.is_file() or not os.access(file, os.R_OK):
            continue
        if file.suffix == ".sources":
            found += sources.parse_deb822(file.read_text())
        elif file.suffix == ".list":
            found += sources.parse_one_line(file.read_text())
    return found


@dataclass(frozen=True, slots=True)
class PrivateApt:
    """One suite of the host's mirror, with state in `folder` and downloads in `archives`."""

    host: Host
    suite: str
    folder: Path
    archives: Path

    def closure(self, wanted: list[str]) -> list[Package]:
        """Refresh the package list and compute the closure of `wanted`."""
        self._write_configuration()
        self._apt("update")
        if "asterisk" in wanted:
            policy = self._apt("policy", "asterisk", tool="apt-cache")
            version = sources.candidate(policy)
            if version is None or sources.major(version) < sources.OLDEST_ASTERISK:
                raise SuiteError(f"{self.suite} has {version or 'no Asterisk'}")
        return sources.parse_simulation(self._apt("-s", "install", *wanted))

    def download(self, wanted: list[str]) -> None:
        """Download what is not in `archives` yet; apt checks signatures and hashes."""
        self._apt("-y", "--download-only", "install", *wanted)

    def _apt(self, *arguments: str, tool: str = "apt-get") -> str:
        environment = os.environ | {
            "APT_CONFIG": str(self.folder / "apt.conf"),
            "DEBIAN_FRONTEND": "noninteractive",
            "LC_ALL": "C.UTF-8",
        }
        done = subprocess.run(
            [tool, "-q", *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        with (self.folder / "apt.log").open("a") as log:
            log.write(f"$ {tool} {' '.join(arguments)}\n{done.stdout}")
        if done.returncode:
            if _NO_NETWORK.search(done.stdout):
                raise NoNetworkError("the package mirror cannot be reached")
            problems = [line for line in done.stdout.splitlines() if line.startswith("E: ")]
            reason = problems[0][3:] if problems else f"{tool} failed"
            raise SuiteError(f"{self.suite}: {reason}")
        return done.stdout

    def _write_configuration(self) -> None:
        for name in ("etc", "state/lists/partial", "cache", "log"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.archives / "partial").mkdir(parents=True, exist_ok=True)
        (self.folder / "apt.log").write_text("")
        (self.folder / "status").write_text("")
        own = self.host.suite == self.suite
        components = self.host.source.components if own else ("main",)
        write_atomically(
            self.folder / "etc" / "own.sources", self.host.source.stanza(self.suite, components)
        )
        # Settings may carry a proxy's password.
        write_atomically(self.folder / "apt.conf", self._configuration(), mode=0o600)

    def _configuration(self) -> str:
        folder, host = self.folder, self.host.paths
        return "\n".join(
            [
                *self.host.settings,
                f'Dir::Etc "{folder}/etc";',
                'Dir::Etc::sourcelist "/dev/null";',
                f'Dir::Etc::sourceparts "{folder}/etc";',
                'Dir::Etc::parts "/dev/null";',
                'Dir::Etc::main "/dev/null";',
                f'Dir::Etc::preferences "{folder}/none";',
                f'Dir::Etc::preferencesparts "{folder}/none";',
                f'Dir::Etc::trusted "{host["TRUSTED"]}";',
                f'Dir::Etc::trustedparts "{host["TRUSTED_PARTS"]}";',
                f'Dir::Etc::netrc "{host["NETRC"]}";',
                f'Dir::Etc::netrcparts "{host["NETRC_PARTS"]}";',
                f'Dir::State "{folder}/state";',
                f'Dir::State::status "{folder}/status";',
                f'Dir::Cache "{folder}/cache";',
                f'Dir::Cache::archives "{self.archives}";',
                f'Dir::Log "{folder}/log";',
                'APT::Architecture "amd64";',
                'APT::Architectures:: "amd64";',
                'APT::Install-Recommends "false";',
                'APT::Sandbox::User "root";',
                'APT::Update::Error-Mode "any";',
                'APT::Get::AllowUnauthenticated "false";',
                'Acquire::Languages "none";',
                # A moving suite's Release file is often some days past its date on a mirror.
                'Acquire::Check-Valid-Until "false";',
                'Acquire::Check-Date "false";',
                "",
            ]
        )


def _run(command: list[str]) -> str:
    environment = os.environ | {"LC_ALL": "C.UTF-8"}
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False
    ).stdout
