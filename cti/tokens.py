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
