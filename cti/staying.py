"""An agent's telephone is lost in a call: where its citizen stays. Pure."""

from enum import StrEnum

from dialplans.names import CONTEXT_DESK_AWAY, CONTEXT_DESK_AWAY_ASKED


class Stay(StrEnum):
    """`context` is the dialplan's; None: they are not moved."""

    HERE = "here"  # it is not that agent's call, or others talk with them
    ALONE = "alone"  # a word, then they wait; nobody else is there
    ON_HOLD = "on_hold"  # as they were, and so does whom the agent asked, who waits too

    @property
    def context(self) -> str | None:
        """Where they go."""
        return _CONTEXTS.get(self)


_CONTEXTS = {Stay.ALONE: CONTEXT_DESK_AWAY, Stay.ON_HOLD: CONTEXT_DESK_AWAY_ASKED}


def stay(*, citizen: bool, on_hold: bool, third: bool) -> Stay:
    """`citizen`: there is one and the call is that agent's; `third`: somebody else has answered and
    is in the room. Who only rings is nobody to talk with.
    """
    if not citizen:
        return Stay.HERE
    if not third:
        return Stay.ALONE
    return Stay.ON_HOLD if on_hold else Stay.HERE
