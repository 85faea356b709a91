"""A dialer killed at any statement: every citizen is called, and no phone rings twice."""

from contextlib import suppress

import pytest

from calls.model import Outcome
from campaigns.dialer import Dialer
from db.errors import AWAY
from db.pool import open_pool
from tests.campaigns.fakes import SETTINGS, TEN_IST, Centre
from tests.db.guillotine import Guillotine, Moment

_PHONES = ["+919415000101", "+919415000102"]
_STATEMENTS = 40  # of a round that dials two, with what the driver asks about types


@pytest.mark.parametrize("moment", Moment)
async def test_a_killed_dialer_calls_everybody_once(
    centre: Centre, migrated_url: str, moment: Moment
) -> None:
    deaths = 0
    for cut_at in range(1, _STATEMENTS + 1):
        await centre.pool.execute("truncate complaint, call cascade")
        centre.network.dialled.clear()
        centre.clock.time = TEN_IST
        complaints = {phone: await centre.disposed(phone) for phone in _PHONES}
        async with Guillotine(migrated_url, cut_at, moment) as line:
            doomed = await open_pool(line.url, size=1)
            with suppress(*AWAY):
                await Dialer(doomed, centre.network, centre.clock, SETTINGS).tick()
            doomed.terminate()
            await line.drop()
            await line.sessions_end(centre.pool)
        deaths += line.fell

        after = centre.dialer()  # the next process
        for _ in range(40):
            for request in centre.network.dialled:
                if request.attempt_id in centre.network.live:
                    await centre.judged(complaints[request.number])
                    await centre.ends(request.attempt_id, Outcome.FEEDBACK_GIVEN)
            await after.tick()
            if len(centre.network.dialled) == 2 and not centre.network.live:
                break
            centre.clock.advance(minutes=2)
        assert sorted(centre.network.numbers()) == _PHONES, cut_at
        open_ones = "select count(*) from attempt where settled_at is null"
        assert await centre.pool.fetchval(open_ones) == 0
        if not line.fell:
            break
    assert deaths > 10
