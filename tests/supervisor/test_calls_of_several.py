"""Calls with several agents or queues: found, opened, heard and judged by each whose they were."""

import re
from datetime import timedelta
from uuid import UUID

import pytest

from access.rights import Role, Scope
from db.pool import Pool
from db.statements import sql
from tests.complaints.world import World
from tests.recordings.room import conversation
from tests.supervisor.site import Centre
from tests.supervisor.tapes import Tapes
from tests.supervisor.test_calls import listen, signed_in
from tests.web.site import Client

pytestmark = pytest.mark.timeout(180)
HINDI, ENGLISH = "helpline-hi", "helpline-en"
COURSES: dict[str, tuple[tuple[str, str | None], ...]] = {
    "went on": ((HINDI, None), (ENGLISH, "1003")),
    "handed on": ((HINDI, "1001"), (ENGLISH, "1003")),
    "came back": ((HINDI, "1001"), (ENGLISH, "1003"), (HINDI, "1001")),
    "english": ((ENGLISH, "1003"),),
    "hindi": ((HINDI, "1001"),),
    "gave up": ((HINDI, "1002"), (ENGLISH, None)),
}
Calls = dict[str, tuple[UUID, UUID]]


@pytest.fixture
async def calls(archive: Centre, tapes: Tapes) -> Calls:
    """A recorded call of each course; and one that came to no queue."""
    await archive.pool.execute("truncate quality_answer, quality_mark, quality_review")
    found = {name: await tapes.through(*course) for name, course in COURSES.items()}
    recording, _ = await tapes.recorded(conversation(1.0), seconds=1.0)
    await tapes.closer().sweep()
    found["menu"] = ((await tapes.row(recording))["call_id"], recording)
    return found


async def listed(client: Client, calls: Calls, query: str = "") -> set[str]:
    assert (await client.get(f"/calls{query}")).status == 200
    return {name for name, (call, _) in calls.items() if f"/calls/{call}" in client.last}


async def test_a_call_is_found_by_each_agent_and_each_queue(archive: Centre, calls: Calls) -> None:
    client = await signed_in(archive, Role.SUPERVISOR)
    for query, found in (
        ("agent=1001", {"handed on", "came back", "hindi"}),
        ("agent=1003", {"went on", "handed on", "came back", "english"}),
        ("agent=1002", {"gave up"}),
        ("agent=1002&queue=helpline-en", {"gave up"}),
        ("agent=1001&queue=helpline-en", {"handed on", "came back"}),
        (f"queue={HINDI}", {"went on", "handed on", "came back", "hindi", "gave up"}),
        (f"queue={ENGLISH}", {"went on", "handed on", "came back", "english", "gave up"}),
        (f"queue={ENGLISH}&number=9876543210",
         {"went on", "handed on", "came back", "english", "gave up"}),
        ("agent=9999", set()),
        ("queue=nowhere", set()),
    ):  # fmt: skip
        assert await listed(client, calls, f"?{query}") == found, query


async def test_the_list_shows_all_who_had_the_citizen_in_order(
    archive: Centre, calls: Calls
) -> None:
    client = await signed_in(archive, Role.SUPERVISOR)
    await client.get("/calls")
    for name, agents, queues in (
        ("came back", "सीता देवी → Asha Verma", "Helpline (Hindi) → Helpline (English)"),
        ("went on", "Asha Verma", "Helpline (Hindi) → Helpline (English)"),
        ("menu", "–", "–"),
    ):
        [row] = [one for one in client.last.split("<tr>") if str(calls[name][0]) in one]
        assert f"<td>{agents}</td>" in row, name
        assert f"<td>{queues}</td>" in row, name


ROLES = pytest.mark.parametrize(
    ("role", "scope", "queues"),
    [
        (Role.SUPERVISOR, Scope(queue=HINDI), {HINDI}),
        (Role.SUPERVISOR, Scope(queue=ENGLISH), {ENGLISH}),
        (Role.QUALITY_AUDITOR, Scope(queue=HINDI), {HINDI}),
        (Role.QUALITY_AUDITOR, Scope(queue="schemes-hi"), set()),
        (Role.QUALITY_AUDITOR, Scope(), None),
    ],
    ids=["supervisor-hi", "supervisor-en", "auditor-hi", "auditor-schemes", "auditor"],
)


@ROLES
async def test_what_is_listed_is_what_is_opened_and_heard(
    archive: Centre, calls: Calls, role: Role, scope: Scope, queues: set[str] | None
) -> None:
    client = await signed_in(archive, role, scope)
    theirs = {
        name for name in calls
        if queues is None or queues & {queue for queue, _ in COURSES.get(name, ())}
    }  # fmt: skip
    assert await listed(client, calls) == theirs
    assert await listed(client, calls, "?agent=1003") <= theirs
    assert await listed(client, calls, f"?queue={ENGLISH}") <= theirs
    for name, (call, recording) in calls.items():
        status = 200 if name in theirs else 404
        assert (await client.get(f"/calls/{call}")).status == status, name
        assert await listen(client, call, recording, "check") == status, name


@ROLES
async def test_what_is_drawn_for_a_reviewer_is_what_they_open_and_hear(
    archive: Centre, calls: Calls, role: Role, scope: Scope, queues: set[str] | None
) -> None:
    client = await signed_in(archive, role, scope)
    parts = {
        (name, agent): queues is None or queue in queues
        for name, course in COURSES.items() for queue, agent in course if agent
    }  # fmt: skip
    await client.get("/quality?each=20")
    for (name, agent), theirs in parts.items():
        path = f"/quality/{calls[name][0]}?agent={agent}"
        assert (f'href="{path}"' in client.last) is theirs, path
    for (name, agent), theirs in parts.items():
        call, recording = calls[name]
        assert (await client.get(f"/quality/{call}?agent={agent}")).status == (
            200 if theirs else 404
        )
        given = {"recording": str(recording), "agent": agent, "reason": "quality"}
        heard = await client.post(f"/quality/{call}/listen", **given)
        assert heard.status == (200 if theirs else 404)
    assert (await client.get(f"/quality/{calls['menu'][0]}")).status == 404


async def test_a_confidential_call_of_two_queues_is_seen_but_neither_heard_nor_judged(
    archive: Centre, tapes: Tapes, calls: Calls, world: World
) -> None:
    call, recording = calls["handed on"]
    await world.register()
    await archive.pool.execute("update complaint set confidential = true")
    await tapes.confidential(call)
    for queue in (HINDI, ENGLISH):
        client = await signed_in(archive, Role.SUPERVISOR, Scope(queue=queue))
        assert "handed on" in await listed(client, calls)
        assert (await client.get(f"/calls/{call}")).status == 200
        assert "9876543210" not in client.last
        assert await listen(client, call, recording, "check") == 403
        await client.get("/quality?each=20")
        assert str(call) not in client.last
        assert (await client.get(f"/quality/{call}")).status == 404


@pytest.mark.parametrize("query", ["agent=1001", f"queue={HINDI}"])
async def test_pages_hold_each_call_once_in_an_order_that_stays(
    archive: Centre, pool: Pool, query: str
) -> None:
    """Many of one moment, each with two talks and two stays."""
    await pool.execute(
        "insert into call (id, cell, direction, started_at, ended_at, outcome)"
        " select gen_random_uuid(), 'cell1', 'inbound', $1::timestamptz - n / 40 * interval '1 h',"
        " $1, 'agent_answered' from generate_series(1, 120) n",
        archive.site.clock(),
    )
    for later in ("0 s", "90 s"):
        await pool.execute(
            "insert into queue_stay (call_id, queue, entered_at, left_at, agent_id)"
            " select id, $1, started_at + $2::text::interval, started_at + interval '2 min', '1001'"
            " from call",
            *(HINDI, later),
        )
        await pool.execute(
            "insert into agent_talk (call_id, agent_id, began_at, ended_at, queue)"
            " select id, '1001', started_at + $2::text::interval, started_at + interval '2 min', $1"
            " from call",
            *(HINDI, later),
        )
    client = await signed_in(archive, Role.SUPERVISOR, Scope(queue=HINDI))
    seen: list[str] = []
    path = f"/calls?{query}"
    while path:
        await client.get(path)
        seen += re.findall(r'href="/calls/([0-9a-f-]{36})"', client.last)
        following = re.search(r'class="button" href="(/calls\?[^"]+)"', client.last)
        path = following[1].replace("&amp;", "&") if following else ""
    assert (len(seen), len(set(seen))) == (120, 120)


@pytest.mark.parametrize(
    ("name", "index", "nulls"),
    [
        ("supervision_calls_by_agent", "agent_talk_by_agent", 1),
        ("supervision_calls_by_queue", "queue_stay_by_queue", 0),
    ],
)
async def test_the_list_of_one_agent_or_queue_is_read_from_its_index(
    archive: Centre, name: str, index: str, nulls: int
) -> None:
    now = archive.site.clock()
    asked = ["[]", "x", now - timedelta(days=7), now, now, UUID(int=1), *[None] * nulls, "[]", 50]
    async with archive.pool.acquire() as conn, conn.transaction():
        for setting in ("enable_seqscan", "enable_bitmapscan", "enable_sort"):
            await conn.execute(f"set local {setting} = off")
        plan = [row[0] for row in await conn.fetch("explain " + sql(name), *asked)]
    assert "Nested Loop" in plan[1], plan  # no sort of all before the page is cut
    assert any(index in line for line in plan), plan


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["waited in the queue Helpline (Hindi)", "सीता देवी (1001) answered",
                "talked with सीता देवी (1001)", "handed on to the queue Helpline (English)",
                "talked with Asha Verma (1003)"]),
        ("hi", ["कतार हेल्पलाइन (हिन्दी) में प्रतीक्षा", "सीता देवी (1001) ने उत्तर दिया",
                "सीता देवी (1001) से बातचीत", "कतार हेल्पलाइन (अंग्रेज़ी) को सौंपी गई",
                "Asha Verma (1003) से बातचीत"]),
    ],
    ids=["en", "hi"],
)  # fmt: skip
async def test_the_calls_page_shows_its_course_in_order_before_what_was_recorded(
    archive: Centre, calls: Calls, language: str, said: list[str]
) -> None:
    await archive.site.people.add("kavita", Role.SUPERVISOR, language=language)
    client = archive.site.client()
    await client.get("/sign-in")
    await client.sign_in("kavita")
    await client.get(f"/calls/{calls['handed on'][0]}")
    places = [client.last.index(one) for one in (*said, 'class="recording"')]
    assert places == sorted(places)


async def test_the_course_says_how_a_queue_was_left(archive: Centre, calls: Calls) -> None:
    client = await signed_in(archive, Role.SUPERVISOR)
    await client.get(f"/calls/{calls['went on'][0]}")
    assert "went on to the queue Helpline (English)" in client.last
    await client.get(f"/calls/{calls['gave up'][0]}")
    assert "hung up while waiting" in client.last  # though the call was answered before
    await client.get(f"/calls/{calls['menu'][0]}")
    assert "They came to no queue" in client.last
    hindi = calls["hindi"][0]
    await archive.pool.execute(
        "update agent_talk set handed_to = 'agent:1002', ended_at = null where call_id = $1", hindi
    )
    await client.get(f"/calls/{hindi}")
    assert "handed on to 1002" in client.last  # who has not had the citizen yet
    assert "goes on" in client.last


async def test_a_reviewer_chooses_whose_part_of_the_call_they_judge(
    archive: Centre, calls: Calls
) -> None:
    call, _ = calls["handed on"]
    client = await signed_in(archive, Role.QUALITY_AUDITOR)
    assert (await client.get(f"/quality/{call}")).status == 200
    assert "<strong>Asha Verma (1003)</strong>" in client.last  # the last one, until another is
    assert f'href="/quality/{call}?agent=1001"' in client.last
    assert "handed on to the queue Helpline (English)" in client.last  # where each part begins
    points = {f"p-{code}": "na" for code in re.findall(r'name="p-([a-z_]+)"', client.last)}
    assert len(points) == 9
    await client.get(f"/quality/{call}?agent=1001")
    assert "<strong>सीता देवी (1001)</strong>" in client.last
    given = {"version": "1", "agent": "1001", **points}
    incomplete = {**given, "p-greeting": ""}
    assert (await client.post(f"/quality/{call}", **incomplete)).status == 400
    assert "<strong>सीता देवी (1001)</strong>" in client.last
    assert (await client.post(f"/quality/{call}", **given)).status == 303
    assert (await client.post(f"/quality/{call}", **given)).status == 400  # judged
    assert (await client.post(f"/quality/{call}", **{**given, "agent": "1002"})).status == 404
    assert (await client.post(f"/quality/{call}", **{**given, "agent": "1003"})).status == 303
    rows = await archive.pool.fetch("select agent_id from quality_review order by 1")
    assert [row["agent_id"] for row in rows] == ["1001", "1003"]
    await client.get("/quality?each=20")
    assert str(call) not in client.last


async def test_who_had_the_citizen_too_judges_nobody_in_the_call(
    archive: Centre, calls: Calls
) -> None:
    await archive.site.people.add("own", Role.QUALITY_AUDITOR, agent_id="1001", language="en")
    own = archive.site.client()
    await own.get("/sign-in")
    await own.sign_in("own")
    await own.get("/quality?each=20")
    for name, mine in (("handed on", True), ("hindi", True), ("went on", False)):
        assert (str(calls[name][0]) not in own.last) is mine
    await own.get(f"/quality/{calls['handed on'][0]}?agent=1003")
    assert "Nobody judges their own call" in own.last
    answer = await own.post(f"/quality/{calls['handed on'][0]}", agent="1003")
    assert answer.status == 400
