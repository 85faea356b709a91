"""The form as one types it: kept by call and agent, so that a reload loses nothing."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg

from cti.errors import NotAllowedError, NotNowError
from cti.why import Why
from cti.writes import Writes
from db.pool import Connection, Pool
from db.statements import statements

_ACQUIRE_SECONDS = 5.0
_LARGEST = 24_000
_LAST_VERSION = 2**31 - 1


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
        """`version` and `form`; None: there is none."""
        async with self._pool().acquire(timeout=_ACQUIRE_SECONDS) as conn:
            row = await statements().desk_draft(conn, call_id=call_id, agent_id=agent_id)
        return None if row is None else {"version": row["version"], "form": json.loads(row["form"])}

    def forget(self, call_id: UUID, agent_id: str) -> None:
        """It was registered."""
        job = partial(_delete, call_id=call_id, agent_id=agent_id)
        self._writes.add("draft registered", job)


async def _delete(conn: Connection, *, call_id: UUID, agent_id: str) -> None:
    await statements().desk_delete_draft(conn, call_id=call_id, agent_id=agent_id)
