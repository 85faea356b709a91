"""What agents' pages may ask over their socket, each answered once.

A message is `{"type": ..., "id": ..., ...}`, its answer `{"type": "answer", "id": ..., "ok": true}`
or `{"ok": false, "reason": "..."}`. What then happens is told by `state` and the call's messages.
"""

from collections.abc import Mapping
from typing import Any

import structlog

from cti.errors import AmiError, DeskError
from cti.presence import Presence
from db.errors import AWAY, stop_if_cancelled

_log = structlog.get_logger(__name__)

Answer = dict[str, Any]


class Commands:
    """Every command of an agent's page."""

    def __init__(self, presence: Presence) -> None:
        self._presence = presence

    async def answer(self, agent_id: str, asked: Mapping[str, Any]) -> Answer:
        """Carry one out. Never raises what is the page's or Asterisk's fault."""
        head: Answer = {"type": "answer", "id": asked["id"]}
        try:
            more = await self._carry_out(agent_id, asked)
        except DeskError as error:
            return head | {"ok": False, "reason": str(error)}
        except AmiError as error:
            _log.warning("command not carried out", agent=agent_id, error=str(error))
            return head | {"ok": False, "reason": "Asterisk did not answer"}
        except AWAY as error:
            stop_if_cancelled()
            _log.warning("command not carried out", agent=agent_id, error=repr(error))
            return head | {"ok": False, "reason": "the database is away"}
        if more is None:
            return head | {"ok": False, "reason": "not a message that we know"}
        return head | {"ok": True} | more

    async def _carry_out(self, agent_id: str, asked: Mapping[str, Any]) -> Answer | None:
        """What the answer has beside `ok`; None: no such command."""
        match asked:
            case {"type": "pause", "reason": str(reason)}:
                self._presence.pause(agent_id, reason)
            case {"type": "ready"}:
                self._presence.ready(agent_id)
            case {"type": "end_wrap_up"}:
                self._presence.end_wrap_up(agent_id)
            case {"type": "extend_wrap_up"}:
                self._presence.extend_wrap_up(agent_id)
            case _:
                return None
        return {}
