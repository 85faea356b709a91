"""Tells the story in the terminal while it happens."""

import asyncio
import sys
from collections.abc import Callable
from datetime import datetime

from helpline.clock import INDIA


class Narrator:
    """Prints one line per event with the story's own time (IST) and the seconds since it began."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._began = asyncio.get_running_loop().time()
        self._colour = sys.stdout.isatty()

    @property
    def seconds(self) -> float:
        """Since the narrator began."""
        return asyncio.get_running_loop().time() - self._began

    def chapter(self, title: str) -> None:
        """A part of the story begins."""
        bold, plain = ("\033[1m", "\033[0m") if self._colour else ("", "")
        print(f"\n{bold}{title}{plain}", flush=True)

    def tell(self, who: str, what: str) -> None:
        """`who` did `what`, now."""
        clock = self._now().astimezone(INDIA).strftime("%H:%M:%S")
        print(f"  {clock} IST  +{self.seconds:5.1f} s  {who:<9} {what}", flush=True)
