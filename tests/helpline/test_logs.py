"""Where personal data may stand in a log line."""

import io
import json
import logging
import sys

import pytest
import structlog

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
