"""To whom an agent may hand a citizen: the free ones first."""

from cti.colleagues import colleagues
from cti.desk import Agent
from cti.timeline import Standing
from cti.views import AgentStatus, AgentView
from tests.cti.streams import AT


def test_colleagues_are_those_who_are_there_the_free_ones_first() -> None:
    seated = {
        id: Agent(id, name, ())
        for id, name in (("1", "Asha"), ("2", "Mohan"), ("3", "Sita"), ("4", "Tara"), ("5", "U"))
    }
    standings = {
        "1": Standing(AgentView(AgentStatus.IN_CALL), AT),
        "3": Standing(AgentView(AgentStatus.READY), AT),
        "4": Standing(AgentView(AgentStatus.READY), AT),
    }
    found = colleagues("4", {"1", "2", "3", "4", "9"}, seated, standings)
    assert [(one["agent"], one["name"], one["status"], one["free"]) for one in found] == [
        ("3", "Sita", "ready", True),
        ("1", "Asha", "in_call", False),
        ("2", "Mohan", "signed_out", False),  # signed in a moment ago, in no queue yet
    ]
