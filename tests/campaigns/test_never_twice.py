"""No attempt is ever requested twice, and no phone rings twice at once, whatever breaks when."""

import asyncio
import contextlib
from collections.abc import Callable

import pytest

from calls.model import Outcome
from calls.store import open_outbound
from campaigns import attempts
from campaigns.attempts import Attempt
from campaigns.originator import DialRequest, OriginateReply
from campaigns.pacing import Limits
from campaigns.settlement import drop_unrequested
from complaints import feedback
from complaints.feedback import DueFeedback
from db.ids import new_id
from tests.campaigns.fakes import SETTINGS, Centre, FakeOriginator, Killed

PHONE = "+919415012345"


def die() -> None:
    raise Killed


async def written_only(centre: Centre) -> Attempt:
    """The attempt of what is due, as a dialer has just committed it."""
    async with centre.pool.acquire() as conn, conn.transaction():
        [due] = await feedback.claim_due(conn, centre.clock(), 1)
        attempt = await attempts.write(
            conn, due, cell="cell-1", caller_id="1600111076", at=centre.clock()
        )
    assert attempt is not None
    return attempt


async def blocked(centre: Centre) -> None:
    """Until some statement waits for another's lock."""
    waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
    async with asyncio.timeout(20):
        while not await centre.pool.fetchval(waiting):
            await asyncio.sleep(0.01)


async def later_rounds(centre: Centre, rounds: int = 6, **step: float) -> None:
    """A new process on the same database, ticking on through the time in which it reconciles."""
    dialer = centre.dialer()
    for _ in range(rounds):
        await dialer.tick()
        centre.clock.advance(**(step or {"seconds": 20}))


async def test_killed_between_writing_and_requesting_nothing_was_dialled_and_a_new_attempt_is(
    centre: Centre,
) -> None:
    await centre.disposed(PHONE)
    # The second question is asked after the attempt was committed, before it is marked requested.
    centre.network.dies_when_asked = 2
    with pytest.raises(Killed):
        await centre.dialer().tick()
    [written] = await centre.attempts()
    assert written["requested_at"] is None

    await later_rounds(centre, rounds=10)
    [request] = centre.network.dialled
    assert request.attempt_id != written["id"]
    assert [row["outcome"] for row in await centre.attempts()] == [Outcome.FAILED, None]


async def test_killed_between_marking_and_sending_the_attempt_is_never_sent(
    centre: Centre,
) -> None:
    complaint = await centre.disposed(PHONE)
    centre.network.before = die
    with pytest.raises(Killed):
        await centre.dialer().tick()
    [marked] = await centre.attempts()
    assert marked["requested_at"] is not None

    centre.network.before = lambda: None
    await later_rounds(centre, rounds=12)
    [request] = centre.network.dialled
    assert request.attempt_id != marked["id"]
    assert [row["outcome"] for row in await centre.attempts()] == [Outcome.LOST, None]
    assert (await centre.due(complaint))["attempts_made"] == 0


async def test_killed_between_sending_and_the_reply_the_call_is_waited_for(
    centre: Centre,
) -> None:
    complaint = await centre.disposed(PHONE)
    centre.network.after = die
    with pytest.raises(Killed):
        await centre.dialer().tick()
    [request] = centre.network.dialled

    centre.network.after = lambda: None
    await later_rounds(centre, rounds=30)  # ten minutes: the citizen has much to say
    assert centre.network.times() == {request.attempt_id: 1}
    await centre.judged(complaint)
    await centre.ends(request.attempt_id, Outcome.FEEDBACK_GIVEN)
    await later_rounds(centre, rounds=3, hours=1)
    assert centre.network.times() == {request.attempt_id: 1}


async def test_link_lost_and_the_call_did_happen_nobody_is_called_again(centre: Centre) -> None:
    complaint = await centre.disposed(PHONE)
    centre.network.reply = OriginateReply.UNKNOWN
    assert (await centre.dialer().tick()).unknown == 1
    [request] = centre.network.dialled
    await later_rounds(centre)
    assert len(centre.network.dialled) == 1

    await centre.judged(complaint)
    await centre.ends(request.attempt_id, Outcome.FEEDBACK_GIVEN)
    await later_rounds(centre, rounds=3, hours=1)
    assert len(centre.network.dialled) == 1


async def test_link_lost_and_the_call_did_not_happen_a_new_attempt_follows(
    centre: Centre,
) -> None:
    await centre.disposed(PHONE)
    centre.network.reply, centre.network.happens = OriginateReply.UNKNOWN, False
    await centre.dialer().tick()
    centre.network.reply, centre.network.happens = OriginateReply.ACCEPTED, True

    await later_rounds(centre, rounds=3)  # the phone could still be ringing
    assert centre.network.dialled == []
    await later_rounds(centre, rounds=12)
    assert len(centre.network.dialled) == 1
    assert [row["outcome"] for row in await centre.attempts()] == [Outcome.LOST, None]


async def test_while_it_is_not_known_what_is_live_nothing_is_dialled_again(
    centre: Centre,
) -> None:
    await centre.disposed(PHONE)
    centre.network.reply, centre.network.knows_live = OriginateReply.UNKNOWN, False
    await centre.dialer().tick()
    await later_rounds(centre, rounds=5, minutes=30)
    assert len(centre.network.dialled) == 1
    assert [row["outcome"] for row in await centre.attempts()] == [None]


async def test_a_long_conversation_does_not_mean_asking_asterisk_every_round(
    centre: Centre,
) -> None:
    await centre.disposed(PHONE)
    dialer = centre.dialer()
    await dialer.tick()
    centre.clock.advance(minutes=3)
    for _ in range(20):
        await dialer.tick()
        centre.clock.advance(seconds=1)
    assert centre.network.asked_live == 2


async def test_a_request_without_a_reply_in_time_is_unknown_not_repeated(centre: Centre) -> None:
    await centre.disposed(PHONE)

    class Silent(FakeOriginator):
        async def originate(self, request: DialRequest) -> OriginateReply:
            await super().originate(request)
            await asyncio.sleep(3600)
            raise AssertionError("nobody waits that long")

    centre.network = Silent()
    assert (await centre.dialer(originate_seconds=0.05).tick()).unknown == 1
    await later_rounds(centre, rounds=8)
    assert len(centre.network.dialled) == 1


async def test_another_cells_live_call_is_not_taken_for_lost(centre: Centre) -> None:
    await centre.disposed(PHONE)
    await centre.dialer(cell="cell-2").tick()
    [request] = centre.network.dialled
    centre.network.live.clear()  # our own Asterisk knows nothing of the other's channels
    await later_rounds(centre, rounds=6, minutes=10)
    assert len(centre.network.dialled) == 1

    centre.clock.advance(hours=5)  # no call lasts that long: that cell has died
    await later_rounds(centre, rounds=4, minutes=3)
    assert centre.network.times()[request.attempt_id] == 1
    assert len(centre.network.dialled) == 2


async def test_two_dialers_at_once_dial_each_of_fifty_citizens_once(centre: Centre) -> None:
    for n in range(50):
        await centre.disposed(f"+91941501{n:04d}")
    dialers = [centre.dialer(cell="cell-1"), centre.dialer(cell="cell-2")]
    dialled_by = [0, 0]
    async with asyncio.timeout(30):
        while len(centre.network.dialled) < 50:
            reports = await asyncio.gather(*(dialer.tick() for dialer in dialers))
            dialled_by = [
                n + report.accepted for n, report in zip(dialled_by, reports, strict=True)
            ]
            centre.clock.advance(milliseconds=100)
    assert len(set(centre.network.numbers())) == 50
    assert set(centre.network.times().values()) == {1}
    assert sum(dialled_by) == 50


async def test_two_dialers_at_once_keep_the_caps_together(centre: Centre) -> None:
    for n in range(20):
        await centre.disposed(f"+91941501{n:04d}")
    limits = Limits(max_channels=7, calls_per_second=5, inbound_reserve=0, trunk_channels=100)
    dialers = [centre.dialer(limits=limits, cell=f"cell-{n}") for n in range(3)]
    await asyncio.gather(*(dialer.tick() for dialer in dialers))
    assert len(centre.network.dialled) <= 5
    for _ in range(3):
        centre.clock.advance(seconds=1)
        await asyncio.gather(*(dialer.tick() for dialer in dialers))
    assert len(centre.network.dialled) == 7


async def test_without_the_lock_the_database_still_refuses_a_second_open_attempt(
    centre: Centre,
) -> None:
    """Two transactions claim the same number at once; the constraint decides, without an error."""
    dues = [
        DueFeedback(
            complaint_id=await centre.disposed(PHONE, n),
            contact=PHONE,
            disposal_no=1,
            attempts_made=0,
            complaint_number=str(n),
        )
        for n in (1, 2)
    ]

    async def write(due: DueFeedback) -> Attempt | None:
        async with centre.pool.acquire() as conn, conn.transaction():
            await asyncio.sleep(0)
            return await attempts.write(
                conn, due, cell="cell-1", caller_id="1600111076", at=centre.clock()
            )

    written = await asyncio.gather(*(write(due) for due in dues))
    assert sorted(attempt is None for attempt in written) == [False, True]
    assert await centre.pool.fetchval("select count(*) from call") == 1


async def test_whom_an_agent_calls_is_not_rung_by_the_dialer_as_well(centre: Centre) -> None:
    await centre.disposed(PHONE)
    click = new_id(centre.clock())
    async with centre.pool.acquire() as conn, conn.transaction():
        # Claimed before the agent's click, written after it: there the database decides.
        [due] = await feedback.claim_due(conn, centre.clock(), 1)
        assert await open_outbound(
            conn, call_id=click, cell="cell-2", number=PHONE, service_number="1", at=centre.clock()
        )
        assert not await attempts.write(conn, due, cell="cell-1", caller_id="1", at=centre.clock())
    centre.clock.advance(minutes=2)
    await centre.dialer().tick()
    assert (await centre.attempts(), centre.network.dialled) == ([], [])
    await centre.ends(click, Outcome.NO_ANSWER)
    await centre.dialer().tick()
    assert centre.network.numbers() == [PHONE]


async def test_an_attempt_is_marked_requested_once(centre: Centre) -> None:
    await centre.disposed(PHONE)
    centre.network.before = die
    with pytest.raises(Killed):
        await centre.dialer().tick()
    [attempt] = await centre.attempts()
    async with centre.pool.acquire() as conn:
        assert not await attempts.mark_requested(conn, attempt["id"], centre.clock())


async def test_of_many_that_mark_one_attempt_one_may_send_it(centre: Centre) -> None:
    await centre.disposed(PHONE)
    attempt = await written_only(centre)

    async def mark() -> bool:
        async with centre.pool.acquire() as conn:
            return await attempts.mark_requested(conn, attempt.id, centre.clock())

    assert sum(await asyncio.gather(*(mark() for _ in range(5)))) == 1


async def test_a_dialer_that_slept_may_not_send_what_another_gave_up(centre: Centre) -> None:
    """Stopped for minutes between writing and requesting; meanwhile another one dropped it."""
    await centre.disposed(PHONE)
    centre.network.dies_when_asked = 2
    with pytest.raises(Killed):
        await centre.dialer().tick()
    [written] = await centre.attempts()
    await later_rounds(centre, rounds=10)
    async with centre.pool.acquire() as conn:
        assert not await attempts.mark_requested(conn, written["id"], centre.clock())


async def test_an_attempt_that_is_being_dropped_cannot_be_requested(centre: Centre) -> None:
    """The dropping transaction is open when the sleeper wakes up: it waits, and may not send."""
    await centre.disposed(PHONE)
    attempt = await written_only(centre)
    now = centre.clock()
    async with centre.pool.acquire() as other, centre.pool.acquire() as conn:
        async with other.transaction():
            assert await drop_unrequested(other, attempt.id, now, SETTINGS.rules)
            marking = asyncio.create_task(attempts.mark_requested(conn, attempt.id, now))
            await blocked(centre)
        assert not await marking


async def test_an_attempt_whose_call_was_swept_away_meanwhile_is_not_dialled(
    centre: Centre,
) -> None:
    await centre.disposed(PHONE)
    attempt = await written_only(centre)
    await centre.ends(attempt.id, Outcome.LOST)
    async with centre.pool.acquire() as conn:
        assert not await attempts.mark_requested(conn, attempt.id, centre.clock())


async def test_a_clock_set_back_an_hour_dials_nobody_twice(centre: Centre) -> None:
    await centre.disposed(PHONE)
    await centre.disposed("+919415000002")
    centre.clock.advance(hours=1)
    dialer = centre.dialer()
    await dialer.tick()
    centre.clock.advance(hours=-1)
    for _ in range(5):
        await dialer.tick()
        await centre.dialer().tick()
        centre.clock.advance(seconds=20)
    assert sorted(centre.network.numbers()) == ["+919415000002", PHONE]


async def test_a_clock_set_back_an_hour_does_not_stop_the_dialing(centre: Centre) -> None:
    dialer = centre.dialer(limits=Limits(100, 1, 0, 100))
    centre.clock.advance(hours=1)
    await centre.disposed(PHONE)
    await dialer.tick()
    centre.clock.advance(hours=-1)
    await centre.disposed("+919415000002")
    await dialer.tick()
    assert len(centre.network.dialled) == 2


async def test_ticks_that_are_killed_anywhere_never_ring_a_phone_twice_at_once(
    centre: Centre,
) -> None:
    """Kills at each step in turn, over ten citizens, until all have been asked."""
    complaints = {
        f"+91941501{n:04d}": await centre.disposed(f"+91941501{n:04d}") for n in range(10)
    }
    kills: list[tuple[str, Callable[[], None]]] = [("before", die), ("after", die)] * 3
    for step, kill in kills:
        setattr(centre.network, step, kill)
        with contextlib.suppress(Killed):
            await centre.dialer().tick()
        setattr(centre.network, step, lambda: None)
        ringing = [
            one.number for one in centre.network.dialled if one.attempt_id in centre.network.live
        ]
        assert len(ringing) == len(set(ringing))
        centre.clock.advance(seconds=7)
    for _ in range(60):
        for request in centre.network.dialled:
            if request.attempt_id in centre.network.live:
                await centre.judged(complaints[request.number])
                await centre.ends(request.attempt_id, Outcome.FEEDBACK_GIVEN)
        await centre.dialer().tick()
        centre.clock.advance(seconds=20)
    assert set(centre.network.times().values()) == {1}
    assert sorted(centre.network.numbers()) == sorted(complaints)
