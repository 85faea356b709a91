"""Every move of a complaint, as an operator types it; in this process, on a real database."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import psycopg
import pytest

from complaints.feedback import give_up
from complaints.number import make
from complaints.reference import load
from db.pool import open_pool
from helpline.cli import main
from helpline.clock import system_clock
from helpline.heads import HeadsKept
from tests.complaints.files import PDF, PNG
from tests.complaints.moves import ENERGY, swept
from tests.complaints.world import REFERENCE, World
from tests.database import migrate_to_be_emptied

_T = TypeVar("_T")
OFFICER = ("--by", "L1-MAH", "--text", "कारण")


@dataclass
class Town:
    """The world's database, one command at a time."""

    url: str
    capsys: pytest.CaptureFixture[str]

    def do(self, work: Callable[[World], Coroutine[Any, Any, _T]]) -> _T:
        async def on_a_pool() -> _T:
            pool = await open_pool(self.url, size=2)
            try:
                return await work(World(pool, now=system_clock()))
            finally:
                await pool.close()

        return asyncio.run(on_a_pool())

    def registered(self) -> str:
        async def register(world: World) -> str:
            return (await world.register()).number

        return self.do(register)

    def disposed(self) -> str:
        number = self.registered()
        assert self.run("complaint", "dispose", number, "--by", "L1-MAH", "--report", "ठीक") == 0
        return number

    def talked(self, number: str = "+919876543210") -> str:
        async def talk(world: World) -> str:
            return str(await world.talked_with("101", number))

        return self.do(talk)

    def run(self, *words: str) -> int:
        self.capsys.readouterr()
        return main(words)

    def says(self, *words: str) -> str:
        """What a command says that succeeds."""
        status = self.run(*words)
        said = self.capsys.readouterr()
        assert (status, said.err) == (0, "")
        return said.out

    def refuses(self, *words: str) -> str:
        status = self.run(*words)
        said = self.capsys.readouterr()
        assert (status, said.out) == (1, "")
        return said.err

    def column(self, number: str, name: str) -> Any:
        with psycopg.connect(self.url) as connection:
            row = connection.execute(
                f"select {name} from complaint where number = %s", (number,)
            ).fetchone()
        assert row is not None
        return row[0]


@pytest.fixture
def town(
    postgres_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Town:
    migrate_to_be_emptied(postgres_url)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(
            "truncate department, place, citizen, call, officer, holiday, sealed_file cascade"
        )
    monkeypatch.setenv("HELPLINE_DATABASE_URL", postgres_url)
    monkeypatch.setenv("HELPLINE_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("HELPLINE_LOG__LEVEL", "error")
    monkeypatch.setenv("HELPLINE_CELL__AGENTS", '[{"id": "101", "name": "A"}]')
    monkeypatch.setenv("LOGNAME", "anita")
    monkeypatch.chdir(tmp_path)
    town = Town(postgres_url, capsys)

    async def fill(world: World) -> None:
        await load(world.pool, REFERENCE)
        await load(world.pool, ENERGY)

    town.do(fill)
    return town


def test_an_officer_stops_the_clock_and_lets_it_go_on(town: Town) -> None:
    number = town.registered()
    said = town.says("complaint", "pause", number, *OFFICER, "--reason", "court_stay")
    assert (said, town.column(number, "state")) == (
        f"complaint {number}: the officer's time stands still; the citizen is told why\n",
        "paused",
    )
    resume = ("complaint", "resume", number, *OFFICER, "--agent", "101")
    assert "in which call was the agent told" in town.refuses(*resume)
    said = town.says(*resume, "--call", town.talked("+919415000001"))
    assert said.startswith(f"complaint {number}: the officer's time goes on, due ")
    assert "by agent:101: कारण" in town.says("complaint", "show", number)


def test_an_officer_replies_for_now_and_others_comment(town: Town) -> None:
    number = town.registered()
    words = ("complaint", "interim", number, *OFFICER, "--expected")
    assert "expected by 01-01-2099 00:00" in town.says(*words, "2099-01-01")
    assert "expected_by is not in the future" in town.refuses(*words, "2020-01-01T10:00")
    town.says("complaint", "comment", number, "--by", "cm_office:5", "--text", "देखा")
    town.says("complaint", "comment", number, "--agent", "101", "--text", "बात हुई")
    nobody = town.refuses("complaint", "comment", number, "--agent", "nosuch", "--text", "x")
    assert "there is no agent nosuch" in nobody
    assert "nosuch" not in town.says("complaint", "show", number)
    told = town.says("complaint", "show", number)
    assert "by operator:anita: cm_office:5: देखा" in told
    assert "by agent:101: बात हुई" in told


def test_a_transfer_is_made_or_proposed_and_decided(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = town.registered()
    asked = ("complaint", "propose-transfer", number, *OFFICER, "--to", "bijli")
    assert "a transfer needs no approval" in town.refuses(*asked)
    rules = '{"handpump": {"transfer_needs_approval": true}}'
    monkeypatch.setenv("HELPLINE_CATEGORY_RULES", rules)
    assert "proposed; the next level decides" in town.says(*asked)
    decision = ("complaint", "decide", number, "--text", "ठीक", "--by")
    assert "for L2-LAL to do, not for L1-MAH" in town.refuses(*decision, "L1-MAH", "--approve")
    assert "it stays with its officer" in town.says(*decision, "L2-LAL", "--refuse")
    town.says(*asked)
    assert town.says(*decision, "L2-LAL", "--approve") == f"complaint {number}: approved\n"
    assert town.column(number, "post") == "E1-MAH"
    monkeypatch.delenv("HELPLINE_CATEGORY_RULES")
    other = town.registered()
    said = town.says("complaint", "transfer", other, *OFFICER, "--to", "bijli")
    assert said.startswith(f"complaint {other}: transferred to E1-MAH (L1), due ")


def test_the_cms_team_maps_anew_or_gives_advice(town: Town) -> None:
    number = town.registered()
    town.says("complaint", "return", number, *OFFICER)
    said = town.says("complaint", "forward", number, "--by", "5", "--category", "power-cut")
    assert said.startswith(f"complaint {number}: forwarded to E1-MAH (L1), due ")
    other = town.registered()
    town.says("complaint", "return", other, *OFFICER)
    town.says("complaint", "advise", other, "--by", "5", "--text", "न्यायालय जाएं")
    assert town.column(other, "state") == "advised"


def test_a_special_close_is_for_who_has_it_at_level_two(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = town.registered()
    words = (number, "--reason", "court_case", "--text", "वाद", "--by")
    close, propose = ("complaint", "special-close"), ("complaint", "propose-close")
    assert "special close is for L2 and above" in town.refuses(*close, *words, "L1-MAH")
    with psycopg.connect(town.url, autocommit=True) as connection:
        connection.execute("update complaint set level = 2, post = 'L2-LAL'")
    assert "decides alone" in town.refuses(*propose, *words, "L2-LAL")
    monkeypatch.setenv("HELPLINE_POLICY", "mp-181")
    assert "is proposed" in town.says(*propose, *words, "L2-LAL")
    town.says("complaint", "decide", number, "--by", "L3-LAL", "--text", "ठीक", "--approve")
    assert town.column(number, "state") == "special_closed"
    monkeypatch.delenv("HELPLINE_POLICY")
    assert "has ended: special_closed" in town.refuses(*close, *words, "L2-LAL")


def test_a_citizen_takes_back_and_reopens_by_their_own_call(town: Town) -> None:
    number = town.registered()
    stranger = town.talked("+919876500000")
    words = ("complaint", "withdraw", number, "--call", stranger, "--agent", "101")
    assert "no agent confirmed who was speaking" in town.refuses(*words)
    town.says(*words, "--confirmed", "पिता का नाम")
    told = town.says("complaint", "show", number)
    assert "by agent:101: identity confirmed: पिता का नाम" in told
    other = town.disposed()
    town.says("feedback", "record", other, "--call", town.talked(), "--agent", "101", "--satisfied")
    again = ("complaint", "reopen", other, "--reason", "not_done", "--call", town.talked())
    assert "agent 999 did not have it" in town.refuses(*again, "--agent", "999")
    assert "reopened with L1-MAH (L1)" in town.says(*again, "--agent", "101")


def test_agents_see_whom_to_call_and_record_what_they_were_told(town: Town) -> None:
    number = town.disposed()
    assert town.says("feedback", "tasks") == "0 citizen(s) to call\n"

    async def dialer_gives_up(world: World) -> None:
        complaint = await world.pool.fetchval("select id from complaint where number = $1", number)
        async with world.pool.acquire() as conn, conn.transaction():
            assert await give_up(conn, complaint, 1, world.now, policy=world.policy)

    town.do(dialer_gives_up)
    [task, total] = town.says("feedback", "tasks").splitlines()
    assert total == "1 citizen(s) to call"
    assert task.startswith(f"{number}  until ")
    assert task.endswith("रामप्यारी देवी, +919876543210 (attempts used up)")
    words = ("feedback", "record", number, "--agent", "101", "--dissatisfied")
    why = ("--reason", "partly_done")
    assert "it is unknown" in town.refuses(*words, *why, "--call", str(uuid4()))
    said = town.says(*words, *why, "--call", town.talked())
    assert said.startswith(f"complaint {number}: not satisfied: with L1, due ")
    assert town.says("feedback", "tasks") == "0 citizen(s) to call\n"


def test_what_waits_for_the_cm_is_listed_and_an_officer_gets_a_new_link(town: Town) -> None:
    number, _ = town.registered(), town.registered()
    assert "was handed no bundle" in town.refuses("bundle", "renew", number)

    async def is_late_everywhere(world: World) -> None:
        for _ in range(4):
            world.later(days=30)
            assert await swept(world) == 2

    town.do(is_late_everywhere)
    [listed, _, total] = town.says("report", "cm-office").splitlines()
    assert total == "2 complaint(s) on the list of the CM's office"
    [first, cut] = town.says("report", "cm-office", "--most", "1").splitlines()
    assert first == listed
    assert cut == "the first 1 on the list of the CM's office: there are more (--most N)"
    assert town.says("report", "cm-office", "--most", "2").endswith(total + "\n")
    assert listed.startswith(f"{number}  since ")
    assert "L4 प्रमुख सचिव जल निगम (L4-UP): हैंडपंप खराब, महरौनी" in listed
    assert listed.endswith("with officer, its time is over")
    said = town.says("bundle", "renew", number, "--agent", "101")
    assert said == f"complaint {number}: a new link is sent to who holds L4-UP\n"


def test_what_a_post_has_to_do_is_listed_by_pages(town: Town) -> None:
    first, second = town.registered(), town.registered()
    one, more = town.says("officer", "complaints", "L1-MAH", "--most", "1").splitlines()
    assert one.startswith(f"{first}  due ")
    assert "L1 with officer: हैंडपंप खराब, महरौनी; registered " in one
    words = more.removeprefix("more: ").split()
    assert (words[0], words[2]) == ("--after", first)
    page = town.says("officer", "complaints", "L1-MAH", *words)
    assert (page.startswith(second), page.count("\n")) == (True, 1)
    assert town.says("officer", "complaints", "L2-LAL") == ""
    assert "post is unknown" in town.refuses("officer", "complaints", "L9")
    assert "no time" in town.refuses("officer", "complaints", "L1-MAH", "--after", "x", "1")
    town.do(lambda world: world.pool.execute("update complaint set incident = true"))
    assert "घटना: हैंडपंप" in town.says("officer", "complaints", "L1-MAH", "--after", *words[1:])


def test_what_a_gateway_did_not_deliver_is_listed(town: Town) -> None:
    number = town.registered()
    assert town.says("notifications", "list", "--undelivered") == ""
    with psycopg.connect(town.url, autocommit=True) as connection:
        connection.execute(
            "update notification set sent_at = now(), undelivered_at = now(),"
            " next_attempt_at = null, last_error = 'not delivered: UNDELIV'"
            " where kind = 'officer_assigned'"
        )
    told = town.says("notifications", "list", "--undelivered")
    assert f"sms officer_assigned to +919415000001 about complaint {number}, " in told
    assert told.endswith(": not delivered: UNDELIV\n")
    assert "sms: 1 waiting, 0 held, 1 not delivered" in town.says("notifications", "list")
    message = told.split()[0]
    tried = "1 message(s) will be tried again\n"
    assert town.says("notifications", "retry", message) == tried
    assert "sms: 2 waiting, 0 held, 0 not delivered" in town.says("notifications", "list")
    assert town.run("notifications", "retry", message) == 1
    assert town.says("notifications", "retry", "--undelivered") == tried.replace("1", "0")
    for days in ("0", "-1", "366", "x", "²"):
        with pytest.raises(SystemExit):
            town.run("notifications", "retry", "--undelivered", "--days", days)
    with psycopg.connect(town.url, autocommit=True) as connection:
        connection.execute(
            "update notification set sent_at = now() - interval '30 days', next_attempt_at = null,"
            " undelivered_at = now() - interval '30 days',"
            " created_at = now() - interval '400 days', links = '{https://x/b/y}'"
            " where kind = 'citizen_registered'"
        )
    left = "0 message(s) will be tried again\n1 left out: "
    said = town.says("notifications", "retry", "--undelivered")
    assert said == f"{left}not delivered before the last 7 day(s)\n"
    said = town.says("notifications", "retry", "--undelivered", "--days", "31")
    assert said.startswith(f"{left}its link has ended (`helpline bundle renew` sends")
    lost = town.says("notifications", "list", "--undelivered").split()[0]
    assert "is not sent again: its link has ended" in town.refuses("notifications", "retry", lost)
    shown = town.says("complaint", "show", number)
    assert shown.count("officer_assigned to +919415000001") == 2
    assert "sent, but NOT delivered: not delivered: UNDELIV" in shown


@pytest.mark.parametrize(
    "words",
    [
        ("pause", "1", *OFFICER),
        ("withdraw", "1", "--text", "x"),
        ("withdraw", "1", "--call", "no-uuid"),
        ("decide", "1", *OFFICER),
        ("special-close", "1", *OFFICER, "--reason", "no-such"),
        ("interim", "1", *OFFICER, "--expected", "soon"),
    ],
)
def test_what_is_missing_or_wrong_is_said_before_anything_is_done(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["complaint", *words])
    assert f"helpline complaint {words[0]}: error: " in capsys.readouterr().err


def test_files_of_a_disposal_are_attached_listed_fetched_verified_and_erased(
    town: Town, tmp_path: Path
) -> None:
    number = town.registered()
    photo, letter = tmp_path / "सड़क.png", tmp_path / "letter"
    photo.write_bytes(PNG)
    letter.write_bytes(PDF)
    reported = ("complaint", "dispose", number, "--by", "L1-MAH", "--report", "ठीक")
    town.says(*reported, "--attach", str(photo), "--attach", str(letter))
    first, second = town.says("complaint", "attachments", number).splitlines()
    assert f"सड़क.png: image/png, {len(PNG)} bytes" in first
    assert "letter: application/pdf" in second
    key = second.split()[0]
    assert key in town.says("complaint", "show", number)

    out = tmp_path / "out.pdf"
    fetch = ("complaint", "attachment", key, "-o", str(out), "--by", "anita")
    assert f"{out}  application/pdf, SHA-256 " in town.says(*fetch, "--reason", "RTI 7")
    assert out.read_bytes() == PDF
    assert out.stat().st_mode & 0o777 == 0o600
    assert "opened 1 time(s)" in town.says("complaint", "attachments", number)
    assert "reason is empty" in town.refuses(*fetch, "--reason", " ")
    nowhere = ("complaint", "attachment", key, "-o", str(tmp_path), "--reason", "x")
    assert "cannot be written: Is a directory" in town.refuses(*nowhere)

    assert town.says("verify", number, "--files") == "1 history checked, all intact\n"
    erase = ("complaint", "erase-attachment", key, "--why", "किसी और का पत्र")
    assert f"attachment {key} stays: its complaint is open" in town.refuses(*erase)
    assert "and a tombstone stay" in town.says(*erase, "--early")
    assert "was erased" in town.refuses(*fetch, "--reason", "RTI 7")
    assert len(list((tmp_path / "recordings").rglob("*.sealed"))) == 1
    intact, unseen = town.says("verify", "--all", "--files").splitlines()
    assert intact == "1 history checked, all intact"
    assert unseen.endswith("has no file of heads: a history that was cut short would not show")
    [sealed] = (tmp_path / "recordings").rglob("*.sealed")
    sealed.unlink()
    assert town.run("verify", number) == 0
    assert town.run("verify", "--all", "--files") == 1


def test_a_file_that_is_not_taken_leaves_the_complaint_with_its_officer(
    town: Town, tmp_path: Path
) -> None:
    number = town.registered()
    program = tmp_path / "photo.jpg"
    program.write_bytes(b"MZ\x90\0")
    reported = ("complaint", "dispose", number, "--by", "L1-MAH", "--report", "ठीक", "--attach")
    assert town.refuses(*reported, str(program)) == (
        "helpline: attachment photo.jpg is of no kind that is taken: "
        "PDF, JPEG, PNG, WebP, HEIC, WAV, MP3 or Opus\n"
    )
    said = town.refuses(*reported, str(tmp_path / "missing.jpg"))
    assert said == "helpline: attachment missing.jpg cannot be read: No such file or directory\n"
    assert town.column(number, "state") == "with_officer"
    assert town.says("complaint", "attachments", number) == (
        f"complaint {number}: nothing is attached\n"
    )
    assert "no complaint" in town.refuses("complaint", "attachments", make(99_999_999))
    unknown = ("complaint", "attachment", str(uuid4()), "-o", "x", "--reason", "x")
    assert "no attachment" in town.refuses(*unknown)


def test_an_operator_sets_how_much_may_be_attached(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = town.registered()
    photo = tmp_path / "a.png"
    photo.write_bytes(PNG + bytes(2048))
    reported = ("complaint", "dispose", number, "--by", "L1-MAH", "--report", "ठीक")
    monkeypatch.setenv("HELPLINE_ATTACHMENTS__BYTES_EACH", "2048")
    said = town.refuses(*reported, "--attach", str(photo))
    assert said == "helpline: attachment a.png is too large: a file has 2048 bytes at most\n"
    monkeypatch.setenv("HELPLINE_ATTACHMENTS__BYTES_TOGETHER", "1024")
    assert "attachments: bytes_each: is more than bytes_together" in town.refuses(*reported)


def test_what_waits_is_listed_for_the_team_and_for_who_decides(town: Town) -> None:
    number = town.registered()
    town.says("complaint", "return", number, *OFFICER)
    waits, count = town.says("complaint", "waiting").splitlines()
    assert waits.startswith(f"{number}  waits 0 d 0 h, since ")
    assert "returned by L1" in waits
    assert count == "1 complaint(s) wait"
    assert town.says("complaint", "waiting", "--what", "proposed") == "0 complaint(s) wait\n"
    assert town.says("complaint", "waiting", "--decider", "L2-LAL") == "0 complaint(s) wait\n"
    town.says("complaint", "return", town.registered(), *OFFICER)
    assert "1 complaint(s) wait, and more" in town.says("complaint", "waiting", "--most", "1")


def test_what_an_agent_enters_names_the_call_in_which_they_were_told(town: Town) -> None:
    number, call = town.registered(), town.talked("+919415000001")
    by_agent = ("--agent", "101")
    in_call = (*by_agent, "--call", call)
    town.says("complaint", "pause", number, *OFFICER, "--reason", "court_stay", *in_call)
    town.says("complaint", "comment", number, "--text", "बात", *in_call)
    told = ("complaint", "dispose", number, "--by", "L1-MAH", "--report", "ठीक", *by_agent)
    assert "in which call was the agent told" in town.refuses(*told)
    other = ("--agent", "102", "--call", call)
    assert "agent 102 did not have it" in town.refuses(*told[:-2], *other)
    town.says(*told, "--call", call)
    assert "The officer called, agent 101" in town.says("complaint", "show", number)


def test_what_is_typed_without_an_agent_names_who_types(town: Town) -> None:
    number, other = town.disposed(), town.registered()
    with psycopg.connect(town.url) as connection:
        entered = connection.execute("select via, actor, post from disposal").fetchall()
    assert entered == [("operator", "operator:anita", "L1-MAH")]
    told = "Disposed of, resolved, level 1 (L1-MAH), by operator:anita: ठीक"
    assert told in town.says("complaint", "show", number)
    words = ("complaint", "withdraw", other, "--text", "काम हो गया", "--call", town.talked())
    town.says(*words)
    assert "by operator:anita: काम हो गया" in town.says("complaint", "show", other)
    assert "is for an agent to say" in town.refuses(*words, "--confirmed", "पिता का नाम")


def test_a_merger_names_the_agent_and_the_call(town: Town) -> None:
    older, younger, call = town.registered(), town.registered(), town.talked()
    words = ("complaint", "merge", younger, "--into", older, "--agent", "101", "--call", call)
    assert town.says(*words) == f"complaint {younger}: merged, it goes on as {older}\n"
    assert "by agent:101" in town.says("complaint", "show", younger)


def test_heads_are_written_down_and_compared(town: Town, tmp_path: Path) -> None:
    number, kept = town.registered(), tmp_path / "heads"
    assert town.says("verify", "--write-heads", str(kept)) == f"{kept}: the heads of 1 history\n"
    assert "is there already" in town.refuses("verify", "--write-heads", str(kept))
    said = town.says("verify", "--heads", str(kept))
    assert said == "1 file of heads compared, all histories have them\n"

    async def a_day(world: World) -> None:
        audit = tmp_path / "audit"
        await HeadsKept(world.pool, audit, key, lambda: world.now, lambda: False).keep()
        assert not audit.exists()  # a clock that jumped dates nothing
        await HeadsKept(world.pool, audit, key, lambda: world.now).keep()

    async def a_day_more(world: World) -> None:
        await HeadsKept(world.pool, tmp_path / "audit", key, lambda: world.now).keep()

    key = bytes.fromhex((tmp_path / "signing-key").read_text())
    town.do(a_day)
    assert "1 file of heads compared" in town.says("verify", "--all")
    with psycopg.connect(town.url, autocommit=True) as connection:
        connection.execute("truncate complaint cascade")
    assert town.run("verify", "--heads", str(kept)) == 1
    assert f"complaint {number}: it is gone" in town.capsys.readouterr().out
    assert town.run("verify", "--all") == 1
    [written] = (tmp_path / "audit").iterdir()
    before = tmp_path / "audit" / "before-2025-11-20"  # after a restore: kept, not compared
    before.mkdir()
    written.rename(before / written.name)
    assert "0 histories checked" in town.says("verify", "--all")
    town.do(a_day_more)
    assert {path.name for path in before.parent.iterdir()} == {before.name, written.name}
    assert "1 file of heads compared" in town.says("verify", "--all")
