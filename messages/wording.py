"""From a template and its variables to what is sent: body, registration, length."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from db.pool import Connection
from messages.errors import TemplateError
from messages.model import Channel
from messages.parts import measure
from messages.templates import Template, Which, fill, load, load_each


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """`encoding` and `parts`: of an SMS only. `fault`: why there is no body."""

    subject: str = ""
    body: str = ""
    template_id: str = ""
    header: str = ""
    encoding: str | None = None
    parts: int | None = None
    fault: str | None = None


async def word(
    conn: Connection, kind: str, channel: Channel, language: str, variables: Mapping[str, str]
) -> Wording:
    """Fill in the template. A template that does not fit is told as `fault`, not raised.

    Whatever is told in a message has been decided already: a text that somebody spoilt must not
    undo a registration. The message is held, and can be worded and sent once the text is mended.
    """
    template = await template_or_fault(conn, kind, channel, language)
    return word_from(template, channel, variables)


async def template_or_fault(
    conn: Connection, kind: str, channel: Channel, language: str
) -> Template | TemplateError:
    """The template, or why there is none: for many messages of one kind."""
    try:
        return await load(conn, kind, channel, language)
    except TemplateError as error:
        return error


async def templates_or_faults(
    conn: Connection, wanted: Collection[Which]
) -> dict[Which, Template | TemplateError]:
    """As `template_or_fault`, for each (kind, channel, language), with one statement."""
    found = await load_each(conn, wanted)
    return {
        which: found.get(which) or TemplateError(f"{which[0]}: no template for {which[1]}")
        for which in wanted
    }


def word_from(
    template: Template | TemplateError, channel: Channel, variables: Mapping[str, str]
) -> Wording:
    """As `word`, with a template that is known already."""
    if isinstance(template, TemplateError):
        return Wording(fault=str(template))
    try:
        subject, body = fill(template, variables)
    except TemplateError as error:
        return Wording(fault=str(error))
    return worded(channel, body, subject, template.template_id, template.header)


def worded(
    channel: Channel, body: str, subject: str = "", template_id: str = "", header: str = ""
) -> Wording:
    """A text as it is, measured."""
    length = measure(body) if channel is Channel.SMS else None
    return Wording(
        subject=subject,
        body=body,
        template_id=template_id,
        header=header,
        encoding=length.encoding if length else None,
        parts=length.parts if length else None,
    )
