"""The table of verbs: each is there, loads what it needs, and says what follows it."""

import subprocess
import sys

import pytest

from helpline.cli import parser_for

_LISTED = sorted(
    action
    for actions in parser_for([])._subparsers._group_actions  # type: ignore[union-attr]  # argparse has no other way
    for action in actions.choices or ()
)


@pytest.mark.parametrize("verb", _LISTED)
def test_every_verb_has_its_words(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        parser_for([verb]).parse_args([verb, "--help"])
    assert left.value.code == 0
    assert f"helpline {verb}" in capsys.readouterr().out


def test_a_verb_that_is_not_there_is_told_with_those_that_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as left:
        parser_for(["sreve"]).parse_args(["sreve"])
    assert left.value.code == 2
    assert "migrate" in capsys.readouterr().err


def test_who_asks_for_a_report_does_not_wait_for_the_server_to_be_loaded() -> None:
    code = (
        "import sys; from helpline.cli import parser_for; parser_for(['report']);"
        "print(*sorted({'helpline.wiring', 'helpline.report_words'} & set(sys.modules)))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["helpline.report_words"]
