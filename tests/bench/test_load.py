"""What SIPp writes, and what is read from it."""

from pathlib import Path

import pytest

from bench.load import Load, LoadError, kept_rate, last_row, read_load, response_times

HEAD = (
    "StartTime;CurrentTime;ElapsedTime(C);TotalCallCreated;SuccessfulCall(C);"
    "FailedCall(C);Retransmissions(C);"
)
TIMES = "Date_ms;response_time_ms;rtd_no\n" + "".join(
    f"{n * 10 + n % 3}.25;{n % 3}.25;1\n" for n in range(60)
)


def written(folder: Path, *last: int) -> Path:
    rows = ["a;b;00:00:01;30;28;0;0;", "a;b;00:00:02;" + ";".join(map(str, last)) + ";"]
    (folder / "statistics.csv").write_text("\n".join([HEAD, *rows]) + "\n")
    (folder / "caller_77_rtt.csv").write_text(TIMES)
    return folder


def test_the_last_line_of_the_statistics_counts() -> None:
    assert last_row("A;B;\n1;2;\n3;4;\n")["B"] == "4"


def test_a_step_in_which_all_went_well_is_clean(tmp_path: Path) -> None:
    load = read_load(written(tmp_path, 60, 60, 0, 0), 100, 60)
    assert (load.successful, load.failed, load.clean) == (60, 0, True)
    assert load.kept_rate == pytest.approx(100)


@pytest.mark.parametrize(
    "last",
    [(60, 59, 1, 0), (60, 60, 0, 1), (60, 59, 0, 0), (59, 59, 0, 0)],
    ids=["failed", "sent twice", "did not end", "not begun"],
)
def test_a_step_with_any_fault_is_not_clean(tmp_path: Path, last: tuple[int, ...]) -> None:
    assert not read_load(written(tmp_path, *last), 100, 60).clean


def test_a_step_that_fell_behind_its_rate_is_not_clean(tmp_path: Path) -> None:
    load: Load = read_load(written(tmp_path, 60, 60, 0, 0), 120, 60)
    assert not load.clean


def test_a_sipp_that_wrote_nothing_is_an_error_with_its_words(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("Unable to bind main socket\n")
    with pytest.raises(LoadError, match="Unable to bind"):
        read_load(tmp_path, 100, 60)


def test_response_times_are_read_without_their_head() -> None:
    lines = ["Date_ms;response_time_ms;rtd_no", "38.654;2.837;1", "71.6;2.742;1"]
    assert response_times(lines) == [(38.654, 2.837), (71.6, 2.742)]


def test_too_few_answers_tell_no_rate() -> None:
    assert kept_rate([1.0, 2.0, 3.0]) is None
