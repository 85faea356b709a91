"""What a story costs must not grow with what is written about other complaints."""

from db.pool import Pool
from db.statements import sql
from tests.complaints.world import World


async def test_a_complaints_entries_in_the_register_are_found_by_an_index(
    world: World, pool: Pool
) -> None:
    registered = await world.register()
    async with pool.acquire() as conn:
        await conn.execute("set enable_seqscan = off")  # a small table would be read whole
        alone = await conn.fetch("explain " + sql("complaints_register"), [registered.complaint_id])
        story = await conn.fetch("explain " + sql("complaints_story"), registered.number)
        await conn.execute("reset enable_seqscan")
    for plan in (alone, story):
        assert any("a_reopening_is_in_the_register_once" in row[0] for row in plan)
