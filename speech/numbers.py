"""Numbers, dates and single digits as words to be spoken, in Hindi. Pure.

Each word is a sound file of its own, named by its key; who speaks strings keys together.
"""

from collections.abc import Mapping
from datetime import date, time
from types import MappingProxyType
from typing import Final

from speech.prompts import HINDI, Prompt

# As the Central Hindi Directorate writes them, where forms differ.
NUMBER_WORDS: Final = (
    *("शून्य", "एक", "दो", "तीन", "चार", "पाँच", "छह", "सात", "आठ", "नौ"),
    *("दस", "ग्यारह", "बारह", "तेरह", "चौदह", "पंद्रह", "सोलह", "सत्रह", "अठारह", "उन्नीस"),
    *("बीस", "इक्कीस", "बाईस", "तेईस", "चौबीस", "पच्चीस", "छब्बीस", "सत्ताईस", "अट्ठाईस", "उनतीस"),
    *("तीस", "इकतीस", "बत्तीस", "तैंतीस", "चौंतीस", "पैंतीस", "छत्तीस", "सैंतीस", "अड़तीस", "उनतालीस"),
    *("चालीस", "इकतालीस", "बयालीस", "तैंतालीस", "चवालीस", "पैंतालीस", "छियालीस", "सैंतालीस"),
    *("अड़तालीस", "उनचास", "पचास", "इक्यावन", "बावन", "तिरपन", "चौवन", "पचपन", "छप्पन", "सत्तावन"),
    *("अट्ठावन", "उनसठ", "साठ", "इकसठ", "बासठ", "तिरसठ", "चौंसठ", "पैंसठ", "छियासठ", "सड़सठ"),
    *("अड़सठ", "उनहत्तर", "सत्तर", "इकहत्तर", "बहत्तर", "तिहत्तर", "चौहत्तर", "पचहत्तर", "छिहत्तर"),
    *("सतहत्तर", "अठहत्तर", "उन्यासी", "अस्सी", "इक्यासी", "बयासी", "तिरासी", "चौरासी", "पचासी"),
    *("छियासी", "सत्तासी", "अट्ठासी", "नवासी", "नब्बे", "इक्यानवे", "बानवे", "तिरानवे", "चौरानवे"),
    *("पचानवे", "छियानवे", "सत्तानवे", "अट्ठानवे", "निन्यानवे", "सौ"),
)
_MONTHS: Final = (
    *("जनवरी", "फ़रवरी", "मार्च", "अप्रैल", "मई", "जून", "जुलाई", "अगस्त", "सितंबर", "अक्टूबर"),
    *("नवंबर", "दिसंबर"),
)
LARGEST: Final = 100
_PARTS_OF_THE_DAY: Final = (
    (4, Prompt.NIGHT),
    (12, Prompt.MORNING),
    (16, Prompt.AFTERNOON),
    (20, Prompt.EVENING),
    (24, Prompt.NIGHT),
)


def digits(text: str) -> list[Prompt]:
    """The keys that speak a number digit by digit, as one does with numbers to be written down."""
    return [Prompt(f"digit_{digit}") for digit in text]


def number(value: int) -> str:
    """The key of a whole number from 0 to `LARGEST`. Raises `ValueError` for others."""
    if not 0 <= value <= LARGEST:
        raise ValueError(f"no word for {value}")
    return f"number_{value}"


def day(on: date) -> list[str]:
    """The keys of a day and month: fifteen, August. The year is not said."""
    return [number(on.day), f"month_{on.month}"]


def clock(at: time) -> list[str]:
    """The keys of a time of day: evening, four, o'clock; minutes where there are any."""
    part = next(part for until, part in _PARTS_OF_THE_DAY if at.hour < until)
    hour = number(at.hour % 12 or 12)
    if not at.minute:
        return [part, hour, Prompt.OCLOCK]
    return [part, hour, Prompt.PAST, number(at.minute), Prompt.MINUTES]


#: Every fixed text that can be spoken, by its key.
TEXTS: Final[Mapping[str, str]] = MappingProxyType(
    {str(key): text for key, text in HINDI.items()}
    | {f"number_{value}": word for value, word in enumerate(NUMBER_WORDS)}
    | {f"month_{value}": word for value, word in enumerate(_MONTHS, 1)}
)
