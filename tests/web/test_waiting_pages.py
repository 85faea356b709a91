"""The lists of what waits: the CM's team's, and each decider's own."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from playwright.async_api import Browser

from access.passwords import Passwords
from access.rights import Role, Scope
from complaints.reference import load
from db.pool import Pool
from helpline.clock import ManualClock
from tests.complaints.moves import returned, transferred
from tests.complaints.test_waiting import APPROVED
from tests.complaints.world import REFERENCE, World
from tests.web.site import Client, Site, opened
from tests.web.test_browser import browser, judge_both, new_page, sign_in
from web.pages import waiting
from web.site import MENU

__all__ = ["browser"]


@pytest.fixture
async def site(pool: Pool, passwords: Passwords, clock: ManualClock) -> AsyncIterator[Site]:
    await load(pool, REFERENCE)
    async with opened(
        pool,
        passwords,
        clock,
        menu=(*MENU, *waiting.MENU),
        add=lambda app, shell: waiting.add_routes(app, shell, APPROVED),
    ) as site:
        yield site


async def signed_in(site: Site, role: Role, **scope: str) -> Client:
    await site.people.add("anita", role, Scope(**scope))
    client = site.client()
    await client.sign_in("anita")
    return client


async def back_and_proposed(pool: Pool, clock: ManualClock) -> tuple[str, str]:
    world = World(pool, APPROVED, clock())
    back = (await world.register()).number
    await returned(world, back)
    world.later(minutes=1)
    asked = (await world.register()).number
    await transferred(world, asked)
    return back, asked


@pytest.mark.timeout(180)
async def test_what_waits_is_accessible_and_fits(
    site: Site, pool: Pool, clock: ManualClock, browser: Browser
) -> None:
    await site.people.add("anita", Role.CM_OFFICE, language="hi")
    faults = []
    for name in ("waiting-nothing", "waiting"):
        page = await new_page(browser)
        await sign_in(page, site, "anita")
        await page.goto(site.origin + "/complaints/waiting")
        faults += await judge_both(page, pool, name)
        if name == "waiting-nothing":
            await back_and_proposed(pool, clock)
            clock.advance(timedelta(hours=26))
    assert await page.locator("tbody tr").count() > 0
    assert faults == []


def shown(client: Client) -> list[str]:
    return re.findall(r'<th scope="row">(\d{9})', client.last)


async def test_the_team_sees_what_waits_and_for_how_long(
    site: Site, pool: Pool, clock: ManualClock
) -> None:
    back, asked = await back_and_proposed(pool, clock)
    clock.advance(timedelta(hours=26))
    client = await signed_in(site, Role.CM_OFFICE)
    await client.get("/")
    assert f'href="{waiting.TEAM}"' in client.last
    assert (await client.get(waiting.TEAM)).status == 200
    assert shown(client) == [back, asked]
    assert "1 दिन 2 घंटे" in client.last
    assert "हमारा क्षेत्र नहीं" in client.last
    assert "अधिशासी अभियंता ललितपुर" in client.last  # who decides
    await client.get(waiting.TEAM + "?what=proposed")
    assert shown(client) == [asked]
    await client.get(waiting.TEAM + "?what=triage")
    assert shown(client) == []
    assert "कुछ भी प्रतीक्षा में नहीं" in client.last


async def test_a_further_page_goes_on_after_the_last_line(
    site: Site, pool: Pool, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    back, asked = await back_and_proposed(pool, clock)
    monkeypatch.setattr(waiting, "_AT_ONCE", 1)
    client = await signed_in(site, Role.CM_OFFICE)
    await client.get(waiting.TEAM)
    assert shown(client) == [back]
    found = re.search(r'href="(/complaints/waiting\?[^"]+)"', client.last)
    assert found
    await client.get(found[1].replace("&amp;", "&"))
    assert shown(client) == [asked]
    await client.get(waiting.TEAM + "?since=yesterday&number=x")
    assert shown(client) == [back]


async def test_an_officer_sees_the_proposals_for_their_own_decision_only(
    site: Site, pool: Pool, clock: ManualClock
) -> None:
    _, asked = await back_and_proposed(pool, clock)
    client = await signed_in(site, Role.OFFICER, post="L2-LAL")
    assert (await client.get(waiting.TEAM)).status == 403
    assert (await client.get(waiting.DECIDERS)).status == 200
    assert shown(client) == [asked]
    assert waiting.TEAM not in client.last
    assert "सबसे अधिक समय से" not in client.last


async def test_proposals_beyond_a_page_are_said_to_be_there(
    site: Site, pool: Pool, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(pool, APPROVED, clock())
    asked = [(await world.register()).number for _ in range(2)]
    for number in asked:
        await transferred(world, number)
    monkeypatch.setattr(waiting, "_AT_ONCE", 1)
    client = await signed_in(site, Role.OFFICER, post="L2-LAL")
    await client.get(waiting.DECIDERS)
    assert shown(client) == [asked[0]]
    assert "ये 1 सबसे अधिक समय से" in client.last


async def test_another_posts_officer_sees_nothing(
    site: Site, pool: Pool, clock: ManualClock
) -> None:
    await back_and_proposed(pool, clock)
    client = await signed_in(site, Role.OFFICER, post="L3-LAL")
    await client.get(waiting.DECIDERS)
    assert shown(client) == []


@pytest.mark.parametrize("role", [Role.AGENT, Role.SUPERVISOR, Role.ADMINISTRATOR])
async def test_the_lists_are_not_for_others(site: Site, role: Role) -> None:
    client = await signed_in(site, role)
    for path in (waiting.TEAM, waiting.DECIDERS):
        assert (await client.get(path)).status == 403
