"""`helpline guidance ...`: scripts, schemes and fields of the desk; what is sealed."""

import argparse
from importlib.resources import files
from pathlib import Path

from complaints.guidance import answers
from complaints.guidance.answers import ShownAnswer
from complaints.guidance.importer import GuidanceReport, import_guidance
from complaints.guidance.known import current
from complaints.guidance.layouts import GuidanceKind, Guide
from complaints.guidance.model import FormField, Scheme, Script
from complaints.texts import clock
from helpline.clock import shifted_clock
from helpline.database import command_pool
from helpline.importing import UnreadableFileError
from helpline.recorded import recording_vault
from helpline.recording_words import login
from helpline.settings import Settings

_SAMPLES = "guidance_samples"


def add_to(parser: argparse.ArgumentParser) -> None:
    """The sub-commands."""
    verbs = parser.add_subparsers(required=True)
    kinds = {"choices": list(GuidanceKind), "help": ", ".join(GuidanceKind)}

    brought = verbs.add_parser("import", help="bring what agents say and tell up to date")
    brought.add_argument("kind", metavar="KIND", **kinds)  # type: ignore[arg-type]
    brought.add_argument("files", metavar="FILE", type=Path, nargs="*")
    brought.add_argument("--sample", action="store_true", help="ours, for a demonstration")
    brought.add_argument(
        "--dry-run", action="store_true", help="say what is wrong, or would change"
    )
    brought.add_argument(
        "--withdraw-absent", action="store_true", help="what is in no file is in force no more"
    )
    brought.set_defaults(command=bring)

    listing = verbs.add_parser("list", help="what is in force, with its version")
    listing.add_argument("kind", metavar="KIND", **kinds)  # type: ignore[arg-type]
    listing.set_defaults(command=show_list)

    shown = verbs.add_parser("answers", help="what a citizen answered to a category's fields")
    shown.add_argument("number", metavar="NUMBER", help="the complaint's")
    shown.add_argument(
        "--open", dest="reason", metavar="REASON", help="open what is sealed; logged"
    )
    shown.set_defaults(command=show_answers)


async def bring(settings: Settings, options: argparse.Namespace) -> int:
    """Write the files, or say all that is wrong with them; 1 when something is."""
    kind = GuidanceKind(options.kind)
    given = _files(kind, options.files, sample=options.sample)
    async with command_pool(settings) as pool:
        report = await import_guidance(
            pool, kind, given, by=f"operator:{login()}",
            now=shifted_clock(settings.clock_shift)(), dry_run=options.dry_run,
            withdraw_absent=options.withdraw_absent,
        )  # fmt: skip
    print("\n".join(told(kind, report)))
    return 1 if report.faults else 0


def _files(kind: GuidanceKind, paths: list[Path], *, sample: bool) -> list[tuple[str, bytes]]:
    if sample:
        return [sample_file(kind)]
    if not paths:
        raise UnreadableFileError("name a file, or --sample")
    try:
        return [(str(path), path.read_bytes()) for path in paths]
    except OSError as error:
        raise UnreadableFileError(f"{error.filename}: {error.strerror}") from error


def sample_file(kind: GuidanceKind) -> tuple[str, bytes]:
    """Name and content of the ready sample; fields have none, they are of one's own categories."""
    if kind is GuidanceKind.FIELDS:
        raise UnreadableFileError("there is no sample of fields: name a file")
    path = files("helpline") / _SAMPLES / f"{kind}.csv"
    return path.name, path.read_bytes()


def told(kind: GuidanceKind, report: GuidanceReport) -> list[str]:
    """The report, a line each."""
    if report.faults:
        count = f"{len(report.faults)} fault(s): nothing was written"
        return [*map(str, report.faults), count]
    lines = [
        f"{kind}: {len(report.new)} new, {len(report.changed)} changed,"
        f" {report.unchanged} unchanged"
    ]
    lines += [f"new: {code}" for code in report.new]
    lines += [f"a new version: {code}" for code in report.changed]
    if report.absent:
        what = "withdrawn" if report.withdrawn else "they stay"
        lines.append(f"in no file, {what}: {', '.join(report.absent)}")
    return [*lines, "written" if report.written else "dry run: nothing was written"]


async def show_list(settings: Settings, options: argparse.Namespace) -> int:
    """One line for each."""
    kind = GuidanceKind(options.kind)
    async with command_pool(settings) as pool, pool.acquire(timeout=5) as conn:
        for one in await current(conn, kind):
            print(f"{one.guide.code} version {one.version}: {_line(one.guide)}")
    return 0


def _line(guide: Guide) -> str:
    match guide:
        case Scheme():
            days = f"{guide.from_on or '…'} to {guide.until_on or '…'}"
            sample = " (sample)" if guide.sample else ""
            return f"{guide.name_hi} / {guide.name_en}, {days}{sample}"
        case Script():
            case = [guide.queue, guide.kind, guide.category]
            return f"for {', '.join(filter(None, case)) or 'every call'}"
        case FormField():
            how = "sensitive" if guide.sensitive else "plain"
            return f"{guide.name_hi} / {guide.name_en}, {how}, asked for {guide.category}"


async def show_answers(settings: Settings, options: argparse.Namespace) -> int:
    """What is sealed is opened only with a reason, which is written down with who asked."""
    async with command_pool(settings) as pool:
        if options.reason is None:
            found = await answers.shown(pool, options.number)
        else:
            found = await answers.opened(
                pool, recording_vault(settings).keys, answers.operator(login()),
                options.number, options.reason, shifted_clock(settings.clock_shift)(),
            )  # fmt: skip
    for one in found:
        print(answer_line(one))
    return 0


def answer_line(one: ShownAnswer) -> str:
    """When, what was asked, and the answer, unless it is sealed."""
    value = "sealed" if one.value is None else one.value
    return f"{clock(one.at)}  {one.name_en}: {value}"
