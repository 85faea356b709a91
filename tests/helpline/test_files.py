"""How many files may be open, and who gets them."""

import subprocess
import sys
from pathlib import Path
from resource import RLIM_INFINITY

import pytest

from helpline.files import http_limits, raised_limit, too_few_files
from helpline.settings import GivenSettings

_PROJECT = Path(__file__).parents[2]
_RAISE = """
import resource
from helpline.files import files_allowed, raise_file_limit
raise_file_limit()
print(*resource.getrlimit(resource.RLIMIT_NOFILE), files_allowed())
"""


def test_the_process_takes_what_the_machine_allows() -> None:
    command = ["prlimit", "--nofile=64:512", sys.executable, "-c", _RAISE]
    done = subprocess.run(command, cwd=_PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "512 512 512"


@pytest.mark.parametrize(
    ("soft", "hard", "raised"),
    [
        (1024, 4096, 4096),
        (1024, 1_048_576, 65_536),
        (1024, RLIM_INFINITY, 65_536),
        (100_000, 1_048_576, 100_000),
        (RLIM_INFINITY, RLIM_INFINITY, RLIM_INFINITY),
    ],
)
def test_the_limit_is_raised_within_reason_and_never_lowered(
    soft: int, hard: int, raised: int
) -> None:
    assert raised_limit(soft, hard) == raised


@pytest.mark.parametrize(
    ("files", "at_once"),
    [
        (65_536, 4000),  # as configured
        (4096, 4096 - 2300),  # a thousand calls come first
        (1024, 256),  # too few for both
    ],
)
def test_pages_leave_calls_their_files(files: int, at_once: int) -> None:
    assert http_limits(GivenSettings(), files).at_once == at_once


def test_the_operators_bounds_count() -> None:
    http = {"connections": 100, "connections_of_one": 50, "proxies": ["10.0.0.2/32"]}
    limits = http_limits(GivenSettings.model_validate({"http": http}), 65_536)
    assert (limits.at_once, limits.of_one) == (100, 50)
    assert [str(one) for one in limits.proxies] == ["10.0.0.2/32"]


def test_an_operator_is_told_of_too_few_files_for_the_seats() -> None:
    settings = GivenSettings()  # 500 seats in the fullest shift
    assert too_few_files(settings, 4300) is None
    told = too_few_files(settings, 4299)
    assert told is not None
    assert "4299 open files" in told
    assert "4300 are wanted for 500 seats" in told
