"""Words that people type against what things are called, in Devanagari or Latin letters. Pure."""

import re
import unicodedata
from collections.abc import Iterable
from itertools import chain

# Marks that people write or leave out: the dot below, joiners. ँ and ं are used for each other.
_LEFT_OUT = {"\u093c", "\u200c", "\u200d"}
_CHANDRABINDU, _ANUSVARA = "\u0901", "\u0902"
WHOLE_WORD, BEGINNING, WITHIN, SOUND = 8, 4, 2, 1
_SHORTEST_SOUND = 3

# Hindi's consonants as they are mostly romanised: the breath left out (people write k or
# kh as they like), and m as n: which of the two ं is depends on what follows.
_CONSONANTS = dict(
    zip(
        "कखगघङचछजझञटठडढणतथदधनपफबभमयरलवशषसहळ",
        ("k", "k", "g", "g", "n", "c", "c", "j", "j", "n", "t", "t", "d", "d", "n", "t", "t", "d",
         "d", "n", "p", "p", "b", "b", "n", "y", "r", "l", "v", "s", "s", "s", "h", "l"),
        strict=True,
    )
)  # fmt: skip
_NASALS = str.maketrans({"ं": "न", "ँ": "न"})
_OF_LATIN = (
    ("ksh", "ks"),
    ("gy", "jn"),
    ("ph", "p"),
    ("f", "p"),
    ("w", "v"),
    ("q", "k"),
    ("z", "j"),
    ("x", "ks"),
)


def fold(text: str) -> str:
    """`text` as it is compared: without case, and without what is spelt now so, now so."""
    decomposed = unicodedata.normalize("NFD", text).casefold()
    kept = "".join(c for c in decomposed if c not in _LEFT_OUT)
    return kept.replace(_CHANDRABINDU, _ANUSVARA)


def words_of(*texts: str) -> list[str]:
    """The words of texts, as they are compared."""
    return list(chain.from_iterable(re.split(r"[\s,()/-]+", fold(text).strip()) for text in texts))


def score(word: str, own: Iterable[str]) -> int:
    """How well a folded word fits one of these: as a whole, its beginning, within; 0: not."""
    own = list(own)
    if word in own:
        return WHOLE_WORD
    if any(each.startswith(word) for each in own):
        return BEGINNING
    return WITHIN if any(word in each for each in own) else 0


def sounds_like(word: str, own: Iterable[str]) -> bool:
    """Whether a word in Latin letters is the beginning of a Hindi one, as one hears it."""
    heard = skeleton(word)
    if len(heard) < 2 or not word.isascii():
        return False
    spoken = [skeleton(each) for each in own if not each.isascii()]
    return any(
        one == heard or (len(heard) >= _SHORTEST_SOUND and one.startswith(heard)) for one in spoken
    )


def skeleton(word: str) -> str:
    """What is left of a word in either script without vowels, breath and doubled letters; n is m.

    Romanised Hindi is spelt freely (vridha, vriddha, vrudha): its consonants are not.
    """
    plain = _of_hindi(word) if not word.isascii() else _of_latin(word)
    return re.sub(r"(.)\1+", r"\1", plain)


def _of_hindi(word: str) -> str:
    kept = fold(word).replace("ज्ञ", "जन").translate(_NASALS)
    return "".join("r" if c in "ृऋ" else _CONSONANTS.get(c, "") for c in kept)


def _of_latin(word: str) -> str:
    plain = word.casefold()
    for written, heard in _OF_LATIN:
        plain = plain.replace(written, heard)
    rest = re.sub(r"(?<=[bcdgjkpst])h+", "", plain)
    return re.sub(r"[^bcdghjklnprstvy]", "", rest.replace("m", "n"))
