"""Which columns each kind of guidance has as CSV, and the rows that come of them. Pure."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from complaints.errors import InvalidInputError
from complaints.guidance.model import FormField, Scheme, Script
from complaints.importing import fields
from complaints.importing.layouts import Column, Layout
from complaints.kinds import MatterKind


class GuidanceKind(StrEnum):
    """What `helpline guidance import` reads."""

    SCHEMES = "schemes"
    SCRIPTS = "scripts"
    FIELDS = "fields"


Guide = Scheme | Script | FormField

_TEXT = fields.text_of(600)
_CODE = Column("code", fields.code)
_NAMES = (Column("name_hi", fields.text), Column("name_en", fields.text))
_SAMPLE = Column("sample", fields.if_given(fields.yes_or_no, otherwise=False), optional=True)
_LONGEST_PATTERN = 200


def _both(name: str, optional: bool = False) -> tuple[Column, Column]:
    return tuple(Column(f"{name}_{one}", _TEXT, optional=optional) for one in ("hi", "en"))  # type: ignore[return-value]


def _pattern(column: str, cell: str) -> str:
    if len(cell) > _LONGEST_PATTERN:
        raise InvalidInputError(column, f"is longer than {_LONGEST_PATTERN} characters")
    try:
        re.compile(cell)
    except re.error as error:
        raise InvalidInputError(column, f"is no regular expression: {error}") from error
    return cell


def _scheme(**given: Any) -> Scheme:
    row = Scheme(**given)
    if row.from_on and row.until_on and row.until_on < row.from_on:
        raise InvalidInputError("until", f"is before from: {row.until_on} < {row.from_on}")
    return row


def _script(**given: Any) -> Script:
    row = Script(**given)
    if len(row.questions_hi) != len(row.questions_en):
        counts = f"{len(row.questions_hi)} in Hindi, {len(row.questions_en)} in English"
        raise InvalidInputError("questions", f"are not as many in both languages: {counts}")
    return row


GUIDES: Mapping[GuidanceKind, Layout[Guide]] = {
    GuidanceKind.SCHEMES: Layout(
        _scheme,
        ("code",),
        (
            _CODE,
            *_NAMES,
            *_both("who"),
            *_both("how"),
            *_both("documents"),
            *_both("where"),
            Column("keywords", fields.words, optional=True),
            Column("department", fields.nothing_or(fields.code), optional=True),
            Column("category", fields.nothing_or(fields.code), optional=True),
            Column("from", fields.nothing_or(fields.day), "from_on", optional=True),
            Column("until", fields.nothing_or(fields.day), "until_on", optional=True),
            _SAMPLE,
        ),
    ),
    GuidanceKind.SCRIPTS: Layout(
        _script,
        ("code",),
        (
            _CODE,
            *_both("greeting"),
            Column("questions_hi", fields.words),
            Column("questions_en", fields.words),
            *_both("closing"),
            Column("queue", fields.nothing_or(fields.code), optional=True),
            Column("kind", fields.nothing_or(fields.one_of(list(MatterKind))), optional=True),
            Column("category", fields.nothing_or(fields.code), optional=True),
            _SAMPLE,
        ),
    ),
    GuidanceKind.FIELDS: Layout(
        FormField,
        ("code",),
        (
            _CODE,
            Column("category", fields.code),
            *_NAMES,
            Column("sensitive", fields.yes_or_no),
            Column("position", fields.if_given(fields.whole(1, 99), otherwise=1), optional=True),
            Column("pattern", fields.nothing_or(_pattern), optional=True),
        ),
    ),
}
