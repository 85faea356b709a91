"""The desk's page and what it asks for, without a browser: who may, and what is found."""

import re
import tomllib
from collections.abc import AsyncIterator
from datetime import timedelta
from importlib.resources import files
from typing import Any
from uuid import uuid4

import pytest
from aiohttp import web
from playwright.async_api import Browser

from access.passwords import Passwords
from access.rights import Role
from calls.model import Outcome
from complaints.errors import InputFault
from complaints.guidance.importer import import_guidance
from complaints.guidance.layouts import GuidanceKind
from complaints.reference import Category, ReferenceData
from complaints.reference import load as load_reference
from cti import deskguidance, deskhearing, deskpage
from cti.deskpage import MENU as DESK_MENU
from cti.views import AgentStatus
from db.pool import Pool
from helpline.clock import ManualClock
from helpline.demo.reference import CATEGORY, PLACE, REFERENCE
from helpline.guidance_commands import sample_file
from tests.access.conftest import clock, migrated_url, passwords, pool
from tests.web.site import Client, Site, opened
from tests.web.test_browser import browser, judge_both, new_page, sign_in
from web.dates import IST
from web.shell import Shell
from web.site import MENU

__all__ = ["browser", "clock", "migrated_url", "passwords", "pool"]


OUT_OF_SCOPE = ReferenceData(
    categories=[
        Category(
            *("court", "न्यायालय", "Matters before a court"), in_scope=False,
            advice_hi="विधिक सेवा प्राधिकरण जाएँ", advice_en="Go to legal aid",
        ),
        Category(
            *("rti", "सूचना का अधिकार", "Right to information"), in_scope=False,
            advice_hi="सूचना अधिकारी से मिलें",
        ),
    ]
)  # fmt: skip


def _add_desk(app: web.Application, shell: Shell) -> None:
    deskpage.add_routes(app, shell, "c")
    deskguidance.add_routes(app, shell)
    deskhearing.add_routes(app, shell, bytes(32))


@pytest.fixture
async def site(pool: Pool, passwords: Passwords, clock: ManualClock) -> AsyncIterator[Site]:
    menu = (*DESK_MENU, *MENU)
    await pool.execute("truncate agent, agent_state cascade")  # other rooms' tests leave theirs
    async with opened(pool, passwords, clock, packages=("cti",), menu=menu, add=_add_desk) as site:
        yield site


async def signed_in(site: Site, name: str, role: Role, **fields: Any) -> Client:
    await site.people.add(name, role, **fields)
    client = site.client()
    await client.get("/sign-in")
    await client.sign_in(name)
    return client


async def test_only_agents_with_a_desk_open_it(site: Site, pool: Pool) -> None:
    agent = await signed_in(site, "agent", Role.AGENT, agent_id="1001")
    assert (await agent.get("/desk")).status == 403  # in no settings, so no socket would be theirs
    await pool.execute("insert into agent values ('1001', 'a', 'c', '{}')")
    assert (await agent.get("/desk")).status == 200
    assert 'id="desk-texts"' in agent.last
    assert 'href="/desk"' in agent.last
    without = await signed_in(site, "without", Role.AGENT)
    assert (await without.get("/desk")).status == 403
    officer = await signed_in(site, "boss", Role.ADMINISTRATOR)
    for path in ("/desk", "/desk/categories", "/desk/places", "/desk/day"):
        assert (await officer.get(path)).status == 403
    stranger = site.client()
    await stranger.get("/desk/places?q=up")
    assert "password" in stranger.last  # the sign-in page


async def test_subjects_and_places_are_found_in_both_languages(site: Site, pool: Pool) -> None:
    await load_reference(pool, REFERENCE)
    agent = await signed_in(site, "agent", Role.AGENT, agent_id="1001")
    for words in ("hand pump", "हैंडपंप"):
        found = await (await agent.get(f"/desk/categories?q={words}")).json()
        assert [one["code"] for one in found] == [CATEGORY]
    for words in ("mehroni", "महरौनी", "mehr lalit"):
        found = await (await agent.get(f"/desk/places?q={words}")).json()
        assert [one["code"] for one in found] == [PLACE]
        assert found[0]["around_en"] == "Lalitpur"
    assert await (await agent.get("/desk/places?q=%25")).json() != []  # no pattern: as if empty
    assert await (await agent.get("/desk/places?q=nowhere")).json() == []


async def test_what_is_out_of_scope_brings_its_advice_in_both_languages(
    site: Site, pool: Pool
) -> None:
    await load_reference(pool, OUT_OF_SCOPE)
    agent = await signed_in(site, "agent", Role.AGENT, agent_id="1001")
    [court] = await (await agent.get("/desk/categories?q=court")).json()
    assert (court["advice"], court["advice_en"]) == ("विधिक सेवा प्राधिकरण जाएँ", "Go to legal aid")
    [rti] = await (await agent.get("/desk/categories?q=information")).json()
    assert (rti["advice"], rti["advice_en"]) == ("सूचना अधिकारी से मिलें", None)


async def test_scripts_fields_and_schemes_come_for_the_call(
    site: Site, pool: Pool, clock: ManualClock
) -> None:
    await pool.execute("truncate department, script_version, scheme_version cascade")
    await load_reference(pool, REFERENCE)
    agent = await signed_in(site, "agent", Role.AGENT, agent_id="1001")
    path = f"/desk/guidance?queue=helpline-hi&kind=complaint&category={CATEGORY}"
    assert await (await agent.get(path)).json() == {"script": None, "fields": []}
    for kind in (GuidanceKind.SCRIPTS, GuidanceKind.SCHEMES):
        report = await import_guidance(
            pool, kind, [sample_file(kind)], by="operator:test", now=clock()
        )
        assert report.written
    await pool.execute(
        "insert into form_field_version values ('mark', 1, $1, 1, 'चिह्न', 'Mark', true, null,"
        " false, 'operator:test', now())", CATEGORY
    )  # fmt: skip
    told = await (await agent.get(path)).json()
    assert told["script"]["greeting"]["hi"].startswith("नमस्कार")
    assert told["fields"] == [{"code": "mark", "hi": "चिह्न", "en": "Mark", "sensitive": True}]
    found = await (await agent.get("/desk/schemes?q=rashan")).json()
    assert [one["code"] for one in found["schemes"]] == ["rashan-card"]
    assert found["place"]["code"] == "up"
    assert set(found["schemes"][0]["how"]) == {"hi", "en"}
    told_in = found["schemes"][0]["told"]
    assert " पात्र – " in told_in["hi"]
    assert " Who – " in told_in["en"]
    assert not re.search("[\u0900-\u097f]", told_in["en"])
    boss = await signed_in(site, "boss", Role.ADMINISTRATOR)
    for closed in (path, "/desk/schemes"):
        assert (await boss.get(closed)).status == 403


async def test_last_calls_are_refused_to_who_is_in_no_call(site: Site, pool: Pool) -> None:
    agent = await signed_in(site, "agent", Role.AGENT, agent_id="1001")
    refused = await agent.post(f"/desk/calls/{uuid4()}/listen")
    assert (refused.status, await refused.json()) == (403, {"reason": {"code": "not_in_call"}})
    assert (await agent.post("/desk/calls/x/listen")).status == 404
    boss = await signed_in(site, "boss", Role.SUPERVISOR)
    assert (await boss.post(f"/desk/calls/{uuid4()}/listen")).status == 403


@pytest.mark.parametrize(
    ("states", "code"),
    [
        ((), "no_file"),
        (("missing",), "gone"),
        (("missing", "open"), "closing"),
        (("stored",), "not_yours"),  # of another citizen
        (("stored", "open"), "not_yours"),
    ],
    ids=["never", "missing", "open", "stored", "stored-and-open"],
)
async def test_why_a_last_call_cannot_be_heard_is_told_apart(
    site: Site, pool: Pool, clock: ManualClock, states: tuple[str, ...], code: str
) -> None:
    await pool.execute("insert into agent values ('1001', 'a', 'c', '{}')")
    earlier, now_in = uuid4(), uuid4()
    for call, number in ((earlier, "+919812345001"), (now_in, "+919812345002")):
        await pool.execute(
            "insert into call (id, cell, direction, citizen_number, started_at)"
            " values ($1, 'c', 'inbound', $2, $3)", call, number, clock(),
        )  # fmt: skip
    for state in states:
        whole = ("0" * 64, 1, 1, 1, "x.wav") if state == "stored" else (None,) * 5
        await pool.execute(
            "insert into recording (id, call_id, kind, cell, started_at, state, closed_at, sha256,"
            " seconds, channels, bytes, location)"
            " values ($1, $2, 'call', 'c', $3, $4, $5, $6, $7, $8, $9, $10)",
            *(uuid4(), earlier, clock(), state, None if state == "open" else clock(), *whole),
        )
    await pool.execute(
        "insert into agent_state (id, agent_id, state, call_id, from_at)"
        " values ($1, '1001', 'in_call', $2, $3)", uuid4(), now_in, clock(),
    )  # fmt: skip
    agent = await signed_in(site, "agent", Role.AGENT, agent_id="1001")
    refused = await agent.post(f"/desk/calls/{earlier}/listen")
    assert await refused.json() == {"reason": {"code": code}}
    assert refused.status == (403 if code == "not_yours" else 404)
    for language in ("hi", "en"):
        text = (files("cti") / "texts" / f"{language}.toml").read_text(encoding="utf-8")
        assert tomllib.loads(text)["desk"]["js"][f"play_{code}"]


@pytest.mark.parametrize(
    ("lost", "status", "heard", "reason"),
    [
        ((False, False), 200, [1, 2], None),
        ((True, False), 200, [2], None),
        ((False, True), 200, [1], None),
        ((True, True), 404, [], {"code": "gone"}),
    ],
    ids=["none", "first", "second", "both"],
)
async def test_of_a_last_call_a_part_that_is_lost_does_not_silence_the_other(
    site: Site, pool: Pool, clock: ManualClock, lost: tuple[bool, bool], status: int,
    heard: list[float], reason: object,
) -> None:  # fmt: skip
    await pool.execute("insert into agent values ('1001', 'a', 'c', '{}')")
    earlier, now_in = uuid4(), uuid4()
    for call, ended in ((earlier, clock()), (now_in, None)):
        await pool.execute(
            "insert into call (id, cell, direction, citizen_number, started_at, answered_at,"
            " ended_at, outcome) values ($1, 'c', 'inbound', '+919812345001', $2, $2, $3, $4)",
            *(call, clock(), ended, "agent_answered" if ended else None),
        )
    await pool.execute(
        "insert into agent_state (id, agent_id, state, call_id, from_at)"
        " values (gen_random_uuid(), '1001', 'in_call', $1, $2)", now_in, clock(),
    )  # fmt: skip
    for seconds, is_lost in enumerate(lost, 1):
        recording, at = uuid4(), clock() + timedelta(seconds=seconds)
        await pool.execute(
            "insert into recording (id, call_id, kind, cell, started_at, state, closed_at, sha256,"
            " seconds, channels, bytes, location)"
            " values ($1, $2, 'call', 'c', $3, 'stored', $3, repeat('0', 64), $4, 1, 1, 'x.wav')",
            *(recording, earlier, at, seconds),
        )
        await pool.execute(
            "insert into recording_object (id, recording_id, role, location, format, sha256, bytes,"
            " stored_sha256, stored_bytes, sealed, tool, parameters, made_at, lost_at)"
            " values ($1, $1, 'original', gen_random_uuid(), 'wav', repeat('0', 64), 1,"
            " repeat('0', 64), 1, false, '', '', $2, $3)",
            *(recording, at, at if is_lost else None),
        )
    agent = await signed_in(site, "agent", Role.AGENT, agent_id="1001")
    answer = await agent.post(f"/desk/calls/{earlier}/listen")
    told = await answer.json()
    assert (answer.status, told.get("reason")) == (status, reason)
    assert [part["seconds"] for part in told.get("parts", [])] == heard


async def test_the_day_is_the_agents_own_since_midnight_in_india(
    site: Site, pool: Pool, clock: ManualClock
) -> None:
    await pool.execute(
        "insert into agent values ('1001', 'a', 'c', '{}'), ('1002', 'b', 'c', '{}')"
    )
    agent = await signed_in(site, "agent", Role.AGENT, agent_id="1001")
    day = await (await agent.get("/desk/day")).json()
    assert (day["calls"], day["talked"]) == (0, 0)
    await pool.execute(
        "insert into agent_state (id, agent_id, state, call_id, from_at, until_at) values"
        " (gen_random_uuid(), '1001', 'in_call', gen_random_uuid(), $1::timestamptz - interval"
        " '2 days', $1::timestamptz - interval '47 hours'),"
        " (gen_random_uuid(), '1001', 'in_call', gen_random_uuid(), $1::timestamptz - interval"
        " '90 seconds', $1),"
        " (gen_random_uuid(), '1002', 'in_call', gen_random_uuid(), $1::timestamptz - interval"
        " '60 seconds', $1)",
        clock(),
    )
    day = await (await agent.get("/desk/day")).json()
    assert (day["calls"], day["talked"]) == (1, 90)
    midnight = clock().astimezone(IST).replace(hour=0, minute=0)
    for state, begin, end in (
        ("in_call", -10, 5), ("in_call", 60, 70), ("paused", 200, 205),  # before midnight in UTC
        ("ready", -200, -100),
    ):  # fmt: skip
        await pool.execute(
            "insert into agent_state (id, agent_id, state, call_id, from_at, until_at)"
            " values (gen_random_uuid(), '1001', $1, $2, $3, $4)",
            state, uuid4() if state == "in_call" else None,
            midnight + timedelta(minutes=begin), midnight + timedelta(minutes=end),
        )  # fmt: skip
    day = await (await agent.get("/desk/day")).json()
    assert day == {
        "calls": 3, "talked": 90 + 15 * 60, "wrapped_up": 0, "paused": 5 * 60, "ready": 0,
    }  # fmt: skip


async def test_who_was_removed_from_the_settings_is_told_so_in_place_of_a_desk(
    site: Site, pool: Pool
) -> None:
    await pool.execute("insert into agent values ('1001', 'a', 'c', '{}')")
    agent = await signed_in(site, "agent", Role.AGENT, agent_id="1001", language="en")
    assert (await agent.get("/desk")).status == 200
    await pool.execute("update agent set gone_at = now()")
    assert (await agent.get("/desk")).status == 403
    assert "your agent number was removed" in agent.last


@pytest.mark.parametrize("language", ["hi", "en"])
async def test_who_opens_the_desk_of_another_cell_is_shown_the_way(
    site: Site, pool: Pool, language: str
) -> None:
    await pool.execute("insert into agent values ('1001', 'a', 'far', '{}')")
    agent = await signed_in(site, "agent", Role.AGENT, agent_id="1001", language=language)
    assert (await agent.get("/desk")).status == 403
    assert "far" in agent.last
    assert 'id="desk-texts"' not in agent.last
    assert "/desk</a>" not in agent.last  # an address that nobody knows is no link
    await pool.execute("insert into cell values ('far', 'https://far.example/', now())")
    try:
        await agent.get("/desk")
    finally:
        await pool.execute("delete from cell where name = 'far'")
    assert 'href="https://far.example/desk"' in agent.last


async def test_what_stands_in_place_of_a_desk_is_accessible(
    site: Site, pool: Pool, browser: Browser
) -> None:
    await site.people.add("agent", Role.AGENT, agent_id="1001", language="hi")
    page = await new_page(browser)
    await sign_in(page, site, "agent")
    await page.goto(site.origin + "/desk")
    faults = await judge_both(page, pool, "desk-none")
    await pool.execute("insert into agent values ('1001', 'a', 'far', '{}')")
    await pool.execute("insert into cell values ('far', 'https://far.example', now())")
    try:
        await page.reload()
        assert await page.locator("a[href='https://far.example/desk']").count() == 1
        faults += await judge_both(page, pool, "desk-elsewhere")
    finally:
        await pool.execute("delete from cell where name = 'far'")
    await pool.execute("update agent set gone_at = now()")
    await page.reload()
    assert [*faults, *await judge_both(page, pool, "desk-gone")] == []


@pytest.mark.parametrize("language", ["hi", "en"])
def test_whatever_an_agent_does_has_words_on_desk_and_wallboard(language: str) -> None:
    def told(package: str) -> dict[str, Any]:
        text = (files(package) / "texts" / f"{language}.toml").read_text(encoding="utf-8")
        return tomllib.loads(text)

    assert {f"status_{one}" for one in AgentStatus} <= told("cti")["desk"]["js"].keys()
    shown = set(AgentStatus) - {AgentStatus.SIGNED_OUT}
    assert set(map(str, shown)) <= told("cti.supervisor")["wall"].keys()


@pytest.mark.parametrize("language", ["hi", "en"])
def test_every_fault_of_the_form_has_words(language: str) -> None:
    text = (files("cti") / "texts" / f"{language}.toml").read_text(encoding="utf-8")
    known = tomllib.loads(text)["desk"]["js"]
    assert {f"fault_{one}" for one in InputFault} <= known.keys()
    if language == "hi":
        said = [words for key, words in known.items() if key.startswith(("fault_", "error_"))]
        assert not [words for words in said if re.search("[A-Za-z]", re.sub(r"{.*?}", "", words))]


@pytest.mark.parametrize("language", ["hi", "en"])
def test_every_outcome_has_words(language: str) -> None:
    text = (files("cti") / "texts" / f"{language}.toml").read_text(encoding="utf-8")
    known = tomllib.loads(text)["desk"]["js"]
    assert {f"outcome_{one}" for one in Outcome} <= known.keys()


@pytest.mark.parametrize("language", ["hi", "en"])
def test_every_outcome_has_words_for_supervisors(language: str) -> None:
    text = (files("cti.supervisor") / "texts" / f"{language}.toml").read_text(encoding="utf-8")
    assert set(map(str, Outcome)) <= tomllib.loads(text)["outcome"].keys()
