"""What is no number, no day, or none that can be, is refused where it is typed."""

import shlex

import pytest

from helpline.cli import main, parser_for

_NUMBER = "+919876543210"
_REFUSED = [
    *(f"callers block {_NUMBER} --why x --by y --days {days}" for days in ("nan", "inf", "1e9")),
    f"callers block {_NUMBER} --why x --by y --days 4000000",
    "dialling allow 1001 +91 --per-hour 99999999999",
    "dialling allow 1001 +91 --per-hour x",
    *(f"report abandoned --hours {hours}" for hours in ("nan", "1e12", "x")),
    *(f"report cm-office --most {most}" for most in ("0", "99999999999999999999")),
    *(f"report calls --from {day}" for day in ("9999-12-31", "0001-01-01", "2025-13-01", "x")),
    "report calls --from 2025-01-01 --to 9999-12-31",
    "report calls --from 2025-01-01 --within 99999999999999",
    "report calls --from 2025-01-01 --short 99999999999999",
    "report waits --from 9999-12-31",
    "report staffing helpline-hi --weeks 53",
    *(f"quality {verb} --days {days}" for verb in ("sample", "report") for days in (0, 999999)),
    "quality sample --per-agent -1",
    "recordings retention --days 99999999999",
    *(
        f"{command} --most {most}"
        for command in (
            "notifications list",
            "feedback tasks",
            "complaint waiting",
            "deadlines stuck",
            "officer complaints P",
            "recordings find",
            "recordings due",
        )
        for most in ("-1", "99999999999999999999")
    ),
]


@pytest.mark.parametrize("words", _REFUSED)
def test_what_cannot_be_is_refused_in_one_sentence(
    words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = shlex.split(words)
    with pytest.raises(SystemExit) as left:
        parser_for(typed).parse_args(typed)
    assert left.value.code == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert "error: argument --" in last
    assert " from " in last  # what could be
    assert " to " in last


def test_what_can_be_is_taken() -> None:
    typed = shlex.split("report calls --from 2026-01-01 --to 2026-01-31 --within 20 --short 0")
    taken = parser_for(typed).parse_args(typed)
    assert (str(taken.since), str(taken.to)) == ("2026-01-01", "2026-01-31")
    assert (taken.within, taken.short) == (20, 0)
    typed = shlex.split(f"callers block {_NUMBER} --days 0.5 --why x --by y")
    assert parser_for(typed).parse_args(typed).days == 0.5


@pytest.mark.parametrize("report", ["calls", "waits"])
def test_days_the_wrong_way_round_are_no_report(
    report: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", report, "--from", "2025-02-01", "--to", "2025-01-01"]) == 1
    assert "2025-01-01 is before 2025-02-01" in capsys.readouterr().err
