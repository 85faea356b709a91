"""Reading the host's own apt configuration: pure functions from text to values."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass

OLDEST_ASTERISK = 20
# Names under which a host may follow its distribution instead of by code name.
_CLASS_NAMES = frozenset({"stable", "oldstable", "testing", "unstable", "sid"})
_ONE_LINE = re.compile(
    r"deb\s+(?:\[(?P<options>[^\]]*)\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)(?P<components>.*)"
)


@dataclass(frozen=True, slots=True)
class Source:
    """One place where the host gets binary packages."""

    uri: str
    suites: tuple[str, ...]
    components: tuple[str, ...]
    signed_by: str = ""  # as written: a path, fingerprints, or a key over several lines
    trusted: bool = False

    def stanza(self, suite: str, components: Iterable[str]) -> str:
        """The same place with another suite, in apt's deb822 form."""
        lines = [
            "Types: deb",
            f"URIs: {self.uri}",
            f"Suites: {suite}",
            f"Components: {' '.join(components)}",
        ]
        if self.signed_by:
            lines.append(f"Signed-By: {self.signed_by}")
        if self.trusted:
            lines.append("Trusted: yes")
        return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class Package:
    """A package of the closure that apt computed."""

    name: str
    version: str
    architecture: str

    @property
    def file_name(self) -> str:
        """The name under which apt keeps it: an epoch's colon is written %3a."""
        return f"{self.name}_{self.version.replace(':', '%3a')}_{self.architecture}.deb"


def parse_deb822(text: str) -> list[Source]:
    """Sources of a `.sources` file."""
    found = []
    for stanza in re.split(r"\n\s*\n", text):
        fields = _fields(stanza)
        if fields.get("enabled", "yes").lower() in ("no", "false", "0", "off"):
            continue
        if "deb" not in fields.get("types", "").split() or not fields.get("uris"):
            continue
        found.append(
            Source(
                uri=fields["uris"].split()[0],
                suites=tuple(fields.get("suites", "").split()),
                components=tuple(fields.get("components", "").split()),
                signed_by=fields.get("signed-by", ""),
                trusted=fields.get("trusted", "no").lower() == "yes",
            )
        )
    return found


def _fields(stanza: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    name = ""
    for line in stanza.splitlines():
        if line.startswith("#"):
            continue
        if line[:1].isspace() and name:
            fields[name] += f"\n{line}"
        elif ":" in line:
            name, _, value = line.partition(":")
            name = name.strip().lower()
            fields[name] = value.strip()
    return fields


def parse_one_line(text: str) -> list[Source]:
    """Sources of a `.list` file."""
    found = []
    for line in text.splitlines():
        match = _ONE_LINE.fullmatch(line.split("#")[0].strip())
        if match is None:
            continue
        options = dict(
            part.split("=", 1) for part in shlex.split(match["options"] or "") if "=" in part
        )
        found.append(
            Source(
                uri=match["uri"],
                suites=(match["suite"],),
                components=tuple(match["components"].split()),
                signed_by=options.get("signed-by", ""),
                trusted=options.get("trusted", "no") == "yes",
            )
        )
    return found


def distribution_source(sources: Iterable[Source], codename: str) -> Source | None:
    """The distribution's own mirror among the host's sources, not a third party's."""
    with_main = [source for source in sources if "main" in source.components]
    named = [source for source in with_main if codename in source.suites]
    by_class = [source for source in with_main if _CLASS_NAMES & set(source.suites)]
    return next(iter(named + by_class), None)


def own_suite(source: Source, codename: str) -> str:
    """The name by which the host follows its distribution."""
    if codename in source.suites:
        return codename
    return next((suite for suite in source.suites if suite in _CLASS_NAMES), codename)


def parse_os_release(text: str) -> dict[str, str]:
    """`/etc/os-release` as a mapping."""
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line)
    return {name: "".join(shlex.split(value)) for name, value in pairs}


def candidate(policy: str) -> str | None:
    """The candidate in the output of `apt-cache policy PACKAGE`; None when there is none."""
    match = re.search(r"^\s*Candidate:\s*(\S+)", policy, re.MULTILINE)
    return match[1] if match and match[1] != "(none)" else None


def major(version: str) -> int:
    """The first number of a Debian version, without its epoch; 0 if it has none."""
    match = re.match(r"(?:\d+:)?(\d+)", version)
    return int(match[1]) if match else 0


def suites_to_try(
    distribution: str, own: str, own_candidate: str | None, *, lists_known: bool
) -> list[str]:
    """Where to look for Asterisk, best first.

    `own_candidate` is what the host's apt would install; when its package lists were never
    fetched (`lists_known` false) that says nothing, and the own suite is worth asking.
    """
    wanted = []
    if not lists_known or (own_candidate and major(own_candidate) >= OLDEST_ASTERISK):
        wanted.append(own)
    if distribution == "debian":
        wanted += ["testing", "sid"]
    return list(dict.fromkeys(wanted))


def parse_simulation(output: str) -> list[Package]:
    """The closure that `apt-get -s install` prints as lines `Inst NAME (VERSION ... [ARCH])`."""
    found = re.findall(r"^Inst (\S+) \((\S+) .*?\[(\w+)\]\)", output, re.MULTILINE)
    return sorted(
        (Package(name.split(":")[0], version, arch) for name, version, arch in found),
        key=lambda package: package.name,
    )


def carried_settings(dump: str) -> list[str]:
    """What of the host's apt settings reaches a mirror: proxy, certificates, time-outs."""
    left_out = ("Acquire::IndexTargets", "Acquire::Languages", "Acquire::CompressionTypes")
    return [
        line
        for line in dump.splitlines()
        if line.startswith("Acquire::")
        and not line.startswith(left_out)
        and not line.endswith(' "";')
    ]


def parse_shell(output: str) -> dict[str, str]:
    """The output of `apt-config shell`: NAME='value' lines."""
    return dict(part.split("=", 1) for part in shlex.split(output))
