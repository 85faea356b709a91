"""Fetching what the machine does not have: a prefix of an earlier set-up, the mirror, the cache."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from helpline.bootstrap import apt, prefix
from helpline.bootstrap.checks import SetupError
from helpline.bootstrap.prefix import Prefix, Record
from helpline.bootstrap.progress import note
from helpline.bootstrap.stamps import locked


def cache_folder() -> Path:
    """Where downloads and prefixes are kept, shared by all checkouts of one user."""
    chosen = os.environ.get("HELPLINE_CACHE_DIR")
    if chosen:
        return Path(chosen).absolute()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "helpline-1076"


def fetch(
    wanted: list[str],
    cache: Path,
    verify: Callable[[Prefix], None],
    *,
    own_suite: bool = False,
) -> Prefix:
    """A prefix that has the wanted packages; `verify` raises if its programs do not work.

    `own_suite`: only of the suite that the machine itself has, for what runs by its C library.
    """
    cache.mkdir(parents=True, exist_ok=True)
    with locked(cache / "lock", lambda: note("waiting for another set-up")):
        ready = prefix.newest_covering(cache, wanted)
        return (
            ready
            or _from_mirror(wanted, cache, verify, own_suite=own_suite)
            or _from_downloads(wanted, cache, verify)
        )


def _from_mirror(
    wanted: list[str], cache: Path, verify: Callable[[Prefix], None], *, own_suite: bool
) -> Prefix | None:
    host = apt.read_host()
    for suite in [host.suite] if own_suite else host.suites():
        private = apt.PrivateApt(host, suite, cache / "apt" / suite, cache / "debs")
        try:
            packages = private.closure(wanted)
            private.download(wanted)
            files = tuple(package.file_name for package in packages)
            return prefix.build(cache, Record(suite, tuple(wanted), files), verify)
        except apt.NoNetworkError as error:
            note(str(error))
            return None
        except apt.SuiteError as error:
            note(str(error))
    return None


def _from_downloads(wanted: list[str], cache: Path, verify: Callable[[Prefix], None]) -> Prefix:
    record = prefix.newest_complete_download(cache, wanted)
    if record is None:
        raise SetupError(
            f"{', '.join(wanted)} could not be had: not from this machine's package mirror "
            f"(its answers are in {cache}/apt/*/apt.log) and not from earlier downloads; "
            "install what is missing yourself or run this again with a network."
        )
    try:
        return prefix.build(cache, record, verify)
    except apt.SuiteError as error:
        raise SetupError(f"the packages downloaded earlier do not work here: {error}") from error
