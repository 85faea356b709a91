"""Sealed objects in the store: written once, read back before they count, opened in parts."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from db.ids import new_id
from recordings.errors import StoreError
from recordings.master import MasterKeys, WrappedKey
from recordings.model import object_location
from recordings.seal import HEADER, SEGMENT, Seal, covering, sealed_size
from recordings.store import Digest, Store

Role = Literal["original", "copy"]
Format = Literal["wav", "ogg"]
_PIECE = 4 * SEGMENT
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedObject:
    """A file in the store. `sha256`, `bytes`: as it is handed out; `stored_...`: as it lies.

    `key` None: it lies in the clear, from before there was encryption.
    """

    id: UUID
    location: str
    sha256: str
    bytes: int
    stored_sha256: str
    stored_bytes: int
    key: WrappedKey | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject(SealedObject):
    """A file of a recording."""

    recording_id: UUID
    role: Role
    format: Format
    tool: str
    parameters: str = ""

    @property
    def content_type(self) -> str:
        """For a browser."""
        return "audio/wav" if self.format == "wav" else "audio/ogg"

    @property
    def file_name(self) -> str:
        """Under which it is handed out."""
        return f"{self.recording_id}.{self.format}"


@dataclass(frozen=True, slots=True)
class NewFile:
    """What is to be stored. `tool` made it, with these `parameters`."""

    recording_id: UUID
    started_at: datetime
    role: Role
    format: Format
    tool: str
    parameters: str = ""


class Vault:
    """The store, seen through the seals."""

    def __init__(self, store: Store, keys: MasterKeys) -> None:
        self.store = store
        self.keys = keys

    def put(self, file: NewFile, pieces: Iterable[bytes], now: datetime) -> StoredObject:
        """A recording's file, as `seal_in`. Blocks."""
        sealed = self.seal_in(file.recording_id, pieces, day_of=file.started_at, now=now)
        known: dict[str, Any] = {one.name: getattr(sealed, one.name) for one in fields(sealed)}
        return StoredObject(
            **known,
            recording_id=file.recording_id,
            role=file.role,
            format=file.format,
            tool=file.tool,
            parameters=file.parameters,
        )

    def seal_in(
        self, owner: UUID, pieces: Iterable[bytes], *, day_of: datetime, now: datetime
    ) -> SealedObject:
        """Seal, store and read back. `owner`, `day_of`: what it lies under in the store.

        Raises `StoreError` when it does not lie there. Blocks.
        """
        object_id = new_id(now)
        where = object_location(owner, object_id, day_of)
        key, wrapped = self.keys.new_data_key(object_id)
        plain, sealed = _Tally(), _Tally()
        self.store.put(where, sealed.over(Seal(key, object_id).close(plain.over(pieces))))
        lies = self.store.digest(where)
        if lies != sealed.digest:
            raise StoreError(f"{where} does not lie in the store as it was written")
        return SealedObject(
            id=object_id,
            location=where,
            sha256=plain.digest.sha256,
            bytes=plain.digest.bytes,
            stored_sha256=lies.sha256,
            stored_bytes=lies.bytes,
            key=wrapped,
        )

    async def read(self, one: SealedObject, start: int, end: int) -> bytes:
        """The bytes `start` to `end` (exclusive) of the file; only their segments are fetched.

        Raises `StoreError`, `SealBrokenError`, `MasterKeyError`.
        """
        if one.key is None:
            return await self.store.read(one.location, start, end) if start < end else b""
        span = covering(start, end, one.bytes)
        sealed = await self.store.read(one.location, span.start, span.end)
        return self._seal(one).open(sealed, start, end, one.bytes)

    def pieces(self, one: SealedObject) -> Iterator[bytes]:
        """The whole file, in pieces of at most 256 KiB. Raises as `read`. Blocks."""
        seal = self._seal(one) if one.key is not None else None
        if seal is not None:
            seal.check_header(self.store.read_now(one.location, 0, HEADER))
            if one.bytes == 0:
                seal.open(self.store.read_now(one.location, HEADER, one.stored_bytes), 0, 0, 0)
        for start in range(0, one.bytes, _PIECE):
            end = min(start + _PIECE, one.bytes)
            if seal is None:
                yield self.store.read_now(one.location, start, end)
                continue
            span = covering(start, end, one.bytes)
            sealed = self.store.read_now(one.location, span.start, span.end)
            yield seal.open(sealed, start, end, one.bytes)

    def write_file(self, one: SealedObject, path: Path) -> None:
        """The opened file at `path`, for its owner only. Raises as `read`. Blocks."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(path, _NEW_FILE, 0o600), "wb") as file:
            for piece in self.pieces(one):
                file.write(piece)

    def is_whole(self, one: SealedObject) -> bool:
        """Whether the object lies in the store as it was written, by its hash. Blocks."""
        return self.store.digest(one.location) == Digest(one.stored_sha256, one.stored_bytes)

    def plain_digest(self, one: SealedObject) -> Digest:
        """SHA-256 and size of the opened file. Raises as `read`. Blocks."""
        tally = _Tally()
        for _ in tally.over(self.pieces(one)):
            pass
        return tally.digest

    def _seal(self, one: SealedObject) -> Seal:
        if one.key is None:
            raise ValueError(f"{one.location} lies in the clear")
        if one.stored_bytes != sealed_size(one.bytes):
            raise StoreError(f"{one.location} has not the size of its file")
        return Seal(self.keys.unwrap(one.key, one.id), one.id)


class _Tally:
    """Hashes and counts what passes."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._bytes = 0

    def over(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self._hash.update(piece)
            self._bytes += len(piece)
            yield piece

    @property
    def digest(self) -> Digest:
        return Digest(self._hash.hexdigest(), self._bytes)
