"""Who listens, whispers or has joined in, and whose right to it is taken back meanwhile."""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest
from aiohttp import ClientWebSocketResponse

from cti.beside import Seat
from cti.supervising import Supervisor
from cti.unseating import without_right
from db.pool import Pool
from tests.cti.fake_ami import eventually
from tests.cti.room import Room, opened, receive
from tests.cti.streams import AT, CALL
from tests.cti.test_supervising import ALL, ENGLISH, HINDI, FakeSupervisors, board, members
from tests.cti.test_two_supervisors import (
    DIRECTORY,
    KAVITA,
    MEENA,
    beside,
    hung_up,
    legs_of,
    talking,
)

ENDED = "select actor, target from desk_action where action = 'right_ended' and call_id = $1"


@dataclass
class Rights:
    """What the database says of people, by who they are."""

    known: dict[str, Supervisor] = field(
        default_factory=lambda: {one.actor: one for one in (ALL, HINDI)}
    )
    away: bool = False
    asked: int = 0

    async def __call__(self, actors: Collection[str]) -> Mapping[str, Supervisor]:
        self.asked += 1
        if self.away:
            raise ConnectionRefusedError
        return {actor: self.known[actor] for actor in actors if actor in self.known}


@asynccontextmanager
async def watched(
    pool: Pool,
) -> AsyncIterator[tuple[Room, Rights, ClientWebSocketResponse, ClientWebSocketResponse]]:
    """1001 talks; those who are beside them are looked at often."""
    rights, pages = Rights(), FakeSupervisors({"all": ALL, "hindi": HINDI})
    async with opened(
        pool, talking(), supervisors=pages, directory=DIRECTORY, supervising=rights,
        look_every=0.05,
    ) as room:  # fmt: skip
        agent = await room.page("1001")
        await receive(agent, "hello", "pop")
        await members(room, ("helpline-hi", "1001"))
        await room.written()
        yield room, rights, await board(room, "all"), await board(room, "hindi")


@pytest.mark.parametrize("mode", ["listen", "whisper", "barge"])
async def test_whose_right_is_taken_back_is_taken_off_the_line(pool: Pool, mode: str) -> None:
    before = await pool.fetch(ENDED, CALL)
    async with watched(pool) as (room, rights, kavita, meena):
        assert (await beside(kavita, mode, KAVITA))["ok"]
        assert (await beside(meena, "listen", MEENA))["ok"]
        first, second = legs_of(room)
        del rights.known[ALL.actor]
        await eventually(lambda: hung_up(room) == [first])
        rights.known[HINDI.actor] = replace(HINDI, queues=ENGLISH.queues)  # this call is not theirs
        await eventually(lambda: hung_up(room) == [first, second])
        await room.written()
        noted = (await pool.fetch(ENDED, CALL))[len(before) :]
        assert [tuple(row) for row in noted] == [
            (ALL.actor, "agent:1001"), (HINDI.actor, "agent:1001"),
        ]  # fmt: skip


async def test_a_database_that_is_away_takes_nobody_off_the_line(pool: Pool) -> None:
    async with watched(pool) as (room, rights, kavita, _):
        assert (await beside(kavita, "listen", KAVITA))["ok"]
        rights.away = True
        asked = rights.asked
        await eventually(lambda: rights.asked >= asked + 3)
        assert hung_up(room) == []
        rights.known.clear()
        rights.away = False
        await eventually(lambda: hung_up(room) == legs_of(room))


def test_a_call_of_no_queue_that_is_known_is_left_to_whoever_supervises_at_all() -> None:
    """The agent was signed out in a call that they had dialled: no queue names them any more."""
    seats = [Seat(CALL, "1001", who, "listen", AT, who.actor) for who in (ALL, HINDI, ENGLISH)]
    now = {one.actor: one for one in (HINDI, ENGLISH)}
    assert without_right(seats, now, lambda _: ()) == seats[:1]
    assert without_right(seats, now, lambda _: ("helpline-hi",)) == [seats[0], seats[2]]
