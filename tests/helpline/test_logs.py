"""Where personal data may stand in a log line."""

import io
import json
import logging
import sys
from collections.abc import Callable

import asyncpg
import pytest
import structlog
from pydantic import BaseModel

from helpline import logs


def _line(monkeypatch: pytest.MonkeyPatch, *, show_pii: bool) -> dict[str, object]:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stderr", out)
    logs.configure(show_pii=show_pii)
    structlog.get_logger("test").info(
        "called +919876543210",
        reply="no answer from +919876543210",
        pii={"number": "+919876543210"},
    )
    line: dict[str, object] = json.loads(out.getvalue())
    return line


@pytest.fixture(autouse=True)
def _restore_logging() -> object:
    root = logging.getLogger()
    handlers, level, before = root.handlers[:], root.level, structlog.get_config()
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**before)
    return None


def test_personal_data_is_left_out_unless_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    line = _line(monkeypatch, show_pii=False)
    assert "9876543210" not in json.dumps(line)
    assert line["event"] == "called +…"


def test_personal_data_stands_only_under_pii(monkeypatch: pytest.MonkeyPatch) -> None:
    line = _line(monkeypatch, show_pii=True)
    assert line.pop("pii") == {"number": "+919876543210"}
    assert "9876543210" not in json.dumps(line)


NAME = "रामप्यारी देवी"  # not in the lines that raise: those stand in a traceback


class _Form(BaseModel):
    name: int


def _refused_by_a_constraint() -> None:
    error = asyncpg.CheckViolationError('new row violates check constraint "a_name_is_short"')
    error.detail = f"Failing row contains (7, {NAME},\n\nमेरा हैंडपंप खराब है)."
    raise error


def _not_encodable() -> None:
    raise asyncpg.DataError(f"invalid input for query argument $2: {NAME!r} (no number)")


def _not_valid() -> None:
    _Form.model_validate({"name": NAME})


@pytest.mark.parametrize(
    ("fails", "told"),
    [
        (_refused_by_a_constraint, "a_name_is_short"),
        (_not_encodable, "query argument $2"),
        (_not_valid, "name: int_parsing"),
    ],
)
def test_a_traceback_quotes_no_citizen(
    monkeypatch: pytest.MonkeyPatch, fails: Callable[[], None], told: str
) -> None:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stderr", out)
    logs.configure()
    try:
        try:
            fails()
        except Exception as error:
            raise RuntimeError("the call failed") from error
    except RuntimeError:
        structlog.get_logger("test").exception("request failed")
        logging.getLogger("aiohttp.server").exception("Error handling request")
    for line in out.getvalue().splitlines():
        assert "हैंडपंप" not in line
        assert "देवी" not in line
        trace = json.loads(line)["exception"]
        assert told in trace
        assert "RuntimeError: the call failed" in trace
        assert fails.__name__ in trace  # where it was


def test_a_value_that_could_not_be_written_stands_in_no_field(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stderr", out)
    logs.configure()
    error = asyncpg.DataError("invalid input for query argument $2: 'रामप्यारी' (no number)")
    structlog.get_logger("test").warning("waits", error=repr(error))
    assert "रामप्यारी" not in out.getvalue()
    assert "query argument $2" in out.getvalue()
