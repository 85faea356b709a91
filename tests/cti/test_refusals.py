"""Whatever a page is refused, its reader is told in their own language."""

import string

import pytest

from calls.dialling import Refusal
from cti.errors import AmiTimeoutError, NotAllowedError
from cti.guard import WHY
from cti.refusals import refusal, refused_by
from cti.why import Why
from web.texts import Texts

ASKED = {"type": "help", "id": 7}
MOST = (Why.MESSAGE_LENGTH, Why.NOTICE_HOURS, Why.SAY_WHY_SHORT)
FILLED_IN = {Why.BESIDE_ANOTHER: {"who"}, **{why: {"most"} for why in MOST}}


@pytest.mark.parametrize("language", ["hi", "en"])
def test_every_refusal_has_its_text_in_both_languages(language: str) -> None:
    texts = Texts(["cti"]).beginning(language, "refused.")
    assert set(texts) == {*Why, "other", "offline"}
    for why in Why:
        names = {name for _, name, _, _ in string.Formatter().parse(texts[why]) if name}
        assert names == FILLED_IN.get(why, set())
        assert (texts[why].isascii()) == (language == "en"), texts[why]


def test_every_refusal_of_the_toll_fraud_guard_is_told_apart() -> None:
    assert set(WHY) == set(Refusal)
    assert len({*WHY.values()}) == len(Refusal)


def test_a_refusal_names_its_code_and_what_its_text_fills_in() -> None:
    told = refused_by(ASKED, NotAllowedError(Why.MESSAGE_LENGTH, most=500), "user:1")
    assert told == {
        "type": "answer", "id": 7, "ok": False, "reason": {"code": "message_length", "most": 500},
    }  # fmt: skip
    assert refusal(ASKED, Why.OTHER_CELL, cell="b")["cell"] == "b"


@pytest.mark.parametrize(
    ("error", "code"),
    [(AmiTimeoutError("Redirect", 5), "asterisk_silent"), (OSError("gone"), "database_away")],
)
async def test_what_is_away_is_named_and_no_word_of_the_fault_reaches_a_page(
    error: Exception, code: str
) -> None:
    assert refused_by(ASKED, error, "user:1")["reason"] == {"code": code}
