"""Can this machine be set up at all? Each refusal is one clear sentence."""

import importlib.util

OLDEST, NEWEST = (3, 11), (3, 13)


class SetupError(Exception):
    """Set-up cannot go on; the message is one sentence for the person who ran it."""


def check_python(version):  # type: (tuple[int, ...]) -> None
    """Refuse a Python that the application does not run on."""
    if not OLDEST <= version[:2] <= NEWEST:
        found = ".".join(str(part) for part in version[:2])
        raise SetupError(
            f"Python 3.11, 3.12 or 3.13 is needed and this is {found}: "
            "run `make PYTHON=python3.12 setup` with one that you have."
        )


def check_machine(system, machine):  # type: (str, str) -> None
    """Refuse what no Asterisk or wheel was ever tried on."""
    if system != "Linux" or machine not in ("x86_64", "amd64"):
        raise SetupError(
            f"this set-up works on Linux on x86-64 (amd64) only, and this is {system} on {machine}."
        )


def check_venv_module():  # type: () -> None
    """Debian keeps venv's pip in a package of its own (python3-venv)."""
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        raise SetupError(
            "Python's venv module is missing: install it (`apt-get install python3-venv` on "
            "Debian) and run this again."
        )
