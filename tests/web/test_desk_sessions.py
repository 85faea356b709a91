"""From a browser's session to the agent's desk."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import pytest
from multidict import CIMultiDict

from access import grants, sessions, users
from access.rights import Role, Scope
from access.sessions import SignedIn
from cti.supervising import of_token
from helpline.pages import DeskSessions, supervising_now
from tests.access.people import BY
from tests.web.site import Site
from web import csrf


class Asked:
    """A request as far as the session matters: its cookie, and whether it opens a socket."""

    def __init__(self, token: str, **headers: str) -> None:
        self.cookies = {"helpline": token}
        self.headers = CIMultiDict(headers)
        self.remote = "192.0.2.1"
        self._kept: dict[object, object] = {}

    def __contains__(self, key: object) -> bool:
        return key in self._kept

    def __getitem__(self, key: object) -> object:
        return self._kept[key]

    def __setitem__(self, key: object, value: object) -> None:
        self._kept[key] = value


async def desk(site: Site, token: str, **headers: str) -> str | None:
    asked: object = Asked(token, **headers)
    return await DeskSessions(site.shell).agent_of(asked)  # type: ignore[arg-type]


async def test_only_an_agent_with_a_desk_has_one(site: Site) -> None:
    await site.people.add("agent", Role.AGENT, agent_id="1001")
    await site.people.add("nodesk", Role.AGENT)
    await site.people.add("noagent", Role.SUPERVISOR, agent_id="1002")
    await site.people.add("new", Role.AGENT, agent_id="1003", must_change=True)
    found = [
        await desk(site, await site.people.sign_in(name))
        for name in ("agent", "nodesk", "noagent", "new")
    ]
    assert found == ["1001", None, None, None]
    assert await desk(site, "guess") is None


async def test_a_socket_has_to_come_from_a_page_of_ours(site: Site) -> None:
    await site.people.add("agent", Role.AGENT, agent_id="1001")
    token = await site.people.sign_in("agent")
    assert await desk(site, token, Upgrade="websocket", Origin=site.origin) == "1001"
    assert await desk(site, token, Upgrade="WebSocket", Origin="https://evil.example") is None
    assert await desk(site, token, Upgrade="websocket") is None
    for headers, ours in (
        ({"Upgrade": "websocket", "Origin": site.origin}, True),
        ({"Upgrade": "websocket", "Origin": "https://evil.example"}, False),
        ({"Upgrade": "websocket"}, False),
        ({"Origin": site.origin}, False),
    ):
        asked: Any = Asked("over", **headers)
        assert DeskSessions(site.shell).from_our_page(asked) is ours


async def test_what_a_socket_is_told_to_send_is_what_its_session_is_asked_for(site: Site) -> None:
    await site.people.add("agent", Role.AGENT, agent_id="1001")
    token = await site.people.sign_in("agent")
    asked: Any = Asked(token)
    assert DeskSessions(site.shell).form_token(asked) == csrf.token_for(token)


@asynccontextmanager
async def watched(
    site: Site, *names: str, look_seconds: float = 0.05
) -> AsyncIterator[list[asyncio.Task[None]]]:
    """Open pages of these people, whose sessions are looked at."""
    tokens = [await site.people.sign_in(name) for name in names]
    desks = DeskSessions(site.shell, look_seconds)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(desks.run())
        pages = []
        for token in tokens:
            asked: Any = Asked(token)
            assert await desks.agent_of(asked)  # as the server does before it opens the socket
            pages.append(tasks.create_task(desks.until_ended(asked)))
        yield pages
        for task in (running, *pages):
            task.cancel()


async def test_the_watch_ends_with_the_session_and_nobody_elses(site: Site) -> None:
    user = await site.people.add("agent", Role.AGENT, agent_id="1001")
    await site.people.add("other", Role.AGENT, agent_id="1002")
    async with watched(site, "agent", "other", "agent") as (watch, other, second):
        await asyncio.sleep(0.3)
        assert not any(page.done() for page in (watch, other, second))
        await sessions.end_all(site.shell.pool, user.id, "forced", BY, site.clock())
        async with asyncio.timeout(20):
            await asyncio.gather(watch, second)
        assert not other.done()


async def test_the_watch_ends_when_the_person_is_no_agent_any_more(site: Site) -> None:
    user = await site.people.add("agent", Role.AGENT, agent_id="1001")
    pool = site.shell.pool
    async with watched(site, "agent") as (watch,):
        async with pool.acquire() as conn:
            [given] = await grants.standing(conn, user.id)
        assert given.id is not None
        await grants.revoke(pool, user.id, given.id, BY, site.clock())
        async with asyncio.timeout(20):
            await watch


async def test_an_open_page_keeps_its_session_in_use(site: Site) -> None:
    """Far longer than a session may stand unused, but the page is open."""
    await site.people.add("agent", Role.AGENT, agent_id="1001")
    async with watched(site, "agent") as (watch,):
        for _ in range(4):
            before = site.clock()
            site.clock.advance(site.shell.options.rule.idle * 0.7)
            async with asyncio.timeout(20):
                while await _last_seen(site) <= before:
                    await asyncio.sleep(0.02)
        assert not watch.done()


async def test_open_pages_are_looked_at_together(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("first", "second", "third")
    for n, name in enumerate(names):
        await site.people.add(name, Role.AGENT, agent_id=str(1001 + n))
    looks: list[int] = []
    standing = site.shell.visitors.standing

    async def counted(tokens: Collection[str]) -> Mapping[str, SignedIn]:
        looks.append(len(tokens))
        return await standing(tokens)

    async with watched(site, *names, look_seconds=1.0) as pages:
        monkeypatch.setattr(site.shell.visitors, "standing", counted)
        async with asyncio.timeout(20):
            while len(names) not in looks:
                await asyncio.sleep(0.02)
        assert not any(page.done() for page in pages)


async def _last_seen(site: Site) -> datetime:
    seen: datetime = await site.shell.pool.fetchval("select max(last_seen_at) from web_session")
    return seen


async def test_who_is_beside_an_agent_is_asked_for_as_they_may_supervise_now(site: Site) -> None:
    pool, hindi = site.shell.pool, Scope(queue="helpline-hi")
    kavita = await site.people.add("kavita", Role.SUPERVISOR)
    meena = await site.people.add("meena", Role.SUPERVISOR, hindi)
    agent = await site.people.add("agent", Role.AGENT, agent_id="1001")
    others = [await site.people.add(name, Role.SUPERVISOR) for name in ("gone", "taken")]
    new = await site.people.add("new", Role.SUPERVISOR, must_change=True)
    people = (kavita, meena, agent, *others, new)
    actors = [(await site.people.person(one)).actor for one in people]
    ask = supervising_now(pool, site.clock)
    asked = {*actors, "supervisor:lab"}
    before = await ask(asked)
    assert before.keys() == asked - {actors[2], actors[-1]}
    assert before["supervisor:lab"] == of_token("lab")
    assert before[actors[0]].queues is None
    assert before[actors[1]].queues == frozenset({"helpline-hi"})
    await users.set_active(pool, others[0].id, False, BY, site.clock())
    async with pool.acquire() as conn:
        [given] = await grants.standing(conn, others[1].id)
    assert given.id is not None
    await grants.revoke(pool, others[1].id, given.id, BY, site.clock())
    assert (await ask(asked)).keys() == {actors[0], actors[1], "supervisor:lab"}
