"""Structured logs: one JSON object a line on standard error, a fixed text plus fields.

What belongs to a citizen stands only under the key `pii`. It is left out unless the operator asks
for it, so that a log can be handed on.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

Event = MutableMapping[str, Any]

# A number in a field that is not `pii` is a programmer's slip: it is masked, not trusted.
_NUMBER = re.compile(r"(?<![\w-])\+[1-9][0-9]{6,14}(?![\w-])")


def configure(*, level: str = "info", show_pii: bool = False, json: bool = True) -> None:
    """Set up logging for this process. Libraries that use `logging` come out in the same form."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
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
            key: _NUMBER.sub("+…", value) if isinstance(value, str) else value
            for key, value in event.items()
        }
        if show and pii is not None:
            guarded["pii"] = pii
        return guarded

    return processor
