"""A policy in plain words: who gets a complaint, by when, and what happens next at each step."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType

import asyncpg

from complaints.calendar import IST, Counting
from complaints.categories import must_be_leaf
from complaints.deadlines import level_clock, review_clock
from complaints.errors import InvalidInputError
from complaints.lifecycle import Terms
from complaints.mapping import Ladder, Post, ladder_for
from complaints.policy import Policy, SpecialClose, Step
from complaints.store import holidays
from db.pool import Connection, Pool
from db.statements import statements

_NO_LIMITS: Mapping[str, str] = MappingProxyType({})
_COUNTED = {Counting.CALENDAR_DAYS: "", Counting.WORKING_DAYS: "working "}
_STEPS = {
    Step.AGENT_CALL: "an agent calls, within {days:g} day(s)",
    Step.SMS: "an SMS asks the citizen to call, within {days:g} day(s)",
}


async def explain(pool: Pool, category: str, place: str, policy: Policy, now: datetime) -> str:
    """What would become of a complaint of this category about this place, registered `now`.

    Raises `InvalidInputError` (category, place).
    """
    async with pool.acquire(timeout=5) as conn:
        found = await statements().complaints_category(conn, code=category)
        must_be_leaf(found)
        where = await statements().complaints_place(conn, code=place)
        if where is None:
            raise InvalidInputError("place", "is unknown")
        if not found["in_scope"]:
            return "\n".join([f"{found['name_hi']}, {where['name_hi']}:", *_out_of_scope(found)])
        rules = policy.of(category)
        ladder = await ladder_for(conn, found["department"], category, place, now)
        limits = await _limits(conn, ladder)
        days = tuple(found["level_days"])
        terms = Terms(rules, ladder, days, await holidays(conn, rules))
    heading = f"{found['name_hi']}, {where['name_hi']}: policy {rules.name}"
    return "\n".join([heading, *(f"  {line}" for line in tell(terms, now, limits))])


async def _limits(conn: Connection, ladder: Ladder) -> Mapping[str, str]:
    """What those posts are for, by name, that are not for the whole department."""
    named: dict[str, list[str]] = {}
    posts = [post.id for post in (*ladder.posts.values(), *ladder.vacant.values())]
    async for row in statements().complaints_post_limits(conn, posts=posts):
        named.setdefault(row["post"], []).append(row["name_hi"])
    return {post: ", ".join(names) for post, names in named.items()}


def _out_of_scope(found: asyncpg.Record) -> Iterator[str]:
    yield "  It is not for this helpline: no officer gets it."
    yield f"  The citizen is told, and it ends as advised: {found['advice_hi']}"
    if in_english := found["advice_en"]:
        yield f"  Who speaks English is told: {in_english}"
    else:
        yield "  It has no English words: who speaks English is told the same."


def tell(terms: Terms, now: datetime, limits: Mapping[str, str] = _NO_LIMITS) -> Iterator[str]:
    """One sentence for each step; pure. `limits`: what a post is for, if not for all, by its id."""
    policy = terms.policy
    posts = list(terms.ladder.up_to(policy.last_level).values())
    if not posts:
        yield "No officer of the department serves this place: it cannot be registered."
        return
    if policy.triage:
        yield (
            f"The CM's team sees it first; {policy.sorting_days:g} "
            f"{_COUNTED[policy.counting]}day(s) later it goes on without them."
        )
    for n, post in enumerate(posts):
        above = posts[n + 1] if n + 1 < len(posts) else None
        yield from _level(terms, post, above, now, limits.get(post.id, ""))
    yield from _side_roads(policy)
    yield from _ends(policy)


def _level(
    terms: Terms, post: Post, above: Post | None, now: datetime, limit: str
) -> Iterator[str]:
    policy, here = terms.policy, f"L{post.level}"
    clock = level_clock(terms.level_days, post.level, policy, terms.calendar, now)
    review = review_clock(terms.level_days, post.level, policy, terms.calendar, now)
    working = policy.counting is Counting.WORKING_DAYS
    counted = "working days" if working else "calendar days, holidays counted"
    yield (
        f"{here} {post.title} ({post.id}{f', only for {limit}' if limit else ''}): "
        f"{clock.days:g} {counted}; "
        f"due {_clock(clock.due_at)} if given now."
    )
    late = f"to L{above.level}" if above else "it stays, on the list of the CM's office"
    yield f"   at {policy.reminder_share * 100:g} % of the time: a reminder; past it: {late}."
    back = f"back to {here} for {review.days:g} {_COUNTED[policy.counting]}days"
    if above is None:
        yield f"   citizen not satisfied: {back}, on the list of the CM's office."
    elif policy.reviews_per_level == 0:
        yield f"   citizen not satisfied: to L{above.level} at once."
    elif policy.reviews_per_level == 1:
        yield f"   citizen not satisfied, the first time: {back}; then to L{above.level}."
    else:
        times = f"the first {policy.reviews_per_level} times"
        yield f"   citizen not satisfied, {times}: {back}; then to L{above.level}."


def _side_roads(policy: Policy) -> Iterator[str]:
    yield "With every step up go the citizen's recordings, the reasons and the history."
    yield (
        f"A pause ends by itself: after {policy.longest_wait_days:g} days for the citizen, "
        f"{policy.longest_stay_days:g} for a court, all pauses at one level together."
    )
    if policy.vacancy_days is None:
        yield "What is with a post that falls vacant goes to the next level at its limit."
    else:
        yield (
            f"What is with a post that falls vacant goes to the next post held after "
            f"{policy.vacancy_days:g} days; who holds that is told at once."
        )
    if policy.confidential_seen_from is None:
        yield "Who complains confidentially is not told to any officer, nor is the voice."
    else:
        yield f"Who complains confidentially is told from L{policy.confidential_seen_from} on only."
    approval = ", with the approval of the next level" if policy.transfer_needs_approval else ""
    if policy.transfers_at_most:
        yield (
            f"An officer can pass it on, or return it as wrongly mapped, within "
            f"{policy.transfer_days:g} {_COUNTED[policy.counting]}days, "
            f"{policy.transfers_at_most} time(s) in all{approval}."
        )
    match policy.special_close:
        case SpecialClose.NOBODY:
            yield "Nobody can close it without the citizen's satisfaction."
        case SpecialClose.FROM_L2:
            yield "From L2 on the officer can close it specially, with reason and name."
        case SpecialClose.PROPOSED:
            yield "L2 can propose a special close, the next level decides; from L3 on alone."


def _ends(policy: Policy) -> Iterator[str]:
    if policy.registrations_per_month is not None:
        most = policy.registrations_per_month
        yield f"One mobile registers at most {most} in a month; incidents and landlines any number."
    yield "A suggestion ends with thanks; information ends with its answer, and nobody is asked."
    minutes = policy.feedback_delay.total_seconds() / 60
    yield (
        f"Disposed of, the citizen is called {minutes:g} minutes later, at most "
        f"{policy.feedback_attempts} times; only their own word closes it as satisfied."
    )
    steps = [_STEPS[one.step].format(days=one.days) for one in policy.after_attempts]
    what_follows = "; then ".join([*steps, "it ends as unverified, never as satisfied."])
    yield f"Nobody reached: {what_follows}"
    yield f"Satisfied or unverified, the citizen can reopen it for {policy.reopen_days} days."


def _clock(at: datetime) -> str:
    return at.astimezone(IST).strftime("%d-%m-%Y %H:%M")
