"""Who calls whom, from the headers: pure."""

from datetime import datetime
from uuid import UUID

from agi.protocol import clean
from agi.session import Session
from calls.model import Direction, NewCall
from calls.numbers import to_e164
from db.ids import new_id

_LONGEST_SERVICE_NUMBER = 40
_NOTHING = ("", "unknown")


def caller_number(session: Session) -> str | None:
    """The caller's number (E.164), or None: withheld, or no telephone number."""
    return None if _is_withheld(session) else to_e164(session.env.get("agi_callerid", ""))


def new_inbound_call(session: Session, *, cell: str, now: datetime) -> NewCall:
    """A new call of ours, begun `now`."""
    env = session.env
    dialled = env.get("agi_dnid", "")
    if dialled in _NOTHING:
        dialled = env.get("agi_extension", "")
    return NewCall(
        id=new_id(now),
        cell=cell,
        direction=Direction.INBOUND,
        started_at=now,
        number=caller_number(session),
        number_raw=clean(env.get("agi_callerid", "")),
        service_number=clean(dialled)[:_LONGEST_SERVICE_NUMBER],
        channel_id=env.get("agi_uniqueid"),
    )


def call_id_argument(session: Session) -> UUID | None:
    """Our call's identity, which the dialplan gives as first argument; None when it is none."""
    try:
        return UUID(session.args[0])
    except (IndexError, ValueError):
        return None


def _is_withheld(session: Session) -> bool:
    """Presentation is restricted (bits 6 and 5 are 01, Q.931): the network knows, we must not."""
    presentation = session.env.get("agi_callingpres", "0")
    return presentation.isascii() and presentation.isdigit() and int(presentation) & 0x60 == 0x20
