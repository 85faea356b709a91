"""The supervisors' pages served as wiring serves them, over a fake Asterisk and a real database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from aiohttp.test_utils import unused_port

from access.passwords import Passwords
from calls.owed import PROMISED
from campaigns.window import CallingWindow
from cti.alarms import AlarmRule
from cti.api import AgentApi, routes
from cti.directory import Directory
from cti.staffing import ALL_QUEUES, PlannedWeek
from cti.supervisor.call_page import CallParts
from cti.supervisor.feedback_page import AskingParts
from cti.supervisor.hearing import ListeningRights
from cti.supervisor.owed_page import OwedParts
from cti.supervisor.site import MENU as SUPERVISOR_MENU
from cti.supervisor.site import PACKAGE, add_supervisor_pages
from db.pool import Pool
from helpline.clock import ManualClock
from helpline.http import Health, HttpServer, application
from helpline.metrics import Metrics
from helpline.pages import WallboardSessions
from helpline.policies import policy_named
from helpline.recording_adapters import MayHear
from recordings.certificate import Device
from recordings.download import Downloads
from recordings.master import MasterKeys
from recordings.store import Store
from recordings.vault import Vault
from tests.access.people import RULE, People
from tests.chromium import write_chromium
from tests.cti.room import SECRET, Room, opened
from tests.web.site import BUNDLES, Site
from web.options import WebOptions
from web.shell import Shell
from web.site import MENU, add_pages

QUEUES = ("helpline-hi", "helpline-en")
TITLES = {
    "helpline-hi": {"hi": "हेल्पलाइन (हिन्दी)", "en": "Helpline (Hindi)"},
    "helpline-en": {"hi": "हेल्पलाइन (अंग्रेज़ी)", "en": "Helpline (English)"},
}
DIRECTORY = Directory(
    agents=frozenset({"1001", "1002", "1009"}), queues=frozenset(QUEUES), titles=TITLES
)


async def seats_now() -> int:
    return 5


@dataclass
class Centre:
    """`site`: the pages; `room`: the parts behind them."""

    site: Site
    room: Room
    pool: Pool


async def one_seat(queue: str) -> PlannedWeek | None:
    """From seven to eleven, of all queues together."""
    seats = {(day, hour): int(7 <= hour < 23) for day in range(7) for hour in range(24)}
    return PlannedWeek(date(2025, 11, 22), seats) if queue == ALL_QUEUES else None


@asynccontextmanager
async def centre(
    pool: Pool,
    passwords: Passwords,
    clock: ManualClock,
    alarms: tuple[AlarmRule, ...] = (),
    vault: Vault | None = None,
    chromium: Path | None = None,
) -> AsyncIterator[Centre]:
    vault = vault or Vault(Store.local(Path("/nonexistent")), MasterKeys([bytes(32)]))
    async with opened(
        pool, directory=DIRECTORY, now=clock, alarms=alarms, planned=seats_now
    ) as room:
        # Asked for when nothing opens a port any more before this site does.
        port = unused_port()
        origin = f"http://127.0.0.1:{port}"
        options = WebOptions(origin=origin, rule=RULE, bundles=BUNDLES)
        shell = Shell(
            pool,
            options,
            passwords,
            clock,
            packages=("cti", PACKAGE),
            menu=(*MENU, *SUPERVISOR_MENU),
        )
        api = AgentApi(
            SECRET, room.desk, room.registrar, wallboards=room.cti.wallboards,
            supervisors=WallboardSessions(shell),
        )  # fmt: skip
        app = application(routes(api), Metrics(), lambda: Health({}))
        add_pages(app, shell)
        users = ListeningRights(pool, clock)
        parts = CallParts(vault, SECRET, Device(), chromium or write_chromium())
        Downloads(
            pool, vault, SECRET, clock, MayHear(policy_named("up-1076"), users), shell.address
        ).add_routes(app)
        add_supervisor_pages(
            app, shell, parts, cell="cell1", wrap_up=dict.fromkeys(QUEUES, 30), alarms=alarms,
            plan=one_seat, answer_within={"helpline-hi": 15, "helpline-en": 30},
            titles=room.cti.wallboards.titles,
            owed=OwedParts(
                call_back=room.cti.clicks.call_back,
                languages={"helpline-hi": "hi", "helpline-en": "en"},
                dialled=frozenset(PROMISED),
            ),
            asking=AskingParts(call=room.cti.clicks.call_task, may_call_at=CallingWindow().is_open),
        )  # fmt: skip
        server = HttpServer(app, "127.0.0.1", port, None)
        site = Site(origin, shell, People(pool, passwords, clock), clock, app)
        await server.start()
        try:
            yield Centre(site, room, pool)
        finally:
            for client in site.clients:
                await client.close()
            await server.stop()
