"""Open files: a connection is one, and a call that finds none left hears an apology."""

import resource
from typing import Final

from helpline.door import HttpLimits
from helpline.settings import Settings

_MOST: Final = 65_536
_OF_A_CALL: Final = 2
"""Its flow's connection, and that of the flow it goes on in."""
_BESIDE: Final = 300
"""Database, Asterisk, logs, recordings that are encrypted or sent, programs that we start."""
_OF_A_SEAT: Final = 4
"""A desk's page and a wallboard's are two sockets; pages are fetched over two more."""
_LEAST_SHARE: Final = 4
"""Where even calls have too few files, pages get one in so many."""


def raise_file_limit() -> None:
    """As many open files as the machine allows us, within reason; usually 1,024 before."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if (raised := raised_limit(soft, hard)) != soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))


def files_allowed() -> int:
    """How many we can have open, after `raise_file_limit`."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    raised = raised_limit(soft, hard)
    return _MOST if raised == resource.RLIM_INFINITY else raised


def raised_limit(soft: int, hard: int) -> int:
    """The soft limit to have: never a lower one than it is."""
    if soft == resource.RLIM_INFINITY:
        return soft
    return max(soft, _MOST if hard == resource.RLIM_INFINITY else min(hard, _MOST))


def http_limits(settings: Settings, files: int) -> HttpLimits:
    """What is configured, as far as `files` open files go round: calls come first."""
    http = settings.http
    room = max(files - _of_calls(settings), files // _LEAST_SHARE)
    return HttpLimits(
        at_once=min(http.connections, room),
        of_one=http.connections_of_one,
        proxies=http.proxies,
    )


def too_few_files(settings: Settings, files: int) -> str | None:
    """What an operator is told where `files` open files are too few for the configured seats."""
    seats = _seats(settings)
    wanted = min(_of_calls(settings) + seats * _OF_A_SEAT, _MOST)
    if files >= wanted:
        return None
    return (
        f"{files} open files are allowed (ulimit -Hn; LimitNOFILE of a service), "
        f"{wanted} are wanted for {seats} seats and {settings.cell.max_ivr_sessions} calls"
    )


def _of_calls(settings: Settings) -> int:
    return settings.cell.max_ivr_sessions * _OF_A_CALL + _BESIDE


def _seats(settings: Settings) -> int:
    """Those of the fullest shift, or the agents that are named, if they are more."""
    hours = settings.hours
    shifts = (*hours.shifts, *hours.holiday_shifts)
    return max([len(settings.cell.agents), *(shift.seats for shift in shifts)])
