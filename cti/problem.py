"""Answers that are not a success: in English, and as codes for a page in its reader's language."""

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from cti.errors import FormError, OpenComplaint, Reason


def problem(
    status: int,
    error: str,
    fields: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    candidates: Sequence[OpenComplaint] = (),
    reason: Reason = FormError.reason,
    reasons: Mapping[str, Reason] | None = None,
) -> web.Response:
    """`{"error": "...", "fields": {"place": "is unknown"}}`, and `reason`, and `reasons` by field,
    each `{"code": "...", ...}` with what its text fills in; `candidates`: see `cti.api`.
    """
    answer: dict[str, Any] = {"error": error, "reason": reason.told()}
    if reasons:
        answer["reasons"] = {name: one.told() for name, one in reasons.items()}
    if candidates:
        answer["candidates"] = [
            {
                "number": one.number,
                "registered_at": one.registered_at.isoformat(),
                "state": one.state,
            }
            for one in candidates
        ]
    if fields:
        answer["fields"] = dict(fields)
    return web.json_response(answer, status=status, headers=headers)


def field_errors(error: ValidationError) -> dict[str, str]:
    """By field, in English, what is wrong with it; `body`: with the whole."""
    return {
        _field(fault) or "body": _in_words(fault["type"], fault.get("ctx", {}), fault["msg"])
        for fault in error.errors(include_url=False, include_input=False)
    }


def field_reasons(error: ValidationError) -> dict[str, Reason]:
    """By field, as codes."""
    return {
        _field(fault): _reason(fault["type"], fault.get("ctx", {}))
        for fault in error.errors(include_url=False, include_input=False)
        if fault["loc"]
    }


def _field(fault: ErrorDetails) -> str:
    return ".".join(str(part) for part in fault["loc"])


def _reason(kind: str, context: Mapping[str, Any]) -> Reason:
    match kind:
        case "missing" | "string_too_short":
            return Reason("empty")
        case "string_too_long":
            return Reason("too_long", {"most": context["max_length"]})
        case _:
            return Reason("invalid")


def _in_words(kind: str, context: Mapping[str, Any], otherwise: str) -> str:
    match kind:
        case "missing":
            return "is missing"
        case "extra_forbidden":
            return "is not a field of this form"
        case "string_type":
            return "must be text"
        case "string_too_short":
            return "must not be empty"
        case "string_too_long":
            return f"is longer than {context.get('max_length')} characters"
        case "literal_error":
            return f"must be {context.get('expected')}"
        case "bool_type" | "bool_parsing":
            return "must be true or false"
        case "json_invalid" | "model_type" | "model_attributes_type":
            return "must be a JSON object"
        case _ if kind.startswith("uuid"):
            return "must be a UUID"
        case _:
            return otherwise
