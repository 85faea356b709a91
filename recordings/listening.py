"""Listening needs a right and a reason; both are checked here, and every access is written down.

A recording is heard through a link that we signed (`link_for`; `recordings.download` answers it) or
taken out as a file (`take_out`). An officer has the right by the bundle: its page signs the links.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

from db.pool import Pool
from recordings import links, rows
from recordings.errors import NoSuchFileError, NotAllowedError
from recordings.vault import Role, StoredObject, Vault

#: How long after its end a link is renewed without the reason being typed again: a shift.
RENEWABLE = timedelta(hours=12)


class Rights(Protocol):
    """Who may listen to what; `helpline/` asks whoever knows."""

    async def may_listen(self, user: str, recording_id: UUID) -> bool:
        """Whether `user` (a kind and a name, such as `supervisor:anita`) may hear it."""
        ...


@dataclass(frozen=True, slots=True)
class Wish:
    """Who wants to hear which recording, and why."""

    user: str
    recording_id: UUID
    reason: str


@dataclass(frozen=True, slots=True)
class LinkTerms:
    """How links are made: `lifetime` is short, since a right may be taken back."""

    secret: bytes
    base_url: str
    lifetime: timedelta = timedelta(minutes=30)


async def link_for(pool: Pool, rights: Rights, wish: Wish, terms: LinkTerms, now: datetime) -> str:
    """A signed link that answers range requests until it expires.

    Raises `NotAllowedError`, `NoSuchFileError`.
    """
    await _allowed(rights, wish)
    await _file(pool, wish.recording_id, None)
    until = now + terms.lifetime
    reason = wish.reason.strip()
    return links.sign(terms.secret, terms.base_url, wish.recording_id, wish.user, until, reason)


async def renewed(
    pool: Pool, rights: Rights, user: str, old: str, terms: LinkTerms, now: datetime
) -> str:
    """A new link in place of one that has expired while it was listened to: the right is asked
    again, the reason is the one given then.

    Raises `NotAllowedError`: not their link, not ours, too old, or the right is gone; and
    `NoSuchFileError`.
    """
    parts = urlsplit(old)
    given = dict(parse_qsl(parts.query))
    recording_id = parts.path.rpartition("/")[2]
    audience, reason = given.get("audience", ""), given.get("reason", "")
    expires, signature = given.get("expires", ""), given.get("signature", "")
    ours = links.genuine(terms.secret, recording_id, audience, expires, signature, reason)
    if not ours or audience != user:
        raise NotAllowedError("this link was not given to them")
    if now.timestamp() - int(expires) > RENEWABLE.total_seconds():
        raise NotAllowedError("this link ended long ago: a reason is needed again")
    wish = Wish(user, UUID(recording_id), reason)
    return await link_for(pool, rights, wish, terms, now)


async def take_out(
    pool: Pool,
    vault: Vault,
    rights: Rights,
    wish: Wish,
    folder: Path,
    now: datetime,
    *,
    role: Role | None = None,
    remote: str = "",
) -> tuple[Path, StoredObject]:
    """Write the opened file into `folder`: the kept copy, else the original, unless `role` says.

    The access is written down before the file. Raises `NotAllowedError`, `NoSuchFileError`, and
    what `Vault.read` raises; the file is then not there.
    """
    await _allowed(rights, wish)
    one = await _file(pool, wish.recording_id, role)
    access = rows.Access(
        audience=wish.user,
        reason=wish.reason.strip(),
        remote=remote,
        role=one.role,
        first=0,
        last=one.bytes - 1,
    )
    async with pool.acquire(timeout=5) as conn:
        await rows.log_access(conn, wish.recording_id, access, now)
    path = folder / one.file_name
    await asyncio.to_thread(vault.write_file, one, path)
    return path, one


async def _allowed(rights: Rights, wish: Wish) -> None:
    if not wish.reason.strip():
        raise NotAllowedError("why? A reason is needed, and is written down")
    if not await rights.may_listen(wish.user, wish.recording_id):
        raise NotAllowedError(f"{wish.user} may not listen to {wish.recording_id}")


async def _file(pool: Pool, recording_id: UUID, role: Role | None) -> StoredObject:
    async with pool.acquire(timeout=5) as conn:
        objects = await rows.objects(conn, recording_id)
    one = objects.get(role) if role else objects.get("copy") or objects.get("original")
    if one is None:
        raise NoSuchFileError(f"recording {recording_id} has no {role or 'file'} in the store")
    return one
