"""A process killed at any statement of any use case: all of it happened once, or nothing."""

import ast
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType

import pytest

import complaints
from complaints.errors import ComplaintError
from complaints.reference import load
from complaints.verification import verify_all
from db.pool import Pool
from tests.complaints.use_cases import AGAIN, USE_CASES, UseCase, setting_aside
from tests.complaints.world import REFERENCE, World
from tests.conftest import EMPTY
from tests.db.killed import Trial
from tests.db.killed import UseCase as OnPool


@pytest.mark.parametrize("prepare", USE_CASES, ids=lambda prepare: prepare.__name__)
async def test_a_killed_use_case_has_happened_once_or_not_at_all(
    pool: Pool, migrated_url: str, prepare: Callable[[World], Awaitable[UseCase]]
) -> None:
    async def begin() -> OnPool:
        await pool.execute(EMPTY)
        await load(pool, REFERENCE)
        world = World(pool)
        use_case = await prepare(world)
        return lambda doomed: use_case(replace(world, pool=doomed))

    trial = Trial(pool, migrated_url, begin, (ComplaintError,), again=prepare in AGAIN)
    killings = await trial.killed_everywhere()
    assert killings.statements > 3  # begin and commit among them
    assert killings.happened >= 2  # the commit was under way, or its answer was lost


#: Killed elsewhere: at each statement of an import of files.
_ELSEWHERE = {"importing/importer.py: import_tables"}
_ROOM = Path(complaints.__file__).parent


async def test_no_use_case_that_writes_is_left_out(pool: Pool) -> None:
    """What begins a transaction, as the code is written, beside what was carried out above.

    After each, complaints stand where their histories end.
    """
    carried_out: set[str] = set()
    for prepare in USE_CASES:
        await pool.execute(EMPTY)
        await load(pool, REFERENCE)
        world = World(pool)
        use_case = await prepare(world)
        with _entered(carried_out):
            await use_case(world)
        if prepare is setting_aside:  # of a complaint whose history was cut
            continue
        verified = [one async for one in verify_all(pool)]
        assert [one for one in verified if one.broken_at or one.faults] == []
    written = {f"{of}: {name}" for of, name in _begin_transactions()}
    assert "registration.py: register" in written
    assert written - carried_out == _ELSEWHERE


def _begin_transactions() -> Iterator[tuple[str, str]]:
    """Functions that begin a transaction in which they may write: in which file, and named how."""
    for file in sorted(_ROOM.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.AsyncFunctionDef) and node.name != "transaction":
                opened = [
                    item.context_expr
                    for inner in ast.walk(node)
                    if isinstance(inner, ast.AsyncWith)
                    for item in inner.items
                ]
                if any(_is_for_writing(one) for one in opened):
                    yield str(file.relative_to(_ROOM)), node.name


def _is_for_writing(opened: ast.expr) -> bool:
    if not isinstance(opened, ast.Call):
        return False
    named = opened.func
    name = named.attr if isinstance(named, ast.Attribute) else getattr(named, "id", "")
    return name == "transaction" and "readonly" not in {one.arg for one in opened.keywords}


@contextmanager
def _entered(functions: set[str]) -> Iterator[None]:
    """Take down which functions of the room are entered."""

    def note(frame: FrameType, event: str, _: object) -> None:
        file = Path(frame.f_code.co_filename)
        if event == "call" and file.is_relative_to(_ROOM):
            functions.add(f"{file.relative_to(_ROOM)}: {frame.f_code.co_name}")

    sys.setprofile(note)
    try:
        yield
    finally:
        sys.setprofile(None)
