"""What an officer is handed with an escalated complaint; who opened it is logged."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg
import structlog

from complaints import history, number, texts
from complaints.attachments import rows as attached
from complaints.attachments.model import Attachment, may_see
from complaints.confidentiality import may_hear
from complaints.ends import Standing
from complaints.entry_words import Line, corrected, lines
from complaints.errors import NoBundleError
from complaints.history import Event
from complaints.kinds import MatterKind
from complaints.notifications import Kind, Signer
from complaints.policy import Policy
from complaints.store import hold, transaction
from complaints.story import RegisterEntry, StoryRecording, recording_of, register_entry_of
from complaints.taking import note, tell_post
from complaints.wording import WORDINGS
from db.ids import new_id
from db.pool import Connection, Pool
from db.statements import statements

_log = structlog.get_logger(__name__)
_ACQUIRE_SECONDS = 2.0
_NAMED = ("post_title", "place", "category")
_NAMES = {f"{name}{ending}" for name in _NAMED for ending in ("", "_en")}
_NOT_SHOWN = {*_NAMES, "post_level", "confidential_as", "kind", "incident"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """The complaint as it stands now, for one post. Lists are oldest first; `category` has its
    marks.

    The citizen's name and number are not in it: whoever has the link can open it. `withheld`: how
    many recordings are not either, since they would tell the office who complains;
    `files_withheld`: how many of the attachments of disposals.
    """

    id: UUID
    complaint_id: UUID
    post: str
    post_title: str
    number: str
    category: str
    place: str
    text_hi: str
    level: int
    due_at: datetime | None
    register: tuple[RegisterEntry, ...]
    history: tuple[Line, ...]
    recordings: tuple[StoryRecording, ...]
    withheld: int
    attachments: tuple[Attachment, ...]
    files_withheld: int


async def make_each(
    conn: Connection, handed: Sequence[tuple[UUID, int, str]], now: datetime
) -> list[UUID]:
    """A bundle for each (complaint, history entry, post that has it from there on); their ids."""
    ids = [new_id(now) for _ in handed]
    await statements().complaints_add_bundles(
        conn,
        ids=ids,
        complaint_ids=[complaint_id for complaint_id, _, _ in handed],
        entries=[entry for _, entry, _ in handed],
        posts=[post for _, _, post in handed],
        created_at=now,
    )
    return ids


async def open_bundle(
    pool: Pool, bundle_id: UUID, *, policy: Policy, remote: str, now: datetime, language: str = "hi"
) -> Bundle | None:
    """What is in it, and a note that somebody at `remote` opened it; None: there is none."""
    async with pool.acquire(timeout=_ACQUIRE_SECONDS) as conn, conn.transaction():
        row = await statements().complaints_bundle(conn, id=bundle_id)
        if row is None:
            return None
        await statements().complaints_bundle_opened(
            conn, id=new_id(now), bundle_id=bundle_id, at=now, remote=remote
        )
        key = {"complaint_ids": [row["complaint_id"]]}
        register = statements().complaints_register(conn, **key)
        level = row["post_level"]
        recordings = [one async for one in statements().complaints_recordings(conn, **key)]
        heard = [one for one in recordings if may_hear(policy, level, one["confidential_as"])]
        files = (await attached.of_complaints(conn, [row["complaint_id"]]))[row["complaint_id"]]
        secret = policy.of(row["confidential_as"]) if row["confidential_as"] else None
        seen = [
            one for one in files if secret is None or may_see(secret, level, one.level, one.via)
        ]
        return Bundle(
            **{name: value for name, value in row.items() if name not in _NOT_SHOWN},
            post_title=_named(row, "post_title", language),
            place=_named(row, "place", language),
            category=texts.subject(
                _named(row, "category", language),
                MatterKind(row["kind"]),
                incident=row["incident"],
                marks=WORDINGS[language].marks,
            ),
            register=tuple([register_entry_of(one) async for one in register]),
            history=await _history(conn, row["complaint_id"], language),
            recordings=tuple(map(recording_of, heard)),
            withheld=len(recordings) - len(heard),
            attachments=tuple(seen),
            files_withheld=len(files) - len(seen),
        )


def _named(row: asyncpg.Record, name: str, language: str) -> str:
    """A title or name in that language; in Hindi where it has none."""
    found: str = (row[f"{name}_en"] if language == "en" else "") or row[name]
    return found


async def _history(conn: Connection, complaint_id: UUID, language: str) -> tuple[Line, ...]:
    entries = await history.entries(conn, complaint_id)
    named = {one.actor.partition(":")[2] for one in entries} | {one.post or "" for one in entries}
    rows = statements().complaints_titles(conn, posts=sorted(named), mapped=corrected(entries))
    names = {row["code"]: _named(row, "name", language) async for row in rows}
    return tuple(lines(entries, names, WORDINGS[language]))


async def renew(
    pool: Pool, complaint_number: str, *, actor: str, signer: Signer, now: datetime
) -> str:
    """A new link to what the post that has the complaint was handed last, sent to who holds that
    post now; the post. Links sent before stay as they are.

    Raises the number's errors and `NoBundleError`.
    """
    digits = number.parse(complaint_number)
    async with transaction(pool) as conn:
        complaint = await hold(conn, digits)
        state = complaint.state
        if not isinstance(state, Standing):
            raise NoBundleError(digits)
        post = state.post
        bundle = await statements().complaints_last_bundle(
            conn, complaint_id=complaint.id, post=post
        )
        if bundle is None:
            raise NoBundleError(digits)
        entry = await note(conn, complaint, state, event=Event.LINK_RENEWED, actor=actor, now=now)
        link = signer(bundle)
        body = texts.officer_link(digits, complaint.subject, complaint.place_name, link)
        kind = Kind.OFFICER_LINK
        await tell_post(conn, complaint, entry, kind, post, body, now, links=[link])
    _log.info("link to a bundle renewed", complaint=str(complaint.id), bundle=str(bundle))
    return post
