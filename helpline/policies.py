"""The policies that an operator can choose from, by name."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from complaints.policy import READY, UP_1076, Policy

#: The demo's: the same rules as 1076, with feedback called at once and days of a minute.
DEMO = replace(
    UP_1076,
    name="demo",
    feedback_delay=timedelta(seconds=1),
    day=timedelta(minutes=1),
    registrations_per_month=None,  # its month would last half an hour
)

POLICIES = {policy.name: policy for policy in (*READY, DEMO)}


def policy_named(
    name: str,
    differing: Mapping[str, Any] | None = None,
    by_category: Mapping[str, Mapping[str, Any]] | None = None,
) -> Policy:
    """The policy of that name, with what differs (names of its fields) for all and by category.

    `KeyError` for an unknown name, `ValueError` for rules that make no sense (settings refuse both
    first).
    """
    return replace(POLICIES[name], **(differing or {}), by_category=by_category or {})
