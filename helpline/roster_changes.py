"""What differs between the settings that a server runs by and those that stand in the file. Pure.

Agents can be taken over while it runs. All else is wired at the start.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic import BaseModel

from helpline.options.cell import AgentOptions
from helpline.settings import Settings

_AGENTS = "cell.agents"


@dataclass(frozen=True, slots=True)
class RosterChanges:
    """`moved` and `altered` (name or telephone): as they were, and as they are to be."""

    added: tuple[AgentOptions, ...] = ()
    removed: tuple[AgentOptions, ...] = ()
    moved: tuple[tuple[AgentOptions, AgentOptions], ...] = ()
    altered: tuple[tuple[AgentOptions, AgentOptions], ...] = ()

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.added or self.removed or self.moved or self.altered)

    def lines(self) -> list[str]:
        """One for each, by the agents' ids within each kind."""
        return [
            *(f"added {_who(one)}: {_queues(one)}" for one in self.added),
            *(f"removed {_who(one)}" for one in self.removed),
            *(f"moved {_who(new)}: {_queues(old)} -> {_queues(new)}" for old, new in self.moved),
            *(f"changed {_who(new)}: {_what(old, new)}" for old, new in self.altered),
        ]


def roster_changes(before: Sequence[AgentOptions], after: Sequence[AgentOptions]) -> RosterChanges:
    """Of two lists of agents. Their order, and that of an agent's queues, says nothing."""
    old = {one.id: one for one in before}
    new = {one.id: one for one in after}
    both = [(old[id], new[id]) for id in sorted(old.keys() & new.keys())]
    return RosterChanges(
        added=tuple(new[id] for id in sorted(new.keys() - old.keys())),
        removed=tuple(old[id] for id in sorted(old.keys() - new.keys())),
        moved=tuple(pair for pair in both if set(pair[0].queues) != set(pair[1].queues)),
        altered=tuple(pair for pair in both if _what(*pair)),
    )


def changed_elsewhere(before: Settings, after: Settings) -> list[str]:
    """Settings beside the agents that differ, as an operator writes them; never their values."""
    return [name for name in _differing(before, after) if name != _AGENTS]


def _differing(before: BaseModel, after: BaseModel, above: str = "") -> Iterator[str]:
    for name in type(before).model_fields:
        old, new = getattr(before, name), getattr(after, name)
        if old == new:
            continue
        if isinstance(old, BaseModel) and type(old) is type(new):
            yield from _differing(old, new, f"{above}{name}.")
        else:
            yield f"{above}{name}"


def _who(agent: AgentOptions) -> str:
    return f"{agent.id} ({agent.name})"


def _queues(agent: AgentOptions) -> str:
    return ", ".join(agent.queues) or "no queue"


def _what(old: AgentOptions, new: AgentOptions) -> str:
    telephone = (old.contact, old.checked) != (new.contact, new.checked)
    return ", ".join(
        what for what, differs in (("name", old.name != new.name), ("telephone", telephone))
        if differs
    )  # fmt: skip
