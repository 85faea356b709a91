"""Commands that make a cell ready, or look at it, and their words.

Every command of `helpline` takes the settings and the parsed words.
"""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from ipaddress import IPv4Address
from pathlib import Path
from urllib.parse import urlsplit

from complaints.categories import not_for_complaints
from complaints.explaining import explain
from complaints.heads import compare_heads, daily_files, write_heads
from complaints.verification import Verified, verify_all, verify_one
from cti.tokens import issue_supervisor
from dialplans.check import check as check_cell
from dialplans.findings import Severity
from helpline.cell import cell_with_secrets, render_cell, state_folder
from helpline.certificate_watch import certificate_findings
from helpline.clock import shifted_clock, system_clock
from helpline.database import Database, command_pool
from helpline.files import files_allowed, too_few_files
from helpline.keys import signing_key
from helpline.policies import POLICIES
from helpline.prompts import render_prompts, without_studio
from helpline.recorded import recording_vault
from helpline.second_server import bring_up_to_date
from helpline.settings import Settings, SettingsError
from helpline.tls import make_certificate
from helpline.tools import load_tools
from recordings.certificate import without_browser

#: Where set-up's manifest is looked for: the checkout that this package was installed from.
PROJECT = Path(__file__).parents[1]

_TRIAL_ADDRESS = IPv4Address("127.0.0.99")


def add_migrate(parser: argparse.ArgumentParser) -> None:
    """The schema."""
    parser.set_defaults(command=migrate)


def add_render(parser: argparse.ArgumentParser) -> None:
    """What Asterisk reads."""
    parser.set_defaults(command=render)


def add_check(parser: argparse.ArgumentParser) -> None:
    """Faults in settings and configuration."""
    parser.set_defaults(command=check)


def add_certificate(parser: argparse.ArgumentParser) -> None:
    """HTTPS."""
    certificate = parser.add_subparsers(required=True)
    make = certificate.add_parser("make", help="a certificate by an authority of our own")
    make.add_argument("--name", action="append", metavar="HOST", help="repeat for several")
    make.set_defaults(command=certificate_make)


def add_supervisor(parser: argparse.ArgumentParser) -> None:
    """Tokens of a laboratory's pages."""
    boss = parser.add_subparsers(required=True)
    boss_token = boss.add_parser("token", help="the token with which a wallboard signs in")
    boss_token.add_argument("name", metavar="NAME")
    boss_token.set_defaults(command=supervisor_token)


def add_policy(parser: argparse.ArgumentParser) -> None:
    """Whether the rules lead where they should."""
    policy = parser.add_subparsers(required=True)
    explained = policy.add_parser("explain", help="who gets a complaint, by when, and what then")
    explained.add_argument("category", metavar="CATEGORY")
    explained.add_argument("place", metavar="PLACE")
    explained.add_argument(
        "--policy", choices=sorted(POLICIES), help="default: that of the settings"
    )
    explained.set_defaults(command=policy_explain)


def add_verify(parser: argparse.ArgumentParser) -> None:
    """Whether histories are as they were written."""
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("number", nargs="?", metavar="NUMBER")
    which.add_argument("--all", action="store_true", help="every complaint's")
    heads = "compare histories with the heads that were written down there"
    which.add_argument("--heads", nargs="+", type=Path, metavar="FILE", help=heads)
    new = "write the heads of all histories down, to be kept elsewhere"
    which.add_argument("--write-heads", type=Path, metavar="FILE", help=new)
    parser.add_argument("--files", action="store_true", help="read every attached file back too")
    parser.set_defaults(command=verify)


def without_certificates(settings: Settings) -> str | None:
    """What this machine lacks for them; everything else goes on without."""
    why = without_browser(settings.recordings.chromium)
    return None if why is None else f"certificates of recordings cannot be made: {why}"


async def migrate(settings: Settings, _options: argparse.Namespace) -> int:
    """Apply what is missing, and say what it was; not while a server of any cell serves."""
    database = Database(settings)
    try:
        applied = await bring_up_to_date(await database.start())
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
    findings = await asyncio.to_thread(certificate_findings, settings.http, system_clock())
    findings += await check_cell(
        cell, secrets, asterisk_argv=asterisk.argv, trial_address=_TRIAL_ADDRESS
    )
    for finding in findings:
        print(finding)
    faulty = any(finding.severity is Severity.ERROR for finding in findings)
    if not faulty:
        print(f"cell {cell.name}: Asterisk {asterisk.version} loads its configuration")
    if (why := without_certificates(settings)) is not None:
        print(f"warning: {why}")
    if (why := without_studio(settings)) is not None:
        print(f"warning: {why}")
    if (why := too_few_files(settings, files_allowed())) is not None:
        print(f"warning: {why}")
    return int(faulty)


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
    if not options.all:
        return 0
    audit = state_folder(settings).audit
    if daily := daily_files(audit):
        return await _compare_heads(settings, daily)
    print(f"{audit} has no file of heads: a history that was cut short would not show")
    return 0


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
