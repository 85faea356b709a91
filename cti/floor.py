"""The floor: what agents are doing and want, behind their pages."""

from collections.abc import Callable, Mapping, Set
from typing import Any
from uuid import UUID

from cti.colleagues import colleagues
from cti.commands import Commands
from cti.desk import Agent
from cti.directory import Directory
from cti.effects import AgentAnswered, AgentHungUp, AgentReleased, RangOut
from cti.follow import FollowUps
from cti.live import LiveState
from cti.presence import Presence
from cti.queue_titles import title_of
from cti.softphones import Softphones
from cti.state import State
from cti.timeline import Standing, Timeline
from cti.views import AgentStatus
from cti.wishes import Wish


class Floor:
    """Joins the state, the agents' wishes and what their pages ask. Nothing here waits, but
    `command`. `seated` (who is signed in) and `tell_state` (to an agent's page) are set by whoever
    joins the parts. `in_step`: whether what is known of calls is what Asterisk has.
    """

    def __init__(
        self,
        live: LiveState,
        presence: Presence,
        timeline: Timeline,
        commands: Commands,
        follow_ups: FollowUps,
        directory: Directory,
        softphones: Softphones,
        *,
        in_step: Callable[[], bool],
    ) -> None:
        self._softphones = softphones
        self._in_step = in_step
        self._live = live
        self._presence = presence
        self._timeline = timeline
        self._commands = commands
        self._follow_ups = follow_ups
        self._directory = directory
        self.seated: Callable[[], Mapping[str, Agent]] = dict
        self.tell_state: Callable[[str], None] = lambda _agent: None

    def hello(self, agent_id: str) -> Mapping[str, Any]:
        """`state`, the reasons for a pause (`our_pauses`: those that nobody chooses), the numbers
        to hand a citizen to.
        """
        reasons, ours = (
            [
                {"code": one.code, "hi": one.name_hi, "en": one.name_en}
                for one in self._presence.reasons.values()
                if one.ours is which
            ]
            for which in (False, True)
        )
        listed = [
            {"code": one.code, "hi": one.name_hi, "en": one.name_en, "emergency": emergency}
            for emergency, some in (
                (True, self._directory.services),
                (False, self._directory.listed),
            )
            for one in some
        ]
        return {
            "state": self.state(agent_id),
            "pause_reasons": reasons,
            "our_pauses": ours,
            "targets": listed,
            "queue_names": sorted(self._directory.queues),
            "queue_titles": {
                name: self._directory.titles.get(name) or title_of(name)
                for name in sorted(self._directory.queues)
            },
            "softphone": self._softphones.has(agent_id),
        }

    def state(self, agent_id: str) -> Mapping[str, Any]:
        """What an agent's page shows of them. Not `in_step`: that nothing is known says nothing."""
        fields = state_fields(self._timeline.standing(agent_id), self._presence.wish(agent_id))
        asking = self._follow_ups.askings.now.get(agent_id)
        return fields | {
            "in_step": self._in_step(),
            "asking": None if asking is None else asking.fields(),
        }

    def talks(self, agent_id: str) -> bool:
        """Whether the agent is in a call."""
        return self._live.view(agent_id).status is AgentStatus.IN_CALL

    def signed_in(self, agent_id: str) -> None:
        """The agent has signed in."""
        self._presence.signed_in(agent_id)

    def signed_out(self, agent_id: str) -> None:
        """The agent has signed out."""
        self._presence.forget(agent_id)
        self._softphones.revoke(agent_id)

    async def command(self, agent_id: str, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """Carry out what a page asks."""
        if asked["type"] == "colleagues":
            agents = colleagues(
                agent_id, self._directory.agents, self.seated(), self._timeline.standings()
            )
            return {"type": "answer", "id": asked["id"], "ok": True, "agents": agents}
        answer = await self._commands.answer(agent_id, asked)
        self.tell_askings()
        return answer

    def tell_askings(self) -> None:
        """Who waits while somebody is asked may have changed, and who is asked."""
        for agent_id in self._follow_ups.askings.look():
            self.tell_state(agent_id)

    def member_changed(self, agent_id: str) -> None:
        """Asterisk seated, unseated, paused or unpaused this agent."""
        self._presence.check(agent_id)

    def answered(self, effect: AgentAnswered, queue: str) -> None:
        """The agent talks in a call of this queue."""
        self._presence.in_call(effect.agent_id, queue)
        self._follow_ups.agent_answered(effect.call_id)

    def rang_out(self, effect: RangOut) -> None:
        """The agent let a call of a queue ring."""
        self._presence.rang_out(effect.agent_id, effect.queue)

    def released(self, effect: AgentReleased, queue: str) -> None:
        """The agent has done with a call of this queue."""
        self._presence.after_call(effect.agent_id, effect.call_id, queue)
        self._follow_ups.agent_left(effect)

    def hung_up(self, effect: AgentHungUp) -> None:
        """The agent's telephone hung up: what it was in is told as `released`."""
        self._follow_ups.agent_hung_up(effect)

    def citizen_gone(self, call_id: UUID) -> None:
        """The citizen's leg is gone, or never came to be."""
        self._follow_ups.citizen_left(call_id)

    def holds_found(self, legs: Set[str], away: Mapping[str, str]) -> None:
        """Citizens' legs on hold, and those that wait for an agent who was lost, by a snapshot."""
        self._follow_ups.holds_found(legs, away)

    def observe(self, before: State, *, whole: bool) -> None:
        """The state has changed; `whole`: all of it, by a snapshot."""
        self._follow_ups.observe(before, self._live.state)
        if whole:
            self._presence.check_all()
        self._timeline.observe(self._live.state, whole=whole)
        self.tell_askings()
        if whole:
            # Also whose state is the same: what their pages would not do before, they do now.
            for agent_id in self.seated():
                self.tell_state(agent_id)


def state_fields(standing: Standing | None, wish: Wish) -> dict[str, Any]:
    """JSON-ready. `next`: the pause that follows the call or the wrap-up."""
    wrap_up = wish.wrap_up
    fields: dict[str, Any] = {
        "status": AgentStatus.SIGNED_OUT,
        "call": None,
        "reason": "",
        "held": False,
        "since": None,
        "next": wish.reason,
        "wrap_up": None
        if wrap_up is None
        else {
            "call": str(wrap_up.call_id),
            "until": wrap_up.until.isoformat(),
            "extended": wrap_up.extended,
        },
    }
    if standing is not None:
        view = standing.view
        fields |= {
            "status": view.status,
            "call": None if view.call_id is None else str(view.call_id),
            "reason": view.reason,
            "held": view.held,
            "since": standing.since.isoformat(),
        }
    return fields
