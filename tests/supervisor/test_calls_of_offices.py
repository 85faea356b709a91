"""Officers, heads of departments and magistrates find and hear what is theirs, and no more."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from access.rights import Grant, Person, Role, Scope
from complaints.reference import PostRow, load
from cti.supervisor import call_list
from cti.supervisor.call_list import Wanted
from cti.supervisor.finding import Reach
from tests.complaints.world import REFERENCE, World
from tests.supervisor.site import Centre
from tests.supervisor.tapes import Tapes
from tests.supervisor.test_calls import listen, signed_in

pytestmark = pytest.mark.timeout(120)
OWN = {
    Role.OFFICER: Scope(post="L1-MAH"),
    Role.DEPARTMENT_HEAD: Scope(department="jal-nigam"),
    Role.DISTRICT_MAGISTRATE: Scope(place="lalitpur"),
}
NEIGHBOURS = {
    Role.OFFICER: Scope(post="E1-JHA"),
    Role.DEPARTMENT_HEAD: Scope(department="bijli"),
    Role.DISTRICT_MAGISTRATE: Scope(place="jhansi"),
}


async def belongs(hall: Centre, tapes: Tapes, complaint: UUID) -> tuple[UUID, UUID]:
    """A recorded call from which the complaint was registered."""
    call, recording = await tapes.talked()
    await hall.pool.execute(
        "insert into complaint_call (complaint_id, call_id, role) values ($1, $2, 'follow_up')",
        complaint, call,
    )  # fmt: skip
    return call, recording


async def two_districts(hall: Centre, tapes: Tapes, world: World) -> dict[str, tuple[UUID, UUID]]:
    """One complaint about water in Lalitpur, one about power in Jhansi, a call of each; and a call
    that belongs to none.
    """
    places = (
        *REFERENCE.places,
        replace(REFERENCE.places[1], code="jhansi", name_hi="झाँसी", name_en="Jhansi"),
    )
    post = PostRow("E1-JHA", "अधिशासी अभियंता झाँसी", "bijli", "jhansi", 1, "+919415000009")
    reference = replace(REFERENCE, places=places, posts=(*REFERENCE.posts, post))
    await load(hall.pool, reference)
    ours = await world.register()
    theirs = await world.register(
        world.form(category="power-cut", place="jhansi", contact="+919811111111")
    )
    return {
        "ours": await belongs(hall, tapes, ours.complaint_id),
        "theirs": await belongs(hall, tapes, theirs.complaint_id),
        "nobody's": await tapes.talked(),
    }


@pytest.mark.parametrize("role", OWN)
@pytest.mark.parametrize(("scopes", "mine", "not_mine"), [
    (OWN, "ours", "theirs"), (NEIGHBOURS, "theirs", "ours"),
])  # fmt: skip
async def test_an_office_finds_and_hears_its_own_calls_and_not_the_neighbours(
    archive: Centre,
    tapes: Tapes,
    world: World,
    role: Role,
    scopes: dict[Role, Scope],
    mine: str,
    not_mine: str,
) -> None:
    calls = await two_districts(archive, tapes, world)
    client = await signed_in(archive, role, scopes[role])
    for query in ("", "?number=9876543210", "?agent=1001"):
        assert (await client.get(f"/calls{query}")).status == 200
        shown = {name for name, (call, _) in calls.items() if str(call) in client.last}
        assert shown == {mine}, query
    call, recording = calls[mine]
    assert (await client.get(f"/calls/{call}")).status == 200
    assert "9876543210" in client.last
    assert await listen(client, call, recording, " ") == 400
    assert await listen(client, call, recording, "complaint 12") == 200
    assert "<audio" in client.last
    for other in (not_mine, "nobody's"):
        call, recording = calls[other]
        assert (await client.get(f"/calls/{call}")).status == 404
        assert await listen(client, call, recording, "curious") == 404
        assert await listen(client, calls[mine][0], recording, "curious") == 404


async def test_what_was_escalated_with_a_bundle_is_found_by_who_was_handed_it(
    archive: Centre, tapes: Tapes, world: World
) -> None:
    calls = await two_districts(archive, tapes, world)
    above = await signed_in(archive, Role.OFFICER, Scope(post="L2-LAL"))
    await above.get("/calls")
    assert str(calls["ours"][0]) not in above.last
    await archive.pool.execute(
        "insert into bundle (id, complaint_id, entry, post, created_at)"
        " select gen_random_uuid(), id, 1, 'L2-LAL', now() from complaint where place <> 'jhansi'"
    )
    await above.get("/calls")
    assert str(calls["ours"][0]) in above.last
    assert str(calls["theirs"][0]) not in above.last
    assert await listen(above, *calls["ours"], "escalated") == 200


async def test_before_it_is_sorted_a_complaint_is_not_the_offices(
    archive: Centre, tapes: Tapes, world: World
) -> None:
    calls = await two_districts(archive, tapes, world)
    await archive.pool.execute(
        "update complaint set state = 'triage', remind_at = null where place <> 'jhansi'"
    )
    client = await signed_in(archive, Role.OFFICER, OWN[Role.OFFICER])
    await client.get("/calls")
    assert str(calls["ours"][0]) not in client.last
    assert (await client.get(f"/calls/{calls['ours'][0]}")).status == 404


@pytest.mark.parametrize("role", OWN)
async def test_calls_of_a_confidential_complaint_are_hidden_from_offices(
    archive: Centre, tapes: Tapes, world: World, role: Role
) -> None:
    calls = await two_districts(archive, tapes, world)
    call, recording = calls["ours"]
    client = await signed_in(archive, role, OWN[role])
    await archive.pool.execute("update complaint set confidential = true where place <> 'jhansi'")
    for query in ("", "?number=9876543210", "?agent=1001"):
        await client.get(f"/calls{query}")
        assert str(call) not in client.last
    assert (await client.get(f"/calls/{call}")).status == 404
    assert await listen(client, call, recording, "curious") == 404


async def test_one_voice_that_speaks_of_a_confidential_matter_too_is_hidden(
    archive: Centre, tapes: Tapes, world: World
) -> None:
    calls = await two_districts(archive, tapes, world)
    await archive.pool.execute("update complaint set confidential = true where place = 'jhansi'")
    await archive.pool.execute(
        "insert into complaint_call select id, $1, 'follow_up' from complaint"
        " where place = 'jhansi'", calls["ours"][0],
    )  # fmt: skip
    client = await signed_in(archive, Role.DISTRICT_MAGISTRATE, Scope(place="lalitpur"))
    await client.get("/calls")
    assert str(calls["ours"][0]) not in client.last


async def test_an_office_reads_neither_the_neighbours_number_nor_the_supervisors_acts(
    archive: Centre, tapes: Tapes, world: World
) -> None:
    """One call brought a complaint to each of two offices; a supervisor listened to it."""
    calls = await two_districts(archive, tapes, world)
    call, _ = calls["ours"]
    await archive.pool.execute(
        "insert into complaint_call select id, $1, 'follow_up' from complaint"
        " where place = 'jhansi'", call,
    )  # fmt: skip
    await archive.pool.execute(
        "insert into desk_action (id, call_id, actor, action, target, reason, at)"
        " values (gen_random_uuid(), $1, 'user:1', 'listen', 'agent:1001', 'doubt', now())", call,
    )  # fmt: skip
    rows = await archive.pool.fetch("select place, number from complaint")
    numbers = {row["place"]: row["number"] for row in rows}
    client = await signed_in(archive, Role.OFFICER, OWN[Role.OFFICER])
    await client.get(f"/calls/{call}")
    assert numbers.pop("jhansi") not in client.last
    assert all(number in client.last for number in numbers.values())
    assert "doubt" not in client.last
    supervisor = await signed_in(archive, Role.SUPERVISOR)
    await supervisor.get(f"/calls/{call}")
    assert "doubt" in supervisor.last


async def test_a_role_that_ended_closes_the_list(
    archive: Centre, tapes: Tapes, world: World
) -> None:
    calls = await two_districts(archive, tapes, world)
    client = await signed_in(archive, Role.OFFICER, OWN[Role.OFFICER])
    await client.get("/calls")
    assert str(calls["ours"][0]) in client.last
    await archive.pool.execute("update role_grant set revoked_at = now()")
    assert (await client.get("/calls")).status == 403


def test_the_number_is_asked_about_only_where_it_may_be_known() -> None:
    def person(*grants: Grant) -> Person:
        return Person(UUID(int=1), "sita", "सीता", "hi", None, grants)

    auditor = Grant(Role.QUALITY_AUDITOR)
    assert not Reach.of(person(auditor)).by_number
    hindi = Grant(Role.SUPERVISOR, Scope(queue="helpline-hi"))
    assert Reach.of(person(auditor, hindi)).by_number
    other = person(
        Grant(Role.QUALITY_AUDITOR, Scope(queue="a")), Grant(Role.AGENT, Scope(queue="b"))
    )
    assert not Reach.of(other).by_number
    officer = Reach.of(person(Grant(Role.OFFICER, Scope(post="bdo"))))
    assert (officer.by_number, officer.posts) == (True, ("bdo",))
    assert Reach.of(person(Grant(Role.OFFICER, Scope(post="bdo")), hindi)).posts is None


async def test_a_list_that_takes_too_long_says_what_to_do(archive: Centre) -> None:
    """Who has few of the calls of many days has all of them looked through."""
    await load(archive.pool, REFERENCE)
    head = await signed_in(archive, Role.DEPARTMENT_HEAD, OWN[Role.DEPARTMENT_HEAD])
    async with archive.pool.acquire() as conn, conn.transaction():
        await conn.execute("lock table call in access exclusive mode")
        assert (await head.get("/calls")).status == 503
    assert "ask for fewer days" in head.last


@pytest.mark.parametrize(
    ("scopes", "expected"),
    [
        ([Scope(department="jal-nigam")], {"ours", "moved"}),
        ([Scope(department="bijli")], {"theirs"}),
        ([Scope(department="bijli", place="lalitpur")], set()),
        ([Scope(place="up")], {"ours", "theirs", "moved"}),
        ([Scope(place="lalitpur")], {"ours"}),
        ([Scope(place="lalitpur-mahroni"), Scope(post="E1-JHA")], {"ours", "theirs", "moved"}),
        ([Scope(place="nowhere")], set()),
    ],
)
async def test_few_complaints_lead_to_the_same_calls_as_the_search_by_days(
    archive: Centre,
    tapes: Tapes,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    scopes: list[Scope],
    expected: set[str],
) -> None:
    """The index finds whom `complaint_within` then judges: nobody may be missing there."""
    calls = await two_districts(archive, tapes, world)
    moved = await world.register(
        world.form(category="power-cut", place="jhansi", contact="+919822222222")
    )
    calls["moved"] = await belongs(archive, tapes, moved.complaint_id)
    await archive.pool.execute(
        "update complaint set department = 'jal-nigam' where id = $1", moved.complaint_id
    )
    grants = tuple(Grant(Role.DEPARTMENT_HEAD, scope) for scope in scopes)
    reach = Reach.of(Person(UUID(int=1), "sita", "सीता", "hi", None, grants))
    assert reach.by_complaints
    now = archive.site.clock()
    bounds = {
        "since": now - timedelta(days=7), "until": now + timedelta(days=1), "queue": None,
        "find": reach.find, "identify": reach.identify, "before_at": now + timedelta(days=1),
        "before_id": UUID(int=2**128 - 1), "at_most": 50,
    }  # fmt: skip
    wanted = Wanted(since=now.date(), until=now.date())
    async with archive.pool.acquire() as conn:
        for few in (20_000, -1):
            monkeypatch.setattr(call_list, "_FEW", few)
            assert (await call_list._few_complaints(conn, reach) is None) is (few < 0)
            rows = await call_list._rows(conn, wanted, bounds, reach, confidential=False)
            found = {row["id"] for row in rows}
            assert {name for name, (call, _) in calls.items() if call in found} == expected
