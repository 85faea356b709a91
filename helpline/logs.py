"""Structured logs: one JSON object a line on standard error, a fixed text plus fields.

What belongs to a citizen stands only under the key `pii`. It is left out unless the operator asks
for it, so that a log can be handed on.
"""

import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any, Final

import structlog
from pydantic import ValidationError

Event = MutableMapping[str, Any]

# A number in a field that is not `pii` is a programmer's slip: it is masked, not trusted.
_NUMBER = re.compile(r"(?<![\w-])\+[1-9][0-9]{6,14}(?![\w-])")
# What a database could not take stands in its error: a citizen's words, as likely as not.
_QUOTED = re.compile(
    r"(invalid input for query argument \$\d+|invalid input syntax for type [\w ]+): .*", re.DOTALL
)
_DRIVERS: Final = ("asyncpg", "psycopg")
_DEEPEST = 20
_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def configure(*, level: str = "info", show_pii: bool = False, json: bool = True) -> None:
    """Set up logging for this process. Libraries that use `logging` come out in the same form."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.ExceptionRenderer(_told),
        guard_pii(show=show_pii),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        cache_logger_on_first_use=True,
    )
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    logging.getLogger("yoyo").setLevel(logging.WARNING)


def guard_pii(*, show: bool) -> structlog.typing.Processor:
    """A processor that keeps personal data where it belongs: in `pii`, or nowhere."""

    def processor(_logger: Any, _method: str, event: Event) -> Event:
        pii = event.pop("pii", None)
        guarded: Event = {
            key: _guarded(key, value) if isinstance(value, str) else value
            for key, value in event.items()
        }
        if show and pii is not None:
            guarded["pii"] = pii
        return guarded

    return processor


def _guarded(key: str, value: str) -> str:
    masked = _NUMBER.sub("+…", value)
    return masked if key == "exception" else _QUOTED.sub(r"\1", masked)  # a traceback: see `said`


def _told(exc_info: _ExcInfo) -> str:
    """A traceback with those that it came of, as Python writes it, but for what they quote."""
    return "\n".join(_trace(exc_info[1], _DEEPEST))


def _trace(error: BaseException, deepest: int) -> list[str]:
    lines: list[str] = []
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None and deepest:
        link = "the direct cause of" if error.__cause__ else "what was handled before"
        lines += [*_trace(before, deepest - 1), "", f"The above exception was {link}:", ""]
    if error.__traceback__ is not None:
        lines.append("Traceback (most recent call last):")
        lines += "".join(traceback.format_tb(error.__traceback__)).splitlines()
    lines.append(f"{type(error).__name__}: {said(error)}")
    for one in error.exceptions if isinstance(error, BaseExceptionGroup) and deepest else ():
        lines += [f"  | {line}" for line in _trace(one, deepest - 1)]
    return lines


def said(error: BaseException) -> str:
    """What an exception says, without the row (`DETAIL:`) or the input that it quotes."""
    if isinstance(error, ValidationError):
        faults = error.errors(include_input=False, include_context=False, include_url=False)
        return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['type']}" for one in faults)
    text = str(error)
    if type(error).__module__.partition(".")[0] in _DRIVERS:
        text = text.partition("\n")[0]
    return _QUOTED.sub(r"\1", text)
