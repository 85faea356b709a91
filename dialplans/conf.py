"""Reading Asterisk's configuration files, as far as checking them needs it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

_SECTION: Final = re.compile(r"\[(?P<name>[^\]]+)\](?:\((?P<bases>[^)]*)\))?")
_SETTING: Final = re.compile(r"(?P<key>[^=;\s][^=;]*?)\s*=>?\s*(?P<value>.*)")


@dataclass(frozen=True, slots=True)
class Section:
    """A `[name]` with its settings in order; those of its templates come first."""

    name: str
    settings: tuple[tuple[str, str], ...]
    template: bool = False

    def get(self, key: str, default: str = "") -> str:
        """The last value of `key`."""
        return next((value for name, value in reversed(self.settings) if name == key), default)

    def all(self, key: str) -> list[str]:
        """Every value of `key`."""
        return [value for name, value in self.settings if name == key]


def sections(text: str) -> list[Section]:
    """The sections of a file, templates included; a name may come several times."""
    found: list[Section] = []
    templates: dict[str, Section] = {}
    for name, bases, settings in _raw_sections(text):
        inherited = [
            pair for base in bases if base in templates for pair in templates[base].settings
        ]
        section = Section(name, (*inherited, *settings), "!" in bases)
        if section.template:
            templates[name] = section
        found.append(section)
    return found


def by_name(text: str) -> Mapping[str, Section]:
    """The sections of a file in which each name comes once."""
    return {section.name: section for section in sections(text) if not section.template}


def _raw_sections(text: str) -> Iterator[tuple[str, list[str], list[tuple[str, str]]]]:
    current: tuple[str, list[str], list[tuple[str, str]]] | None = None
    for line in text.splitlines():
        plain = line.split(";", 1)[0].strip()
        if header := _SECTION.match(plain):
            if current:
                yield current
            bases = [base.strip() for base in (header["bases"] or "").split(",") if base.strip()]
            current = header["name"], bases, []
        elif current and (setting := _SETTING.match(plain)):
            current[2].append((setting["key"].strip(), setting["value"].strip()))
    if current:
        yield current
