"""How an attempt ended that nobody answered, whatever becomes of the commit that says so."""

import pytest

from calls.model import Outcome
from calls.store import load, open_outbound
from cti.effects import CitizenLegEnded, OriginateFailed
from cti.unanswered import Unanswered
from cti.writes import Job, Writes
from db.ids import new_id
from db.pool import Connection, Pool
from tests.cti.fake_ami import eventually
from tests.cti.streams import AT
from tests.cti.test_writes import refused_by_the_server, working


def _connection_dies_once() -> Job:
    died: list[bool] = []

    async def job(conn: Connection) -> None:
        if not died:
            died.append(True)
            await conn.execute("select pg_terminate_backend(pg_backend_pid())")

    return job


@pytest.mark.parametrize(
    "with_it",
    [refused_by_the_server, _connection_dies_once()],
    ids=["another row refused", "connection lost"],
)
async def test_an_attempt_ends_as_was_heard_when_its_commit_is_rolled_back(
    pool: Pool, with_it: Job
) -> None:
    call = new_id(AT)
    async with pool.acquire() as conn:
        assert await open_outbound(
            conn, call_id=call, cell="cell1", number="+919876543210", service_number="1", at=AT
        )
    writes = Writes(lambda: pool, retry=0.02)
    unanswered = Unanswered(writes, lambda _call: False, wait=0.0)
    unanswered.originate_failed(OriginateFailed(call, None, AT))
    unanswered.leg_ended(CitizenLegEnded(call, True, False, 17, True, AT))
    writes.add("in the same commit", with_it)
    async with working(writes):
        await eventually(lambda: writes.pending == 0)
    async with pool.acquire() as conn:
        row = await load(conn, call)
    assert row is not None
    assert row.outcome is Outcome.BUSY
