"""The operator's commands, each in a process of its own."""

import stat
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from complaints.number import make
from cti.tokens import issue
from helpline.demo.reference import CATEGORY, PLACE
from helpline.registration_commands import operator as by_hand
from helpline.tools import Tools
from tests.system.operator import Operator

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture(scope="module")
def operator(tools: Tools) -> Iterator[Operator]:
    with tempfile.TemporaryDirectory(prefix="hl-") as folder:
        one = Operator(Path(folder), tools, "127.0.14", 8280)
        one.write_settings()
        yield one


def _configuration(operator: Operator) -> dict[str, str]:
    etc = operator.state / "asterisk" / "etc"
    return {file.name: file.read_text(encoding="utf-8") for file in etc.iterdir()}


async def test_a_cell_that_was_rendered_twice_is_the_same_and_fit_to_serve(
    operator: Operator,
) -> None:
    status, said, _ = await operator.run("render")
    assert (status, str(operator.state / "asterisk" / "etc") in said) == (0, True)
    first = _configuration(operator)
    secrets = operator.state / "cell-secrets.json"
    kept = secrets.read_text(encoding="utf-8")
    assert (await operator.run("render"))[0] == 0
    assert (_configuration(operator), secrets.read_text(encoding="utf-8")) == (first, kept)
    for file in (secrets, *(operator.state / "asterisk" / "etc").iterdir()):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    status, said, complained = await operator.run("check")
    assert (status, complained) == (0, "")
    assert said.startswith("cell lab: Asterisk ")
    cannot = "warning: certificates of recordings cannot be made: no Chromium at"
    assert (cannot in said) is not Path("/usr/bin/chromium").is_file()


async def test_a_queue_that_does_not_exist_is_found_in_a_file_edited_by_hand(
    operator: Operator,
) -> None:
    assert (await operator.run("render"))[0] == 0
    file = operator.state / "asterisk" / "etc" / "extensions.conf"
    edited = file.read_text(encoding="utf-8").replace("Queue(helpline-hi,", "Queue(helpline-hu,")
    file.write_text(edited, encoding="utf-8")
    status, said, _ = await operator.run("check")
    assert status == 1
    assert "error: extensions.conf: [queues] Queue() names the unknown queue 'helpline-hu'" in said
    assert file.read_text(encoding="utf-8") == edited


@pytest.mark.parametrize(
    ("right", "wrong", "named"),
    [
        ('level = "warning"', 'level = "loud"', "log.level: Input should be 'debug', 'info'"),
        ('127.0.14.1", port = 5038', '10.0.0.1", port = 5038', "ami: 10.0.0.1:5038 is not a"),
    ],
)
async def test_a_wrong_setting_is_one_clear_sentence(
    tools: Tools, tmp_path: Path, right: str, wrong: str, named: str
) -> None:
    operator = Operator(tmp_path, tools, "127.0.14", 8280)
    file = operator.write_settings()
    file.write_text(file.read_text(encoding="utf-8").replace(right, wrong), encoding="utf-8")
    status, said, complained = await operator.run("render")
    assert (status, said, complained.count("\n")) == (1, "", 1)
    assert complained.startswith("helpline: ")
    assert named in complained


async def test_migrate_says_what_it_applied_and_then_that_nothing_is_missing(
    operator: Operator,
) -> None:
    status, said, _ = await operator.run("migrate")
    assert (status, said.splitlines()[0]) == (0, "applied 0001.calls")
    status, said, _ = await operator.run("migrate")
    assert (status, said) == (0, "the schema is up to date\n")
    assert operator.processes() == []


async def test_an_agents_token_is_signed_with_the_cells_own_key(operator: Operator) -> None:
    status, said, _ = await operator.run("agent", "token", "1001")
    key = bytes.fromhex((operator.state / "signing-key").read_text(encoding="ascii").strip())
    assert (status, said) == (0, issue(key, "1001") + "\n")
    assert stat.S_IMODE((operator.state / "signing-key").stat().st_mode) == 0o600
    status, said, complained = await operator.run("agent", "token", "1002")
    assert (status, said, complained) == (1, "", "helpline: no agent 1002 in cell.agents\n")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def number(operator: Operator) -> AsyncIterator[str]:
    """A complaint's number, while `helpline serve` runs."""
    async with operator.serve():
        yield await operator.complaint()


async def test_a_disposal_is_entered_once_and_the_story_tells_it(
    operator: Operator, number: str
) -> None:
    words = ("complaint", "dispose", number, "--by", "bdo-mehroni", "--report", "ठीक करा दिया।")
    status, said, _ = await operator.run(*words)
    told = f"complaint {number}: disposed at L1, the citizen will be asked\n"
    assert (status, said) == (0, told)
    status, said, complained = await operator.run(*words)
    again = f"helpline: complaint {number} is already disposed and awaits the citizen's word\n"
    assert (status, said, complained) == (1, "", again)
    status, said, _ = await operator.run("complaint", "show", number)
    assert status == 0
    assert "now: disposed of, the citizen is to be asked, level 1" in said
    told = f"Disposed of, resolved, level 1 (bdo-mehroni), by {by_hand()}: ठीक करा दिया।"
    assert told in said
    assert "History: 2 entries, chain intact" in said


@pytest.mark.usefixtures("number")
async def test_a_policy_is_explained_and_histories_are_verified(
    operator: Operator, number: str
) -> None:
    status, said, _ = await operator.run("policy", "explain", CATEGORY, PLACE, "--policy", "mp-181")
    assert status == 0
    assert "L2 can propose a special close, the next level decides" in said
    assert await operator.run("verify", number) == (0, "1 history checked, all intact\n", "")
    status, said, _ = await operator.run("verify", "--all")
    assert (status, "checked, all intact\n" in said) == (0, True)


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("show", make(99)), f"no complaint {make(99)}"),
        (
            ("dispose", "12345", "--by", "bdo-mehroni", "--report", "ठीक"),
            "not a complaint number: nine digits, the last one a check digit",
        ),
    ],
)
@pytest.mark.usefixtures("number")
async def test_an_unknown_number_is_a_clear_error(
    operator: Operator, words: tuple[str, ...], error: str
) -> None:
    assert await operator.run("complaint", *words) == (1, "", f"helpline: {error}\n")


@pytest.mark.usefixtures("number")
async def test_callers_are_kept_out_and_endpoints_let_dial_by_commands(operator: Operator) -> None:
    block = ("callers", "block", "09810000088", "--why", "threats", "--by", "supervisor:1")
    status, said, _ = await operator.run(*block)
    assert (status, said.startswith("+919810000088 is kept out until ")) == (0, True)
    again = "helpline: +919810000088 is blocked already; lift that first\n"
    assert await operator.run(*block) == (1, "", again)
    status, said, _ = await operator.run("callers", "list")
    assert (status, said.endswith("by supervisor:1: threats\n")) == (0, True)
    lift = ("callers", "unblock", "09810000088", "--by", "supervisor:2")
    assert await operator.run(*lift) == (0, "+919810000088 is let in again\n", "")
    allow = ("dialling", "allow", "1001", "+91", "--per-hour", "20")
    assert (await operator.run(*allow))[0] == 0
    assert await operator.run("dialling", "cut-offs") == (0, "", "")
    not_cut_off = "helpline: 1001 is not cut off\n"
    lift = ("dialling", "lift", "1001", "--by", "admin:1")
    assert await operator.run(*lift) == (1, "", not_cut_off)
    assert await operator.run("report", "abandoned") == (0, "", "")


async def test_without_a_database_a_command_says_what_to_do(tools: Tools, tmp_path: Path) -> None:
    operator = Operator(tmp_path, tools, "127.0.14", 8280)
    operator.write_settings()
    status, _, complained = await operator.run("complaint", "show", make(1))
    told = "helpline: no database: set HELPLINE_DATABASE_URL, or start `helpline serve` first\n"
    assert (status, complained) == (1, told)
