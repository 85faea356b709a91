"""Texts as data: named variables in braces, filled in as they were registered with the operator."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from string import Formatter
from typing import Any

from db.pool import Connection
from db.statements import statements
from messages.errors import TemplateError
from messages.model import Channel

LANGUAGE = "hi"  # the language that every template has
Which = tuple[str, Channel, str]
"""Kind, channel, language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """`template_id` and `header` (sender id) as registered; empty while they are not.

    `variables`: what may be filled in. The text need not use all of them.
    """

    kind: str
    channel: Channel
    language: str
    template_id: str
    header: str
    subject: str
    text: str
    variables: tuple[str, ...]


_FIELDS = tuple(one.name for one in fields(Template))


def check(template: Template) -> None:
    """Raise `TemplateError` when the text, or the subject, uses what it may not."""
    for text in (template.text, template.subject):
        unknown = _used(text) - set(template.variables)
        if unknown:
            raise TemplateError(f"{template.kind}: no variable {', '.join(sorted(unknown))}")


def fill(template: Template, values: Mapping[str, str]) -> tuple[str, str]:
    """Subject and body. A value is taken as it is: braces in it mean nothing.

    Raises `TemplateError` when the values are not exactly the template's variables.
    """
    check(template)
    if set(values) != set(template.variables):
        differ = sorted(set(values) ^ set(template.variables))
        raise TemplateError(f"{template.kind}: variables do not fit: {', '.join(differ)}")
    return template.subject.format_map(values), template.text.format_map(values)


async def load(conn: Connection, kind: str, channel: Channel, language: str) -> Template:
    """The template in this language, else in Hindi. Raises `TemplateError` when there is none."""
    row = await statements().messages_template(
        conn, kind=kind, channel=channel, language=language, otherwise=LANGUAGE
    )
    if row is None:
        raise TemplateError(f"{kind}: no template for {channel}")
    return _template(row)


async def load_each(conn: Connection, wanted: Collection[Which]) -> dict[Which, Template]:
    """As `load`, for each of these, with one statement; without those that there are none of."""
    in_order = list(wanted)
    rows = statements().messages_templates_of(
        conn,
        kinds=[kind for kind, _, _ in in_order],
        channels=[channel for _, channel, _ in in_order],
        languages=[language for _, _, language in in_order],
        otherwise=LANGUAGE,
    )
    found = {}
    async for row in rows:
        columns = {name: value for name, value in row.items() if name != "n"}
        found[in_order[row["n"] - 1]] = _template(columns)
    return found


def templates_from(rows: Iterable[Sequence[Any]]) -> dict[Which, Template]:
    """From rows without names, in the order of the fields of `Template`."""
    found = [_template(dict(zip(_FIELDS, row, strict=True))) for row in rows]
    return {(one.kind, one.channel, one.language): one for one in found}


async def load_all(conn: Connection) -> list[Template]:
    """By kind, channel, language."""
    return [_template(row) async for row in statements().messages_templates(conn)]


async def save(conn: Connection, template: Template) -> None:
    """Write it, also in a language that is new. Raises `TemplateError` and changes nothing."""
    check(template)
    if not template.text.strip():
        raise TemplateError(f"{template.kind}: a template has a text")
    await statements().messages_put_template(
        conn,
        kind=template.kind,
        channel=template.channel,
        language=template.language,
        template_id=template.template_id,
        header=template.header,
        subject=template.subject,
        text=template.text,
        variables=list(template.variables),
    )


def _template(row: Mapping[str, Any]) -> Template:
    return Template(
        **{**row, "channel": Channel(row["channel"]), "variables": tuple(row["variables"])}
    )


@lru_cache(maxsize=256)
def _used(text: str) -> frozenset[str]:
    """The variables in a text: plain names only, since a format may reach into a value.

    Remembered: a sweep fills the same few texts thousands of times.
    """
    used = set()
    try:
        for _, name, form, conversion in Formatter().parse(text):
            if name is None:
                continue
            if not name.isidentifier() or form or conversion:
                raise TemplateError(f"{{{name}}}: a variable is a plain name in braces")
            used.add(name)
    except ValueError as error:
        raise TemplateError(f"a brace has no partner: {error}") from error
    return frozenset(used)
