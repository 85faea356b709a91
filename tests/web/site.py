"""The pages served as wiring serves them, and a browser's manners without a browser."""

import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import ip_network
from pathlib import Path
from ssl import SSLContext

import aiohttp
from aiohttp import web
from aiohttp.test_utils import unused_port

from access.passwords import Passwords
from db.pool import Pool
from helpline.clock import ManualClock
from helpline.http import Health, HttpServer, application
from helpline.metrics import Metrics
from tests.access.conftest import CHEAP
from tests.access.people import PASSWORD, RULE, People
from web.options import WebOptions
from web.shell import MenuItem, Shell
from web.site import MENU, add_pages

#: What a proxy of ours hands on of a stranger's request, whose own words come first.
FORWARDED = [("X-Forwarded-For", "6.6.6.6"), ("X-Forwarded-For", "203.0.113.9")]
CLIENT = "203.0.113.9"
BUNDLES = Path(__file__).parents[2] / "var" / "assets"
_TOKEN = re.compile(r'name="csrf" value="(\w+)"')


def behind_a_proxy(pool: Pool, now: Callable[[], datetime]) -> Shell:
    """A shell to which whoever connects from this machine is a proxy of ours."""
    options = WebOptions(origin="https://helpline.example", proxies=(ip_network("127.0.0.0/8"),))
    return Shell(pool, options, Passwords(CHEAP), now)


@dataclass
class Client:
    """Keeps cookies, names its origin with every form, and sends the form's token."""

    origin: str
    http: aiohttp.ClientSession
    token: str = ""
    last: str = ""

    async def get(self, path: str, **headers: str) -> aiohttp.ClientResponse:
        headers = {"Accept": "text/html", **headers}
        async with self.http.get(self.origin + path, headers=headers) as answer:
            return await self._read(answer)

    async def post(self, path: str, **form: str) -> aiohttp.ClientResponse:
        """The answer itself, not what it leads to."""
        return await self.forged(path, form)

    async def forged(
        self,
        path: str,
        form: Mapping[str, str] | None = None,
        *,
        token: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> aiohttp.ClientResponse:
        """The same with another token, or with other headers."""
        fields = {"csrf": self.token if token is None else token, **(form or {})}
        given = {"Accept": "text/html", "Origin": self.origin} if headers is None else headers
        async with self.http.post(
            self.origin + path, data=fields, headers=given, allow_redirects=False
        ) as answer:
            return await self._read(answer)

    async def sign_in(self, name: str = "sita", password: str = PASSWORD) -> None:
        answer = await self.post("/sign-in", name=name, password=password)
        assert answer.status == 303, self.last
        await self.get("/account")

    async def _read(self, answer: aiohttp.ClientResponse) -> aiohttp.ClientResponse:
        self.last = await answer.text()
        if found := _TOKEN.search(self.last):
            self.token = found[1]
        return answer


@dataclass
class Site:
    origin: str
    shell: Shell
    people: People
    clock: ManualClock
    app: web.Application
    clients: list[aiohttp.ClientSession] = field(default_factory=list)

    def client(self) -> Client:
        jar = aiohttp.CookieJar(unsafe=True)  # cookies of an address, not of a name
        session = aiohttp.ClientSession(cookie_jar=jar)
        self.clients.append(session)
        return Client(self.origin, session)


@asynccontextmanager
async def opened(
    pool: Pool,
    passwords: Passwords,
    clock: ManualClock,
    tls: SSLContext | None = None,
    *,
    packages: Sequence[str] = (),
    menu: Sequence[MenuItem] = MENU,
    add: Callable[[web.Application, Shell], None] = lambda _app, _shell: None,
) -> AsyncIterator[Site]:
    """`packages`, `menu`, `add`: pages of another room."""
    port = unused_port()
    origin = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
    options = WebOptions(origin=origin, rule=RULE, bundles=BUNDLES)
    shell = Shell(pool, options, passwords, clock, packages=packages, menu=menu)
    app = application([], Metrics(), lambda: Health({}))
    add_pages(app, shell)
    add(app, shell)
    site = Site(origin, shell, People(pool, passwords, clock), clock, app)
    server = HttpServer(app, "127.0.0.1", port, tls)
    try:
        yield await _started(server, site)
    finally:
        for client in site.clients:
            await client.close()
        await server.stop()


async def _started(server: HttpServer, site: Site) -> Site:
    async def breaks(_request: web.Request) -> web.Response:
        raise RuntimeError("select * from citizen")

    site.app.router.add_get("/breaks", breaks)
    await server.start()
    return site
