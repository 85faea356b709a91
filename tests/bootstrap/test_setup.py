from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from helpline.bootstrap import bundles, checks, chromium, coturn, tools, venv
from helpline.bootstrap.checks import SetupError
from helpline.bootstrap.stamps import fingerprint, is_fresh, locked, write_atomically

CHECKOUT = Path(__file__).parents[2]


@pytest.mark.parametrize("version", [(3, 10, 14), (3, 14, 0), (4, 0, 0)])
def test_another_python_is_refused_in_one_sentence(version: tuple[int, ...]) -> None:
    with pytest.raises(SetupError, match=rf"this is {version[0]}\.{version[1]}:"):
        checks.check_python(version)


@pytest.mark.parametrize("version", [(3, 11, 2), (3, 12, 0), (3, 13, 9)])
def test_our_pythons_are_accepted(version: tuple[int, ...]) -> None:
    checks.check_python(version)


@pytest.mark.parametrize(
    ("system", "machine"), [("Linux", "aarch64"), ("Darwin", "x86_64"), ("Linux", "i686")]
)
def test_another_machine_is_refused(system: str, machine: str) -> None:
    with pytest.raises(SetupError, match=f"this is {system} on {machine}"):
        checks.check_machine(system, machine)


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("Asterisk 22.10.1+dfsg+~cs6.17.60671434-1", "22.10.1"),
        ("Asterisk 20.6.0~dfsg+~cs6.13.40431414-2build5", "20.6.0"),
        ("Asterisk certified/20.7-cert1", "20.7"),
        ("Asterisk GIT-22-abcdef", "22"),
        ("error while loading shared libraries", None),
    ],
)
def test_asterisk_version(output: str, expected: str | None) -> None:
    assert tools.asterisk_version(output) == expected


def test_english_sounds_are_found_with_and_without_the_alternatives_link(tmp_path: Path) -> None:
    assert tools.english_sounds(tmp_path) is None
    allison = tmp_path / "sounds" / "en_US_f_Allison"
    allison.mkdir(parents=True)
    (allison / "beep.wav").touch()
    assert tools.english_sounds(tmp_path) == allison
    (tmp_path / "sounds" / "en").symlink_to(allison)
    assert tools.english_sounds(tmp_path) == tmp_path / "sounds" / "en"


def test_what_is_there_is_not_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "on_machine", lambda name: f"/usr/bin/{name}")
    own = tools.AsteriskEntry(
        argv=["/usr/sbin/asterisk"],
        version="22.1.0",
        source="machine",
        modules_dir="/m",
        data_dir="/d",
        sounds_dir="/d/sounds/en",
        documentation_dir="/d/documentation",
        sbin_dir="/usr/sbin",
    )
    assert tools.packages_wanted(own) == []
    assert tools.packages_wanted({**own, "sounds_dir": ""}) == ["asterisk-core-sounds-en-wav"]
    monkeypatch.setattr(tools, "on_machine", lambda _: None)
    assert tools.packages_wanted(None) == [
        "asterisk",
        "asterisk-core-sounds-en-wav",
        "sip-tester",
        "espeak-ng",
    ]


def test_a_lint_rule_does_not_reinstall_but_a_requirement_does() -> None:
    base = "[metadata]\nname = x\n[options]\ninstall_requires =\n  aiohttp\n[mypy]\nstrict = true\n"
    assert venv.packaging_part(base) == venv.packaging_part(base.replace("true", "false"))
    assert venv.packaging_part(base) != venv.packaging_part(base.replace("aiohttp", "aiosql"))


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("WARNING: Retrying ... NameResolutionError: failed\nERROR: No matching", "no network"),
        ("ERROR: No matching distribution found for nope", "No matching distribution found"),
        ("Segmentation fault", "see the log"),
    ],
)
def test_pip_failures_are_one_sentence(output: str, expected: str) -> None:
    message = str(venv.pip_failure(output, Path("var/setup/pip.log")))
    assert expected in message
    assert "\n" not in message


def test_stamps(tmp_path: Path) -> None:
    stamp = tmp_path / "deep" / "stamp"
    assert not is_fresh(stamp, "key")
    write_atomically(stamp, "key", mode=0o600)
    assert is_fresh(stamp, "key")
    assert not is_fresh(stamp, "other")
    assert stamp.stat().st_mode & 0o777 == 0o600
    assert list(stamp.parent.iterdir()) == [stamp]
    assert fingerprint("ab", "c") != fingerprint("a", "bc")


def test_the_lock_is_held_against_another_process(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from helpline.bootstrap.stamps import locked\n"
        "with locked(Path(sys.argv[1]), lambda: print('waiting', flush=True)): print('in')"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "lock")]
    with locked(tmp_path / "lock", lambda: pytest.fail("nobody else has it")):
        other = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=CHECKOUT)
        assert other.stdout is not None
        assert other.stdout.readline() == "waiting\n"
    assert other.communicate(timeout=10)[0] == "in\n"


def test_setup_of_a_finished_checkout_only_says_so() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "helpline.bootstrap"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("set-up: up to date")
    assert done.stderr == ""


def test_the_pins_cover_every_requirement() -> None:
    pinned = {
        line.split("==")[0].lower().replace("_", "-")
        for line in (CHECKOUT / "constraints.txt").read_text().splitlines()
        if "==" in line
    }
    script = (
        "import importlib.metadata as m, json\n"
        "print(json.dumps([r.split(';')[0].strip() for r in m.requires('helpline-1076')]))"
    )
    found = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    names = {name.split("[")[0].lower().replace("_", "-") for name in json.loads(found.stdout)}
    assert names <= pinned


@pytest.mark.parametrize(("version", "accepted"), [("20.6.0", True), ("18.1.0", False)])
def test_a_machines_own_asterisk_is_used_when_new_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, *, accepted: bool
) -> None:
    program = tmp_path / "asterisk"
    program.write_text(f"#!/bin/sh\necho 'Asterisk {version}~dfsg-1'\n")
    program.chmod(0o755)
    for file in ("modules/res_agi.so", "data/documentation/x", "data/sounds/en/beep.gsm"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    folders = {"astmoddir": str(tmp_path / "modules"), "astdatadir": str(tmp_path / "data")}
    monkeypatch.setattr(tools, "_configured_directories", lambda: folders)
    monkeypatch.setattr(tools, "on_machine", lambda _: str(program))

    own = tools.own_asterisk()

    assert (own is not None) is accepted
    if own is not None:
        assert (own["version"], own["source"]) == (version, "machine")
        assert own["modules_dir"] == folders["astmoddir"]
        assert own["sounds_dir"] == str(tmp_path / "data/sounds/en")


def test_each_entry_is_found_under_its_hashed_name() -> None:
    outputs = {
        "../../var/assets.new/page-ABC.js": {"entryPoint": "entries/page.js"},
        "../../var/assets.new/phone-DEF.js": {"entryPoint": "entries/phone.ts"},
        "../../var/assets.new/shared-1.js": {},
    }
    assert bundles.manifest_of({"outputs": outputs}) == {
        "page.js": "page-ABC.js",
        "phone.js": "phone-DEF.js",
    }


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("npm error code ENOTFOUND\nnpm error errno ENOTFOUND", "no network"),
        ("npm error code EUSAGE\nnpm error `npm ci` needs a lock file", "EUSAGE"),
        ("Killed", "see the log"),
    ],
)
def test_npm_failures_are_one_sentence(output: str, expected: str) -> None:
    message = str(bundles.npm_failure(output, Path("var/setup/npm.log")))
    assert expected in message
    assert "\n" not in message


@pytest.mark.parametrize(("version", "used"), [("v20.1.0", True), ("v16.20.2", False)])
def test_a_machines_own_node_is_used_when_new_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, *, used: bool
) -> None:
    program = tmp_path / "node"
    program.write_text(f"#!/bin/sh\necho {version}\n")
    program.chmod(0o755)
    monkeypatch.setattr(bundles, "on_machine", lambda _: str(program))
    assert (bundles.own_npm() is not None) is used


def test_the_lock_file_pins_by_content_and_names_no_registry() -> None:
    lock = json.loads((CHECKOUT / "web/js/package-lock.json").read_text())
    packages = [entry for name, entry in lock["packages"].items() if name]
    assert all(entry["integrity"].startswith("sha512-") for entry in packages)
    assert not any("resolved" in entry for entry in packages)


def test_a_browser_that_shows_no_page_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "chromium"
    program.write_text("#!/bin/sh\necho Chromium 150.0.1\n")
    program.chmod(0o755)
    monkeypatch.setattr(chromium, "on_machine", lambda _: str(program))
    with pytest.raises(SetupError, match="Chromium does not start"):
        chromium.find_or_fetch()


def test_a_coturn_that_does_not_start_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "turnserver"
    program.write_text("#!/bin/sh\necho 'libevent: cannot open shared object file'\nexit 127\n")
    program.chmod(0o755)
    monkeypatch.setattr(coturn, "on_machine", lambda _: str(program))
    with pytest.raises(SetupError, match="coturn does not start: libevent"):
        coturn.find_or_fetch()


def test_a_fetched_program_is_gone_when_its_loader_is(tmp_path: Path) -> None:
    loader, program = tmp_path / "ld.so", tmp_path / "turnserver"
    manifest = tmp_path / "turnserver.json"
    manifest.write_text(json.dumps({"argv": [str(loader), str(program)]}))
    program.touch()
    assert not coturn.still_there(manifest)
    loader.touch()
    assert coturn.still_there(manifest)
