"""Whose state folder it is, and by whom a command may be run."""

import os
import pwd
from pathlib import Path

from helpline.errors import OperatorError


def by_the_owner(state_dir: Path) -> None:
    """Refuse root where the folder is another account's: what root leaves there (files, and the
    embedded database's folder, given to nobody) keeps that account's server from starting.

    Raises `OperatorError`.
    """
    if os.geteuid() != 0 or not state_dir.exists():
        return
    owner = state_dir.stat().st_uid
    if owner != 0:
        raise OperatorError(
            f"{state_dir} is of {_name(owner)}: run this as that account, not as root"
        )


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user id {uid}"
