"""What a gateway's fields can hold: placeholders in braces, as in `"to": "{national_number}"`."""

from collections.abc import Mapping

from messages.errors import TemplateError
from messages.model import Message

_INDIA = "+91"


def values_of(message: Message) -> dict[str, str]:
    """The placeholders and what they stand for in this message.

    `number`: E.164 without the plus; `national_number`: without country code where it is India's.
    """
    return {
        "key": str(message.id),
        "recipient": message.recipient,
        "number": message.recipient.removeprefix("+"),
        "national_number": message.recipient.removeprefix(_INDIA).removeprefix("+"),
        "text": message.body,
        "template_id": message.template_id,
        "header": message.header,
        "encoding": message.encoding,
        "parts": str(message.parts),
        "kind": message.kind,
    }


PLACEHOLDERS = frozenset(
    {
        *("key", "recipient", "number", "national_number", "text"),
        *("template_id", "header", "encoding", "parts", "kind"),
    }
)


def fill_fields(fields: Mapping[str, str], message: Message) -> dict[str, str]:
    """Each field with its placeholders filled in; what is filled in is not looked at again."""
    values = values_of(message)
    return {name: text.format_map(values) for name, text in fields.items()}


def check_fields(fields: Mapping[str, str]) -> None:
    """Raise `TemplateError` when a field has a placeholder that there is none for."""
    for name, text in fields.items():
        try:
            text.format_map(dict.fromkeys(PLACEHOLDERS, ""))
        except (KeyError, ValueError, IndexError, AttributeError) as error:
            raise TemplateError(f"{name}: {text!r} has an unknown placeholder") from error
