"""The recordings store: obstore, thinly. A local folder, or S3, GCS, Azure by the same calls."""

import hashlib
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from recordings.errors import StoreError

# What obstore raises: its own tree, and Python's where it has one (a missing file, no permission).
_FAILURES = (BaseError, OSError)
_PATIENCE = {"timeout": timedelta(seconds=30), "connect_timeout": timedelta(seconds=5)}
_RETRIES: Any = {"max_retries": 3, "retry_timeout": timedelta(seconds=60)}
_CHUNK = 1 << 20
_DAY = re.compile("[0-9]{4}/(?:0[1-9]|1[0-2])/(?:0[1-9]|[12][0-9]|3[01])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Listed:
    """An object as the store lists it."""

    location: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Digest:
    """What really lies in the store, read back: SHA-256 and size."""

    sha256: str
    bytes: int


class Store:
    """Whole objects by path. Every failure is a `StoreError`."""

    def __init__(self, backend: ObjectStore, folder: Path | None = None) -> None:
        """`folder` is the local store's own, where durability is ours to see to."""
        self._backend = backend
        self._folder = folder

    @classmethod
    def local(cls, folder: Path) -> "Store":
        """A store in `folder`, which is made when it is not there."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return cls(LocalStore(prefix=folder), folder)

    @classmethod
    def at(cls, url: str, options: Mapping[str, str]) -> "Store":
        """A store at `url` (`s3://bucket/prefix`, `gs://...`, `az://...`).

        `options` are obstore's, such as `endpoint`, `region`, `access_key_id`. Raises `StoreError`
        for what cannot be; nothing is asked of the store yet.
        """
        given: Any = dict(options)
        patience: Any = {**_PATIENCE, "allow_http": given.pop("allow_http", "") == "true"}
        try:
            backend: ObjectStore = from_url(
                url, config=given, client_options=patience, retry_config=_RETRIES
            )
        except (*_FAILURES, ValueError) as error:
            raise StoreError(f"no recordings store at {url}: {error}") from error
        return cls(backend)

    def put(self, location: str, pieces: Iterable[bytes]) -> None:
        """Write an object, all or nothing, in place of what is there; durable on return. Blocks."""
        try:
            obstore.put(self._backend, location, pieces)
            if self._folder is not None:
                _make_durable(self._folder, location)
        except _FAILURES as error:
            raise StoreError(f"cannot store {location}: {error}") from error

    def digest(self, location: str) -> Digest:
        """Read an object back, whole. Blocks."""
        digest, size = hashlib.sha256(), 0
        try:
            for piece in obstore.get(self._backend, location).stream(min_chunk_size=_CHUNK):
                digest.update(piece)
                size += len(piece)
        except _FAILURES as error:
            raise StoreError(f"cannot read {location}: {error}") from error
        return Digest(digest.hexdigest(), size)

    def read_now(self, location: str, start: int, end: int) -> bytes:
        """As `read`. Blocks."""
        try:
            return bytes(obstore.get_range(self._backend, location, start=start, end=end))
        except _FAILURES as error:
            raise StoreError(f"cannot read {location}: {error}") from error

    async def delete(self, location: str) -> None:
        """Remove an object; one that is not there is removed already."""
        try:
            await obstore.delete_async(self._backend, location)
        except FileNotFoundError:
            return
        except _FAILURES as error:
            raise StoreError(f"cannot delete {location}: {error}") from error

    def days(self) -> list[str]:
        """The folders `YYYY/MM/DD` that there are, oldest first. Blocks."""
        found = [""]
        try:
            for _ in range(3):
                found = [
                    prefix
                    for above in found
                    for prefix in obstore.list_with_delimiter(self._backend, above or None)[
                        "common_prefixes"
                    ]
                ]
        except _FAILURES as error:
            raise StoreError(f"cannot list the store: {error}") from error
        return sorted(day for day in found if _DAY.fullmatch(day))

    def objects_of(self, day: str) -> list[Listed]:
        """The objects in the folder of a day. Blocks."""
        try:
            return [
                Listed(found["path"], found["size"])
                for batch in obstore.list(self._backend, prefix=day)
                for found in batch
            ]
        except _FAILURES as error:
            raise StoreError(f"cannot list {day}: {error}") from error

    def half_written(self, day: str) -> list[Path]:
        """Files of a local store that a crash left under the name they are staged under. Blocks."""
        return [] if self._folder is None else sorted((self._folder / day).glob("*#*"))

    async def size(self, location: str) -> int | None:
        """An object's bytes, or None when there is none."""
        try:
            return (await obstore.head_async(self._backend, location))["size"]
        except FileNotFoundError:
            return None
        except _FAILURES as error:
            raise StoreError(f"cannot look at {location}: {error}") from error

    async def read(self, location: str, start: int, end: int) -> bytes:
        """Bytes `start` to `end` (exclusive, within the object)."""
        try:
            return bytes(
                await obstore.get_range_async(self._backend, location, start=start, end=end)
            )
        except _FAILURES as error:
            raise StoreError(f"cannot read {location}: {error}") from error


def _make_durable(folder: Path, location: str) -> None:
    """Flush the file and the folders above it to the disk."""
    path = folder / location
    _fsync(path)
    for parent in path.parents:
        _fsync(parent)
        if parent == folder:
            break


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
