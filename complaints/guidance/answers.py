"""What a citizen answered to the fields of a category: checked, kept with the complaint, sealed.

A sensitive value lies sealed under a key of its own, wrapped by the master keys of recordings. It
is opened for an officer who has the complaint, or the CM's office, with a reason; each opening is
written down before it is done. It is in no draft, no message, no history and no log line.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from access.rights import Person, Right, Subject, may
from complaints import number as numbers
from complaints.confidentiality import may_know
from complaints.errors import InputFault, InvalidInputError, NotAllowedError, UnknownComplaintError
from complaints.guidance.choosing import asked
from complaints.guidance.known import Current, current_fields
from complaints.guidance.model import FormField
from complaints.policy import Policy
from complaints.store import transaction
from complaints.words import clean
from db.ids import new_id
from db.pool import Connection, Pool
from db.statements import statements
from recordings.master import MasterKeys, WrappedKey
from recordings.rotation import Rewrapped, rewrap_each
from recordings.seal import HEADER, Seal, sealed_size

_ACQUIRE_SECONDS = 5.0
_LONGEST = 200
_LONGEST_REASON = 500
FIELD = "fields."
"""Before a field's code, where a fault names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    """One value as it is kept: `value`, or what it was sealed to."""

    id: UUID
    field: str
    version: int
    value: str | None = None
    sealed: bytes | None = None
    key: WrappedKey | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownAnswer:
    """One value as it is shown. `value` None: sealed, and not opened."""

    id: UUID
    name_hi: str
    name_en: str
    sensitive: bool
    value: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Reader:
    """Who opens it. `may`: whether they may, of a row of `guidance_subject`."""

    actor: str
    may: Callable[[asyncpg.Record], bool]


async def prepared(
    pool: Pool, keys: MasterKeys, category: str, given: Mapping[str, str], now: datetime
) -> tuple[KeptAnswer, ...]:
    """What was filled in, ready to be kept. Raises `InvalidInputError` (`fields.<code>`)."""
    filled = {code: value for code, value in given.items() if value.strip()}
    if not filled:
        return ()
    async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
        rows = statements().guidance_around(conn, category=category)
        around = [row["code"] async for row in rows]
        fields = asked(await current_fields(conn), around)
    return kept(keys, fields, filled, now)


def kept(
    keys: MasterKeys,
    fields: Sequence[Current[FormField]],
    given: Mapping[str, str],
    now: datetime,
) -> tuple[KeptAnswer, ...]:
    """Each value fits its field, and is sealed where it is sensitive."""
    known = {one.guide.code: one for one in fields}
    answers = []
    for code, value in given.items():
        field = known.get(code)
        if field is None:
            raise InvalidInputError(FIELD + code, "is unknown", InputFault.UNKNOWN)
        answers.append(_kept(keys, field, _fitting(field.guide, value), now))
    return tuple(answers)


def _fitting(field: FormField, value: str) -> str:
    name = FIELD + field.code
    words = clean(name, value, _LONGEST)
    if field.pattern is not None and not re.fullmatch(field.pattern, words):
        raise InvalidInputError(name, "has another form", InputFault.OTHER_FORM)
    return words


def _kept(keys: MasterKeys, field: Current[FormField], value: str, now: datetime) -> KeptAnswer:
    id, code, version = new_id(now), field.guide.code, field.version
    if not field.guide.sensitive:
        return KeptAnswer(id=id, field=code, version=version, value=value)
    key, wrapped = keys.new_data_key(id)
    sealed = b"".join(Seal(key, id).close([value.encode()]))
    return KeptAnswer(id=id, field=code, version=version, sealed=sealed, key=wrapped)


async def keep(
    conn: Connection, complaint_id: UUID, answers: Sequence[KeptAnswer], now: datetime
) -> None:
    """In the caller's transaction."""
    if answers:
        rows = json.dumps([_columns(one) for one in answers], ensure_ascii=False)
        await statements().guidance_keep(conn, rows=rows, complaint_id=complaint_id, at=now)


def _columns(one: KeptAnswer) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "field": one.field,
        "version": one.version,
        "sensitive": one.sealed is not None,
        "value": one.value,
        "sealed": one.sealed.hex() if one.sealed is not None else None,
        "master_id": one.key.master_id if one.key else None,
        "wrapped_key": one.key.wrapped.hex() if one.key else None,
    }


async def shown(pool: Pool, number: str) -> list[ShownAnswer]:
    """A complaint's answers, oldest first; what is sealed stays so. Raises as `numbers.parse`."""
    async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn:
        rows = statements().guidance_kept(conn, number=numbers.parse(number))
        return [_shown(row, row["value"]) async for row in rows]


async def opened(
    pool: Pool, keys: MasterKeys, reader: Reader, number: str, reason: str, now: datetime
) -> list[ShownAnswer]:
    """The same, with what is sealed opened for `reader`, which is written down first.

    Raises `NotAllowedError`, `UnknownComplaintError`, `InvalidInputError` (reason), and what
    `MasterKeys.unwrap` and `Seal.open` raise.
    """
    why = clean("reason", reason, _LONGEST_REASON)
    parsed = numbers.parse(number)
    async with transaction(pool) as conn:
        subject = await statements().guidance_subject(conn, number=parsed)
        if subject is None:
            raise UnknownComplaintError(parsed)
        if not reader.may(subject):
            raise NotAllowedError("only who has the complaint opens what is sealed")
        rows = [row async for row in statements().guidance_kept(conn, number=parsed)]
        sealed = [row["id"] for row in rows if row["sensitive"]]
        ids = [new_id(now) for _ in sealed]
        await statements().guidance_seen(
            conn, ids=ids, fields=sealed, actor=reader.actor, reason=why, at=now
        )
    return [_shown(row, _opened(keys, row)) for row in rows]


def reader(person: Person, policy: Policy) -> Reader:
    """Somebody who signed in: the post that has the complaint, or the CM's office.

    An answer tells who complains: where that is confidential, only to who may know it.
    """

    def allowed(row: asyncpg.Record) -> bool:
        subject = Subject(
            department=row["department"],
            places=frozenset(row["places"]),
            posts=frozenset({row["post"]} if row["post"] else ()),
        )
        if not may(person, Right.SEALED_OPEN, subject):
            return False
        if not row["confidential"] or may(person, Right.CONFIDENTIAL_SEE, subject):
            return True
        return bool(row["post"]) and may_know(policy.of(row["category"]), row["post_level"])

    return Reader(person.actor, allowed)


def operator(name: str) -> Reader:
    """Of the command line: whoever may run it has the keys anyway."""
    return Reader(f"operator:{name}", lambda _row: True)


async def rewrap(pool: Pool, keys: MasterKeys) -> Rewrapped:
    """After a change of the master key, as `recordings.rotation.rewrap` does for files."""
    asked = statements()
    return await rewrap_each(pool, keys, asked.guidance_to_rewrap, asked.guidance_rewrap)


def _shown(row: asyncpg.Record, value: str | None) -> ShownAnswer:
    return ShownAnswer(
        id=row["id"],
        name_hi=row["name_hi"],
        name_en=row["name_en"],
        sensitive=row["sensitive"],
        value=value,
        at=row["at"],
    )


def _opened(keys: MasterKeys, row: asyncpg.Record) -> str:
    if not row["sensitive"]:
        return str(row["value"])
    key = keys.unwrap(WrappedKey(row["master_id"], row["wrapped_key"]), row["id"])
    seal, sealed = Seal(key, row["id"]), bytes(row["sealed"])
    seal.check_header(sealed[:HEADER])
    plain = len(sealed) - sealed_size(0)  # a value is shorter than a segment
    return seal.open(sealed[HEADER:], 0, plain, plain).decode()
