"""Sign-in as a browser does it: cookies, forms, redirects."""

import re
from datetime import timedelta

import pytest

from access import limits, pins
from access.rights import Role, Scope
from tests.access.people import PASSWORD
from tests.web.site import Site


async def test_a_page_leads_to_sign_in_and_back(site: Site) -> None:
    await site.people.add()
    client = site.client()
    answer = await client.get("/account")
    assert answer.url.path == "/sign-in"
    assert 'name="next" value="/account"' in client.last
    answer = await client.post("/sign-in", name="sita", password=PASSWORD, next="/account")
    assert (answer.status, answer.headers["Location"]) == (303, "/account")
    assert (await client.get("/account")).url.path == "/account"


async def test_the_cookie_is_for_this_host_and_not_for_scripts(site: Site) -> None:
    await site.people.add()
    answer = await site.client().post("/sign-in", name="sita", password=PASSWORD)
    cookie = answer.headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    assert "Max-Age" not in cookie


async def test_a_wrong_password_says_no_more_than_that(site: Site) -> None:
    await site.people.add()
    client = site.client()
    texts = set()
    for name in ("sita", "nobody"):
        answer = await client.post("/sign-in", name=name, password="wrong")
        assert answer.status == 403
        texts.add(client.last)
    assert len(texts) == 1
    assert "wrong" not in texts.pop()


async def test_too_many_guesses_are_told_until_when(site: Site) -> None:
    client = site.client()
    for _ in range(6):
        assert (await client.post("/sign-in", name="sita", password="x")).status == 403
    assert (await client.post("/sign-in", name="sita", password="x")).status == 429
    assert "11:01 पर" in client.last  # 30 s after 11:00 in India


async def test_a_stolen_cookie_is_worth_nothing_after_sign_out(site: Site) -> None:
    await site.people.add()
    client, thief = site.client(), site.client()
    await client.sign_in()
    thief.http.cookie_jar.update_cookies({c.key: c.value for c in client.http.cookie_jar})
    assert (await thief.get("/account")).url.path == "/account"
    assert (await client.post("/sign-out")).status == 303
    assert (await thief.get("/account")).url.path == "/sign-in"


async def test_signing_in_again_ends_the_session_that_the_browser_had(site: Site) -> None:
    await site.people.add()
    await site.people.add("mohan")
    client, thief = site.client(), site.client()
    await client.sign_in()
    thief.http.cookie_jar.update_cookies({c.key: c.value for c in client.http.cookie_jar})
    await client.sign_in("mohan")
    assert (await thief.get("/account")).url.path == "/sign-in"


async def test_an_idle_session_asks_to_sign_in_again(site: Site) -> None:
    await site.people.add()
    client = site.client()
    await client.sign_in()
    site.clock.advance(timedelta(minutes=45))
    assert (await client.get("/account")).url.path == "/sign-in"


@pytest.mark.parametrize(
    "wanted", ["//evil.example", "https://evil.example", "/\\evil.example", "/a\nb", ""]
)
async def test_sign_in_leads_to_no_other_site(site: Site, wanted: str) -> None:
    await site.people.add()
    answer = await site.client().post("/sign-in", name="sita", password=PASSWORD, next=wanted)
    assert answer.headers["Location"] == "/"


async def test_a_form_of_another_origin_or_session_is_refused(site: Site) -> None:
    await site.people.add()
    client = site.client()
    await client.sign_in()
    good = client.token
    evil = {"Accept": "text/html", "Origin": "https://evil.example"}
    without = {"Accept": "text/html"}
    assert (await client.forged("/sign-out", headers=evil)).status == 403
    assert (await client.forged("/sign-out", headers=without)).status == 403
    assert (await client.forged("/sign-out", token="")).status == 403
    assert (await client.forged("/sign-out", token=good[:-1] + "x")).status == 403
    assert "सुरक्षा" in client.last
    other = site.client()
    await other.sign_in()
    assert (await client.forged("/sign-out", token=other.token)).status == 403
    assert (await client.forged("/sign-out", token=good)).status == 303


async def test_a_foreign_site_cannot_sign_anybody_in(site: Site) -> None:
    await site.people.add()
    form = {"name": "sita", "password": PASSWORD}
    for origin in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {}):
        headers = {"Accept": "text/html", **origin}
        answer = await site.client().forged("/sign-in", form, headers=headers)
        assert answer.status == 403
        assert "Set-Cookie" not in answer.headers


async def test_the_language_is_kept_before_and_after_sign_in(site: Site) -> None:
    await site.people.add()
    client = site.client()
    await client.get("/sign-in")
    assert '<html lang="hi">' in client.last
    await client.post("/language", language="en")
    await client.get("/sign-in")
    assert '<html lang="en">' in client.last
    await client.sign_in()
    assert '<html lang="hi">' in client.last  # their own choice
    await client.post("/language", language="en")
    await client.get("/account")
    assert '<html lang="en">' in client.last
    assert (await client.post("/language", language="fr")).status == 400


async def test_the_choice_of_a_language_leads_back_to_a_page_and_to_no_forms_address(
    site: Site,
) -> None:
    """Chromium names the page it shows, which may be the answer to a form that was refused."""
    user = await site.people.add(role=Role.ADMINISTRATOR)
    client = site.client()
    await client.sign_in()
    page = f"/users/{user.id}"
    headers = {"Accept": "text/html", "Origin": site.origin}
    for shown, back in (
        (f"{page}/grant", page),
        (f"{page}/revoke/x", page),
        ("/users?name=%E0%A4%B8%20x", "/users?name=%E0%A4%B8%20x"),
        ("/account/sessions/end-others", "/account"),
        ("/language", "/"),
        ("//evil.example/users", "/users"),
        ("http://[", "/"),
    ):
        headers["Referer"] = shown if "//" in shown else site.origin + shown
        answer = await client.forged("/language", {"language": "en"}, headers=headers)
        assert (answer.status, answer.headers["Location"]) == (303, back)
        assert (await client.get(back)).status == 200


async def test_a_form_that_comes_too_late_leads_to_its_page_and_says_that_nothing_was_taken(
    site: Site,
) -> None:
    user = await site.people.add(role=Role.ADMINISTRATOR)
    client = site.client()
    await client.sign_in()
    site.clock.advance(timedelta(minutes=45))
    page, headers = f"/users/{user.id}", {"Accept": "text/html", "Origin": site.origin}
    for referer in ({"Referer": site.origin + page}, {}):
        answer = await client.forged(f"{page}/sign-out", headers=headers | referer)
        assert answer.status == 303
        await client.get(answer.headers["Location"])
        assert "आपका भेजा हुआ कुछ भी दर्ज नहीं हुआ" in client.last
        assert f'name="next" value="{page}"' in client.last
    assert (await client.post("/sign-in", name="sita", password=PASSWORD, next=page)).status == 303
    assert (await client.get(page)).status == 200


async def test_whom_was_searched_for_is_not_in_the_address_of_the_sign_in_page(site: Site) -> None:
    client = site.client()
    await client.get("/users?number=9876543210&q=%E0%A4%B8&name=a%20b")
    assert 'name="next" value="/users?name=a+b"' in client.last
    headers = {"Accept": "text/html", "Origin": site.origin}
    headers["Referer"] = f"{site.origin}/users?number=9876543210"
    answer = await client.forged("/users/new", headers=headers)
    assert answer.headers["Location"] == "/sign-in?notice=unsent&next=%2Fusers"


async def test_a_given_password_has_to_be_changed_first(site: Site) -> None:
    await site.people.add(must_change=True)
    client = site.client()
    await client.sign_in()
    assert (await client.get("/")).url.path == "/account/password"
    new = "a sentence of my own"
    wrong = {"new_password": new, "repeat_password": "another sentence"}
    answer = await client.post("/account/password", present_password=PASSWORD, **wrong)
    assert answer.status == 400
    both = {"new_password": new, "repeat_password": new}
    assert (await client.post("/account/password", present_password="x", **both)).status == 400
    answer = await client.post("/account/password", present_password=PASSWORD, **both)
    assert answer.status == 303
    assert (await client.get("/")).url.path == "/"


async def test_a_changed_password_signs_out_every_other_browser(site: Site) -> None:
    await site.people.add()
    client, other = site.client(), site.client()
    await client.sign_in()
    await other.sign_in()
    both = dict.fromkeys(("new_password", "repeat_password"), "a sentence of my own")
    await client.post("/account/password", present_password=PASSWORD, **both)
    assert (await client.get("/account")).url.path == "/account"
    assert (await other.get("/account")).url.path == "/sign-in"


async def test_a_changed_password_keeps_this_browser_though_the_offices_address_has_to_wait(
    site: Site,
) -> None:
    """Their own password is no guess at the address: others there may have typed wrong ones."""
    await site.people.add()
    client = site.client()
    await client.sign_in()
    for i in range(limits.ADDRESS.free + 1):
        await client.post("/sign-in", name=f"guess{i}", password="x")
    assert (await site.client().post("/sign-in", name="sita", password=PASSWORD)).status == 429
    both = dict.fromkeys(("new_password", "repeat_password"), "a sentence of my own")
    answer = await client.post("/account/password", present_password=PASSWORD, **both)
    assert (answer.status, answer.headers["Location"]) == (303, "/account?notice=changed")
    assert (await client.get("/account")).url.path == "/account"


async def test_own_sessions_are_listed_and_ended(site: Site) -> None:
    await site.people.add()
    client, second, third = site.client(), site.client(), site.client()
    for one in (client, second, third):
        await one.sign_in()
    await client.get("/account")
    ending, _ = re.findall(r'/account/sessions/[^/"]+/end(?=")', client.last)
    assert (await client.post(ending)).status == 303
    paths = [(await one.get("/account")).url.path for one in (client, second, third)]
    assert sorted(paths) == ["/account", "/account", "/sign-in"]
    await client.post("/account/sessions/end-others")
    paths = [(await one.get("/account")).url.path for one in (client, second, third)]
    assert paths == ["/account", "/sign-in", "/sign-in"]


async def test_a_session_of_another_person_cannot_be_ended(site: Site) -> None:
    await site.people.add(role=Role.AGENT)
    await site.people.add("mohan")
    client, other = site.client(), site.client()
    await client.sign_in()
    await other.sign_in("mohan")
    theirs = await site.shell.pool.fetchval(
        "select s.id from web_session s join app_user u on u.id = s.user_id"
        " where sign_in_name = 'mohan'"
    )
    await client.post(f"/account/sessions/{theirs}/end")
    assert (await other.get("/account")).url.path == "/account"


async def test_an_officer_chooses_their_own_pin_and_an_agent_none(site: Site) -> None:
    number, pin = "+919876543210", "480297"
    officer = await site.people.add(
        "ram", role=Role.OFFICER, scope=Scope(post="bdo"), number=number
    )
    await site.people.add("sita", role=Role.AGENT)
    client, agent = site.client(), site.client()
    await client.sign_in("ram")
    assert "/account/pin" in client.last
    form = {"present_password": PASSWORD, "pin": pin, "repeat_pin": pin}
    for wrong in ({"pin": "111111", "repeat_pin": "111111"}, {"repeat_pin": "1"}):
        assert (await client.post("/account/pin", **{**form, **wrong})).status == 400
    assert (await client.post("/account/pin", **{**form, "present_password": "x"})).status == 400
    assert "pin_set" not in await site.people.events(officer.id)
    assert (await client.post("/account/pin", **form)).status == 303
    verified = await pins.verify(
        site.people.pool, number, pin, site.clock(), site.people.passwords, calling=number
    )
    assert isinstance(verified, pins.PinAccepted)
    await agent.sign_in("sita")
    assert "/account/pin" not in agent.last
    assert (await agent.post("/account/pin", **form)).status == 403
