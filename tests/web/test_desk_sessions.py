"""From a browser's session to the agent's desk."""

import asyncio

from access import sessions
from access.rights import Role
from helpline.pages import DeskSessions
from tests.access.people import BY
from tests.web.site import Site


class Asked:
    """A request as far as the session matters: its cookie, and whether it opens a socket."""

    def __init__(self, token: str, **headers: str) -> None:
        self.cookies = {"helpline": token}
        self.headers = headers
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


async def test_the_watch_ends_with_the_session(site: Site) -> None:
    user = await site.people.add("agent", Role.AGENT, agent_id="1001")
    asked: object = Asked(await site.people.sign_in("agent"))
    desks = DeskSessions(site.shell, look_seconds=0.01)
    watch = asyncio.create_task(desks.until_ended(asked))  # type: ignore[arg-type]
    await asyncio.sleep(0.1)
    assert not watch.done()
    await sessions.end_all(site.shell.pool, user.id, "forced", BY, site.clock())
    async with asyncio.timeout(20):
        await watch
