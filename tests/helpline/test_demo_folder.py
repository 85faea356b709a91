"""Where the demo writes: what it removes there is its own."""

from pathlib import Path

import pytest

from helpline.demo.stage import clear
from helpline.errors import OperatorError


def test_the_folder_of_a_real_helpline_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    kept = tmp_path / "recordings" / "2026" / "one.sealed"
    kept.parent.mkdir(parents=True)
    kept.touch()
    with pytest.raises(OperatorError, match="something else"):
        clear(tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["recordings"]
    assert kept.exists()


@pytest.mark.parametrize("told", [True, False])  # of an earlier run, which may have broken off
def test_what_an_earlier_demo_left_is_removed_and_nothing_else(tmp_path: Path, told: bool) -> None:
    folder = tmp_path / "demo"
    clear(folder)
    (folder / "state").mkdir()
    (folder / "notes.txt").touch()
    if told:
        (folder / "report.json").touch()
    clear(folder)
    assert {one.name for one in folder.iterdir()} == {".helpline-demo", "notes.txt"}
