import unicodedata

import pytest

from speech.prompts import HINDI, Prompt


@pytest.mark.parametrize("prompt", list(Prompt))
def test_every_prompt_has_a_hindi_text_that_an_engine_can_read(prompt: Prompt) -> None:
    text = HINDI[prompt]
    assert unicodedata.is_normalized("NFC", text)
    assert any("DEVANAGARI" in unicodedata.name(character) for character in text)
    for character in text:
        known = "DEVANAGARI" in unicodedata.name(character) or character in " ,?"
        assert known, f"{character!r} in {text}"
    assert not any(character.isdigit() for character in text)  # numbers stand as words
    assert "छः" not in text  # read wrongly: छह


def test_every_digit_is_a_word_of_its_own() -> None:
    digits = [HINDI[Prompt(f"digit_{digit}")] for digit in range(10)]
    assert digits == ["शून्य", "एक", "दो", "तीन", "चार", "पाँच", "छह", "सात", "आठ", "नौ"]
