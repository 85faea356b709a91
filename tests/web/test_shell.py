"""What every page has: headers, error pages, assets, texts; and options."""

import asyncio
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path

import asyncpg
import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from access.log import Event
from access.rights import Role
from db.pool import Pool
from helpline.clock import ManualClock
from tests.access.conftest import START
from tests.access.people import PASSWORD
from tests.web.site import CLIENT, FORWARDED, Site, behind_a_proxy
from web.assets import MANIFEST, Assets
from web.dates import clock_after, moment
from web.errors import AssetsError, TextsError
from web.flood import Flood
from web.headers import security_headers
from web.options import WebOptions, client_address
from web.sessions import Cookies
from web.texts import Texts, check


async def test_every_answer_forbids_what_is_inline_and_frames(site: Site) -> None:
    for path in ("/sign-in", "/nothing", "/breaks", "/healthz"):
        answer = await site.client().get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"


async def test_an_error_page_has_a_number_and_no_insides(site: Site) -> None:
    client = site.client()
    answer = await client.get("/breaks")
    assert answer.status == 500
    assert answer.headers["X-Request-Id"] in client.last
    assert "citizen" not in client.last
    assert (await client.get("/nothing")).status == 404
    assert "ऐसा कोई पृष्ठ नहीं है" in client.last


async def test_a_program_gets_json_and_no_page(site: Site) -> None:
    client = site.client()
    assert (await client.get("/breaks", Accept="application/json")).status == 500
    assert client.last == '{"error": "internal error"}'


async def test_a_nul_is_no_error_of_ours(site: Site) -> None:
    """PostgreSQL takes none in a text, and no browser sends one."""
    user = await site.people.add(role=Role.ADMINISTRATOR)
    client = site.client()
    assert (await client.post("/sign-in", name="si\0ta", password=PASSWORD + "\0")).status == 303
    await client.get("/account")
    form = {"role": "agent", "queue": "helpline\0"}
    assert (await client.post(f"/users/{user.id}/grant", **form)).status == 303
    for address in ("/users?name=%00", "/bre%00aks"):
        assert (await client.get(address)).status in (400, 404)


async def test_a_database_that_is_away_is_a_page_too(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    await site.people.add()
    client = site.client()
    await client.sign_in()

    def away(*_args: object, **_more: object) -> None:
        raise asyncpg.CannotConnectNowError("gone")

    monkeypatch.setattr(type(site.shell.pool), "acquire", away)
    answer = await client.get("/account")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")


async def test_a_page_that_takes_too_long_is_given_up(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def for_ever(_request: object) -> None:
        await asyncio.sleep(3600)

    object.__setattr__(site.shell.options, "page_seconds", 0.05)
    monkeypatch.setattr(site.shell.visitors, "of", for_ever)
    assert (await site.client().get("/sign-in", Accept="*/*")).status == 503


async def test_styles_are_kept_for_ever_under_a_name_with_their_hash(site: Site) -> None:
    url = site.shell.assets.url("helpline.css")
    assert url is not None
    answer = await site.client().get(url)
    assert answer.content_type == "text/css"
    assert "immutable" in answer.headers["Cache-Control"]
    assert (await site.client().get("/static/helpline.css")).status == 404
    assert (await site.client().get("/static/..%2Fshell.py")).status == 404


def test_without_bundles_pages_go_without_scripts(tmp_path: Path) -> None:
    assert Assets(tmp_path).url("page.js") is None
    (tmp_path / MANIFEST).write_text("[]")
    with pytest.raises(AssetsError, match="make setup"):
        Assets(tmp_path)


def test_both_languages_have_the_same_texts() -> None:
    texts = Texts()
    assert texts.say("hi", "home.title", name="सीता") == "स्वागत है, सीता"
    with pytest.raises(TextsError):
        texts.say("en", "no.such")


def test_there_are_words_for_every_role_and_every_event() -> None:
    texts = Texts()
    keys = [f"role.{role}" for role in Role] + [f"event.{event}" for event in Event]
    assert [key for key in keys if not texts.has(key)] == []


@pytest.mark.parametrize(
    ("hi", "en"), [({"a": "x"}, {"a": "x", "b": "y"}), ({"a": "{n}"}, {"a": "{m}"})]
)
def test_texts_that_do_not_fit_each_other_are_refused(
    hi: dict[str, str], en: dict[str, str]
) -> None:
    with pytest.raises(TextsError):
        check({"hi": hi, "en": en})


def test_moments_are_indian_with_months_by_name() -> None:
    at = datetime(2025, 11, 21, 20, 15, 1, tzinfo=UTC)
    assert moment(at, "hi") == "22 नवंबर 2025, 01:45"
    assert moment(at, "en") == "22 November 2025, 01:45"
    assert clock_after(at) == "01:46"


def test_https_has_its_own_cookie_name_and_hsts() -> None:
    secure = WebOptions(origin="https://helpline.example.org")
    assert "Strict-Transport-Security" in security_headers(secure)
    assert "Strict-Transport-Security" not in security_headers(WebOptions(origin="http://x"))
    assert Cookies(secure=True)._name == "__Host-helpline"


PROXIES = (ip_network("10.0.0.0/8"),)


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.9", None, "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", None, "10.0.0.1"),
        (None, "198.51.100.1", ""),
    ],
)
def test_only_our_proxies_are_believed_about_who_asks(
    peer: str | None, forwarded: str | None, address: str
) -> None:
    assert client_address(peer, forwarded, PROXIES) == address


def test_a_strangers_own_line_above_the_proxys_is_not_believed(pool: Pool) -> None:
    shell = behind_a_proxy(pool, lambda: START)
    request = make_mocked_request("GET", "/", CIMultiDict(FORWARDED)).clone(remote="127.0.0.1")
    assert shell.address(request) == CLIENT
    request = make_mocked_request("GET", "/").clone(remote="127.0.0.1")
    assert shell.address(request) == "127.0.0.1"


def test_a_flood_of_one_address_is_bounded_and_refills(clock: ManualClock) -> None:
    flood = Flood(clock, per_second=1, burst=2)
    assert [flood.admits("a") for _ in range(3)] == [True, True, False]
    assert flood.admits("b")
    clock.set(clock().replace(second=1))
    assert flood.admits("a")
    clock.set(clock().replace(second=0))  # a clock set back admits nothing more
    assert not flood.admits("a")
