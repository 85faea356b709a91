"""What agents' pages may ask over their socket, each answered once.

A message is `{"type": ..., "id": ..., ...}`, its answer `{"type": "answer", "id": ..., "ok": true}`
or `{"ok": false, "reason": {"code": "...", ...}}`, with a code of `cti.why` and what its text fills
in. What then happens is told by `state` and the call's messages.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from cti.callers import Callers
from cti.clicks import Clicks
from cti.control import Control
from cti.directory import Directory
from cti.drafts import Drafts
from cti.errors import AmiError, DeskError, NotAllowedError
from cti.help import HelpChat
from cti.notices import Notices
from cti.pausing import RecordingPauses
from cti.presence import Presence
from cti.recovery import Recovery
from cti.refusals import refusal, refused_by
from cti.softphones import Softphones
from cti.why import Why
from db.errors import AWAY

Answer = dict[str, Any]


class Commands:
    """Every command of an agent's page."""

    def __init__(
        self,
        presence: Presence,
        control: Control,
        clicks: Clicks,
        directory: Directory,
        drafts: Drafts,
        callers: Callers,
        help_chat: HelpChat,
        softphones: Softphones,
        recovery: Recovery,
        recording: RecordingPauses,
        notices: Notices,
    ) -> None:
        self._presence = presence
        self._control = control
        self._clicks = clicks
        self._directory = directory
        self._drafts = drafts
        self._callers = callers
        self._help = help_chat
        self._softphones = softphones
        self._recovery = recovery
        self._recording = recording
        self._notices = notices

    async def answer(self, agent_id: str, asked: Mapping[str, Any]) -> Answer:
        """Carry one out. Never raises what is the page's or Asterisk's fault."""
        try:
            more = await self._carry_out(agent_id, asked)
        except (DeskError, AmiError, *AWAY) as error:
            return refused_by(asked, error, f"agent:{agent_id}")
        if more is None:
            return refusal(asked, Why.UNKNOWN_MESSAGE)
        return {"type": "answer", "id": asked["id"], "ok": True} | more

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
                return await self._call_command(agent_id, asked)
        return {}

    async def _call_command(self, agent_id: str, asked: Mapping[str, Any]) -> Answer | None:
        control, directory = self._control, self._directory
        match asked:
            case {"type": "transfer", "to": dict(to)}:
                await control.transfer(agent_id, directory.target(to))
            case {"type": "consult", "to": dict(to)}:
                return {"leg": await control.consult(agent_id, directory.target(to))}
            case {"type": "consult_complete"}:
                await control.complete(agent_id)
            case {"type": "consult_cancel"}:
                await control.cancel(agent_id)
            case {"type": "consult_join"}:
                await control.join(agent_id)
            case {"type": "conference", "to": dict(to)}:
                return {"leg": await control.conference(agent_id, directory.target(to))}
            case {"type": "emergency", "how": "transfer"}:
                await control.transfer(agent_id, directory.emergency(asked.get("code")))
            case {"type": "emergency"}:
                target = directory.emergency(asked.get("code"))
                return {"leg": await control.emergency(agent_id, target)}
            case {"type": "keys", "keys": str(keys)}:
                await control.keys(agent_id, keys)
            case {"type": "hang_up"}:
                await control.hang_up(agent_id)
            case {"type": "hold" | "unhold" | "mute" | "unmute" as what}:
                control.report(agent_id, what)
            case {"type": "call_citizen", "key": str(key), "complaint": str(complaint)}:
                call_id = await self._clicks.call(agent_id, _uuid(key), complaint)
                return {"call": str(call_id)}
            case {"type": "pause_recording" | "resume_recording" | "recording"}:
                return await self._recording_command(agent_id, asked)
            case _:
                return await self._writing_command(agent_id, asked)
        return {}

    async def _recording_command(self, agent_id: str, asked: Mapping[str, Any]) -> Answer | None:
        call_id = self._control.call_of(agent_id)
        match asked:
            case {"type": "pause_recording", "reason": str(why)}:
                return dict(await self._recording.pause(agent_id, call_id, why))
            case {"type": "resume_recording"}:
                return dict(await self._recording.resume(agent_id, call_id))
            case {"type": "recording"}:
                return dict(await self._recording.asked(call_id))
            case _:
                return None

    async def _writing_command(self, agent_id: str, asked: Mapping[str, Any]) -> Answer | None:
        match asked:
            case {"type": "draft", "call": str(call), "version": int(version), "form": dict(form)}:
                await self._drafts.save(_uuid(call), agent_id, version, form)
            case {"type": "draft_load", "call": str(call)}:
                return {"draft": await self._drafts.load(_uuid(call), agent_id)}
            case {"type": "drafts"}:
                return {"drafts": await self._drafts.open(agent_id)}
            case {"type": "draft_drop", "call": str(call)}:
                await self._drafts.drop(_uuid(call), agent_id)
            case {"type": "find_citizens", "by": str(by)}:
                return {"citizens": await self._callers.find(agent_id, by)}
            case {"type": "caller", "call": str(call)}:
                return {"pop": await self._callers.pop(agent_id, _uuid(call))}
            case {"type": "help", "text": str(text)}:
                await self._help.ask(agent_id, text)
            case {"type": "softphone"}:
                return await self._softphones.issue(agent_id)
            case {"type": "softphone_ready", "calls": int(calls)}:
                told = await self._recovery.phone_ready(agent_id, calls)
                rings_for = None if told.rings_for is None else str(told.rings_for)
                return {"rings": rings_for is not None, "call": rings_for, "stale": told.stale}
            case {"type": "help_history"}:
                return {"messages": await self._help.history(agent_id)}
            case {"type": "notices"}:
                return {"notices": await self._notices.unread(agent_id)}
            case {"type": "notice_read", "notice": str(notice)}:
                await self._notices.read(agent_id, _uuid(notice))
            case _:
                return None
        return {}


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotAllowedError(Why.NOT_AN_ID) from None
