"""What every use case does with the complaint that it holds: see its state, and take a step."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from access.grants import numbers_of
from access.rights import Right
from complaints import history
from complaints.errors import AlreadyEndedError, NotNowError, WrongPostError
from complaints.history import Entry, Event
from complaints.lifecycle import Followed, Open, Returned, State, Triage, WithOfficer
from complaints.mapping import post_by_id
from complaints.notifications import Body, Kind, Notification, notify, notify_each
from complaints.store import STATE_NAMES, Complaint, move
from db.pool import Connection

_S = TypeVar("_S")


@dataclass(frozen=True, slots=True)
class Word:
    """What an officer moves it with: why, who enters it, when, and in which call an agent was told
    (None: the officer entered it).
    """

    text: str
    actor: str
    now: datetime
    call_id: UUID | None


def must_be(complaint: Complaint, kind: type[_S], move: str) -> _S:
    """The state, if it is of this kind; `move` says in the error what was asked for.

    Raises `AlreadyEndedError` and `NotNowError`.
    """
    state = complaint.state
    if isinstance(state, kind):
        return state
    if hasattr(state, "ended_at"):
        raise AlreadyEndedError(complaint.number, STATE_NAMES[type(state)])
    raise NotNowError(complaint.number, STATE_NAMES[type(state)], move)


def must_act(state: Followed, post: str) -> None:
    """Only the officer who has it acts on it. Raises `WrongPostError`."""
    if state.post != post:
        raise WrongPostError(state.post, post)


def entry_of(
    complaint: Complaint,
    after: State,
    *,
    event: Event,
    actor: str,
    now: datetime,
    reason: str = "",
    call_id: UUID | None = None,
    attached: str = "",
) -> Entry:
    """What the history is to say. A new due time is told with what it came from."""
    clock = None
    if isinstance(after, WithOfficer | Triage | Returned) and after != complaint.state:
        clock = after.clock
    return Entry(
        at=now,
        event=event,
        level=after.level,
        actor=actor,
        reason=reason,
        call_id=call_id,
        post=after.post,
        due_at=clock.due_at if clock else None,
        basis=clock.basis if clock else "",
        attached=attached,
    )


def must_be_open(complaint: Complaint) -> Open:
    """The state, if it is no end. Raises `AlreadyEndedError`."""
    state = complaint.state
    if isinstance(state, Open):
        return state
    raise AlreadyEndedError(complaint.number, STATE_NAMES[type(state)])


async def note(
    conn: Connection,
    complaint: Complaint,
    after: State,
    *,
    event: Event,
    actor: str,
    now: datetime,
    reason: str = "",
    call_id: UUID | None = None,
    attached: str = "",
) -> int:
    """Append to the history, with the words of `entry_of`; the entry's place."""
    entry = entry_of(
        complaint,
        after,
        event=event,
        actor=actor,
        now=now,
        reason=reason,
        call_id=call_id,
        attached=attached,
    )
    return await history.append(conn, complaint.id, entry)


async def take(
    conn: Connection,
    complaint: Complaint,
    after: Followed,
    *,
    event: Event,
    actor: str,
    now: datetime,
    reason: str = "",
    call_id: UUID | None = None,
) -> int:
    """Append to the history and write the state; the entry's place in the history."""
    entry = await note(
        conn,
        complaint,
        after,
        event=event,
        actor=actor,
        now=now,
        reason=reason,
        call_id=call_id,
    )
    await move(conn, complaint.id, after, now)
    return entry


async def tell_citizen(
    conn: Connection, complaint: Complaint, entry: int, kind: Kind, body: Body, now: datetime
) -> None:
    """A message to the number that the citizen gave."""
    told = Notification(
        complaint_id=complaint.id, entry=entry, kind=kind, recipient=complaint.contact, body=body
    )
    await notify(conn, told, now)


async def tell_team(
    conn: Connection, complaint: Complaint, entry: int, kind: Kind, body: Body, now: datetime
) -> int:
    """A message to each of the CM's team with a registered telephone; how many they are."""
    numbers = await numbers_of(conn, Right.COMPLAINT_FORWARD, now)
    told = [
        Notification(complaint_id=complaint.id, entry=entry, kind=kind, recipient=number, body=body)
        for number in numbers
    ]
    if told:
        await notify_each(conn, told, now)
    return len(told)


async def tell_post(
    conn: Connection,
    complaint: Complaint,
    entry: int,
    kind: Kind,
    post_id: str,
    body: Body,
    now: datetime,
    *,
    links: Sequence[str] = (),
) -> None:
    """A message to who holds the post. `links`: those in its text."""
    post = await post_by_id(conn, post_id, now)
    told = Notification(
        complaint_id=complaint.id,
        entry=entry,
        kind=kind,
        recipient=post.number,
        officer=post.officer,
        body=body,
        links=links,
    )
    await notify(conn, told, now)
