"""Every setting, metric and alarm stands in the operator's guide."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from cti.alarms import AlarmKind
from helpline.settings import Settings

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "OPERATING.md").read_text(encoding="utf-8")
_NOT_AN_OPERATORS = {"clock_shift", "bench"}
"""Of the demo, and of measurements."""


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


def _settings(model: type[BaseModel], path: str = "") -> Iterator[str]:
    """Every setting by its path, groups too."""
    for name, field in model.model_fields.items():
        if name in _NOT_AN_OPERATORS:
            continue
        yield f"{path}{name}"
        for inner in _models(field.annotation):
            yield from _settings(inner, f"{path}{name}.")


def _is_told(name: str) -> bool:
    """As `name = ...` of an example, in its [heading], or within backticks."""
    word = rf"(?<![A-Za-z0-9_]){re.escape(name)}(?![A-Za-z0-9_])"
    ways = (rf"{word} = ", rf"^#? ?\[+[a-z_.]*{word}", rf"`[^`\n]*{word}[^`\n]*`")
    return any(re.search(way, GUIDE, re.MULTILINE) for way in ways)


def test_every_setting_is_told() -> None:
    paths = set(_settings(Settings))
    assert len(paths) > 200
    assert sorted(path for path in paths if not _is_told(path.rpartition(".")[2])) == []


@pytest.mark.parametrize("kind", list(AlarmKind))
def test_every_alarm_is_told_with_what_to_do(kind: AlarmKind) -> None:
    assert f'kind = "{kind.value}"' in GUIDE
    assert re.search(rf"^\| `{kind.value}` \|.+\|$", GUIDE, re.MULTILINE)


def test_every_metric_is_told() -> None:
    metrics = set()
    for file in (ROOT / "helpline").glob("*.py"):
        text = file.read_text(encoding="utf-8")
        metrics |= set(re.findall(r"\bmetrics\.(?:gauge|counter)\(\s*\"([a-z_]+)\"", text))
    assert len(metrics) > 40
    assert sorted(name for name in metrics if not _is_told(name)) == []
