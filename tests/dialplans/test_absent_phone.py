"""A telephone at a fixed contact that is not there: no queue rings it, until it is back."""

from collections.abc import AsyncIterator

import pytest

from dialplans.asterisk import AsteriskProcess
from dialplans.conf import sections
from dialplans.render import render, write
from dialplans.secrets import Secrets
from dialplans.settings import CellSettings
from tests.dialplans.conftest import AGENT, until
from tests.dialplans.sip import Phone

ADD = "queue add member PJSIP/101 to helpline-hi"


def aor(text: str, name: str) -> dict[str, str]:
    (found,) = [one for one in sections(text) if one.name == name and one.get("type") == "aor"]
    return dict(found.settings)


@pytest.fixture
def asking(cell: CellSettings) -> CellSettings:
    return cell.model_copy(update={"phone_check_seconds": 1})


@pytest.fixture
async def asked(
    asking: CellSettings, cell_secrets: Secrets, argv: list[str]
) -> AsyncIterator[AsteriskProcess]:
    write(asking, render(asking, cell_secrets))
    async with AsteriskProcess(argv, asking.root) as process:
        await process.cli(ADD)
        yield process


def test_a_telephone_that_answers_no_question_is_not_asked(
    asking: CellSettings, cell_secrets: Secrets
) -> None:
    first, other = asking.agents
    silent = asking.model_copy(
        update={"agents": (first.model_copy(update={"checked": False}), other)}
    )
    never = asking.model_copy(update={"phone_check_seconds": 0})
    assert aor(render(asking, cell_secrets)["pjsip.conf"], "101")["qualify_frequency"] == "1"
    for cell in (silent, never):
        text = render(cell, cell_secrets)["pjsip.conf"]
        assert "qualify_frequency" not in aor(text, "101")
        # Who registers is asked anyway: else a browser that has gone would count as there.
        assert aor(text, "102")["qualify_frequency"] == "30"


async def test_a_telephone_that_is_unplugged_is_away_and_back_when_it_answers(
    asked: AsteriskProcess,
) -> None:
    async def stands(word: str) -> bool:
        return word in await asked.cli("queue show helpline-hi")

    await until(lambda: stands("(Unavailable)"))
    phone = await Phone.open(AGENT)
    try:
        await until(lambda: stands("(Not in use)"))
        for _ in range(3):  # as for each page's password
            await asked.cli("module reload res_pjsip.so")
            assert await stands("(Not in use)")
    finally:
        phone.close()
    await until(lambda: stands("(Unavailable)"))
