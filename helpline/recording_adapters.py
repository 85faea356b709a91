"""What recordings ask of others: complaints, Asterisk, and who may listen."""

from collections.abc import Collection, Coroutine
from datetime import datetime
from uuid import UUID

from complaints.confidentiality import audience_may_hear
from complaints.holding import held_calls, holding_call
from complaints.policy import Policy
from cti.ami import AmiLink
from cti.errors import AmiError, AmiUnansweredError
from cti.message import AmiReply
from cti.mute import mute_recording, recording_file
from cti.supervisor.hearing import ListeningRights, is_user
from db.pool import Connection
from recordings.errors import PauseError, PauseUnansweredError

OPERATOR = "operator:"


class ComplaintCases:
    """`recordings.retention.OpenCases`: complaints that are open, or can still be reopened."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    async def holding(self, conn: Connection, call_id: UUID, now: datetime) -> str | None:
        """The complaint that the call belongs to, in words."""
        return await holding_call(conn, call_id, self._policy, now)

    async def held(self, conn: Connection, call_ids: Collection[UUID], now: datetime) -> set[UUID]:
        """Those of them that `holding` has a complaint for."""
        return await held_calls(conn, call_ids, self._policy, now)


class MayHear:
    """`recordings.download.MayHear`: people by their rights, officers by their post."""

    def __init__(self, policy: Policy, users: ListeningRights) -> None:
        self._policy = policy
        self._users = users

    async def __call__(self, conn: Connection, recording_id: UUID, audience: str) -> bool:
        """As things are now, however old the link is."""
        if is_user(audience):
            return await self._users.audience_may_hear(conn, recording_id, audience)
        return await audience_may_hear(conn, recording_id, audience, self._policy)


class AsteriskRecorder:
    """`recordings.recorder.Recorder` over the AMI link."""

    def __init__(self, link: AmiLink) -> None:
        self._link = link

    async def mute(self, channel: str, *, muted: bool) -> None:
        """Both directions."""
        _answer_of(await _asked(mute_recording(self._link, channel, muted=muted)))

    async def file(self, channel: str) -> str:
        """As the channel's variable has it, which outlives the recorder."""
        reply = _answer_of(await _asked(recording_file(self._link, channel)))
        return reply.fields.get("value", "")


async def _asked(asked: Coroutine[None, None, AmiReply]) -> AmiReply:
    try:
        return await asked
    except AmiUnansweredError as error:
        raise PauseUnansweredError(f"Asterisk did not answer: {error}") from error
    except AmiError as error:
        raise PauseError(f"Asterisk did not do it: {error}") from error


def _answer_of(reply: AmiReply) -> AmiReply:
    if not reply.ok:
        raise PauseError(f"Asterisk refused: {reply.message}")
    return reply


class OperatorRights:
    """`recordings.listening.Rights` of the command line: whoever may run it has the keys anyway."""

    async def may_listen(self, user: str, recording_id: UUID) -> bool:
        """Operators only."""
        del recording_id
        return user.startswith(OPERATOR)
