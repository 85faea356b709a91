"""Who works here is changed in the file while `helpline serve` runs, by a command or SIGHUP."""

import signal
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from dialplans.render import OF_AGENTS
from helpline.agent_commands import RELOAD, TELL
from helpline.cell import cell_with_secrets, render_cell
from helpline.lab.site import Site
from helpline.operator_socket import NotServedError, ask
from helpline.settings import GivenSettings
from helpline.softphones import SoftphoneError, Telephones
from helpline.tools import Tools
from tests.system.operator import Operator, Served, until

pytestmark = pytest.mark.asyncio(loop_scope="session")

NEWCOMER = """
[[cell.agents]]
id = "1004"
name = "नई"
queues = ["helpline-hi"]
"""
FIRST = """
[[cell.agents]]
id = "1001"
name = "सुनीता"
queues = ["helpline-hi"]
"""


@pytest.fixture
def operator(tools: Tools) -> Iterator[Operator]:
    with tempfile.TemporaryDirectory(prefix="hl-") as folder:
        one = Operator(Path(folder), tools, "127.0.18", 8283)
        one.write_settings()
        yield one


def change(operator: Operator, old: str, new: str) -> None:
    file = operator.folder / "helpline.toml"
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1
    file.write_text(text.replace(old, new), encoding="utf-8")


async def working(operator: Operator) -> list[str]:
    """The agents whom the database lets sign in."""
    async with operator.database() as pool, pool.acquire(timeout=5) as conn:
        rows = await conn.fetch("select id from agent where gone_at is null order by id")
        return [row["id"] for row in rows]


def telephones(operator: Operator) -> set[str]:
    """The agents' telephones of the rendered file."""
    text = (operator.state / "asterisk" / "etc" / "pjsip.conf").read_text(encoding="utf-8")
    return {id for id in ("1001", "1004") if f"\n[{id}](media)\n" in text}


async def test_the_command_says_what_changes_and_what_changed(operator: Operator) -> None:
    status, _, complained = await operator.run("agent", "reload")
    assert (status, "the settings count from its next start" in complained) == (1, True)
    async with operator.serve() as served:
        socket = operator.state / "control"
        assert stat.S_IMODE(socket.stat().st_mode) == 0o700
        told = "the agents are as in the settings\n"
        assert await operator.run("agent", "reload") == (0, told, "")
        change(operator, FIRST, FIRST + NEWCOMER)
        told = "added 1004 (नई): helpline-hi\n"
        assert await operator.run("agent", "reload", "--dry-run") == (0, told, "")
        assert (await working(operator), telephones(operator)) == (["1001"], {"1001"})
        assert await operator.run("agent", "reload") == (0, told, "")
        assert await working(operator) == ["1001", "1004"]
        assert telephones(operator) == {"1001", "1004"}
        await _refused(operator)
        with pytest.raises(NotServedError):
            await ask(operator.folder, RELOAD)
        assert (await ask(socket, "something else")).ok is False
        assert await served.end(signal.SIGTERM) == 0
    assert list(socket.iterdir()) == []


async def _refused(operator: Operator) -> None:
    """What takes a restart, and what no start would take: named, and nothing is changed."""
    change(operator, FIRST, "")
    change(operator, "[feedback]", "[feedback]\nmax_channels = 7")
    change(operator, 'name = "lab"', 'name = "bal"')
    status, said, complained = await operator.run("agent", "reload")
    assert (status, said, complained) == (
        1,
        "",
        "helpline: nothing was changed: "
        "cell.name, feedback.max_channels: changed too, which takes a restart\n",
    )
    change(operator, 'name = "bal"', 'name = "lab"')
    change(operator, "\nmax_channels = 7", "")
    change(operator, NEWCOMER, NEWCOMER + NEWCOMER)
    for word in (RELOAD, TELL):
        answer = await ask(operator.state / "control", word)
        assert (answer.ok, "agents: 1004 more than once" in answer.lines[0]) == (False, True)
    assert await working(operator) == ["1001", "1004"]
    assert telephones(operator) == {"1001", "1004"}


async def test_a_signal_does_the_same_and_a_bad_file_ends_nothing(operator: Operator) -> None:
    async with operator.serve() as served:
        change(operator, 'queues = ["helpline-hi"]', 'queues = ["helpline-hu"]')
        served.process.send_signal(signal.SIGHUP)
        await until("the fault to be told", lambda: _logged(operator, "no queue helpline-hu"))
        assert await working(operator) == ["1001"]
        change(operator, 'queues = ["helpline-hu"]', 'queues = ["helpline-hi"]')
        change(operator, FIRST, NEWCOMER)
        served.process.send_signal(signal.SIGHUP)

        async def changed() -> bool | None:
            return True if await working(operator) == ["1004"] else None

        await until("the agents to be others", changed)
        assert telephones(operator) == {"1004"}
        await _killed_and_back(operator, served)


async def _killed_and_back(operator: Operator, served: Served) -> None:
    """A socket that a killed server left behind keeps no other from listening."""
    assert await served.end(signal.SIGKILL) == -signal.SIGKILL

    async def alone() -> bool | None:
        return operator.processes() == [] or None

    await until("PostgreSQL and Asterisk to be gone as well", alone)
    with pytest.raises(NotServedError):
        await ask(operator.state / "control", TELL)
    async with operator.serve():
        assert (await ask(operator.state / "control", TELL)).ok


async def _logged(operator: Operator, words: str) -> bool | None:
    return words in (operator.folder / "serve.log").read_text(encoding="utf-8") or None


@pytest.mark.parametrize("ours", [True, False])
async def test_an_asterisk_out_of_reach_is_ours_to_wait_for_or_the_operators_to_tell(
    tools: Tools, ours: bool
) -> None:
    with tempfile.TemporaryDirectory(prefix="hl-") as folder:
        before, after = (
            GivenSettings(
                state_dir=Path(folder), cell=Site("127.0.18").cell("lab", agent_names=names)
            )
            for names in (["one"], ["one", "two"])
        )
        etc = Path(folder) / "asterisk" / "etc"
        phones = Telephones(*render_cell(before, tools.asterisk), tools.asterisk.argv, ours=ours)
        files = {file.name: file.read_text(encoding="utf-8") for file in etc.iterdir()}
        replaced = phones.replace(*cell_with_secrets(after, tools.asterisk))
        if ours:
            with pytest.raises(SoftphoneError):
                await replaced
        else:
            told = await replaced
            assert told is not None
            assert f"{etc}" in told
            assert "module reload res_pjsip.so; dialplan reload" in told
        now = {file.name: file.read_text(encoding="utf-8") for file in etc.iterdir()}
        changed = {name for name in now if now[name] != files.get(name)}
        assert changed == (set() if ours else set(OF_AGENTS) & files.keys())
