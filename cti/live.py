"""What is live right now, for everybody who reads it."""

from cti.state import State
from cti.views import AgentView, agent_view


class LiveState:
    """What is live, kept by the consumer and read by everybody else."""

    def __init__(self) -> None:
        self.state = State()

    def view(self, agent_id: str) -> AgentView:
        """What an agent is doing."""
        return agent_view(self.state, agent_id)
