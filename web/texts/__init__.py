"""Texts of pages in Hindi and English: one TOML file each, the same keys in both."""

import string
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from typing import Any

from web.errors import TextsError

LANGUAGES = ("hi", "en")
DEFAULT = "hi"

Catalogue = Mapping[str, str]


class Texts:
    """All catalogues of the packages given, by language."""

    def __init__(self, packages: Iterable[str] = ("web",)) -> None:
        packages = list(packages)
        self._by_language = {language: _load(packages, language) for language in LANGUAGES}
        check(self._by_language)

    def say(self, language: str, key: str, /, **variables: object) -> str:
        """The text of a key. Raises `TextsError` for a key that does not exist."""
        try:
            return self._by_language[language][key].format(**variables)
        except (KeyError, IndexError) as error:
            raise TextsError(f"{language}: {key}: {error}") from error

    def beginning(self, language: str, prefix: str) -> dict[str, str]:
        """All texts below a key, without what they begin with: for a page's script."""
        catalogue = self._by_language[language]
        return {k.removeprefix(prefix): v for k, v in catalogue.items() if k.startswith(prefix)}

    def has(self, key: str) -> bool:
        """Whether there is such a text."""
        return key in self._by_language[DEFAULT]


def check(by_language: Mapping[str, Catalogue]) -> None:
    """Raises `TextsError` where a language lacks a key, or fills in something else."""
    first = by_language[DEFAULT]
    for language, catalogue in by_language.items():
        different = sorted(first.keys() ^ catalogue.keys())
        if different:
            raise TextsError(f"{language}: these keys are not in all languages: {different}")
        for key, text in catalogue.items():
            if _variables(text) != _variables(first[key]):
                raise TextsError(f"{language}: {key} fills in other things than {DEFAULT}")


def _load(packages: Iterable[str], language: str) -> Catalogue:
    found: dict[str, str] = {}
    for package in packages:
        text = (files(package) / "texts" / f"{language}.toml").read_text(encoding="utf-8")
        for key, value in _flat(tomllib.loads(text)):
            if key in found:
                raise TextsError(f"{language}: {key} is there twice")
            found[key] = value
    return found


def _flat(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", str(value)


def _variables(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
