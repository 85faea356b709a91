"""Master keys: they wrap the data keys of recordings, and can be changed.

A master key is named by its own hash, so that a key that was given twice is one key and a wrapped
key always says which master opens it.
"""

import hashlib
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from recordings.errors import MasterKeyError
from recordings.seal import KEY_BYTES

_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A data key as it is kept: which master wraps it; nonce, key and tag (60 bytes)."""

    master_id: str
    wrapped: bytes = field(repr=False)


class MasterKeys:
    """The keys that we have, the current one first. `ValueError` for a key of another size."""

    def __init__(
        self, keys: Sequence[bytes], again: Callable[[], Sequence[bytes]] | None = None
    ) -> None:
        """`again` reads the keys anew when a wrapped key names a master that we have not: another
        process may have changed it while we run.
        """
        self._again = again
        self._take(keys)

    def _take(self, keys: Sequence[bytes]) -> None:
        if not keys or any(len(key) != KEY_BYTES for key in keys):
            raise ValueError(f"master keys have {KEY_BYTES} bytes, and there is at least one")
        self._ciphers = {master_id(key): AESGCM(key) for key in keys}
        self.current = master_id(keys[0])

    def new_data_key(self, object_id: UUID) -> tuple[bytes, WrappedKey]:
        """A fresh data key for one object, in the clear and wrapped."""
        key = secrets.token_bytes(KEY_BYTES)
        return key, self._wrap(key, object_id)

    def unwrap(self, wrapped: WrappedKey, object_id: UUID) -> bytes:
        """The data key. Raises `MasterKeyError`: we have not this master, or it was changed."""
        if wrapped.master_id not in self._ciphers and self._again is not None:
            self._take(self._again())
        cipher = self._ciphers.get(wrapped.master_id)
        if cipher is None:
            raise MasterKeyError(f"master key {wrapped.master_id} is not among ours")
        nonce, rest = wrapped.wrapped[:_NONCE_BYTES], wrapped.wrapped[_NONCE_BYTES:]
        try:
            return cipher.decrypt(nonce, rest, object_id.bytes)
        except (InvalidTag, ValueError) as error:
            raise MasterKeyError(f"the key of {object_id} is not what was wrapped") from error

    def lacking(self, master_ids: Iterable[str]) -> list[str]:
        """Of these masters, those that we have not: what they wrap nobody opens."""
        wanted = list(master_ids)
        if self._again is not None and not self._ciphers.keys() >= set(wanted):
            self._take(self._again())
        return [one for one in wanted if one not in self._ciphers]

    def rewrap(self, wrapped: WrappedKey, object_id: UUID) -> WrappedKey:
        """The same data key under the current master."""
        return self._wrap(self.unwrap(wrapped, object_id), object_id)

    def _wrap(self, key: bytes, object_id: UUID) -> WrappedKey:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._ciphers[self.current].encrypt(nonce, key, object_id.bytes)
        return WrappedKey(self.current, nonce + sealed)


def master_id(key: bytes) -> str:
    """A master key's name: says nothing about the key."""
    return hashlib.sha256(b"helpline master key\n" + key).hexdigest()[:16]
