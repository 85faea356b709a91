"""A use case whose process is killed at every statement of it: all of it happened, or nothing.

And then it is asked for again, as by a person who saw no answer: it has happened once.

A statement whose answer is lost leaves what a next one that is never sent leaves, unless it is the
commit. So every statement is left unsent, and the other moments come around the commits; with
HELPLINE_SOAK set, every moment comes at every statement.
"""

import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from db.errors import AWAY
from db.pool import Pool, open_pool
from tests.db.fingerprint import all_rows, what_they_say
from tests.db.guillotine import Guillotine, Moment

#: Carries the use case out on that pool.
UseCase = Callable[[Pool], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Killings:
    """How it went: the number of statements, and of deaths after which all of it had happened."""

    statements: int
    happened: int


def _statements_to_die_at(whole: Guillotine, moment: Moment) -> list[int]:
    every = range(1, whole.statements + 1)
    if moment is Moment.UNSENT or os.environ.get("HELPLINE_SOAK"):
        return list(every)
    return [n for n in every if {n - 1, n} & set(whole.commits)]


@dataclass(frozen=True, slots=True)
class Trial:
    """`prepare`: empties the database of `url` and brings it to where the use case begins.

    `refused`: what a use case may raise that is asked for once more after it has happened.
    `again`: whether, asked for again, it is to happen again, as it is meant to.
    """

    pool: Pool
    url: str
    prepare: Callable[[], Awaitable[UseCase]]
    refused: tuple[type[Exception], ...] = ()
    again: bool = False

    async def killed_everywhere(self) -> Killings:
        """Let it die at each statement in each of the moments, and judge what is left."""
        use_case = await self.prepare()
        before = what_they_say(await all_rows(self.pool))
        whole = await self._killed(use_case, 0, Moment.UNSENT)
        after = what_they_say(await all_rows(self.pool))
        assert before != after, "the use case changes nothing"
        happened = 0
        untouched: list[str] = []
        for moment in Moment:
            for cut_at in _statements_to_die_at(whole, moment):
                if not untouched:
                    use_case = await self.prepare()
                    untouched = await all_rows(self.pool)
                    assert what_they_say(untouched) == before, "prepared in another way"
                await self._killed(use_case, cut_at, moment)
                left = await all_rows(self.pool)
                if left == untouched:
                    continue
                assert what_they_say(left) == after, f"half done, {moment} {cut_at}"
                if not self.again:
                    await self._once_more(use_case, after)
                happened, untouched = happened + 1, []
        if untouched:
            await self._once_more(use_case, after)
        return Killings(whole.statements, happened)

    async def _killed(self, use_case: UseCase, cut_at: int, moment: Moment) -> Guillotine:
        async with Guillotine(self.url, cut_at, moment) as line:
            doomed = await open_pool(line.url, size=2)
            try:
                if cut_at:
                    with suppress(*AWAY):
                        await use_case(doomed)
                else:
                    await use_case(doomed)
            finally:
                doomed.terminate()
            assert line.fell == bool(cut_at)
            await line.drop()
            await line.sessions_end(self.pool)
        return line

    async def _once_more(self, use_case: UseCase, after: list[str]) -> None:
        with suppress(*self.refused):
            await use_case(self.pool)
        assert what_they_say(await all_rows(self.pool)) == after, "it happened twice, or not whole"
