"""Scripts, schemes and fields: brought in as a whole or not at all, found, told, and sealed."""

from contextlib import nullcontext
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from access.rights import Grant, Person, Role, Scope
from complaints import number as numbers
from complaints.errors import InvalidInputError, NotAllowedError, UnknownComplaintError
from complaints.guidance import answers
from complaints.guidance.choosing import best_script, find_schemes, guidance_for
from complaints.guidance.importer import GuidanceReport, import_guidance
from complaints.guidance.known import Current
from complaints.guidance.layouts import GuidanceKind
from complaints.guidance.model import Scheme, Script
from complaints.kinds import MatterKind
from complaints.policy import UP_1076, Policy
from complaints.registration import Registration, SchemeVersion, SettledAtDesk
from db.pool import Pool
from helpline.guidance_commands import sample_file
from recordings.errors import SealBrokenError
from recordings.master import MasterKeys
from tests.complaints.world import World

KEYS = MasterKeys([bytes(32)])
HEADER = (
    "code,name_hi,name_en,who_hi,who_en,how_hi,how_en,documents_hi,documents_en,where_hi,where_en,"
    "keywords,department,category,from,until\n"
)
TEXTS = "किसे,who,कैसे,how,काग़ज़,papers,कहाँ,where"
FIELDS = (
    "code,category,name_hi,name_en,sensitive,position,pattern\n"
    "mark,handpump,चिह्न,Mark,no,1,\n"
    "account,handpump,खाता,Account,yes,2,[0-9]{4}\n"
)


def scheme(code: str, name: str = "पेंशन", more: str = ",,,,") -> str:
    return f"{code},{name},Pension,{TEXTS},{more}\n"


async def bring(
    world: World, text: str, kind: GuidanceKind = GuidanceKind.SCHEMES, **how: bool
) -> GuidanceReport:
    files = [("a.csv", text.encode())]
    return await import_guidance(world.pool, kind, files, by="operator:test", now=world.now, **how)


@pytest.fixture
def world(pool: Pool) -> World:
    return World(pool)


async def test_every_fault_is_told_with_its_line_and_nothing_is_written(world: World) -> None:
    report = await bring(
        world,
        HEADER
        + scheme("one")
        + scheme("two", more=",nobody,handpump,,")
        + scheme("three", more=",,nothing,2026-02-30,")
        + scheme("one")
        + scheme("four", name="")
        + scheme("five", more=",,,2026-03-01,2026-02-01"),
    )
    assert [(one.line, one.reason) for one in report.faults] == [
        (3, "department is not among the departments: 'nobody'"),
        (4, "from is no day: '2026-02-30'"),
        (5, "one is in a.csv:2 already"),
        (6, "name_hi is empty"),
        (7, "until is before from: 2026-02-01 < 2026-03-01"),
    ]
    assert not report.written
    assert await world.pool.fetchval("select count(*) from scheme_version") == 0


async def test_a_dry_run_says_what_would_change_and_writes_nothing(world: World) -> None:
    report = await bring(world, HEADER + scheme("one"), dry_run=True)
    assert (report.new, report.written) == (["one"], False)
    assert await world.pool.fetchval("select count(*) from scheme_version") == 0


async def test_a_change_is_a_new_version_and_the_old_text_stays(world: World) -> None:
    await bring(world, HEADER + scheme("one") + scheme("two"))
    again = await bring(world, HEADER + scheme("one") + scheme("two"))
    assert (again.new, again.changed, again.unchanged) == ([], [], 2)
    changed = await bring(world, HEADER + scheme("one", "नई पेंशन"))
    assert (changed.changed, changed.absent, changed.withdrawn) == (["one"], ["two"], False)
    rows = await world.pool.fetch("select code, version, name_hi from scheme order by code")
    assert [tuple(row) for row in rows] == [("one", 2, "नई पेंशन"), ("two", 1, "पेंशन")]
    await bring(world, HEADER + scheme("one", "नई पेंशन"), withdraw_absent=True)
    assert await world.pool.fetchval("select array_agg(code) from scheme") == ["one"]
    assert await world.pool.fetchval("select count(*) from scheme_version") == 4
    back = await bring(world, HEADER + scheme("two"))
    assert back.new == ["two"]
    assert await world.pool.fetchval("select version from scheme where code = 'two'") == 3
    with pytest.raises(Exception, match="append-only"):
        await world.pool.execute("update scheme_version set name_hi = 'x'")


@pytest.mark.parametrize("kind", [GuidanceKind.SCHEMES, GuidanceKind.SCRIPTS])
async def test_the_ready_sample_is_without_fault_and_marked_as_such(
    world: World, kind: GuidanceKind
) -> None:
    name, data = sample_file(kind)
    report = await import_guidance(
        world.pool, kind, [(name, data)], by="operator:test", now=world.now
    )
    assert (list(report.faults), report.written) == ([], True)
    table = {GuidanceKind.SCHEMES: "scheme", GuidanceKind.SCRIPTS: "script"}[kind]
    assert await world.pool.fetchval(f"select bool_and(sample) from {table}")


def told(code: str, **given: object) -> Current[Scheme]:
    texts = dict.fromkeys(
        [f"{part}_{one}" for part in ("who", "how", "documents", "where") for one in ("hi", "en")],
        "-",
    )
    names = {"name_hi": "वृद्धावस्था पेंशन", "name_en": "Old age pension"}
    return Current(Scheme(code=code, **{**texts, **names, **given}), 1)  # type: ignore[arg-type]


@pytest.mark.parametrize("words", ["वृद्ध", "old age", "vridhavastha", "budhapa", "pension old"])
def test_schemes_are_found_in_hindi_english_and_hindi_in_latin_letters(words: str) -> None:
    ration = told("ration", name_hi="राशन कार्ड", name_en="Ration card")
    old = told("old", keywords=("बुढ़ापा",))
    assert [one.guide.code for one in find_schemes([ration, old], words, date(2026, 1, 1))] == [
        "old"
    ]


def test_a_scheme_is_found_only_on_its_days() -> None:
    one = told("old", from_on=date(2026, 1, 2), until_on=date(2026, 1, 3))
    found = [len(find_schemes([one], "", date(2026, 1, day))) for day in (1, 2, 3, 4)]
    assert found == [0, 1, 1, 0]


def script(code: str, **case: str) -> Script:
    texts: dict[str, Any] = dict.fromkeys(("greeting_hi", "greeting_en"), "-")
    texts |= dict.fromkeys(("closing_hi", "closing_en"), "-")
    return Script(code=code, questions_hi=(), questions_en=(), **(texts | case))


@pytest.mark.parametrize(
    ("kind", "around", "wanted"),
    [
        ("complaint", [], "all"),
        ("information", [], "info"),
        ("complaint", ["leaf", "tree"], "leaf"),
        ("information", ["other", "tree"], "tree"),
        (None, ["unknown"], "all"),
    ],
)
def test_the_most_particular_script_is_shown(
    kind: str | None, around: list[str], wanted: str
) -> None:
    scripts = [
        script("all"), script("info", kind="information"), script("tree", category="tree"),
        script("leaf", category="leaf"), script("elsewhere", queue="helpline-en"),
    ]  # fmt: skip
    best = best_script(scripts, "helpline-hi", kind, around)
    assert best is not None
    assert best.code == wanted


async def test_two_scripts_for_one_case_are_refused(world: World) -> None:
    header = "code,greeting_hi,greeting_en,questions_hi,questions_en,closing_hi,closing_en,kind\n"
    rows = "a,क,a,प्र;दो,q,क,a,\nb,क,a,,,क,a,demand\nc,क,a,,,क,a,demand\n"
    report = await bring(world, header + rows, GuidanceKind.SCRIPTS)
    assert [one.reason for one in report.faults] == [
        "questions are not as many in both languages: 2 in Hindi, 1 in English",
        "c is for the same queue, kind and category as a.csv:3",
    ]


def about(world: World, **changes: object) -> Registration:
    return world.form(kind=MatterKind.INFORMATION, answer="साठ वर्ष से", **changes)


async def test_the_evidence_of_an_answer_names_its_scheme_and_version(world: World) -> None:
    await bring(world, HEADER + scheme("one"))
    settled = await world.taken_up(about(world, scheme=SchemeVersion("one", 1)))
    assert isinstance(settled, SettledAtDesk)
    assert settled.text == "पेंशन: साठ वर्ष से"
    row = await world.pool.fetchrow("select scheme, version from complaint_scheme")
    assert row is not None
    assert tuple(row) == ("one", 1)
    with pytest.raises(InvalidInputError, match="scheme is unknown"):
        await world.taken_up(about(world, scheme=SchemeVersion("one", 2)))
    with pytest.raises(InvalidInputError, match="scheme is told with an answer"):
        await world.taken_up(world.form(scheme=SchemeVersion("one", 1)))


async def registered(world: World, given: dict[str, str]) -> str:
    kept = await answers.prepared(world.pool, KEYS, "handpump", given, world.now)
    return (await world.register(world.form(answers=kept))).number


def person(role: Role, policy: Policy = UP_1076, **scope: str) -> answers.Reader:
    grants = (Grant(role, Scope(**scope)),)
    someone = Person(UUID(int=1), "p", "p", "hi", None, grants)
    return answers.reader(someone, policy)


async def test_a_sensitive_answer_is_sealed_and_opened_by_right_with_a_reason(
    world: World,
) -> None:
    await bring(world, FIELDS, GuidanceKind.FIELDS)
    number = await registered(world, {"mark": "HP-7", "account": "1234"})
    row = await world.pool.fetchrow("select * from complaint_field where field = 'account'")
    assert row is not None
    assert row["value"] is None
    assert b"1234" not in row["sealed"]
    shown = await answers.shown(world.pool, number)
    assert [(one.name_en, one.value) for one in shown] == [("Mark", "HP-7"), ("Account", None)]
    officer = person(Role.OFFICER, post="L1-MAH")
    opened = await answers.opened(world.pool, KEYS, officer, number, "भुगतान", world.now)
    assert [one.value for one in opened] == ["HP-7", "1234"]
    seen = await world.pool.fetch("select actor, reason from complaint_field_seen")
    assert [tuple(one) for one in seen] == [(f"user:{UUID(int=1)}", "भुगतान")]


@pytest.mark.parametrize(
    ("role", "scope"),
    [
        (Role.OFFICER, {"post": "L2-LAL"}), (Role.AGENT, {}), (Role.SUPERVISOR, {}),
        (Role.ADMINISTRATOR, {}), (Role.DEPARTMENT_HEAD, {"department": "jal-nigam"}),
    ],
)  # fmt: skip
async def test_who_has_not_the_complaint_opens_nothing(
    world: World, role: Role, scope: dict[str, str]
) -> None:
    await bring(world, FIELDS, GuidanceKind.FIELDS)
    number = await registered(world, {"account": "1234"})
    with pytest.raises(NotAllowedError):
        await answers.opened(
            world.pool, KEYS, person(role, UP_1076, **scope), number, "why", world.now
        )
    with pytest.raises(InvalidInputError, match="reason is empty"):
        await answers.opened(world.pool, KEYS, person(Role.CM_OFFICE), number, " ", world.now)
    assert await world.pool.fetchval("select count(*) from complaint_field_seen") == 0
    with pytest.raises(UnknownComplaintError):
        await answers.opened(
            world.pool, KEYS, person(Role.CM_OFFICE), numbers.make(77777777), "why", world.now
        )


async def test_the_office_complained_of_opens_no_answer_of_a_confidential_complaint(
    world: World,
) -> None:
    """An account's number tells who complains as well as a name does."""
    await bring(world, FIELDS, GuidanceKind.FIELDS)
    kept = await answers.prepared(world.pool, KEYS, "handpump", {"account": "1234"}, world.now)
    number = (await world.register(world.form(answers=kept, confidential=True))).number
    for allowed, who in (
        (False, person(Role.OFFICER, post="L1-MAH")),
        (True, person(Role.OFFICER, replace(UP_1076, confidential_seen_from=1), post="L1-MAH")),
        (True, person(Role.CM_OFFICE)),
    ):
        with nullcontext() if allowed else pytest.raises(NotAllowedError):
            await answers.opened(world.pool, KEYS, who, number, "why", world.now)
    assert await world.pool.fetchval("select count(*) from complaint_field_seen") == 2


async def test_in_triage_no_officer_has_the_complaint_and_opens_its_answers(world: World) -> None:
    await bring(world, FIELDS, GuidanceKind.FIELDS)
    world.policy = replace(UP_1076, triage=True)
    kept = await answers.prepared(world.pool, KEYS, "handpump", {"account": "1234"}, world.now)
    taken = await world.taken_up(world.form(answers=kept))
    officer = person(Role.OFFICER, post="L1-MAH")
    with pytest.raises(NotAllowedError):
        await answers.opened(world.pool, KEYS, officer, taken.number, "why", world.now)


@pytest.mark.parametrize(
    ("given", "field"),
    [({"account": "12"}, "fields.account"), ({"nothing": "1"}, "fields.nothing")],
)
async def test_an_answer_that_does_not_fit_is_named_without_its_value(
    world: World, given: dict[str, str], field: str
) -> None:
    await bring(world, FIELDS, GuidanceKind.FIELDS)
    with pytest.raises(InvalidInputError) as refused:
        await answers.prepared(world.pool, KEYS, "handpump", given, world.now)
    assert refused.value.field == field
    assert "12" not in str(refused.value)


async def test_the_schema_keeps_no_sensitive_value_in_the_clear(world: World) -> None:
    await bring(world, FIELDS, GuidanceKind.FIELDS)
    await registered(world, {"account": "1234"})
    copied = (
        "insert into complaint_field (id, complaint_id, field, version, sensitive, value, sealed,"
        " master_id, wrapped_key, at) select gen_random_uuid(), complaint_id, field, version,"
    )
    with pytest.raises(Exception, match="what_is_sensitive_is_sealed"):
        await world.pool.execute(
            copied + " true, '1', sealed, master_id, wrapped_key, at from complaint_field"
        )
    with pytest.raises(Exception, match="complaint_field"):
        await world.pool.execute(copied + " false, '1', null, null, null, at from complaint_field")


@pytest.mark.parametrize(
    "change",
    [
        "update complaint_field set value = 'HP-8' where field = 'mark'",
        "update complaint_field set sealed = '\\x00' where field = 'account'",
        "delete from complaint_field", "delete from complaint_scheme",
        "update complaint_scheme set version = 2",
    ],
)  # fmt: skip
async def test_what_was_answered_and_told_is_not_changed(world: World, change: str) -> None:
    await bring(world, FIELDS, GuidanceKind.FIELDS)
    await registered(world, {"mark": "HP-7", "account": "1234"})
    await bring(world, HEADER + scheme("one"))
    await world.taken_up(about(world, scheme=SchemeVersion("one", 1)))
    with pytest.raises(asyncpg.RaiseError, match="is append-only"):
        await world.pool.execute(change)


async def test_another_master_key_wraps_what_is_sealed_anew(world: World) -> None:
    await bring(world, FIELDS, GuidanceKind.FIELDS)
    number = await registered(world, {"account": "1234"})
    both = MasterKeys([bytes(range(32)), bytes(32)])
    assert (await answers.rewrap(world.pool, both)).done == 1
    assert (await answers.rewrap(world.pool, both)).done == 0
    new = MasterKeys([bytes(range(32))])
    reader = answers.operator("root")
    [one] = await answers.opened(world.pool, new, reader, number, "why", world.now)
    assert one.value == "1234"
    async with world.pool.acquire() as conn, conn.transaction():
        await conn.execute("alter table complaint_field disable trigger user")
        await conn.execute(
            "update complaint_field set sealed = overlay(sealed placing '\\x00'::bytea from 40)"
        )
        await conn.execute("alter table complaint_field enable trigger user")
    with pytest.raises(SealBrokenError):
        await answers.opened(world.pool, new, reader, number, "why", world.now)


async def test_a_category_asks_what_those_above_it_ask(world: World) -> None:
    await world.pool.execute(
        "insert into category (code, name_hi, name_en) values ('tree', 'क', 'k');"
        "update category set parent = 'tree' where code = 'handpump'"
    )
    await bring(world, FIELDS.replace("mark,handpump", "mark,tree"), GuidanceKind.FIELDS)
    for category, wanted in (("handpump", ["mark", "account"]), ("tree", ["mark"]), (None, [])):
        found = await guidance_for(world.pool, queue=None, kind=None, category=category)
        assert [one.guide.code for one in found.fields] == wanted
