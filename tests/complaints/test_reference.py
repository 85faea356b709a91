from dataclasses import replace

import pytest

from complaints.errors import ReferenceDataError
from complaints.reference import Department, PostRow, ReferenceData, load
from db.pool import Pool
from tests.complaints.world import REFERENCE


async def test_a_second_load_brings_rows_up_to_date(pool: Pool) -> None:
    renamed = replace(REFERENCE.posts[0], title="कनिष्ठ अभियंता")
    await load(pool, replace(REFERENCE, posts=[renamed]))
    title = await pool.fetchval("select title from post where id = $1", renamed.id)
    assert title == "कनिष्ठ अभियंता"
    assert await pool.fetchval("select count(*) from post") == len(REFERENCE.posts)


@pytest.mark.parametrize(
    "post",
    [
        PostRow("X", "दूसरा", "no-such", "up", 1, "+919415000009"),
        PostRow("X", "दूसरा", "bijli", "no-such", 1, "+919415000009"),
        PostRow("X", "दूसरा", "bijli", "up", 5, "+919415000009"),
        PostRow("X", "दूसरा", "bijli", "up", 1, "9415000009"),
        PostRow("X", "दूसरा", "jal-nigam", "up", 4, "+919415000009"),  # there is one already
    ],
)
async def test_rows_that_do_not_fit_load_nothing(pool: Pool, post: PostRow) -> None:
    new = Department("new", "नया", "New")
    with pytest.raises(ReferenceDataError):
        await load(pool, ReferenceData(departments=[new], posts=[post]))
    assert await pool.fetchval("select count(*) from department where code = 'new'") == 0
