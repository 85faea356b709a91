"""What sign-in needs of the settings."""

from access.passwords import HashCost, Passwords
from access.sessions import SessionRule
from helpline.settings import Settings


def passwords(settings: Settings) -> Passwords:
    """The hasher with the operator's costs."""
    options = settings.access
    cost = HashCost(
        time=options.hash_time, memory=options.hash_memory_kib, lanes=options.hash_lanes
    )
    return Passwords(cost)


def session_rule(settings: Settings) -> SessionRule:
    """How long sessions last."""
    return SessionRule(whole=settings.access.session_length, idle=settings.access.session_idle)
