"""A complaint that somebody holds does not stop the dialer's rounds."""

from calls.model import Outcome
from campaigns.dialer import Dialer
from db.pool import open_pool
from tests.campaigns.fakes import SETTINGS, Centre
from tests.campaigns.test_dialer import number


async def test_one_complaint_that_is_held_waits_and_the_others_are_settled_and_dialled(
    centre: Centre, migrated_url: str
) -> None:
    held, other = [await centre.disposed(number(n)) for n in range(2)]
    await centre.dialer().tick()
    ended = {one["complaint_id"]: one["id"] for one in await centre.attempts()}
    for complaint in (held, other):
        await centre.ends(ended[complaint], Outcome.NO_ANSWER)
    await centre.disposed(number(2))
    hasty = await open_pool(migrated_url, size=2, statement_seconds=0.3)
    dialer = Dialer(hasty, centre.network, centre.clock, SETTINGS)
    async with hasty:
        async with centre.pool.acquire() as conn, conn.transaction():
            await conn.execute("select from complaint where id = $1 for update", held)
            report = await dialer.tick()
        assert (report.settled, report.accepted) == (1, 1)
        assert centre.network.numbers()[-1] == number(2)
        assert (await dialer.tick()).settled == 1
