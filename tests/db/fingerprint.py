"""All rows of a database, and what they say apart from keys that are made by chance."""

import re
from collections import defaultdict
from hashlib import md5

from db.pool import Pool

_TABLES = """
    select relname from pg_class
    where relkind = 'r' and relnamespace = 'public'::regnamespace and relname not like '%yoyo%'
    order by 1
"""
# Keys, hashes, wrapped keys, and complaints' numbers; counted numbers leave gaps where a
# transaction came to nothing.
_BY_CHANCE = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|\b[0-9a-f]{64}\b|(?<=\\x)[0-9a-f]{120}\b|\b[0-9]{9}\b"
)
_COUNTED = re.compile(r'"entry_no": \d+')
_ROUNDS = 3


async def all_rows(pool: Pool) -> list[str]:
    """Every row of every table of ours, as text, in order."""
    names = [row["relname"] for row in await pool.fetch(_TABLES)]
    each = [f"select '{name} ' || to_jsonb(t)::text as row from \"{name}\" t" for name in names]
    return sorted(row["row"] for row in await pool.fetch(" union all ".join(each)))


def what_they_say(rows: list[str]) -> list[str]:
    """The rows with each chance key named after all the places in which it stands.

    Two databases that differ only in such keys say the same. (Colour refinement: a key's name is
    made of the rows that it stands in, these again of the names of their other keys.)
    """
    parts = [_BY_CHANCE.split(_COUNTED.sub("", row)) for row in rows]
    keys = [_BY_CHANCE.findall(row) for row in rows]
    names: dict[str, str] = defaultdict(str)
    for _ in range(_ROUNDS):
        stands_in: dict[str, list[str]] = defaultdict(list)
        for words, found in zip(parts, keys, strict=True):
            for key in set(found):
                named = ["@" if other == key else names[other] for other in found]
                stands_in[key].append(_woven(words, named))
        names = defaultdict(str, {key: _digest(sorted(of)) for key, of in stands_in.items()})
    return sorted(
        _woven(words, [names[key] for key in found])
        for words, found in zip(parts, keys, strict=True)
    )


def _woven(words: list[str], keys: list[str]) -> str:
    return "".join(word + key for word, key in zip(words, [*keys, ""], strict=True))


def _digest(texts: list[str]) -> str:
    return md5("\n".join(texts).encode(), usedforsecurity=False).hexdigest()
