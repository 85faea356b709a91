"""The Chromium of the set-up as a program that an operator names in a setting."""

import shlex
from pathlib import Path

from helpline.bootstrap.stamps import write_atomically
from helpline.tools import load_browser

ROOT = Path(__file__).parents[1]


CHROMIUM = ROOT / "var" / "chromium"


def write_chromium() -> Path:
    """A script that starts it: where it is in a prefix, it needs to be told of its libraries."""
    tool = load_browser(ROOT)
    words = shlex.join([*(f"{name}={value}" for name, value in tool.env.items()), *tool.argv])
    write_atomically(CHROMIUM, f'#!/bin/sh\nexec env {words} "$@"\n', mode=0o755)
    return CHROMIUM
