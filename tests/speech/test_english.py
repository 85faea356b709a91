"""English for citizens who chose it: complete where they can be, and fit to be spoken."""

import pytest

from speech.english import ENGLISH, TEXTS, number_word
from speech.numbers import TEXTS as HINDI_TEXTS
from speech.prompts import HINDI, Prompt

#: Said only before a language is chosen, or to officers.
IN_HINDI_ONLY = {
    Prompt.GREETING,
    Prompt.CALLER_BLOCKED,
    Prompt.CALLER_LIMIT,
    Prompt.LINES_FULL,
    *(prompt for prompt in Prompt if prompt.startswith("officer_")),
}


def test_whatever_follows_the_choice_of_language_is_there_in_english() -> None:
    assert set(Prompt) - set(ENGLISH) == IN_HINDI_ONLY
    assert set(TEXTS) <= set(HINDI_TEXTS)
    assert {key for key in HINDI_TEXTS if key.startswith(("number_", "month_"))} <= set(TEXTS)


@pytest.mark.parametrize("text", sorted(set(TEXTS.values())))
def test_an_engine_can_read_it(text: str) -> None:
    assert text.isascii()
    assert text.strip() == text != ""
    assert not any(character.isdigit() for character in text)  # numbers stand as words


def test_no_citizen_is_asked_for_any_key_since_one_calls_an_emergency_service() -> None:
    for prompt, text in ENGLISH.items():
        assert "any key" not in text, prompt
        assert "कोई भी बटन" not in HINDI[prompt], prompt


@pytest.mark.parametrize(
    ("value", "word"), [(0, "zero"), (19, "nineteen"), (20, "twenty"), (47, "forty seven")]
)
def test_numbers_are_words(value: int, word: str) -> None:
    assert number_word(value) == word
    assert number_word(100) == "one hundred"
