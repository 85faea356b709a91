"""What an operator changed in the file, as the running server sees it."""

from typing import Any

from helpline.roster_changes import changed_elsewhere, roster_changes
from helpline.settings import GivenSettings

SITA = {"id": "1001", "name": "सीता", "queues": ["first"]}
MOHAN = {"id": "1002", "name": "मोहन", "queues": ["first", "second"]}


def given(*agents: dict[str, Any], **more: Any) -> GivenSettings:
    cell = {"agents": agents, "queues": [{"name": "first"}, {"name": "second"}]}
    return GivenSettings.model_validate({**more, "cell": {**cell, **more.get("cell", {})}})


def lines(before: GivenSettings, after: GivenSettings) -> list[str]:
    return roster_changes(before.cell.agents, after.cell.agents).lines()


def test_who_joins_leaves_and_changes_queues_is_told_apart() -> None:
    before = given(SITA, MOHAN)
    after = given({**SITA, "queues": ["second"]}, {"id": "1004", "name": "नई", "queues": ["first"]})
    assert lines(before, after) == [
        "added 1004 (नई): first",
        "removed 1002 (मोहन)",
        "moved 1001 (सीता): first -> second",
    ]


def test_order_says_nothing() -> None:
    before, after = given(SITA, MOHAN), given({**MOHAN, "queues": ["second", "first"]}, SITA)
    assert not roster_changes(before.cell.agents, after.cell.agents)


def test_another_name_and_telephone_of_the_same_agent() -> None:
    phone = {"contact": {"host": "10.0.4.17"}, "name": "सीता देवी", "queues": []}
    assert lines(given(SITA), given({**SITA, **phone})) == [
        "moved 1001 (सीता देवी): first -> no queue",
        "changed 1001 (सीता देवी): name, telephone",
    ]


def test_what_is_not_of_the_agents_is_named_and_its_value_is_not() -> None:
    before = given(SITA, http={"port": 8076})
    after = given(
        MOHAN,
        http={"port": 8077},
        cell={"name": "other", "trunk": {"match": ["127.0.0.2"], "contact": {"host": "x"}}},
        database_url="postgresql://u:secret@h/d",
    )
    named = ["database_url", "cell.name", "cell.trunk.contact.host", "http.port"]
    assert changed_elsewhere(before, after) == named
    assert changed_elsewhere(before, given(MOHAN, http={"port": 8076})) == []


def test_a_queues_own_settings_are_not_the_agents() -> None:
    after = given(SITA, cell={"queues": [{"name": "first", "ring_seconds": 5}, {"name": "second"}]})
    assert changed_elsewhere(given(SITA), after) == ["cell.queues"]
