"""What is live right now, for everybody who reads it."""

from uuid import UUID

from cti.reducer import awaiting
from cti.state import State
from cti.views import AgentStatus, AgentView, agent_view


class LiveState:
    """What is live, kept by the consumer and read by everybody else."""

    def __init__(self) -> None:
        self.state = State()

    def view(self, agent_id: str) -> AgentView:
        """What an agent is doing."""
        return agent_view(self.state, agent_id)

    def await_agent(self, call_id: UUID, agent_id: str | None) -> None:
        """The citizen of this call waits for an agent whose telephone we have given up."""
        self.state = awaiting(self.state, call_id, agent_id)

    def has_citizen(self, call_id: UUID) -> bool:
        """Whether the citizen's leg of this call lives; an agent may be in it alone."""
        call = self.state.calls.get(call_id)
        return call is not None and call.citizen_leg is not None

    def talks_in(self, agent_id: str, call_id: UUID) -> bool:
        """Whether the agent is in this call; one at whom it only rings is not."""
        view = self.view(agent_id)
        return view.status is AgentStatus.IN_CALL and view.call_id == call_id
