"""The spoken status of every state that the life cycle has."""

from datetime import UTC, datetime

import pytest

from agi.status import full
from complaints.state_rows import STATE_NAMES
from complaints.status import Status

DUE = datetime(2025, 11, 27, 5, 30, tzinfo=UTC)


@pytest.mark.parametrize("state", sorted(set(STATE_NAMES.values())))
def test_every_state_can_be_told(state: str) -> None:
    told = Status("100000006", "हैंडपंप खराब", state, 1, "अवर अभियंता", DUE, overdue=False)
    assert [one for one in full(told) if str(one).startswith("state_")]


def test_what_no_officer_ever_had_names_none() -> None:
    told = full(Status("100000006", "विद्यालय", "answered", None, None, None, overdue=False))
    assert "status_officer" not in [str(one) for one in told]
