"""Root's commands on another account's helpline."""

import os
from pathlib import Path

import pytest

from helpline.errors import OperatorError
from helpline.owner import by_the_owner


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """The state folder of an account that is not root."""
    if os.geteuid() == 0:
        os.chown(tmp_path, 1, 1)
    return tmp_path


def test_root_is_refused_where_the_state_folder_is_anothers(
    theirs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(OperatorError, match="run this as that account"):
        by_the_owner(theirs)
    by_the_owner(theirs / "not-there-yet")


def test_its_own_account_is_not_asked(theirs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1)
    by_the_owner(theirs)
