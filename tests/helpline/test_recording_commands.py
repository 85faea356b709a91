"""`helpline recordings ...` as an operator types it, on a real database and store."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr

from complaints.followup import give_up
from complaints.guidance.answers import prepared
from complaints.guidance.layouts import GuidanceKind
from complaints.policy import UP_1076
from complaints.reference import load
from complaints.store import transaction
from cti.ami import AmiLink
from db.ids import new_id
from db.pool import Pool, open_pool
from db.statements import sql
from dialplans.files import write_atomically
from helpline.cell import state_folder
from helpline.cli import parser_for
from helpline.keys import master_keys
from helpline.recorded import recording_vault
from helpline.recording_adapters import AsteriskRecorder, ComplaintCases
from helpline.settings import GivenSettings, Settings, SettingsError
from recordings.chain import Head, export_head
from recordings.closer import Closer
from recordings.errors import HeldError, NoSuchFileError, NotAllowedError, NotDueError, PauseError
from recordings.model import CaptureName
from recordings.retention import OpenCases
from recordings.rotation import lacking
from tests.complaints.files import PHOTO, disposed_with, taken_in
from tests.complaints.test_guidance import FIELDS, bring
from tests.complaints.world import REFERENCE, START, World
from tests.cti.fake_ami import Action, FakeAmi, Session, running
from tests.cti.fake_ami import settings as ami_settings
from tests.database import migrate_to_be_emptied
from tests.recordings.room import AT_ONCE, conversation


@pytest.fixture
async def pool(postgres_url: str) -> AsyncIterator[Pool]:
    migrate_to_be_emptied(postgres_url)
    opened = await open_pool(postgres_url, size=4)
    await opened.execute(
        "truncate department, place, citizen, call, officer, holiday, sealed_file cascade"
    )
    await load(opened, REFERENCE)
    yield opened
    await opened.close()


@pytest.fixture
def settings(postgres_url: str, tmp_path: Path) -> Settings:
    return GivenSettings(state_dir=tmp_path / "state", database_url=SecretStr(postgres_url))


class Desk:
    """An operator's desk: types commands, and has one recording of a call."""

    def __init__(self, pool: Pool, settings: Settings, out: pytest.CaptureFixture[str]) -> None:
        self.pool, self.settings, self._out = pool, settings, out
        self.world = World(pool)

    async def __call__(self, *words: str) -> str:
        self._out.readouterr()  # what was logged before
        options = parser_for(["recordings"]).parse_args(["recordings", *words])
        self.status = await options.command(self.settings, options)
        return self._out.readouterr().out

    async def recorded(self, at: datetime) -> tuple[UUID, UUID]:
        """A call and its closed recording."""
        self.world.now = at
        call = await self.world.call()
        ended = "update call set ended_at = $2, outcome = 'agent_answered' where id = $1"
        await self.pool.execute(ended, call, at)
        captures = state_folder(self.settings).captures
        captures.mkdir(parents=True, exist_ok=True)
        name = CaptureName(call, new_id(at), "call")
        (captures / str(name)).write_bytes(conversation(1.0))
        vault = recording_vault(self.settings)
        await Closer(self.pool, vault, lambda: at, "cell-1", captures, AT_ONCE).sweep()
        return call, name.recording_id


@pytest.fixture
def desk(pool: Pool, settings: Settings, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(pool, settings, capsys)


async def test_a_recording_is_found_shown_and_handed_out_with_its_reason(
    desk: Desk, tmp_path: Path
) -> None:
    _, recording = await desk.recorded(START)
    _, other = await desk.recorded(START + timedelta(hours=1))
    said = await desk("find")
    assert [line.split()[0] for line in said.splitlines()] == [str(other), str(recording)]
    said = await desk("find", "--after", str(other), "--number", desk.world.form().contact)
    assert said.startswith(str(recording))
    said = await desk("export", str(recording), "--reason", "RTI 7", "--output", str(tmp_path))
    assert (tmp_path / f"{recording}.wav").is_file()
    said = await desk("show", str(recording))
    assert '"why":"RTI 7"' in said
    assert "original: wav" in said
    link = await desk("link", str(recording), "--reason", "RTI 7", "--by", "anita")
    assert "audience=operator%3Aanita" in link
    with pytest.raises(NotAllowedError):
        await desk("export", str(recording), "--reason", " ", "--output", str(tmp_path))
    with pytest.raises(SettingsError, match="not a telephone number"):
        await desk("find", "--number", "abc")
    with pytest.raises(SettingsError, match="--designation"):
        await desk("export", str(recording), "--reason", "x", "--certificate")


async def test_recordings_are_found_by_complaint(desk: Desk) -> None:
    call, recording = await desk.recorded(START)
    await desk.recorded(START)
    registered = await desk.world.register(desk.world.form(call_id=call))
    said = await desk("find", "--complaint", registered.number)
    assert [line.split()[0] for line in said.splitlines()] == [str(recording)]


async def test_recordings_are_found_by_each_agent_and_shown_with_the_course_of_their_call(
    desk: Desk,
) -> None:
    call, recording = await desk.recorded(START)
    await desk.recorded(START)
    for agent in ("1001", "1002"):
        at = desk.world.later(seconds=10)
        await desk.pool.execute(sql("calls_agent_answered"), call, agent, at)
        said = await desk("find", "--agent", agent)
        assert [line.split()[0] for line in said.splitlines()] == [str(recording)]
    said = await desk("show", str(recording))
    assert "agent 1001, 1002: stored" in said
    assert said.index("Agent 1001 had them") < said.index("Agent 1002 had them")


async def test_an_operator_holds_releases_and_erases(desk: Desk) -> None:
    _, recording = await desk.recorded(datetime.now(UTC) - timedelta(days=401))
    await desk("hold", str(recording), "--why", "case 12", "--by", "judge")
    assert "operator:judge" in await desk("due")
    for how in ((), ("--early",)):
        with pytest.raises(HeldError):
            await desk("erase", str(recording), "--why", "asked for", *how)
    assert (await desk("erase", "--due")).startswith("0 recording(s) erased")
    await desk("release", str(recording), "--why", "judged")
    assert await desk("erase", "--due") == "1 recording(s) erased, 1 file(s) deleted\n"
    with pytest.raises(NoSuchFileError):
        await desk("export", str(recording), "--reason", "x")
    assert "erased" in await desk("show", str(recording))


async def test_a_young_recording_is_erased_only_early_and_by_a_changed_policy(desk: Desk) -> None:
    _, recording = await desk.recorded(datetime.now(UTC) - timedelta(days=40))
    with pytest.raises(NotDueError):
        await desk("erase", str(recording), "--why", "asked for")
    assert await desk("due") == ""
    try:
        assert "call: 30 days" in await desk("retention", "--days", "30")
        assert "can be erased" in await desk("due")
    finally:
        await desk("retention", "--days", "400")
    await desk("erase", str(recording), "--why", "court", "--early")


async def test_verify_finds_what_was_changed_and_seal_writes_the_head(desk: Desk) -> None:
    _, recording = await desk.recorded(START)
    said = await desk("seal")
    assert '"seq": 1' in said
    assert len(list(state_folder(desk.settings).audit.iterdir())) == 1
    said = await desk("verify", "--all")
    assert (desk.status, "1 entries intact" in said, "0 with faults" in said) == (0, True, True)
    [path] = (state_folder(desk.settings).recordings).rglob("*.sealed")
    *whole, last = path.read_bytes()
    path.write_bytes(bytes([*whole, last ^ 1]))  # one bit, whatever stood there
    said = await desk("verify", str(recording))
    assert (desk.status, "is not what was stored" in said) == (1, True)
    path.unlink()
    missing = f"not in the store: {path.relative_to(state_folder(desk.settings).recordings)}"
    said = await desk("sweep")
    assert (desk.status, said.splitlines()[-2:]) == (1, ["lost: 1", missing])
    said = await desk("sweep")
    assert (desk.status, said.splitlines()) == (1, [missing])


async def test_after_a_restore_verify_names_all_and_goes_on_once_the_later_heads_are_moved(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.recorded(START)
    await desk("seal")
    audit = state_folder(desk.settings).audit
    later = [export_head(audit, Head(n, "0" * 64), START + timedelta(days=n)) for n in (2, 3, 4)]
    monkeypatch.setattr("recordings.chain._MOST_TOLD", 2)
    said = await desk("verify")
    assert desk.status == 1
    assert said.splitlines()[:-1] == [
        f"audit chain: {later[0].name}: entry 2 is gone",
        f"audit chain: {later[1].name}: entry 3 is gone",
        "audit chain: ... and 1 more",
        "audit chain: 1 entries checked, 0 fault(s) in them, 0 not sealed yet",
    ]
    assert "3 exported head(s) are not in it" in said
    (audit / "before-2026-01-05").mkdir()
    for path in later:
        path.rename(audit / "before-2026-01-05" / path.name)
    assert "1 entries intact" in await desk("verify")
    assert desk.status == 0


async def test_a_new_master_key_opens_what_the_old_one_wrapped(desk: Desk, tmp_path: Path) -> None:
    _, recording = await desk.recorded(START)
    path = state_folder(desk.settings).master_keys
    assert path.stat().st_mode & 0o077 == 0
    before = path.read_text()
    assert (await desk("rotate-key")).startswith("1 key(s) are wrapped")
    new, old = path.read_text().split()
    assert (old, new != old) == (before.strip(), True)
    path.write_text(new + "\n")  # the old one is not needed any more
    await desk("export", str(recording), "--reason", "x", "--output", str(tmp_path))
    path.chmod(0o644)
    with pytest.raises(SettingsError, match="read by others"):
        master_keys(desk.settings)


async def test_what_a_lost_key_wraps_is_told_and_all_else_is_wrapped_anew(desk: Desk) -> None:
    """An officer's file and a citizen's sealed answer hang on the same keys."""
    _, lost = await desk.recorded(START)
    await desk.recorded(START + timedelta(hours=1))
    vault = recording_vault(desk.settings)
    assert await lacking(desk.pool, vault.keys) == []
    await bring(desk.world, FIELDS, GuidanceKind.FIELDS)
    answered = await prepared(
        desk.pool, vault.keys, "handpump", {"account": "1234"}, desk.world.now
    )
    number = (await desk.world.register(desk.world.form(answers=answered))).number
    await disposed_with(desk.world, number, await taken_in(desk.world, vault, PHOTO))
    await desk.pool.execute(
        "update recording_object set master_id = 'gone' where recording_id = $1", lost
    )
    assert await lacking(desk.pool, vault.keys) == ["gone"]
    await desk.pool.execute(
        "update complaint_field set master_id = 'lost' where sealed is not null"
    )
    assert await lacking(desk.pool, vault.keys) == ["gone", "lost"]
    await desk.pool.execute(
        "update complaint_field set master_id = $1 where sealed is not null", vault.keys.current
    )
    said = await desk("rotate-key")
    assert desk.status == 1
    wrapped, left = said.splitlines()[-2:]
    assert wrapped.startswith("3 key(s) are wrapped")
    assert left == "1 key(s) are left: master key gone is lost, or does not open them"
    file = state_folder(desk.settings).master_keys
    file.unlink()  # while it serves: no new one takes its place
    vault.keys.lacking(["gone"])
    assert not file.exists()


def test_two_processes_that_make_the_first_key_at_once_have_the_same(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    others: list[str] = []

    def just_before(path: Path, text: str, *, mode: int) -> None:
        monkeypatch.undo()
        others.append(master_keys(settings).current)
        write_atomically(path, text, mode=mode)

    monkeypatch.setattr("helpline.keys.write_atomically", just_before)
    assert [master_keys(settings).current] == others
    folder = state_folder(settings).master_keys.parent
    assert [one.name for one in folder.iterdir()] == ["recording-keys"]


async def test_master_keys_can_be_given_and_must_be_hexadecimal(settings: Settings) -> None:
    given = {"master_keys": ["ab" * 32]}
    assert master_keys(GivenSettings(recordings=given)).current  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="64 hexadecimal digits"):
        GivenSettings(recordings={"master_keys": ["xy" * 32]})  # type: ignore[arg-type]


@pytest.mark.parametrize("days", [UP_1076.reopen_days, 90])
async def test_a_complaint_holds_its_recordings_while_open_and_while_it_can_be_reopened(
    desk: Desk, days: int
) -> None:
    call, _ = await desk.recorded(START)
    own = {"handpump": {"reopen_days": days}}
    cases: OpenCases = ComplaintCases(replace(UP_1076, by_category=own))

    async def holding() -> str | None:
        async with desk.pool.acquire() as conn, conn.transaction():
            held = await cases.held(conn, [call, uuid4()], desk.world.now)
            said = await cases.holding(conn, call, desk.world.now)
        assert held == ({call} if said else set()), "both say the same"
        return said

    assert await holding() is None
    registered = await desk.world.register(desk.world.form(call_id=call))
    assert await holding() == f"complaint {registered.number} is open"
    ended = desk.world.now
    disposed = await desk.world.dispose(registered.number)
    async with transaction(desk.pool) as conn:
        policy = replace(UP_1076, after_attempts=())
        assert await give_up(
            conn, disposed.complaint_id, disposed.disposal_no, ended, policy=policy
        )
    assert await holding() == f"complaint {registered.number} can still be reopened"
    desk.world.now = ended + days * UP_1076.day - timedelta(seconds=1)
    assert await holding() == f"complaint {registered.number} can still be reopened"
    desk.world.now += timedelta(seconds=1)
    assert await holding() is None


async def test_muting_asks_asterisk_for_both_directions_and_a_refusal_is_an_error() -> None:
    asked: list[Action] = []
    marked: list[tuple[str, str]] = []

    async def mixmonitor(session: Session, action: Action) -> bool:
        if action["action"] == ["Setvar"]:
            marked.append((action["channel"][0], action["value"][0]))
        if action["action"] == ["Getvar"] and action["variable"] == ["MIXMONITOR_FILENAME"]:
            answer = "Error" if action["channel"] == ["gone"] else "Success"
            await session.reply(action, answer, "No such channel", "Value: /x/y.raw")
            return True
        if action["action"] != ["MixMonitorMute"]:
            return False
        asked.append(action)
        refused = action["channel"] == ["gone"]
        await session.reply(action, "Error" if refused else "Success", "No such channel")
        return True

    async with FakeAmi(mixmonitor) as server:
        link = AmiLink(ami_settings(server))
        async with running(link):
            recorder = AsteriskRecorder(link)
            await recorder.mute("1763.7", muted=True)
            await recorder.mute("1763.7", muted=False)
            with pytest.raises(PauseError, match="No such channel"):
                await recorder.mute("gone", muted=True)
            assert await recorder.file("1763.7") == "/x/y.raw"
            with pytest.raises(PauseError, match="No such channel"):
                await recorder.file("gone")
    with pytest.raises(PauseError, match="did not do it"):
        await recorder.mute("1763.7", muted=True)
    first, second, _ = asked
    assert (first["channel"], first["direction"], first["state"]) == (["1763.7"], ["both"], ["1"])
    assert second["state"] == ["0"]
    assert marked == [("1763.7", "1"), ("1763.7", ""), ("gone", "1"), ("gone", "")]


def test_an_account_without_a_name_can_use_the_command_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.setattr("getpass.getuser", nobody)
    options = parser_for(["recordings"]).parse_args(["recordings", "erase", "--due"])
    assert options.by.startswith("uid-")
