import stat
from pathlib import Path

import pytest
from pydantic import SecretStr

from dialplans.errors import SecretsError
from dialplans.secrets import ensure, weak


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "secrets.json"


def test_secrets_are_made_once_and_kept(file: Path) -> None:
    first = ensure(file, ["101"])
    assert ensure(file, ["101"]) == first
    assert not weak(first.ami)
    assert not weak(first.agents["101"])
    assert first.ami != first.agents["101"]


def test_a_new_agent_gets_a_secret_and_the_others_keep_theirs(file: Path) -> None:
    first = ensure(file, ["101"])
    second = ensure(file, ["101", "102"])
    assert second.agents["101"] == first.agents["101"]
    assert second.agents["102"] != first.agents["101"]
    assert ensure(file, []).agents.keys() == {"101", "102"}


def test_only_the_owner_can_read_the_secrets(file: Path) -> None:
    ensure(file, ["101"])
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_file_that_others_can_read_is_refused(file: Path) -> None:
    ensure(file, ["101"])
    file.chmod(0o640)
    with pytest.raises(SecretsError, match="can be read by others"):
        ensure(file, ["101"])


@pytest.mark.parametrize("text", ["", "[]", '{"ami": "a;b hunter2", "agents": {}}'])
def test_a_damaged_file_is_refused_without_quoting_it(file: Path, text: str) -> None:
    file.write_text(text)
    file.chmod(0o600)
    with pytest.raises(SecretsError) as caught:
        ensure(file, ["101"])
    assert "hunter2" not in str(caught.value)
    assert file.read_text() == text


def test_secrets_do_not_show_in_logs(file: Path) -> None:
    known = ensure(file, ["101"])
    assert known.ami.get_secret_value() not in repr(known)


@pytest.mark.parametrize("secret", ["", "asterisk", "changeme", "a" * 40, "short-but-mixed-19"])
def test_weak_secrets_are_known(secret: str) -> None:
    assert weak(SecretStr(secret))
