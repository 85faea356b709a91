"""Which endpoint may dial whom."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from calls import dialling
from calls.dialling import Past, Refusal, Rule, decide
from calls.errors import NotARuleError, NotCutOffError
from db.pool import Pool

NOW = datetime(2025, 11, 3, 5, 30, tzinfo=UTC)
INDIA = Rule("*", "+91", 3)
MOBILE = "9876543210"


def refused(rules: list[Rule], dialled: str, past: list[Past] | None = None) -> Refusal | None:
    return decide(rules, past or [], dialled, cut_off=False).refusal


@pytest.mark.parametrize("dialled", [MOBILE, "+14155552671", "112", "", "abc", "*72"])
def test_without_a_rule_nothing_is_dialled(dialled: str) -> None:
    assert refused([], dialled) is Refusal.NO_RULE


def test_what_is_allowed_is_dialled_in_one_form() -> None:
    for written in (MOBILE, f"0{MOBILE}", f"+91{MOBILE}"):
        assert decide([INDIA], [], written, cut_off=False).number == f"+91{MOBILE}"


@pytest.mark.parametrize("dialled", ["+14155552671", "0014155552671", "1900", f"{MOBILE}&PJSIP/x"])
def test_other_countries_and_what_is_no_number_stay_closed(dialled: str) -> None:
    assert refused([INDIA], dialled) is Refusal.NO_RULE


def test_the_longest_prefix_counts_and_an_own_rule_before_everybodys() -> None:
    none_of_these = Rule("*", "+9198", 0)
    assert refused([INDIA, none_of_these], MOBILE) is Refusal.LIMIT
    assert refused([INDIA, none_of_these, Rule("1001", "+9198", 1)], MOBILE) is None


def test_a_listed_short_code_needs_a_rule_and_counts() -> None:
    def asked(rules: list[Rule], code: str, past: int = 0, listed: bool = True) -> Refusal | None:
        before = [Past(dialling.LISTED, refused=False)] * past
        return decide(rules, before, code, cut_off=False, listed=listed).refusal

    assert asked([INDIA], "1098") is None
    assert asked([], "1098") is Refusal.NO_RULE
    assert asked([INDIA], "1098", listed=False) is Refusal.NO_RULE
    assert asked([INDIA], "1098", past=3) is Refusal.LIMIT
    assert asked([INDIA], "+14155552671") is Refusal.NO_RULE


@pytest.mark.parametrize(
    "code", ["12", "1916", "155260", "155261", "18001801551", "05222236760", "915222236760"]
)
def test_a_listed_number_without_a_plus_is_dialled_as_it_stands(code: str) -> None:
    assert decide([INDIA], [], code, cut_off=False, listed=True).number == code
    assert decide([INDIA], [], f"{code}&PJSIP/x", cut_off=False, listed=True).number is None
    assert decide([INDIA], [], code, cut_off=True, listed=True).number is None


def test_a_listed_number_with_a_plus_is_dialled_by_its_own_rule() -> None:
    told = decide([INDIA], [], "+915222236760", cut_off=False, listed=True)
    assert (told.number, told.prefix) == ("+915222236760", INDIA.prefix)
    assert decide([INDIA], [], "+14155552671", cut_off=False, listed=True).number is None


async def test_a_listed_number_cuts_nobody_off(pool: Pool) -> None:
    """No page can try numbers so: a rule is missing, or many citizens were handed on."""
    async with pool.acquire() as conn:
        await conn.execute("truncate dial_rule, dial_request, dial_cut_off")
        for _ in range(7):
            asked = await dialling.ask(conn, "1001", "155261", NOW, listed=True)
            assert (asked.refusal, asked.cut_off_now) == (Refusal.NO_RULE, False)
        await dialling.allow(conn, INDIA)
        more = [await dialling.ask(conn, "1001", "155261", NOW, listed=True) for _ in range(10)]
        assert [one.refusal for one in more] == [None] * 3 + [Refusal.LIMIT] * 7
        tries = [await dialling.ask(conn, "1001", "+14155552671", NOW) for _ in range(6)]
        assert [one.cut_off_now for one in tries] == [False] * 5 + [True], "the others count on"


def test_an_hours_limit_is_a_limit() -> None:
    past = [Past("+91", refused=False)] * 3
    assert refused([INDIA], MOBILE, past[:2]) is None
    assert refused([INDIA], MOBILE, past) is Refusal.LIMIT


async def test_who_keeps_trying_is_cut_off_until_somebody_lifts_it(pool: Pool) -> None:
    async with pool.acquire() as conn:
        await conn.execute("truncate dial_rule, dial_request, dial_cut_off")
        await dialling.allow(conn, INDIA)
        assert (await dialling.ask(conn, "1001", MOBILE, NOW)).number == f"+91{MOBILE}"
        tries = [await dialling.ask(conn, "1001", "+14155552671", NOW) for _ in range(6)]
        assert [one.cut_off_now for one in tries] == [False] * 5 + [True]
        assert (await dialling.ask(conn, "1001", MOBILE, NOW)).refusal is Refusal.CUT_OFF
        assert (await dialling.ask(conn, "1002", MOBILE, NOW)).refusal is None
        assert [one.endpoint for one in await dialling.cut_offs(conn)] == ["1001"]
        later = NOW + timedelta(hours=2)
        await dialling.lift(conn, "1001", by="admin:1", now=later)
        assert (await dialling.ask(conn, "1001", MOBILE, later)).refusal is None
        with pytest.raises(NotCutOffError):
            await dialling.lift(conn, "1001", by="admin:1", now=later)


async def test_who_was_let_in_again_is_not_cut_off_at_the_first_slip(pool: Pool) -> None:
    """Neither what led to the cut-off counts any more, nor what was tried while it stood."""
    minute, abroad = timedelta(minutes=1), "+14155552671"
    async with pool.acquire() as conn:
        await conn.execute("truncate dial_rule, dial_request, dial_cut_off")
        await dialling.allow(conn, INDIA)
        for _ in range(2):
            await dialling.ask(conn, "1001", MOBILE, NOW)
        for _ in range(9):
            await dialling.ask(conn, "1001", abroad, NOW)
        await dialling.lift(conn, "1001", by="admin:1", now=NOW + minute)
        after = NOW + 2 * minute
        tries = [await dialling.ask(conn, "1001", abroad, after) for _ in range(5)]
        assert [one.cut_off_now for one in tries] == [False] * 5
        assert (await dialling.ask(conn, "1001", MOBILE, after)).refusal is None
        assert (await dialling.ask(conn, "1001", MOBILE, after)).refusal is Refusal.LIMIT, (
            "calls of the hour count on; and with this sixth refusal they are cut off again"
        )
        assert (await dialling.ask(conn, "1001", MOBILE, after)).refusal is Refusal.CUT_OFF


@pytest.mark.parametrize(
    "rule", [Rule("*", "91", 1), Rule("*", "+91", -1), Rule("a&b", "+91", 1), Rule("", "+91", 1)]
)
async def test_what_is_no_rule_is_refused(pool: Pool, rule: Rule) -> None:
    async with pool.acquire() as conn:
        with pytest.raises(NotARuleError):
            await dialling.allow(conn, rule)


async def test_two_at_once_do_not_both_get_the_last_call(pool: Pool) -> None:
    async with pool.acquire() as conn:
        await conn.execute("truncate dial_rule, dial_request, dial_cut_off")
        await dialling.allow(conn, Rule("1001", "+91", 1))

    async def ask() -> Refusal | None:
        async with pool.acquire() as conn:
            return (await dialling.ask(conn, "1001", MOBILE, NOW)).refusal

    answers = await asyncio.gather(ask(), ask(), ask())
    assert sorted(map(str, answers)) == ["None", "limit", "limit"]


async def test_an_hours_limit_is_each_endpoints_own_and_of_each_pattern_and_ends_with_the_hour(
    pool: Pool,
) -> None:
    async def ask(endpoint: str, dialled: str, at: datetime = NOW) -> Refusal | None:
        async with pool.acquire() as conn:
            return (await dialling.ask(conn, endpoint, dialled, at)).refusal

    async with pool.acquire() as conn:
        await conn.execute("truncate dial_rule, dial_request, dial_cut_off")
        for rule in (Rule("*", "+91", 1), Rule("*", "+91522", 1)):
            await dialling.allow(conn, rule)
    assert await ask("1001", MOBILE) is None
    assert await ask("1001", MOBILE) is Refusal.LIMIT
    assert await ask("1002", MOBILE) is None
    assert await ask("1001", "05222612345") is None
    assert await ask("1001", MOBILE, NOW + timedelta(minutes=59)) is Refusal.LIMIT
    assert await ask("1001", MOBILE, NOW + timedelta(minutes=61)) is None
