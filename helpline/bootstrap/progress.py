"""Progress lines: what is being done, what came of it, how long it took."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass
class Step:
    """A running step; `result` is shown when it ends."""

    result: str = ""


class Progress:
    """Numbered lines like `[2/4] Python packages … 71 packages, 21 s`. Skipped steps are silent."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._started = time.monotonic()
        self._steps_run = 0

    @contextmanager
    def step(self, number: int, title: str) -> Iterator[Step]:
        """Show `title` now and the step's result and duration at its end."""
        self._steps_run += 1
        print(f"[{number}/{self._total}] {title} … ", end="", flush=True)
        began = time.monotonic()
        step = Step()
        yield step
        shown = f"{step.result}, " if step.result else ""
        print(f"{shown}{_seconds(time.monotonic() - began)}", flush=True)

    def finish(self) -> None:
        """Say that all is done; one short line when nothing had to be."""
        state = "ready" if self._steps_run else "up to date"
        print(f"set-up: {state}, {_seconds(time.monotonic() - self._started)}", flush=True)


def note(text: str) -> None:
    """Show a remark inside a running step."""
    print(f"({text}) ", end="", flush=True)


def _seconds(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
