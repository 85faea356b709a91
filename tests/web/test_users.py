"""The administrators' pages, and the first administrator."""

import re

import pytest

from access import first
from access.rights import Role
from tests.access.people import PASSWORD
from tests.web.site import Client, Site


async def administrator(site: Site) -> Client:
    await site.people.add("boss", Role.ADMINISTRATOR)
    client = site.client()
    await client.sign_in("boss")
    return client


async def test_who_has_no_right_gets_a_403_page_and_a_row(site: Site) -> None:
    user = await site.people.add(role=Role.SUPERVISOR)
    client = site.client()
    await client.sign_in()
    await client.get("/")
    assert 'href="/users"' not in client.last
    for path in ("/users", "/users/new", f"/users/{user.id}"):
        assert (await client.get(path)).status == 403
        assert "अनुमति" in client.last
    assert (await client.post(f"/users/{user.id}/grant", role="administrator")).status == 403
    assert (await site.people.events(user.id)).count("right_refused") == 4


async def test_a_refusal_is_logged_by_its_route_and_key_and_by_nothing_that_was_typed(
    site: Site,
) -> None:
    user = await site.people.add(role=Role.SUPERVISOR)
    client = site.client()
    await client.sign_in()
    for path in ("/users?name=9876543210", "/users/9876543210", f"/users/{user.id}"):
        assert (await client.get(path)).status == 403
    rows = await site.shell.pool.fetch(
        "select details ->> 'path' as path from access_log where event = 'right_refused'"
    )
    assert sorted(row["path"] for row in rows) == sorted(
        ["/users", "/users/{id}", f"/users/{user.id}"]
    )


async def test_a_person_is_added_and_signs_in_with_the_password_shown(site: Site) -> None:
    client = await administrator(site)
    form = {
        "display_name": "गीता",
        "sign_in_name": "gita",
        "language": "en",
        "number": "9876543210",
    }
    answer = await client.post("/users/new", **form)
    assert answer.status == 200
    found = re.search(r"पासवर्ड: (\S+)</p>", client.last)
    assert found
    newcomer = site.client()
    await newcomer.sign_in("gita", found[1])
    assert (await newcomer.get("/")).url.path == "/account/password"
    assert (await client.post("/users/new", **form)).status == 400
    assert "किसी और का" in client.last


async def test_roles_are_given_and_taken_back(site: Site) -> None:
    user = await site.people.add()
    client = await administrator(site)
    here = f"/users/{user.id}"
    answer = await client.post(here + "/grant", role="officer")
    assert answer.status == 400
    assert "अधिकारी (स्तर 1-4) के लिए केवल यह भरें: पद (कोड)" in client.last
    answer = await client.post(here + "/grant", role="officer", post="bdo", until="2026-03-31")
    assert answer.status == 303
    await client.get(here)
    assert "पद bdo" in client.last
    assert "1 अप्रैल 2026, 00:00" in client.last
    (path,) = re.findall(rf"{here}/revoke/[^\"]+", client.last)
    assert (await client.post(path)).status == 303
    assert (await client.post(path)).status == 404
    assert (await site.people.person(user)).grants == ()


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"role": "agent"}, "यह भूमिका पहले से दी हुई है"),
        ({"role": "officer", "post": "nowhere"}, "पद ज्ञात नहीं है"),
        ({"role": "department_head", "post": "bdo"}, "विभाग (कोड), स्थान (कोड) (वैकल्पिक)"),
        ({"role": "cm_office", "place": "lal"}, "मुख्यमंत्री कार्यालय की भूमिका सदा सब जगह"),
        ({"role": "supervisor", "until": "2025-11-21"}, "आरंभ से पहले ही समाप्त"),
        ({"role": "supervisor", "until": "0001-01-01"}, "आरंभ से पहले ही समाप्त"),
        ({"role": "supervisor", "until": "9999-12-31"}, "ऐसा दिन नहीं"),
        ({"role": "supervisor", "until": "कल"}, "ऐसा दिन नहीं"),
        ({"role": "king"}, "ऐसी कोई भूमिका नहीं"),
    ],
)
async def test_why_a_role_cannot_be_given_is_told_in_the_pages_language(
    site: Site, form: dict[str, str], told: str
) -> None:
    user = await site.people.add(role=Role.AGENT)
    client = await administrator(site)
    assert (await client.post(f"/users/{user.id}/grant", **form)).status == 400
    assert told in client.last


async def test_name_telephone_and_officer_are_corrected_and_the_agents_number_stays(
    site: Site,
) -> None:
    user = await site.people.add(number="+919876543210", agent_id="1001")
    client = await administrator(site)
    here = f"/users/{user.id}"
    form = {"display_name": "सीता वर्मा", "number": "98765 43211", "officer": "o1"}
    assert (await client.post(here + "/change", **form, agent_id="1002")).status == 303
    await client.get(here)
    assert "<h1>सीता वर्मा</h1>" in client.last
    assert all(f'value="{value}"' in client.last for value in ("+919876543211", "o1"))
    assert "सुधारा गया" in client.last
    person = await site.people.person(user)
    assert person.agent_id == "1001"
    answer = await client.post(here + "/change", **form | {"number": "12", "officer": "o1x"})
    assert answer.status == 400
    assert 'id="e-number"' in client.last
    assert 'value="o1x"' in client.last  # what was typed is not typed again


async def test_disabling_throws_the_person_out(site: Site) -> None:
    user = await site.people.add()
    their = site.client()
    await their.sign_in()
    client = await administrator(site)
    assert (await client.post(f"/users/{user.id}/active", active="no")).status == 303
    assert (await their.get("/account")).url.path == "/sign-in"


async def test_signing_out_and_a_new_password_throw_the_person_out(site: Site) -> None:
    user = await site.people.add()
    client = await administrator(site)
    for action in ("sign-out", "password"):
        their = site.client()
        await their.sign_in()
        await client.post(f"/users/{user.id}/{action}")
        assert (await their.get("/account")).url.path == "/sign-in"


async def test_the_last_administrator_is_told_to_appoint_another(site: Site) -> None:
    client = await administrator(site)
    boss = await site.shell.pool.fetchval("select id from app_user where sign_in_name = 'boss'")
    assert (await client.post(f"/users/{boss}/active", active="no")).status == 400
    assert "अंतिम व्यवस्थापक" in client.last
    assert (await client.get("/users")).status == 200


async def test_a_pin_is_shown_once_and_needs_a_number(site: Site) -> None:
    client = await administrator(site)
    without = await site.people.add()
    assert (await client.post(f"/users/{without.id}/pin")).status == 400
    officer = await site.people.add("mohan", number="+919876543210")
    assert (await client.post(f"/users/{officer.id}/pin")).status == 200
    assert re.search(r"पिन: \d{6}", client.last)
    await client.get(f"/users/{officer.id}")
    assert not re.search(r"पिन: \d{6}", client.last)


async def test_names_are_shown_and_not_run(site: Site) -> None:
    await site.people.add("evil", display_name="<script>alert(1)</script>")
    client = await administrator(site)
    await client.get("/users?name=%22%3E%3Cscript%3E")
    assert "<script>" not in client.last
    await client.get("/users")
    assert "&lt;script&gt;alert" in client.last


async def test_a_person_who_is_not_there_is_a_404(site: Site) -> None:
    client = await administrator(site)
    nobody = "/users/019aa000-0000-7000-8000-000000000000"
    for path in (nobody, "/users/x"):
        assert (await client.get(path)).status == 404
    for action in ("change", "grant", "active", "password", "pin", "sign-out"):
        answer = await client.post(
            f"{nobody}/{action}", role="agent", active="no", display_name="X"
        )
        assert answer.status == 404, action


async def test_the_first_administrator_is_made_with_the_code(site: Site) -> None:
    code = await first.issue_code(site.shell.pool, site.clock())
    client = site.client()
    form = {
        "name": "boss", "display_name": "प्रशासक",
        "new_password": PASSWORD, "repeat_password": PASSWORD,
    }  # fmt: skip
    assert (await client.post("/first-administrator", code="guess", **form)).status == 400
    weak = form | {"new_password": "short", "repeat_password": "short"}
    assert (await client.post("/first-administrator", code=code, **weak)).status == 400
    assert (await client.post("/first-administrator", code=code, **form)).status == 303
    await client.sign_in("boss")
    assert (await client.get("/users")).status == 200
    again = await site.client().post("/first-administrator", code=code, **form)
    assert again.status == 400
