"""`helpline complaint attachments | attachment | erase-attachment`: files of disposals, by hand."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from complaints import number
from complaints.attachments import rows
from complaints.attachments.erasing import erase as erase_for_good
from complaints.attachments.handing_out import take_out
from complaints.attachments.intake import Intake
from complaints.attachments.rows import Access
from complaints.errors import UnknownComplaintError
from complaints.texts import clock
from db.statements import statements
from helpline.clock import Clock, shifted_clock
from helpline.database import command_pool
from helpline.recorded import recording_vault
from helpline.recording_adapters import OPERATOR
from helpline.recording_words import login
from helpline.settings import Settings
from recordings.sweeper import Sweeper


async def offered(settings: Settings, paths: Sequence[Path], now: Clock) -> Intake | None:
    """The files, stored; None: there are none. Raises what `Intake.add` raises."""
    if not paths:
        return None
    intake = Intake(recording_vault(settings), settings.attachments.limits, now)
    for path in paths:
        await intake.add(path.name, path)
    return intake


async def listing(settings: Settings, options: argparse.Namespace) -> int:
    """Print a line for each."""
    digits = number.parse(options.number)
    async with command_pool(settings) as pool, pool.acquire(timeout=5) as conn:
        complaint_id = await statements().complaints_id(conn, number=digits)
        if complaint_id is None:
            raise UnknownComplaintError(digits)
        found = (await rows.of_complaints(conn, [complaint_id]))[complaint_id]
    for one in found:
        fate = f"erased {clock(one.erased_at)}" if one.erased_at else f"opened {one.opened} time(s)"
        print(
            f"{one.id}  disposal {one.disposal_no}  {clock(one.at)}  {one.name}: {one.media_type}, "
            f"{one.bytes} bytes, SHA-256 {one.sha256}, {fate}"
        )
    if not found:
        print(f"complaint {digits}: nothing is attached")
    return 0


async def fetch(settings: Settings, options: argparse.Namespace) -> int:
    """Write one to a file."""
    access = Access(f"{OPERATOR}{options.by}", options.reason, "command line")
    now = shifted_clock(settings.clock_shift)()
    async with command_pool(settings) as pool:
        one = await take_out(
            pool, recording_vault(settings), options.id, options.output, access, now
        )
    print(f"{options.output}  {one.media_type}, SHA-256 {one.sha256}")
    return 0


async def erase(settings: Settings, options: argparse.Namespace) -> int:
    """Destroy its key, then delete the object."""
    now = shifted_clock(settings.clock_shift)
    async with command_pool(settings) as pool:
        one = await erase_for_good(
            pool,
            options.id,
            by=f"{OPERATOR}{options.by}",
            why=options.why,
            policy=settings.rules,
            now=now(),
            early=options.early,
        )
        await Sweeper(pool, recording_vault(settings), now).delete_removed()
    print(f"attachment {one.id} is erased; its SHA-256 and a tombstone stay")
    return 0


def add_to(verbs: Any) -> None:
    """The words of these three; `verbs`: `argparse`'s sub-commands of `helpline complaint`."""
    listed = verbs.add_parser("attachments", help="what is attached to its disposals")
    listed.add_argument("number", metavar="NUMBER")
    listed.set_defaults(command=listing)

    one = _about_one(verbs, "attachment", "write an attached file out; it is noted who and why")
    one.add_argument("--reason", required=True)
    one.add_argument("-o", "--output", type=Path, required=True, metavar="FILE")
    one.set_defaults(command=fetch)

    gone = _about_one(verbs, "erase-attachment", "destroy an attached file; a tombstone stays")
    gone.add_argument("--why", required=True)
    gone.add_argument("--early", action="store_true", help="while its complaint is not over")
    gone.set_defaults(command=erase)


def _about_one(verbs: Any, word: str, what: str) -> argparse.ArgumentParser:
    verb: argparse.ArgumentParser = verbs.add_parser(word, help=what, description=what)
    verb.add_argument("id", type=UUID, metavar="ID")
    verb.add_argument("--by", default=login(), help="who (default: the login name)")
    return verb
