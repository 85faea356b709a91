import os
import re
import stat
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr

from dialplans import names
from dialplans.conf import by_name
from dialplans.errors import SettingsError
from dialplans.render import render, write
from dialplans.secrets import Secrets
from dialplans.settings import BenchRoute, BenchSettings, CellSettings
from recordings.model import CaptureName
from speech.english import ENGLISH


def test_the_same_settings_give_the_same_files(cell: CellSettings, cell_secrets: Secrets) -> None:
    assert render(cell, cell_secrets) == render(cell.model_copy(), cell_secrets)


def test_nothing_that_a_caller_sends_reaches_a_dialplan_argument(
    cell: CellSettings, cell_secrets: Secrets
) -> None:
    text = render(cell, cell_secrets)["extensions.conf"]
    # But for its letters and digits, which go back to where they came from.
    num = "CALLERID(num)"
    text = text.replace(f"Set({num}=${{FILTER(a-zA-Z0-9+*#,${{{num}}})}})", "")
    # Whether the number is withheld is Asterisk's own word.
    assert set(re.findall(r"CALLERID\(([^)]*)\)(?!=)", text)) == {"num-pres"}
    # Which is set, from our own words: where a waiting caller's prompts are.
    text = text.replace("Set(CHANNEL(language)=", "")
    for word in ("EXTEN", "PJSIP_HEADER", "CHANNEL(", "System", "Exec"):
        assert word not in text


def test_ami_gets_no_right_to_commands_and_a_patient_write_limit(
    cell: CellSettings, cell_secrets: Secrets
) -> None:
    user = by_name(render(cell, cell_secrets)["manager.conf"])[names.AMI_USER]
    assert set(user.get("write").split(",")) == {"originate", "agent", "call", "reporting"}
    assert int(user.get("writetimeout")) >= 5000


def test_keys_that_are_pressed_are_in_no_event_and_no_log(
    cell: CellSettings, cell_secrets: Secrets
) -> None:
    files = render(cell, cell_secrets)
    [read] = re.findall(r"^read = (.*)$", files["manager.conf"], re.MULTILINE)
    assert not {"all", "dtmf", "agi", "verbose"} & set(read.split(","))
    for line in re.findall(r"^\w+ => (.*)$", files["logger.conf"], re.MULTILINE):
        assert set(line.split(",")) <= {"notice", "warning", "error"}


def test_queues_have_no_members_of_their_own(cell: CellSettings, cell_secrets: Secrets) -> None:
    assert "member =" not in render(cell, cell_secrets)["queues.conf"]


def test_the_dialplan_goes_on_after_each_flow_that_leaves_somebody_to_it(
    cell: CellSettings, cell_secrets: Secrets
) -> None:
    text = render(cell, cell_secrets)["extensions.conf"]
    after = re.findall(r"AGI\(agi://[^/]*/([a-z-]+)[,)].*\n((?: same => .*\n)*)", text)
    for script in names.SCRIPTS_CARRIED_ON:
        ways = [rest for one, rest in after if one == script]
        assert ways, script
        for rest in ways:
            assert re.search(r",(Goto|GotoIf)\(", rest), script


def test_a_citizen_whom_we_call_meets_their_agent_only_once_a_recorder_runs(
    cell: CellSettings, cell_secrets: Secrets
) -> None:
    """Also where our flow did not run: the dialplan begins the recorder, and tells them."""
    text = render(cell, cell_secrets)["extensions.conf"]
    context = text.partition(f"[{names.CONTEXT_DESK_OUTBOUND}]\n")[2].partition("\n[")[0]
    steps = re.findall(r"^(?:exten => s,1| same => n(?:\((\w+)\))?),(.*)$", context, re.MULTILINE)
    for begun, told in ((b, t) for b in (False, True) for t in (False, True)):
        done = _walked(steps, {"MIXMONITOR_FILENAME": begun, names.VAR_NOTICE: told})
        before = done[: done.index("ConfBridge")]
        assert before.count("MixMonitor") == (not begun)
        assert before.count("Playback") == (not told)
        assert before[-1] == "Set"
    assert "ConfBridge" not in _walked(steps, {}, records=False)
    assert "ConfBridge" not in _walked(steps, {}, alone=True)
    [file] = re.findall(r"MixMonitor\((.*),D\)", context)
    path = Path(file.replace("${HELPLINE_CALL}", str(uuid4())))
    found = CaptureName.parse(path.name)
    assert found is not None
    assert (found.is_asterisks, path.parent) == (True, cell.recordings_dir)


def _walked(
    steps: list[tuple[str, str]],
    known: dict[str, bool],
    *,
    records: bool = True,
    alone: bool = False,
) -> list[str]:
    """The applications that a channel with these variables runs. Only what this context has."""
    known = dict(known)
    labels = {label: at for at, (label, _) in enumerate(steps) if label}
    at, done = 0, []
    while at < len(steps):
        name, _, rest = steps[at][1].partition("(")
        done.append(name)
        at += 1
        if name == "MixMonitor":
            known["MIXMONITOR_FILENAME"] = records
        elif name == "Hangup":
            break
        elif name == "GotoIf" and "CONFBRIDGE_INFO" in rest:
            if alone:
                break  # out of this context
        elif name == "GotoIf":
            [(variable, how, label)] = re.findall(r'"\$\{(\w+)\}" (!?=) ""\]\?(\w+)\)', rest)
            if known.get(variable, False) is (how == "!="):
                at = labels[label]
    return done


def test_bench_numbers_exist_only_where_asked_for(
    cell: CellSettings, cell_secrets: Secrets
) -> None:
    bench = BenchSettings(
        plain_exten="9000", routes=(BenchRoute(exten="9001", url="agi://127.0.0.1:4600/short"),)
    )
    with_bench = cell.model_copy(update={"bench": bench})
    assert "9000" not in render(cell, cell_secrets)["extensions.conf"]
    text = render(with_bench, cell_secrets)["extensions.conf"]
    assert "exten => 9001,1,AGI(agi://127.0.0.1:4600/short)" in text


def test_an_agent_without_a_secret_is_not_rendered(cell: CellSettings) -> None:
    with pytest.raises(SettingsError, match="101, 102"):
        render(cell, Secrets(ami=SecretStr("x" * 30), agents={}))


def test_a_value_that_would_begin_a_new_line_is_refused_at_the_last_wall(
    cell: CellSettings, cell_secrets: Secrets
) -> None:
    # model_copy does not validate.
    hostile = cell.model_copy(update={"name": "x\n[options]\nlive_dangerously=yes"})
    with pytest.raises(SettingsError):
        render(hostile, cell_secrets)


def test_files_are_private_and_unknown_ones_stay(cell: CellSettings, cell_secrets: Secrets) -> None:
    conf = write(cell, render(cell, cell_secrets))
    own = conf.with_name("site-notes.txt")
    own.write_text("kept")
    write(cell, render(cell, cell_secrets))
    assert {mode(file) for file in conf.parent.glob("*.conf")} == {0o600}
    assert mode(conf.parent) == 0o700
    assert own.read_text() == "kept"
    assert not list(conf.parent.glob(".*"))


def test_files_can_be_shared_with_the_group_that_asterisk_runs_in(
    cell: CellSettings, cell_secrets: Secrets
) -> None:
    conf = write(cell, render(cell, cell_secrets), group=os.getgid())
    assert mode(conf) == 0o640
    assert conf.stat().st_gid == os.getgid()
    assert mode(cell.root / "run") == 0o770


def test_a_failed_write_leaves_the_old_file(
    cell: CellSettings, cell_secrets: Secrets, monkeypatch: pytest.MonkeyPatch
) -> None:
    conf = write(cell, render(cell, cell_secrets))
    before = conf.read_text()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write(cell, {"asterisk.conf": "half"})
    assert conf.read_text() == before
    assert not list(conf.parent.glob(".*"))


def test_asterisks_own_words_lie_where_the_callers_language_has_them(
    cell: CellSettings, cell_secrets: Secrets
) -> None:
    """Below the prompts' folder each language has one of its own, in which Asterisk looks first."""
    files = render(cell, cell_secrets)
    write(cell, files)
    said = re.findall(r"(?:Playback|Background)\((.+)\)", files["extensions.conf"])
    sounds = {Path(one) for words in said for one in words.split("&")}
    own = (
        names.PROMPT_TECHNICAL_FAULT,
        names.PROMPT_EMERGENCY_KEY,
        names.PROMPT_PLEASE_WAIT,
        names.PROMPT_RECORDING_NOTICE,
    )
    assert sounds == {cell.prompts_dir / prompt for prompt in own}
    assert set(own) <= {str(one) for one in ENGLISH}
    assert (cell.root / "data/sounds/en/beep.wav").exists()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)
