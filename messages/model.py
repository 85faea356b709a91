"""A message on its way."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID


class Channel(StrEnum):
    """The way it goes."""

    SMS = "sms"
    EMAIL = "email"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a driver sends.

    `id` is the idempotency key: the same at every attempt. `recipient`: E.164, an e-mail address,
    or the name of a webhook's audience. `template_id`, `header`: as registered with the operator.
    `parts`: of an SMS, 1 otherwise.
    """

    id: UUID
    attempt_no: int
    kind: str
    channel: Channel
    recipient: str
    subject: str
    body: str
    template_id: str
    header: str
    encoding: str
    parts: int
    created_at: datetime


class Driver(Protocol):
    """A way out. One is used by many sends at once."""

    async def send(self, message: Message) -> str:
        """Hand it over; the gateway's own name for it, or nothing.

        Raises `TransientError` or `PermanentError`. The caller sees to the time limit.
        """

    async def close(self) -> None:
        """Let go of connections."""
