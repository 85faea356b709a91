"""Finding a recording, and hearing it: with a right, with a reason, and not unseen."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from calls.journal import CallJournal
from calls.model import Outcome
from calls.store import set_agent_answered
from db.statements import sql
from recordings.errors import NoSuchFileError, NotAllowedError
from recordings.finding import Query, find, found
from recordings.keeper import Keeper
from recordings.listening import LinkTerms, Wish, link_for, take_out
from recordings.model import Kind
from tests.recordings.room import START, Room, conversation

KINDS: tuple[Kind, ...] = ("call", "own_words")
MINUTE = timedelta(minutes=1)
TERMS = LinkTerms(b"a secret for tests only", "https://x")


class Auditors:
    async def may_listen(self, user: str, recording_id: UUID) -> bool:
        return user.startswith("auditor:")


async def had(room: Room, call: UUID, agent: str, at: datetime) -> None:
    """The agent had the citizen of the call from then on."""
    async with room.pool.acquire() as conn:
        await set_agent_answered(conn, call, agent, at)


async def kept(room: Room) -> UUID:
    recording_id, _ = await room.recorded(conversation(1.0), seconds=1)
    await room.closer().sweep()
    return recording_id


async def test_listening_needs_a_right_and_a_reason(room: Room, tmp_path: Path) -> None:
    recording_id = await kept(room)
    for wish in (
        Wish("agent:1001", recording_id, "curious"),
        Wish("auditor:anita", recording_id, "  "),
    ):
        with pytest.raises(NotAllowedError):
            await link_for(room.pool, Auditors(), wish, TERMS, room.at)
        with pytest.raises(NotAllowedError):
            await take_out(room.pool, room.vault, Auditors(), wish, tmp_path, room.at)
    assert await room.pool.fetchval("select count(*) from recording_access") == 0
    wish = Wish("auditor:anita", recording_id, "quality, November")
    link = await link_for(room.pool, Auditors(), wish, TERMS, room.at)
    assert "audience=auditor%3Aanita" in link
    assert "reason=quality%2C%20November" in link


async def test_a_file_that_is_taken_out_is_written_down_first(room: Room, tmp_path: Path) -> None:
    recording_id = await kept(room)
    wish = Wish("auditor:anita", recording_id, "court")
    path, one = await take_out(room.pool, room.vault, Auditors(), wish, tmp_path, room.at)
    assert path.name == f"{recording_id}.wav"
    await Keeper(room.pool, room.vault, room.now).sweep()
    path, copy = await take_out(room.pool, room.vault, Auditors(), wish, tmp_path, room.at)
    assert (path.name, copy.role) == (f"{recording_id}.ogg", "copy")
    rows = await room.pool.fetch("select * from recording_access order by role desc")
    assert [(row["role"], row["reason"], row["last_byte"]) for row in rows] == [
        ("original", "court", one.bytes - 1),
        ("copy", "court", copy.bytes - 1),
    ]
    original = await take_out(
        room.pool, room.vault, Auditors(), wish, tmp_path, room.at, role="original"
    )
    assert original[1].sha256 == one.sha256


async def test_what_is_not_in_the_store_cannot_be_heard(room: Room) -> None:
    wish = Wish("auditor:anita", UUID(int=1), "court")
    with pytest.raises(NoSuchFileError):
        await link_for(room.pool, Auditors(), wish, TERMS, room.at)


async def test_recordings_are_found_by_number_agent_calls_and_days_page_by_page(
    room: Room,
) -> None:
    ids = [await kept(room) for _ in range(5)]
    row = await room.row(ids[1])
    await room.pool.execute(
        "update call set citizen_number = '+911112223334' where id = $1", row["call_id"]
    )
    await had(room, row["call_id"], "1001", START)
    day = Query(since=START, until=START + timedelta(days=1))
    async with room.pool.acquire() as conn:
        first = await find(conn, day, at_most=2)
        second = await find(conn, day, after=first[-1], at_most=9)
        assert [one.id for one in (*first, *second)] == ids[::-1]
        for query in (
            replace(day, number="+911112223334"),
            replace(day, agent="1001"),
            replace(day, calls=[row["call_id"]]),
        ):
            assert [one.id for one in await find(conn, query)] == [ids[1]]
            one = await find(conn, query)
            assert await find(conn, query, after=one[0]) == []
        early = Query(since=START - timedelta(days=2), until=START)
        assert await find(conn, early) == []
        seen = await found(conn, ids[1])
    assert seen is not None
    assert (seen.agents, seen.number, seen.state) == (["1001"], "+911112223334", "stored")


async def test_recordings_of_one_instant_are_not_lost_between_pages(room: Room) -> None:
    calls = [await room.call() for _ in range(5)]
    ids = {(await room.capture().open(call, "call")).id for call in calls}
    for call in calls:
        await CallJournal(room.commit, timeout=20).ended(call, Outcome.IVR_ABANDONED, room.at)
    query = Query(since=START, until=START + timedelta(hours=1))
    seen: list[UUID] = []
    async with room.pool.acquire() as conn:
        page = await find(conn, query, at_most=2)
        while page:
            seen += [one.id for one in page]
            page = await find(conn, query, after=page[-1], at_most=2)
    assert (len(seen), set(seen)) == (5, ids)


async def test_an_agents_recordings_come_page_by_page_in_the_order_in_which_they_had_them(
    room: Room,
) -> None:
    ids = []
    for _ in range(3):
        call = await room.call()
        ids += [(await room.capture().open(call, kind)).id for kind in KINDS]
        await had(room, call, "1001", room.at)
        room.wait(60)
    query = Query(since=START, until=START + timedelta(hours=1), agent="1001")
    seen: list[UUID] = []
    async with room.pool.acquire() as conn:
        page = await find(conn, query, at_most=4)
        while page:
            seen += [one.id for one in page]
            page = await find(conn, query, after=page[-1], at_most=4)
    assert (len(seen), set(seen)) == (6, set(ids))
    for newest, oldest in ((0, 4), (2, 2), (4, 0)):
        assert set(seen[newest : newest + 2]) == set(ids[oldest : oldest + 2])


async def test_a_call_is_found_by_each_agent_who_had_the_citizen_and_once(room: Room) -> None:
    """In the order of the agent's talks, which is not that of the calls."""
    early, late = await kept(room), await kept(room)
    early_call, late_call = [(await room.row(one))["call_id"] for one in (early, late)]
    for call, agent, minute in (
        *((early_call, "1001", 1), (early_call, "1002", 2), (early_call, "1001", 3)),
        *((late_call, "1001", 2), (late_call, "1003", 70)),
    ):
        await had(room, call, agent, START + minute * MINUTE)
    day = Query(since=START, until=START + timedelta(days=1), agent="1001")
    async with room.pool.acquire() as conn:
        page = await find(conn, day)
        assert [one.id for one in page] == [early, late]
        assert [one.agents for one in page] == [["1001", "1002"], ["1001", "1003"]]
        assert [one.id for one in await find(conn, day, after=page[0])] == [late]
        assert [one.id for one in await find(conn, replace(day, agent="1002"))] == [early]
        # Days are those of the talks: the agent's first one in the first call was before that.
        before = replace(day, until=START + 2 * MINUTE)
        assert [one.id for one in await find(conn, before)] == [early]
        assert await find(conn, replace(before, agent="1003")) == []
        assert await find(conn, replace(day, agent="1003", since=START + 71 * MINUTE)) == []


async def test_an_agents_recordings_are_read_in_the_order_of_an_index(room: Room) -> None:
    asked = ("1001", START, START + timedelta(days=1), START + timedelta(days=1), UUID(int=1), 50)
    async with room.pool.acquire() as conn, conn.transaction():
        for setting in ("enable_seqscan", "enable_bitmapscan", "enable_sort"):
            await conn.execute(f"set local {setting} = off")
        rows = await conn.fetch("explain " + sql("recordings_find_by_agent"), *asked)
    plan = [row[0] for row in rows]
    assert "Incremental Sort" in plan[1], plan  # of the recordings of one moment alone
    assert any("agent_talk_by_agent" in line for line in plan), plan
