"""Agents and queues that a command names: one that is not there is a slip of the pen."""

from db.pool import Connection
from db.statements import statements
from helpline.errors import OperatorError
from helpline.settings import Settings


class UnknownNameError(OperatorError):
    """What a command names is not there, in this cell's settings or in any cell that served."""


async def must_be_an_agent(conn: Connection, settings: Settings, agent: str) -> None:
    """Raises `UnknownNameError`."""
    if any(one.id == agent for one in settings.cell.agents):
        return
    if await statements().cells_of_agent(conn, agent=agent) is None:
        raise UnknownNameError(f"there is no agent {agent}, in the settings or in any cell")


async def must_be_a_queue(conn: Connection, settings: Settings, queue: str) -> None:
    """Raises `UnknownNameError`."""
    if any(one.name == queue for one in settings.cell.queues):
        return
    if not await statements().cells_have_queue(conn, queue=queue):
        raise UnknownNameError(f"there is no queue {queue!r}, in the settings or in any cell")
