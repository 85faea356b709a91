"""The policies that an operator can choose from, by name."""

from datetime import timedelta

from complaints.policy import UP_1076, Policy

#: The demo's: the same rules as 1076, with feedback called at once and days of a minute.
DEMO = Policy(name="demo", feedback_delay=timedelta(seconds=1), day=timedelta(minutes=1))

_POLICIES = {policy.name: policy for policy in (UP_1076, DEMO)}


def policy_named(name: str) -> Policy:
    """The policy of that name. `KeyError` for an unknown one (settings refuse it first)."""
    return _POLICIES[name]
