"""`helpline import`: the operator's tables into the database."""

import argparse
from enum import StrEnum
from pathlib import Path

from complaints.importing.importer import Tables, import_tables, read_files
from complaints.importing.layouts import Kind
from complaints.importing.lgd import read_lgd
from complaints.importing.telling import render_report
from helpline.database import command_pool
from helpline.errors import OperatorError
from helpline.settings import Settings


class Bundle(StrEnum):
    """What can be named besides a kind of file: a folder with a file of each, or with LGD's."""

    FOLDER = "folder"
    LGD = "lgd"


class UnreadableFileError(OperatorError):
    """A file that was named cannot be read."""


async def import_data(settings: Settings, options: argparse.Namespace) -> int:
    """Write the files, or say all that is wrong with them; 1 when something is."""
    tables = _tables(options.kind, options.files)
    async with command_pool(settings) as pool:
        report = await import_tables(
            pool, tables, dry_run=options.dry_run, remove_absent=options.remove_absent
        )
    print(render_report(report))
    return 1 if report.faults else 0


def _tables(kind: str, paths: list[Path]) -> Tables:
    try:
        match kind:
            case Bundle.LGD:
                return read_lgd({path.name: path.read_bytes() for path in _in_folders(paths)})
            case Bundle.FOLDER:
                return _folder(_in_folders(paths))
            case _:
                return read_files((Kind(kind), str(path), path.read_bytes()) for path in paths)
    except OSError as error:
        raise UnreadableFileError(f"{error.filename}: {error.strerror}") from error


def _in_folders(folders: list[Path]) -> list[Path]:
    return [path for folder in folders for path in sorted(folder.iterdir()) if path.is_file()]


def _folder(paths: list[Path]) -> Tables:
    """`departments.csv`, `places.csv` and so on, as far as they are there."""
    kinds = {f"{kind}.csv": kind for kind in Kind}
    known = [path for path in paths if path.name in kinds]
    tables = read_files((kinds[path.name], path.name, path.read_bytes()) for path in known)
    notes = [f"{path.name}: of no known kind, passed over" for path in paths if path not in known]
    return Tables(tables.rows, tables.faults, notes)


def add_to(parser: argparse.ArgumentParser) -> None:
    """The words of `helpline import ...`."""
    parser.add_argument(
        "kind", metavar="KIND", choices=[*Kind, *Bundle], help=", ".join([*Kind, *Bundle])
    )
    parser.add_argument(
        "files", metavar="FILE", type=Path, nargs="+", help="for folder and lgd: folders"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="say what is wrong and what would change"
    )
    parser.add_argument(
        "--remove-absent",
        action="store_true",
        help="remove tenures, leaves and holidays that are in no file (of the kinds imported)",
    )
    parser.set_defaults(command=import_data)
