"""What an officer has to do, page by page, against the real database."""

from datetime import timedelta

from complaints.lifecycle import PauseReason
from complaints.officers_list import After, officers_page
from complaints.pausing import pause
from complaints.policy import UP_1076
from db.pool import Pool
from db.statements import sql
from tests.complaints.world import START, World

OFFICER = "L1-MAH"


async def _numbers(pool: Pool, post: str = OFFICER, at_most: int = 2) -> list[list[str]]:
    """Every page."""
    pages, after = [], None
    while True:
        page = await officers_page(pool, post, after=after, at_most=at_most)
        pages.append([line.number for line in page.lines])
        after = page.after
        if after is None:
            return pages


async def _registered(world: World, how_many: int) -> list[str]:
    numbers = []
    for _ in range(how_many):
        numbers.append((await world.register()).number)
        world.later(hours=1)
    return numbers


async def test_what_is_due_soonest_comes_first_and_every_complaint_once(world: World) -> None:
    numbers = await _registered(world, 5)
    assert await _numbers(world.pool) == [numbers[:2], numbers[2:4], numbers[4:]]


async def test_complaints_due_at_the_same_moment_are_not_lost_between_pages(world: World) -> None:
    numbers = sorted([(await world.register()).number for _ in range(5)])
    pages = await _numbers(world.pool)
    assert [number for page in pages for number in page] == numbers


async def test_a_full_last_page_is_known_to_be_the_last(world: World) -> None:
    await _registered(world, 4)
    assert [len(page) for page in await _numbers(world.pool)] == [2, 2]


async def test_a_paused_complaint_comes_last_also_as_the_place_to_go_on_from(world: World) -> None:
    first, second, third = await _registered(world, 3)
    for number in (first, second):
        await pause(
            world.pool,
            number,
            reason=PauseReason.COURT_STAY,
            text="स्थगन आदेश",
            post=OFFICER,
            actor=f"officer:{OFFICER}",
            policy=UP_1076,
            now=world.now,
        )
    assert await _numbers(world.pool, at_most=1) == [
        [third],
        *([one] for one in sorted([first, second])),
    ]
    page = await officers_page(world.pool, OFFICER)
    assert [line.due_at is None for line in page.lines] == [False, True, True]


async def test_what_waits_for_the_citizen_or_is_with_another_officer_is_not_listed(
    world: World,
) -> None:
    disposed, moved, kept = await _registered(world, 3)
    await world.dispose(disposed)
    await world.pool.execute(
        "update complaint set post = 'L2-LAL', level = 2 where number = $1", moved
    )
    assert await _numbers(world.pool) == [[kept]]
    assert await _numbers(world.pool, "L2-LAL") == [[moved]]


async def test_a_line_says_what_the_officer_needs(world: World) -> None:
    registered = await world.register(world.form(text="पानी नहीं " * 50))
    [line] = (await officers_page(world.pool, OFFICER)).lines
    assert (line.category_name, line.state, line.level) == ("हैंडपंप खराब", "with_officer", 1)
    assert line.due_at == registered.due_at
    assert line.registered_at == START
    assert not line.late
    assert len(line.excerpt) == 200


async def test_an_empty_list_has_no_next_page(world: World) -> None:
    page = await officers_page(world.pool, OFFICER, after=After(START + timedelta(days=9), ""))
    assert (page.lines, page.after) == ([], None)


async def test_a_page_is_cut_within_its_index_before_anything_is_joined(world: World) -> None:
    """So that it costs the same however long the list is. Small tables would be read whole."""
    async with world.pool.acquire() as conn:
        await conn.execute("set enable_sort = off")
        await conn.execute("set enable_seqscan = off")
        await conn.execute("set enable_bitmapscan = off")
        plan = await conn.fetch("explain " + sql("officers_list"), OFFICER, START, "1", 25)
        await conn.execute("reset all")
    said = "\n".join(row[0] for row in plan)
    [_, limited] = said.split("Limit", 1)
    [scan, *_] = [line for line in limited.splitlines() if "Scan" in line]
    assert "Index Scan using complaint_at_post" in scan
    assert "Sort" not in limited
