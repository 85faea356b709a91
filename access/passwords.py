"""Passwords and PINs as argon2id hashes. Hashing is slow on purpose and runs beside the loop."""

import asyncio
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from access.errors import WeakPasswordError

SHORTEST, LONGEST = 12, 128
_FEWEST_KINDS = 5  # different characters


@dataclass(frozen=True, slots=True, kw_only=True)
class HashCost:
    """argon2id's parameters; the defaults are RFC 9106's second recommendation. Memory in KiB."""

    time: int = 3
    memory: int = 64 * 1024
    lanes: int = 4


class Passwords:
    """Hashes and verifies, at most `at_once` together: each takes its memory and a core."""

    def __init__(self, cost: HashCost, at_once: int = 4) -> None:
        self._hasher = PasswordHasher(cost.time, cost.memory, cost.lanes)
        self._free = asyncio.Semaphore(at_once)
        self._nobodys = self._hasher.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        """With a salt of its own."""
        async with self._free:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def verify(self, hashed: str | None, given: str) -> bool:
        """Whether it is that one. None (no such person, no password) takes as long, and is no."""
        async with self._free:
            right = await asyncio.to_thread(self._verify, hashed or self._nobodys, given)
        return right and hashed is not None

    def stale(self, hashed: str) -> bool:
        """Whether it was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(hashed)

    def _verify(self, hashed: str, given: str) -> bool:
        try:
            return self._hasher.verify(hashed, given)
        except (VerifyMismatchError, VerificationError, InvalidHashError):
            return False


def check_strength(password: str, *names: str) -> None:
    """Raises `WeakPasswordError`. Length counts; rules about kinds of characters do not help."""
    if len(password) < SHORTEST:
        raise WeakPasswordError("short", f"a password has at least {SHORTEST} characters")
    if len(password) > LONGEST:
        raise WeakPasswordError("long", f"a password has at most {LONGEST} characters")
    if len(set(password)) < _FEWEST_KINDS:
        raise WeakPasswordError("monotone", "the password repeats the same few characters")
    if any(name and name.casefold() in password.casefold() for name in names):
        raise WeakPasswordError("name", "the password contains the person's name")
