"""A call's course as its page shows it: a line for each stay in a queue and each talk. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from calls.course import Part, Talk, left_with


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line. `queue`: where they waited; else `agent`, by name, had them. `until` None: goes on.

    `ended`: key of a text (`course.<ended>`), which names `to`: an agent by name, a queue or a
    number. `outcome`: how they left a queue without an answer.
    """

    since: datetime
    until: datetime | None
    queue: str | None = None
    agent: str = ""
    ended: str = ""
    to: str = ""
    outcome: str | None = None

    @property
    def seconds(self) -> int | None:
        """How long it was."""
        return None if self.until is None else round((self.until - self.since).total_seconds())


def steps(course: Sequence[Part], call: Mapping[str, Any]) -> list[Step]:
    """`call`: a row of `call_listed`, whose `agents` and `agent_names` belong together."""
    names = dict(zip(call["agents"], call["agent_names"], strict=True))

    def named(agent_id: str) -> str:
        name = names.get(agent_id, agent_id)
        return agent_id if name == agent_id else f"{name} ({agent_id})"

    def step(one: Part) -> Step:
        if isinstance(one, Talk):
            ended, to = _handed(one)
            to = named(to) if ended == "handed_to_agent" else to
            agent = named(one.agent_id)
            return Step(since=one.began_at, until=one.ended_at, agent=agent, ended=ended, to=to)
        waited = partial(Step, since=one.entered_at, until=one.left_at, queue=one.queue)
        if one.agent_id:
            return waited(ended="answered", to=named(one.agent_id))
        if one.moved_to:
            return waited(ended="went_on", to=one.moved_to)
        return waited(outcome=left_with(one, course, call["outcome"]))

    return [step(one) for one in course]


def _handed(talk: Talk) -> tuple[str, str]:
    """Which text says to whom, and to whom; of calls of before, only that they were handed on."""
    kind, _, target = (talk.handed_to or "").partition(":")
    if kind in ("agent", "queue", "number") and target:
        return f"handed_to_{kind}", target
    return ("handed_on", "") if talk.handed_to else ("", "")
