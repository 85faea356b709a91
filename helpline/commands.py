"""What each command of `helpline` does. Every function takes the settings and the parsed words."""

import argparse
import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from ipaddress import IPv4Address
from pathlib import Path
from urllib.parse import urlsplit

import structlog

from complaints.categories import not_for_complaints
from complaints.explaining import explain
from complaints.heads import compare_heads, daily_files, write_heads
from complaints.verification import Verified, verify_all, verify_one
from cti.tokens import issue_supervisor
from db.migrate import migrate as migrate_database
from dialplans.check import check as check_cell
from dialplans.findings import Severity
from helpline.cell import cell_with_secrets, render_cell, state_folder
from helpline.clock import shifted_clock
from helpline.clock_watch import ClockWatch
from helpline.database import Database, command_pool
from helpline.demo import run as run_demo
from helpline.files import files_allowed, raise_file_limit, too_few_files
from helpline.keys import signing_key
from helpline.prompts import render_prompts
from helpline.recorded import recording_vault
from helpline.settings import Settings, SettingsError, load_settings
from helpline.tls import make_certificate
from helpline.tools import load_tools
from helpline.wiring import Helpline
from recordings.certificate import without_browser

#: Where set-up's manifest is looked for: the checkout that this package was installed from.
PROJECT = Path(__file__).parents[1]

_TRIAL_ADDRESS = IPv4Address("127.0.0.99")
_DRAIN_SECONDS = 30.0
_log = structlog.get_logger(__name__)


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
    if (why := _without_certificates(settings)) is not None:
        print(f"warning: {why}", flush=True)
        _log.warning("certificates cannot be made", why=why)
    if (why := too_few_files(settings, files_allowed())) is not None:
        print(f"warning: {why}", flush=True)
        _log.warning("too few open files are allowed", why=why)


def _without_certificates(settings: Settings) -> str | None:
    """What this machine lacks for them; everything else goes on without."""
    why = without_browser(settings.recordings.chromium)
    return None if why is None else f"certificates of recordings cannot be made: {why}"


async def migrate(settings: Settings, _options: argparse.Namespace) -> int:
    """Apply what is missing, and say what it was."""
    database = Database(settings)
    try:
        applied = await asyncio.to_thread(migrate_database, await database.start())
    finally:
        await database.stop()
    print("\n".join(f"applied {name}" for name in applied) or "the schema is up to date")
    return 0


async def render(settings: Settings, _options: argparse.Namespace) -> int:
    """Write all that Asterisk reads and plays; say where it is."""
    tools = load_tools(PROJECT)
    await asyncio.to_thread(render_prompts, settings, tools)
    cell, _ = render_cell(settings, tools.asterisk)
    print(f"wrote {cell.root / 'etc'} (secrets kept in {state_folder(settings).cell_secrets})")
    return 0


async def certificate_make(settings: Settings, options: argparse.Namespace) -> int:
    """A certificate by an authority of our own, for a centre without one."""
    names = options.name or [urlsplit(settings.http.public_url).hostname or "localhost"]
    folder = state_folder(settings).tls
    now = shifted_clock(settings.clock_shift)()
    authority, certificate, key = make_certificate(folder, names, now)
    print(f'[http]\ncertificate = "{certificate}"\nkey = "{key}"')
    print(f'public_url = "https://{names[0]}:{settings.http.port}"')
    print(f"# browsers have to trust {authority}: install it on each desk")
    return 0


async def check(settings: Settings, _options: argparse.Namespace) -> int:
    """Print each finding; 1 when one is an error. Judges the files as they are: writes none."""
    asterisk = load_tools(PROJECT).asterisk
    cell, secrets = cell_with_secrets(settings, asterisk)
    findings = await check_cell(
        cell, secrets, asterisk_argv=asterisk.argv, trial_address=_TRIAL_ADDRESS
    )
    for finding in findings:
        print(finding)
    faulty = any(finding.severity is Severity.ERROR for finding in findings)
    if not faulty:
        print(f"cell {cell.name}: Asterisk {asterisk.version} loads its configuration")
    if (why := _without_certificates(settings)) is not None:
        print(f"warning: {why}")
    if (why := too_few_files(settings, files_allowed())) is not None:
        print(f"warning: {why}")
    return int(faulty)


async def demo(_settings: Settings, options: argparse.Namespace) -> int:
    """The demo has settings of its own."""
    return await run_demo(PROJECT, options.output)


async def supervisor_token(settings: Settings, options: argparse.Namespace) -> int:
    """Print a supervisor's token."""
    if not options.name.isidentifier():
        raise SettingsError("a supervisor's name has letters, digits and _ only")
    print(issue_supervisor(signing_key(settings), options.name))
    return 0


async def verify(settings: Settings, options: argparse.Namespace) -> int:
    """Check one history, or all, or heads that were kept; say what was changed. Then 1."""
    if options.write_heads:
        return await _write_heads(settings, options.write_heads)
    if options.heads:
        return await _compare_heads(settings, options.heads)
    if status := await _verify_histories(settings, options):
        return status
    daily = daily_files(state_folder(settings).audit) if options.all else []
    return await _compare_heads(settings, daily) if daily else 0


async def _write_heads(settings: Settings, path: Path) -> int:
    now = shifted_clock(settings.clock_shift)()
    async with command_pool(settings) as pool:
        count = await write_heads(pool, path, key=signing_key(settings), at=now)
    print(f"{path}: the heads of {count} {_histories(count)}")
    return 0


async def _compare_heads(settings: Settings, paths: Sequence[Path]) -> int:
    """All that is amiss: after a tail was cut off, one wants to know of how many."""
    key, amiss = signing_key(settings), 0
    async with command_pool(settings) as pool:
        for path in paths:
            async for one in compare_heads(pool, path, key=key):
                print(f"{path}: {one}")
                amiss += 1
    if not amiss:
        files = "file" if len(paths) == 1 else "files"
        print(f"{len(paths)} {files} of heads compared, all histories have them")
    return 1 if amiss else 0


def _histories(count: int) -> str:
    return "history" if count == 1 else "histories"


async def _verify_histories(settings: Settings, options: argparse.Namespace) -> int:
    """Stop at the first that was changed and say where."""
    checked = 0
    vault = recording_vault(settings) if options.files else None
    async with command_pool(settings) as pool:
        found = (
            verify_all(pool, vault)
            if options.all
            else _only(await verify_one(pool, options.number, vault))
        )
        async for one in found:
            checked += 1
            if one.broken_at is not None:
                print(f"complaint {one.number}: the history is broken at entry {one.broken_at}")
                return 1
            for fault in one.faults:
                print(f"complaint {one.number}: {fault}")
            if one.faults:
                return 1
    print(f"{checked} {_histories(checked)} checked, all intact")
    return 0


async def _only(verified: Verified) -> AsyncIterator[Verified]:
    yield verified


async def policy_explain(settings: Settings, options: argparse.Namespace) -> int:
    """Say who would get such a complaint, by when, and what happens next at each step."""
    rules = settings.rules_of(options.policy or settings.policy)
    now = shifted_clock(settings.clock_shift)()
    async with command_pool(settings) as pool:
        print(await explain(pool, options.category, options.place, rules, now))
        for code in await not_for_complaints(pool, rules.by_category):
            print(f"category_rules.{code}: no complaint can have this category", file=sys.stderr)
    return 0
