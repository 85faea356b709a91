"""Who waits in this cell's queues and at which place, by app_queue's own word."""

from collections.abc import Callable
from typing import Protocol
from uuid import UUID

from calls.waiting import Standing
from cti.errors import AmiRefusedError
from cti.message import AmiEvent, AmiReply
from cti.wire import Fields

_NO_MEMBERS = ("Member", "none")  # there may be hundreds, and nobody asks for them here

CallOf = Callable[[str], UUID | None]
"""The call of a channel (Asterisk's unique id); None: not one of ours."""


class Lists(Protocol):
    """What is needed of the link: `AmiLink.action_list`."""

    async def action_list(self, name: str, fields: Fields = ...) -> AmiReply:
        """A list action's answer. Raises an `AmiError`."""
        ...


async def in_line(link: Lists, call_of: CallOf) -> list[Standing]:
    """Everybody who waits, whoever they were let in before. Raises an `AmiError`."""
    reply = await link.action_list("QueueStatus", [_NO_MEMBERS])
    if not reply.ok:
        raise AmiRefusedError("QueueStatus", reply.message)
    entries = (event for event in reply.events if event.name == "QueueEntry")
    found = (_standing(event, call_of(event.get("uniqueid"))) for event in entries)
    return [one for one in found if one is not None]


def _standing(event: AmiEvent, call_id: UUID | None) -> Standing | None:
    position = event.get("position")
    if call_id is None or not position.isdecimal():
        return None
    return Standing(call_id, event.get("queue"), int(position))
