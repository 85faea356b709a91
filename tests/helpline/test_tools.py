from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from helpline.tools import Tools, ToolsError, load_tools, load_turnserver

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def tools() -> Tools:
    return load_tools(CHECKOUT)


def test_asterisk_of_the_manifest_runs(tools: Tools) -> None:
    said = subprocess.run(tools.asterisk.command("-V"), capture_output=True, text=True, check=True)
    assert tools.asterisk.version in said.stdout
    assert tools.asterisk.major >= 20


def test_folders_of_the_manifest_hold_what_a_cell_needs(tools: Tools) -> None:
    assert (tools.asterisk.modules_dir / "res_agi.so").is_file()
    assert (tools.asterisk.documentation_dir / "core-en_US.xml").is_file()
    assert list(tools.asterisk.sounds_dir.glob("beep.*"))


def test_espeak_speaks_hindi(tools: Tools, tmp_path: Path) -> None:
    spoken = tmp_path / "word.wav"
    command = tools.espeak_ng.command("-v", "hi", "-w", spoken, "शिकायत")
    subprocess.run(command, env=tools.espeak_ng.environment(), check=True)
    assert spoken.stat().st_size > 10_000


def test_sipp_runs(tools: Tools) -> None:
    said = subprocess.run(tools.sipp.command("-v"), capture_output=True, text=True, check=False)
    assert "SIPp v" in said.stdout + said.stderr


def test_coturn_runs() -> None:
    coturn = load_turnserver(CHECKOUT)
    said = subprocess.run(
        coturn.command("--version"),
        env=coturn.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert coturn.version in said.stdout + said.stderr


def test_a_missing_manifest_names_the_command_to_run(tmp_path: Path) -> None:
    with pytest.raises(ToolsError, match="run `make setup`"):
        load_tools(tmp_path)


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"asterisk": 1}'])
def test_a_broken_manifest_is_one_clear_sentence(tmp_path: Path, content: str) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "tools.json").write_text(content)
    with pytest.raises(ToolsError, match="cannot be read"):
        load_tools(tmp_path)
