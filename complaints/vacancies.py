"""What is with a post that falls vacant does not wait out its clock: it is told, and passed on.

A post is vacant when nobody holds it and nobody is in charge of it (`officers`). Who gets its
complaints is told once, at once; they move after the policy's `vacancy_days`, with full time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import structlog

from complaints import history, texts
from complaints.batches import Due, Work, carry_out_each
from complaints.calendar import IST
from complaints.forwarding import Forwarded, forward
from complaints.history import Entry, Event
from complaints.lifecycle import Proposed, WithOfficer
from complaints.mapping import Post
from complaints.notifications import Kind, Notification, Signer, notify_each
from complaints.officers import Vacant
from complaints.policy import Policy
from complaints.staffing import StaffedPost, staffed
from complaints.store import Complaint, held_due, move_each, terms_for_each, transaction
from complaints.taking import entry_of
from complaints.terms import Terms
from db.pool import Connection, Pool
from db.statements import statements

_log = structlog.get_logger(__name__)
_ACQUIRE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Vacancy:
    """A post that nobody holds, with complaints. `since`: midnight of the first such day."""

    post: StaffedPost
    since: datetime

    @property
    def named(self) -> str:
        """This vacancy, and no later one of the post."""
        return f"{self.post.id} since {self.since.date()}"

    def ends_at(self, policy: Policy) -> datetime | None:
        """When its complaints go on, by the rules of one category; None: each at its own limit."""
        days = policy.vacancy_days
        return None if days is None else self.since + days * policy.day


@dataclass(frozen=True, slots=True)
class _AtVacant(Due):
    """`untold`: its history does not tell of this vacancy yet."""

    post: str = ""
    untold: bool = False


async def vacancies(conn: Connection, now: datetime) -> list[Vacancy]:
    """Vacant posts that have complaints, in order of their ids."""
    rows = statements().officers_of_emptied_posts(conn, today=now.astimezone(IST).date())
    return [
        Vacancy(post, datetime.combine(post.occupancy.since, time(), tzinfo=IST))
        for post in staffed([row async for row in rows], now)
        if isinstance(post.occupancy, Vacant)
    ]


async def pass_on_vacant(
    pool: Pool,
    *,
    policy: Policy,
    now: datetime,
    signer: Signer,
    every: timedelta = timedelta(hours=1),
    limit: int = 200,
) -> int:
    """Look at no more than `limit` complaints of vacant posts; how many there were, moved or not.

    The first time their histories tell of it, and the officer who is to get them is told, once for
    each vacancy. Each is looked at again at most once in `every`, by any number of workers: call
    again while the answer is `limit`.
    """
    async with pool.acquire(timeout=_ACQUIRE_SECONDS) as reading:
        found = {one.post.id: one for one in await vacancies(reading, now)}
    if not found:
        return 0
    async with transaction(pool) as conn:
        at_vacant = await _take(conn, found, now - every, now, limit)
        looked = [one.complaint_id for one in at_vacant]
        # Also those that then fail: none may stand before the others for ever.
        await statements().officers_looked_at_vacant(conn, ids=looked, at=now)

        async def look(some: Sequence[_AtVacant]) -> None:
            await _look(conn, some, found, policy, now, signer)

        await carry_out_each(conn, Work.VACANCY, at_vacant, look, now)
    return len(at_vacant)


async def _take(
    conn: Connection, found: Mapping[str, Vacancy], before: datetime, now: datetime, limit: int
) -> list[_AtVacant]:
    rows = statements().officers_lock_at_vacant(
        conn,
        posts=list(found),
        vacancies=[one.named for one in found.values()],
        before=before,
        now=now,
        at_most=limit,
    )
    return [
        _AtVacant(row["id"], row["at"], row["failures"], row["post"], row["untold"])
        async for row in rows
    ]


async def _look(
    conn: Connection,
    due: Sequence[_AtVacant],
    found: Mapping[str, Vacancy],
    policy: Policy,
    now: datetime,
    signer: Signer,
) -> None:
    untold = {one.complaint_id for one in due if one.untold}
    stayed: list[tuple[Complaint, Terms, Vacancy]] = []
    moved: dict[Complaint, tuple[WithOfficer, Entry]] = {}
    complaints = await held_due(conn, due)
    terms = await terms_for_each(conn, complaints, policy, now)
    for one in complaints:
        vacancy = found[_at_work(one).post]
        after = _at_work(one).vacated(terms[one.id], vacancy.since, now)
        if after:
            moved[one] = after, _passed_on(one, after, vacancy, now)
        elif one.id in untold and vacancy.post.id not in terms[one.id].ladder.held:
            stayed.append((one, terms[one.id], vacancy))
    if moved:
        await _write_moved(conn, moved, policy, now, signer)
    if stayed:
        await _write_told(conn, stayed, now)


def _at_work(one: Complaint) -> WithOfficer | Proposed:
    if not isinstance(one.state, WithOfficer | Proposed):
        raise TypeError(f"held as a vacant post's, but {one.state}")  # the statement takes no other
    return one.state


def _passed_on(one: Complaint, after: WithOfficer, vacancy: Vacancy, now: datetime) -> Entry:
    due = _at_work(one).due_at.isoformat()
    return entry_of(
        one,
        after,
        event=Event.PASSED_ON_VACANT,
        actor="clock",
        now=now,
        reason=f"{vacancy.named}, due {due}",
    )


async def _write_moved(
    conn: Connection,
    moved: Mapping[Complaint, tuple[WithOfficer, Entry]],
    policy: Policy,
    now: datetime,
    signer: Signer,
) -> None:
    seqs = await history.append_each(conn, {one.id: why for one, (_, why) in moved.items()})
    await move_each(conn, {one.id: after for one, (after, _) in moved.items()}, now)
    up = [Forwarded(one, after, seqs[one.id], why) for one, (after, why) in moved.items()]
    await forward(conn, up, policy=policy, signer=signer, now=now)
    _log.info("complaints of vacant posts passed on", complaints=len(moved))


async def _write_told(
    conn: Connection, stayed: Sequence[tuple[Complaint, Terms, Vacancy]], now: datetime
) -> None:
    entries = {
        one.id: entry_of(
            one,
            one.state,
            event=Event.POST_VACANT,
            actor="clock",
            now=now,
            reason=vacancy.named,
        )
        for one, _, vacancy in stayed
    }
    seqs = await history.append_each(conn, entries)
    await statements().officers_told_of_vacancy(
        conn,
        ids=[one.id for one, _, _ in stayed],
        vacancies=[vacancy.named for _, _, vacancy in stayed],
    )
    new = await _new(conn, {vacancy.post.id: vacancy for _, _, vacancy in stayed}, now)
    if not new:
        return
    rows = statements().officers_open_complaints(conn, posts=sorted(new))
    counts = {row["post"]: int(row["complaints"]) async for row in rows}
    first = {vacancy.post.id: (one, terms) for one, terms, vacancy in reversed(stayed)}
    messages = []
    for post in sorted(new):
        one, terms = first[post]
        _log.warning("post vacant with complaints", post=post, complaints=counts[post])
        if other := terms.ladder.instead_of(post, _at_work(one).level, terms.policy.last_level):
            messages.append(_message(one, seqs[one.id], new[post], other, counts[post], terms))
    if messages:
        await notify_each(conn, messages, now)


async def _new(conn: Connection, found: Mapping[str, Vacancy], now: datetime) -> dict[str, Vacancy]:
    rows = statements().officers_note_vacancies(
        conn,
        posts=sorted(found),
        since=[found[post].since.date() for post in sorted(found)],
        at=now,
    )
    return {row["post"]: found[row["post"]] async for row in rows}


def _message(
    one: Complaint, entry: int, vacancy: Vacancy, other: Post, complaints: int, terms: Terms
) -> Notification:
    body = texts.officer_vacancy(
        one.number,
        vacancy.post.title,
        one.place_name,
        complaints,
        vacancy.ends_at(terms.policy),
    )
    return Notification(
        complaint_id=one.id,
        entry=entry,
        kind=Kind.OFFICER_VACANCY,
        recipient=other.number,
        officer=other.officer,
        body=body,
    )
