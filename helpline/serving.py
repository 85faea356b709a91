"""`helpline serve` and `helpline demo`: the commands that run a cell."""

import argparse
import asyncio
import signal
from pathlib import Path

import structlog

from helpline.clock import shifted_clock
from helpline.clock_watch import ClockWatch
from helpline.commands import PROJECT, without_certificates
from helpline.demo import run as run_demo
from helpline.files import files_allowed, raise_file_limit, too_few_files
from helpline.settings import Settings, load_settings
from helpline.tools import load_tools
from helpline.wiring import Helpline

_DRAIN_SECONDS = 30.0
_log = structlog.get_logger(__name__)


def add_serve(parser: argparse.ArgumentParser) -> None:
    """Run this cell."""
    parser.set_defaults(command=serve)


def add_demo(parser: argparse.ArgumentParser) -> None:
    """One citizen's story."""
    parser.add_argument(
        "--output",
        type=Path,
        default=PROJECT / "var" / "demo",
        metavar="FOLDER",
        help="where report and recordings go (default: var/demo)",
    )
    parser.set_defaults(command=demo)


async def serve(settings: Settings, _options: argparse.Namespace) -> int:
    """Run the cell until SIGTERM or SIGINT, then let calls in the menu finish. SIGHUP: see
    `helpline.reloading`.
    """
    raise_file_limit()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    now = shifted_clock(settings.clock_shift)
    watch = ClockWatch(now, settings.clock_shift)
    helpline = Helpline(settings, load_tools(PROJECT), now, watch, load_settings)
    loop.add_signal_handler(signal.SIGHUP, helpline.reload_soon)
    try:
        await helpline.start()
        print(
            f"helpline serves cell {settings.cell.name} on {settings.http.public_url}", flush=True
        )
        _warn(settings)
        await stop.wait()
    finally:
        await helpline.stop(drain_seconds=_DRAIN_SECONDS)
    return 0


def _warn(settings: Settings) -> None:
    if (why := without_certificates(settings)) is not None:
        print(f"warning: {why}", flush=True)
        _log.warning("certificates cannot be made", why=why)
    if (why := too_few_files(settings, files_allowed())) is not None:
        print(f"warning: {why}", flush=True)
        _log.warning("too few open files are allowed", why=why)


async def demo(_settings: Settings, options: argparse.Namespace) -> int:
    """The demo has settings of its own."""
    return await run_demo(PROJECT, options.output)
