"""From steps to the document and its table."""

import json

import pytest

from bench.fastagi import VARIANTS
from bench.fastagi_figures import document
from bench.fastagi_table import render
from bench.figures import middle, percentile, ratio
from bench.report import table
from bench.rounds import Results, Scale

MACHINE = {"cores": 2, "cpu_model": "x", "asterisk": "22", "postgresql": "18", "python": "3.11"}
ROWS = {"successful_calls": 2, "rows": 2, "ended_rows": 2}


@pytest.mark.parametrize(("percent", "value"), [(50, 3.0), (95, 5.0), (1, 1.0)])
def test_a_percentile_is_a_value_that_was_measured(percent: float, value: float) -> None:
    assert percentile([5.0, 1.0, 4.0, 2.0, 3.0], percent) == value


def test_nothing_measured_is_not_zero() -> None:
    assert percentile([], 50) is None
    assert middle([None]) is None
    assert ratio(1.0, 0.0) is None
    assert "-" in table(("", "ms"), [["x", None]]).splitlines()[2]


def test_a_ratio_is_of_the_same_round(results: Results, scale: Scale) -> None:
    """The second round was three times as slow for all: that is no news of ours."""
    ratios = document(results, VARIANTS, scale)["variants"]["ours"]["ratios"]
    assert ratios["to_floor"]["python_cpu"] == 1.2
    assert ratios["to_floor_uvloop"]["python_cpu"] == 1.5
    assert ratios["to_floor"]["highest_clean_rate"] == 0.8


def test_an_aim_that_was_missed_is_said_to_be_missed(results: Results, scale: Scale) -> None:
    aims = {aim["what"]: aim for aim in document(results, VARIANTS, scale)["aims"]}
    assert aims["Python CPU a call, times the floor's"]["reached"] is True
    assert aims["highest clean rate, times the floor's"]["reached"] is False


def test_the_document_is_json_and_its_table_names_every_variant(
    results: Results, scale: Scale
) -> None:
    found = {"machine": MACHINE, "rows": ROWS} | document(results, VARIANTS, scale)
    text = render(json.loads(json.dumps(found)))
    for variant in VARIANTS:
        assert text.count(variant.title) >= 2
    assert "missed" in text


def test_columns_stand_under_their_heads() -> None:
    lines = table(("", "calls"), [["ours", 12], ["a longer one", 1.5]]).splitlines()
    assert len({len(line) for line in (lines[0], *lines[2:])}) == 1
    assert lines[2].endswith("   12")
    assert lines[3].endswith(" 1.50")
