"""The answer to a command that was not carried out, the same for agents and supervisors."""

from collections.abc import Mapping
from typing import Any

import structlog

from cti.errors import AmiError, DeskError, Reason
from cti.why import Why
from db.errors import stop_if_cancelled

_log = structlog.get_logger(__name__)


def refusal(asked: Mapping[str, Any], why: Why | Reason, **more: str) -> dict[str, Any]:
    """`reason` is as everywhere on the API: `{"code": "...", ...}`."""
    reason = why if isinstance(why, Reason) else Reason(why)
    return {"type": "answer", "id": asked["id"], "ok": False, "reason": reason.told(), **more}


def refused_by(asked: Mapping[str, Any], error: Exception, who: str) -> dict[str, Any]:
    """For a `DeskError`, an `AmiError` or one of `db.errors.AWAY`, which is logged."""
    if isinstance(error, DeskError):
        return refusal(asked, error.reason)
    if isinstance(error, AmiError):
        _log.warning("command not carried out", who=who, error=str(error))
        return refusal(asked, Why.ASTERISK_SILENT)
    stop_if_cancelled()
    _log.warning("command not carried out", who=who, error=repr(error))
    return refusal(asked, Why.DATABASE_AWAY)
