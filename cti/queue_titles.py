"""What people read for a queue: its title. Its technical name stays key and value of links.

All of it is pure.
"""

from collections.abc import Callable, Iterable, Mapping

Title = Mapping[str, str]
"""`hi` and `en`."""

Titles = Mapping[str, Title]
"""By the queue's technical name."""

TitlesNow = Callable[[], Titles]
"""All that are known now, of all cells."""

_LANGUAGES = {
    "hi": ("हिन्दी", "Hindi"),
    "en": ("अंग्रेज़ी", "English"),
    "ur": ("उर्दू", "Urdu"),
    "bho": ("भोजपुरी", "Bhojpuri"),
    "awa": ("अवधी", "Awadhi"),
}


def title_of(name: str, hi: str = "", en: str = "") -> Title:
    """As the settings give it; what they leave out is made from the name."""
    made = _made(name)
    return {"hi": hi or made["hi"], "en": en or made["en"]}


def titled(titles: Titles, name: str, language: str) -> str:
    """What a reader of `language` sees; a queue that no cell has any more is known by its name."""
    return (titles.get(name) or _made(name))[language]


def all_titles(own: Titles, told: Iterable[Titles]) -> Titles:
    """Those of all cells: one's own go before what others told."""
    found: dict[str, Title] = {}
    for one in told:
        found |= one
    return {**found, **own}


def _made(name: str) -> Title:
    """`schemes-hi` -> Schemes (Hindi): the last part is a language where it is one."""
    *parts, last = name.split("-")
    if parts and last in _LANGUAGES:
        words = " ".join(parts).capitalize()
        hi, en = _LANGUAGES[last]
        return {"hi": f"{words} ({hi})", "en": f"{words} ({en})"}
    words = " ".join([*parts, last]).capitalize()
    return {"hi": words, "en": words}
