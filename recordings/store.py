"""The recordings store: obstore, thinly. A local folder now; S3, GCS, Azure by the same calls."""

import os
from collections.abc import Iterable
from pathlib import Path

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore

from recordings.errors import StoreError

# What obstore raises: its own tree, and Python's where it has one (a missing file, no permission).
_FAILURES = (BaseError, OSError)


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

    def put(self, location: str, pieces: Iterable[bytes]) -> None:
        """Write an object, all or nothing, in place of what is there; durable on return. Blocks."""
        try:
            obstore.put(self._backend, location, pieces)
            if self._folder is not None:
                _make_durable(self._folder, location)
        except _FAILURES as error:
            raise StoreError(f"cannot store {location}: {error}") from error

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
    """Flush the file and the folders above it to the disk; clear what a crash left half-written."""
    path = folder / location
    for torn in path.parent.glob(f"{path.name}#*"):  # the name object_store stages under
        torn.unlink(missing_ok=True)
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
