"""The form as one types it: kept by call and agent, so that a reload loses nothing."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg

from cti.errors import NotAllowedError, NotNowError
from cti.hidden import hidden_numbers
from cti.why import Why
from cti.writes import Writes
from db.pool import Connection, Pool
from db.statements import statements

_ACQUIRE_SECONDS = 5.0
_LARGEST = 24_000
_LAST_VERSION = 2**31 - 1
_LISTED = timedelta(days=90)  # as long as a draft can be kept
_MOST_READ, _MOST_LISTED = 60, 20
_BEGINNING = 80


class Drafts:
    """One draft for each call and agent: the highest version stands, however they come."""

    def __init__(
        self, pool: Callable[[], Pool], writes: Writes, now: Callable[[], datetime]
    ) -> None:
        self._pool = pool
        self._writes = writes
        self._now = now

    async def save(
        self, call_id: UUID, agent_id: str, version: int, form: Mapping[str, Any]
    ) -> None:
        """Raises `NotNowError` when a newer one is kept, `NotAllowedError` for no call of ours."""
        text = json.dumps(form, ensure_ascii=False)
        if len(text) > _LARGEST or not 0 < version <= _LAST_VERSION or "\\u0000" in text:
            raise NotAllowedError(Why.NOT_A_DRAFT)
        async with self._pool().acquire(timeout=_ACQUIRE_SECONDS) as conn:
            try:
                kept = await statements().desk_put_draft(
                    conn, call_id=call_id, agent_id=agent_id, version=version, form=text,
                    at=self._now(),
                )  # fmt: skip
            except asyncpg.ForeignKeyViolationError:
                raise NotAllowedError(Why.NO_SUCH_CALL) from None
        if kept is None:
            raise NotNowError(Why.NEWER_DRAFT)

    async def load(self, call_id: UUID, agent_id: str) -> dict[str, Any] | None:
        """`version` and `form`; None: there is none, or nothing was typed yet."""
        async with self._pool().acquire(timeout=_ACQUIRE_SECONDS) as conn:
            row = await statements().desk_draft(conn, call_id=call_id, agent_id=agent_id)
        form = None if row is None else json.loads(row["form"])
        return (
            None if form is None or "missed" in form else {"version": row["version"], "form": form}
        )

    async def open(self, agent_id: str) -> list[dict[str, Any]]:
        """What the agent typed and did not register, latest first: `call`, `at`, `caller` (E.164 or
        null, also where it is not theirs to see), `category` (its names, or null), and how `text`
        begins. Without those in which nothing is, but for a call that their page was
        never shown (`missed`, see `cti.unheard`).
        """
        since = self._now() - _LISTED
        async with self._pool().acquire(timeout=_ACQUIRE_SECONDS) as conn:
            rows = statements().desk_drafts(
                conn, agent_id=agent_id, since=since, at_most=_MOST_READ
            )
            read = [row async for row in rows]
            hidden = await hidden_numbers(conn, [row["call_id"] for row in read], agent_id)
        found = [_listed(row, shown=row["call_id"] not in hidden) for row in read]
        return [one for one in found if one is not None][:_MOST_LISTED]

    async def drop(self, call_id: UUID, agent_id: str) -> None:
        """The agent does not want it any more."""
        async with self._pool().acquire(timeout=_ACQUIRE_SECONDS) as conn:
            await _delete(conn, call_id=call_id, agent_id=agent_id)

    def forget(self, call_id: UUID, agent_id: str) -> None:
        """It was registered."""
        job = partial(_delete, call_id=call_id, agent_id=agent_id)
        self._writes.add("draft registered", job)


async def _delete(conn: Connection, *, call_id: UUID, agent_id: str) -> None:
    await statements().desk_delete_draft(conn, call_id=call_id, agent_id=agent_id)


async def sweep(conn: Connection, keep: timedelta, now: datetime) -> None:
    """Drop drafts that nobody has typed in for so long."""
    await statements().desk_sweep_drafts(conn, before=now - keep)


def _listed(row: asyncpg.Record, *, shown: bool) -> dict[str, Any] | None:
    form = json.loads(row["form"])
    category, text = form.get("category"), str(form.get("text") or "").strip()
    if not isinstance(category, dict):
        category = None
    missed = form.get("missed") is True
    if not (missed or text or category or form.get("place") or form.get("citizen_name")):
        return None
    return {
        "call": str(row["call_id"]),
        "at": row["at"].isoformat(),
        "caller": row["citizen_number"] if shown else None,
        "category": category and {name: str(category.get(name) or "") for name in ("hi", "en")},
        "text": text[:_BEGINNING],
        "missed": missed,
    }
