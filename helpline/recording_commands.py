"""What each verb of `helpline recordings` does."""

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from calls.course import course_of, told
from calls.numbers import to_e164
from calls.store import load
from complaints.guidance import answers
from complaints.holding import calls_of
from complaints.texts import clock
from db.pool import Connection, Pool
from db.statements import statements
from helpline.cell import state_folder
from helpline.clock import Clock, shifted_clock
from helpline.database import command_pool
from helpline.keys import add_master_key, signing_key
from helpline.recorded import certified_device, recording_vault, seal_and_export
from helpline.recording_adapters import OPERATOR, ComplaintCases, OperatorRights
from helpline.settings import Settings, SettingsError
from recordings import finding, pausing, rows
from recordings import retention as keeping
from recordings.certificate import Party
from recordings.chain import ChainReport, exported_heads, verify_chain
from recordings.errors import NoSuchFileError
from recordings.finding import Found, Query
from recordings.handing_out import hand_out
from recordings.listening import LinkTerms, Wish, link_for, take_out
from recordings.rotation import rewrap
from recordings.sweeper import Sweeper, SweepLimits
from recordings.vault import Role, Vault
from recordings.verification import verify_each, verify_one

_EVER = datetime(2000, 1, 1, tzinfo=UTC)


def _clock(settings: Settings) -> Clock:
    return shifted_clock(settings.clock_shift)


def _user(options: argparse.Namespace) -> str:
    return f"{OPERATOR}{options.by}"


def _wish(options: argparse.Namespace) -> Wish:
    return Wish(_user(options), options.id, options.reason)


async def find(settings: Settings, options: argparse.Namespace) -> int:
    """Print a page of what was found."""
    now = _clock(settings)()
    async with command_pool(settings) as pool, pool.acquire(timeout=5) as conn:
        query = await _query(conn, options, now)
        after = await finding.found(conn, options.after) if options.after else None
        if options.after and after is None:
            raise NoSuchFileError(f"no recording {options.after}")
        page = await finding.find(conn, query, after=after, at_most=options.most)
    _print_page(page)
    return 0


async def _query(conn: Connection, options: argparse.Namespace, now: datetime) -> Query:
    number = to_e164(options.number) if options.number else None
    if options.number and number is None:
        raise SettingsError(f"{options.number} is not a telephone number")
    return Query(
        since=options.since or _EVER,
        until=options.until or now + timedelta(days=1),
        number=number,
        agent=options.agent,
        calls=await calls_of(conn, options.complaint) if options.complaint else None,
    )


def _print_page(page: Sequence[Found]) -> None:
    for one in page:
        length = "-" if one.seconds is None else f"{one.seconds} s"
        copy = ", copied" if one.copied_at else ""
        print(
            f"{one.id}  {clock(one.started_at)}  {one.kind} {one.direction} "
            f"{one.number or 'number withheld'} agent {', '.join(one.agents) or '-'}: "
            f"{one.state}{copy}, {length}"
        )


async def show(settings: Settings, options: argparse.Namespace) -> int:
    """Print what is known of one recording."""
    now = _clock(settings)()
    async with command_pool(settings) as pool, pool.acquire(timeout=5) as conn:
        one = await finding.found(conn, options.id)
        if one is None:
            raise NoSuchFileError(f"no recording {options.id}")
        _print_page([one])
        call, course = await load(conn, one.call_id), await course_of(conn, one.call_id)
        for part in course:
            print(f"  {clock(part.began)} {told(part, course, call.outcome if call else None)}")
        for role, file in (await rows.objects(conn, one.id)).items():
            sealed = "sealed" if file.key else "in the clear"
            print(f"  {role}: {file.format}, {file.bytes} bytes, {sealed}, SHA-256 {file.sha256}")
        for pause in await pausing.pauses(conn, one.id):
            until = clock(pause.resumed_at) if pause.resumed_at else "now"
            print(f"  paused {clock(pause.paused_at)} to {until} by {pause.paused_by}: {pause.why}")
        for hold in await keeping.holds(conn, one.id, now):
            until = f"until {clock(hold.until)}" if hold.until else "until it is released"
            print(f"  held by {hold.placed_by} {until}: {hold.why}")
        async for event in statements().recordings_events(conn, recording_id=one.id):
            place = f"chain {event['seq']}" if event["seq"] else "not sealed yet"
            print(f"  {clock(event['at'])} {event['kind']} ({place}): {event['facts']}")
    return 0


async def export(settings: Settings, options: argparse.Namespace) -> int:
    """Write the file, and the certificate when it is asked for."""
    if options.certificate and not (options.name and options.designation):
        raise SettingsError("a certificate needs --name and --designation of who signs it")
    now, vault = _clock(settings)(), recording_vault(settings)
    role: Role | None = "original" if options.original else None
    async with command_pool(settings) as pool:
        if not options.certificate:
            path, one = await take_out(
                *(pool, vault, OperatorRights(), _wish(options), options.output, now),
                role=role,
                remote="command line",
            )
            print(f"{path}  SHA-256 {one.sha256}")
            return 0
        party = Party(
            name=options.name,
            designation=options.designation,
            kin=options.kin,
            address=options.address,
            relation=options.relation,
        )
        path, pdf, sha256 = await hand_out(
            *(pool, vault, OperatorRights(), _wish(options), options.output),
            party=party,
            device=certified_device(settings),
            chromium=settings.recordings.chromium,
            now=now,
            role=role,
        )
        print(f"{path}  SHA-256 {sha256}\n{pdf}")
    return 0


async def link(settings: Settings, options: argparse.Namespace) -> int:
    """Print a link."""
    terms = LinkTerms(signing_key(settings), settings.http.public_url)
    async with command_pool(settings) as pool:
        now = _clock(settings)()
        print(await link_for(pool, OperatorRights(), _wish(options), terms, now))
    return 0


async def hold(settings: Settings, options: argparse.Namespace) -> int:
    """Place a hold."""
    async with command_pool(settings) as pool:
        await keeping.hold(
            pool,
            options.id,
            by=_user(options),
            why=options.why,
            until=options.until,
            now=_clock(settings)(),
        )
    print(f"recording {options.id} is held")
    return 0


async def release(settings: Settings, options: argparse.Namespace) -> int:
    """End the holds."""
    async with command_pool(settings) as pool:
        ended = await keeping.release(
            pool, options.id, by=_user(options), why=options.why, now=_clock(settings)()
        )
    print(f"{ended} hold(s) of recording {options.id} released")
    return 0


async def due(settings: Settings, options: argparse.Namespace) -> int:
    """Print what is past its retention."""
    cases = ComplaintCases(settings.rules)
    async with command_pool(settings) as pool:
        for one in await keeping.due(pool, cases, _clock(settings)(), limit=options.most):
            print(f"{one.id}  {clock(one.started_at)}  {one.kind}: {one.held or 'can be erased'}")
    return 0


async def erase(settings: Settings, options: argparse.Namespace) -> int:
    """Erase one, or all that is due; then delete the files."""
    cases, now = ComplaintCases(settings.rules), _clock(settings)
    async with command_pool(settings) as pool:
        erased = 1
        if options.due:
            erased = await keeping.erase_due(pool, cases, by=_user(options), now=now())
        else:
            await keeping.erase(
                *(pool, cases, options.id),
                by=_user(options),
                why=options.why,
                now=now(),
                early=options.early,
            )
        sweeper = Sweeper(pool, recording_vault(settings), now)
        deleted = await sweeper.delete_removed()
    print(f"{erased} recording(s) erased, {deleted} file(s) deleted")
    _print_not_deleted(sweeper)
    return 0


def _print_not_deleted(sweeper: Sweeper) -> None:
    if left := sweeper.totals["not_deleted"]:
        print(f"{left} file(s) not deleted: the store refuses. Nothing opens them; tried again")


async def retention(settings: Settings, options: argparse.Namespace) -> int:
    """Show the policy, after a change if one is asked for."""
    async with command_pool(settings) as pool:
        if options.days is not None:
            await keeping.keep_for(
                pool, options.kind, options.days, by=_user(options), now=_clock(settings)()
            )
        async with pool.acquire(timeout=5) as conn:
            for kind, days in (await keeping.days_kept(conn)).items():
                print(f"{kind}: {days} days")
    return 0


async def seal(settings: Settings, _options: argparse.Namespace) -> int:
    """Seal and export."""
    async with command_pool(settings) as pool:
        path = await seal_and_export(pool, state_folder(settings).audit, _clock(settings))
    print(path.read_text(encoding="ascii").strip() if path else "the chain is empty")
    if path:
        print(f"written to {path}: keep a copy where this machine cannot write")
    return 0


async def verify(settings: Settings, options: argparse.Namespace) -> int:
    """Check the chain, and one recording or all; 1 when anything does not fit."""
    vault = recording_vault(settings)
    async with command_pool(settings) as pool:
        report = await verify_chain(pool, exported_heads(state_folder(settings).audit))
        _print_chain(report)
        sound = report.sound
        if options.id or options.all:
            sound &= await _verify_recordings(pool, vault, options)
    return 0 if sound else 1


def _print_chain(report: ChainReport) -> None:
    """Misfits first; heads apart from them: after a restore some do not fit a chain that does."""
    for found in (report.misfits, report.lost):
        for one in found.first:
            print(f"audit chain: {one}")
        if more := found.count - len(found.first):
            print(f"audit chain: ... and {more} more")
    how = "intact" if report.sound else f"checked, {report.misfits.count} fault(s) in them"
    print(f"audit chain: {report.sealed} entries {how}, {report.unsealed} not sealed yet")
    if report.lost.count:
        print(
            f"audit chain: {report.lost.count} exported head(s) are not in it: it was cut off or"
            " written anew, or an older back-up was restored (see Restore in docs/OPERATING.md)"
        )


async def _verify_recordings(pool: Pool, vault: Vault, options: argparse.Namespace) -> bool:
    checked, bad = 0, 0
    if options.id:
        found = [await verify_one(pool, vault, options.id)]
        checked, bad = 1, sum(bool(one.faults) for one in found)
        for one in found:
            _print_faults(one.recording_id, one.faults)
    else:
        async for one in verify_each(pool, vault):
            checked, bad = checked + 1, bad + bool(one.faults)
            _print_faults(one.recording_id, one.faults)
    print(f"{checked} recording(s) checked, {bad} with faults")
    return not bad


def _print_faults(recording_id: object, faults: Sequence[str]) -> None:
    for fault in faults:
        print(f"recording {recording_id}: {fault}")


async def sweep(settings: Settings, _options: argparse.Namespace) -> int:
    """Every day of the store; 1 when something is lost, whenever that was first seen."""
    async with command_pool(settings) as pool:
        sweeper = Sweeper(pool, recording_vault(settings), _clock(settings), SweepLimits())
        await sweeper.delete_removed()
        await sweeper.reconcile_all()
    for what, count in sorted(sweeper.totals.items()):
        print(f"{what}: {count}")
    for day, lost in sorted(sweeper.lost.items()):
        for location in lost.locations:
            print(f"not in the store: {location}")
        if more := lost.count - len(lost.locations):
            print(f"not in the store: {more} more of {day}")
    return 1 if sweeper.lost else 0


async def rotate_key(settings: Settings, _options: argparse.Namespace) -> int:
    """Make a new master key, or use the new first one of the settings; wrap every key with it.

    1 when keys are left that no master key of ours opens.
    """
    given = bool(settings.recordings.master_keys)
    async with command_pool(settings) as pool:
        keys = recording_vault(settings).keys if given else add_master_key(settings)
        wrapped = await rewrap(pool, keys) + await answers.rewrap(pool, keys)
    print(f"{wrapped.done} key(s) are wrapped by master key {keys.current} now")
    for master, count in sorted(wrapped.left.items()):
        print(f"{count} key(s) are left: master key {master} is lost, or does not open them")
    return 1 if wrapped.left else 0
