"""Queue membership: the database's truth, and the least that makes Asterisk agree with it."""

import asyncio
from collections.abc import Callable

from cti.ami import AmiLink
from cti.membership import Changes, Membership, membership_changes
from cti.snapshot import Member
from db.ids import new_id
from db.pool import Pool
from tests.cti.fake_ami import Action, FakeAmi, Session, one, running, settings
from tests.cti.streams import AT


def test_only_what_differs_is_changed() -> None:
    wanted = {("q1", "1001"): "सीता", ("q2", "1001"): "सीता"}
    actual = frozenset({Member("q2", "1001"), Member("q2", "1002")})
    assert membership_changes(wanted, actual) == Changes((("q1", "1001"),), (("q2", "1002"),))


def test_a_member_whose_number_is_another_gets_theirs() -> None:
    wanted = {("q1", "1001"): "", ("q2", "1001"): "", ("q1", "1002"): ""}
    actual = frozenset({Member("q1", "1001", number=7), Member("q2", "1001", number=1)})
    changes = membership_changes(wanted, actual, lambda _queue, agent: int(agent) - 1000)
    assert changes == Changes((("q1", "1002"),), (), (("q1", "1001"),))


def test_members_of_the_operators_own_configuration_stay() -> None:
    actual = frozenset({Member("q1", "1001", dynamic=False)})
    assert membership_changes({}, actual) == Changes((), ())
    assert membership_changes({("q1", "1001"): ""}, actual) == Changes((), ())


async def sign_in(pool: Pool, agent_id: str) -> None:
    await pool.execute(
        "insert into agent_session (id, agent_id, signed_in_at) values ($1, $2, $3)",
        new_id(AT), agent_id, AT,
    )  # fmt: skip


def queue_of(*members: tuple[str, str]) -> Callable[[Session, Action], object]:
    async def handler(session: Session, action: Action) -> bool:
        if one(action, "action") == "QueueAdd" and one(action, "queue") == "helpline-en":
            await session.reply(action, "Error", "Unable to add interface to queue: No such queue")
            return True
        if one(action, "action") != "QueueStatus":
            return False
        id = f"ActionID: {one(action, 'actionid')}"
        await session.reply(action, "Success", "Queue status will follow", "EventList: start")
        for queue, location in members:
            await session.send(
                "Event: QueueMember", id, f"Queue: {queue}", f"Location: {location}",
                "Membership: dynamic",
            )  # fmt: skip
        await session.server.end_list(session, action, "QueueStatusComplete")
        return True

    return handler


async def test_asterisk_is_brought_in_step_with_the_open_sessions(pool: Pool) -> None:
    handler = queue_of(("helpline-hi", "PJSIP/1003"), ("helpline-hi", "PJSIP/desk-phone"))
    await sign_in(pool, "1001")
    await sign_in(pool, "1002")
    await sign_in(pool, "2001")  # of another cell
    async with FakeAmi(handler) as server, running(AmiLink(settings(server))) as link:  # type: ignore[arg-type]
        membership = Membership(link, lambda: pool, "cell1")
        await membership.reconcile()
    changes = [a for a in server.actions if one(a, "action") in ("QueueAdd", "QueueRemove")]
    assert [(one(a, "action"), one(a, "queue"), one(a, "interface")) for a in changes] == [
        ("QueueRemove", "helpline-hi", "PJSIP/1003"),
        ("QueueAdd", "helpline-en", "PJSIP/1002"),
        ("QueueAdd", "helpline-hi", "PJSIP/1001"),
        ("QueueAdd", "helpline-hi", "PJSIP/1002"),
    ]
    assert one(changes[2], "membername") == "सीता देवी"
    assert one(changes[2], "stateinterface") == "PJSIP/1001"
    assert membership.refused == 1  # a queue that Asterisk does not know stops nothing else


async def test_a_sign_in_at_the_moment_of_stopping_does_not_keep_it_running(pool: Pool) -> None:
    async with FakeAmi() as server:
        membership = Membership(AmiLink(settings(server)), lambda: pool, "cell1")
        task = asyncio.create_task(membership.run())
        await asyncio.sleep(0.01)
        membership.wake()
        await asyncio.sleep(0)
        task.cancel()
        done, _ = await asyncio.wait({task}, timeout=2)
        task.cancel()
        assert done
