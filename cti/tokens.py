"""Agents' bearer tokens, `<agent id>.<HMAC-SHA256 of it>`: for programs; browsers sign in."""

import hashlib
import hmac


def issue(secret: bytes, agent_id: str) -> str:
    """The token of an agent."""
    return f"{agent_id}.{_mac(secret, agent_id)}"


def verify(secret: bytes, token: str) -> str | None:
    """The agent whose token this is, or None. Takes the same time however wrong it is."""
    agent_id, _, given = token.partition(".")
    expected = _mac(secret, agent_id)
    return agent_id if hmac.compare_digest(expected.encode(), given.encode()) else None


def _mac(secret: bytes, agent_id: str) -> str:
    return hmac.new(secret, b"helpline agent " + agent_id.encode(), hashlib.sha256).hexdigest()


def issue_supervisor(secret: bytes, name: str) -> str:
    """The token of a supervisor. `name` has no dot."""
    return f"{name}.{_supervisors_mac(secret, name)}"


def supervisor(secret: bytes, token: str) -> str | None:
    """A laboratory's supervisor without a sign-in: their name, or None."""
    name, _, given = token.partition(".")
    expected = _supervisors_mac(secret, name)
    return name if name and hmac.compare_digest(expected.encode(), given.encode()) else None


def _supervisors_mac(secret: bytes, name: str) -> str:
    return hmac.new(secret, b"helpline supervisor " + name.encode(), hashlib.sha256).hexdigest()
