from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from dialplans.settings import CellSettings, QueueSettings


def changed(cell: CellSettings, **values: Any) -> CellSettings:
    return CellSettings.model_validate(cell.model_dump() | values)


@pytest.mark.parametrize(
    "name", ["", "Cell", "a b", "a,b", "a;b", "a]", "${EXTEN}", "a\nb", "a\n", "क", "a" * 40]
)
def test_a_name_that_asterisk_could_misread_is_refused(cell: CellSettings, name: str) -> None:
    with pytest.raises(ValidationError, match="name"):
        changed(cell, name=name)
    with pytest.raises(ValidationError, match="queues"):
        changed(cell, queues=[{"name": name}])


@pytest.mark.parametrize("number", ["_X.", "1076,1", "10 76", "h", "s", "1076\n", "१०७६"])
def test_a_service_number_is_digits_only(cell: CellSettings, number: str) -> None:
    with pytest.raises(ValidationError, match="service_numbers"):
        changed(cell, service_numbers=[number])


@pytest.mark.parametrize("agent_id", ["trunk", "10", "101\n", "10a", "../1"])
def test_an_agents_id_is_three_to_six_digits(cell: CellSettings, agent_id: str) -> None:
    with pytest.raises(ValidationError, match="agents"):
        changed(cell, agents=[{"id": agent_id, "name": "x"}])


@pytest.mark.parametrize("host", ["a b", "host;user=phone", "x\ny", "-x", ""])
def test_a_hostile_host_is_refused(cell: CellSettings, host: str) -> None:
    with pytest.raises(ValidationError, match="host"):
        changed(cell, trunk={"match": ["10.0.0.1"], "contact": {"host": host}})


@pytest.mark.parametrize("path", ["relative", "/a;b", "/a\nb", "/a,b", "/${X}", "/a|b", "/a&b"])
def test_a_path_that_asterisk_could_misread_is_refused(cell: CellSettings, path: str) -> None:
    with pytest.raises(ValidationError, match="prompts_dir"):
        changed(cell, prompts_dir=path)


def test_an_emergency_service_that_no_key_is_left_for_is_refused(cell: CellSettings) -> None:
    services = [{"code": f"{100 + n}", "name": "सेवा", "number": f"{100 + n}"} for n in range(10)]
    assert len(changed(cell, emergency=services[:9]).emergency) == 9
    with pytest.raises(ValidationError, match="emergency"):
        changed(cell, emergency=services)


def test_a_root_too_deep_for_the_control_socket_is_refused(cell: CellSettings) -> None:
    with pytest.raises(ValidationError, match="too long"):
        changed(cell, root=Path("/") / ("x" * 95))


def test_ami_off_loopback_is_refused(cell: CellSettings) -> None:
    with pytest.raises(ValidationError, match="not a loopback address"):
        changed(cell, ami={"address": "10.0.0.1", "port": 5038})


def test_a_trunk_that_matches_everybody_is_refused(cell: CellSettings) -> None:
    with pytest.raises(ValidationError, match="strangers"):
        changed(cell, trunk={"match": ["0.0.0.0/0"], "contact": {"host": "10.0.0.1"}})


def test_the_same_agent_twice_is_refused(cell: CellSettings) -> None:
    with pytest.raises(ValidationError, match="101 more than once"):
        changed(cell, agents=[{"id": "101", "name": "a"}, {"id": "101", "name": "b"}])


def test_queues_that_differ_by_a_dash_only_are_refused(cell: CellSettings) -> None:
    with pytest.raises(ValidationError, match="more than once"):
        changed(cell, queues=[{"name": "help-line"}, {"name": "helpline-"}])


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [("b", "a", "leads back"), ("a", None, "leads back"), ("x", None, "no queue x")],
)
def test_an_overflow_ends_somewhere(
    cell: CellSettings, first: str, second: str | None, said: str
) -> None:
    queues = (QueueSettings(name="a", overflow=first), QueueSettings(name="b", overflow=second))
    with pytest.raises(ValidationError, match=said):
        changed(cell, queues=queues)
