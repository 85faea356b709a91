"""The log of our own Asterisk: a file a day, for half a year, within a bound."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from dialplans.errors import AsteriskError
from helpline.asterisk_logs import AsteriskLogs
from helpline.clock import ManualClock

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class FakeAsterisk:
    """Rotates as Asterisk does with `rotatestrategy = timestamp`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = ManualClock(NOON)
        self.asked: list[str] = []
        self.starting = False

    async def cli(self, command: str) -> str:
        if self.starting:
            raise AsteriskError("not there yet")
        self.asked.append(command)
        self._messages.rename(self.folder / f"messages.{int(self.clock().timestamp())}")
        self._messages.touch()
        return ""

    def write(self, size: int) -> None:
        with self._messages.open("ab") as file:
            file.write(b"x" * size)

    def rotated(self) -> list[int]:
        """Ages in days."""
        files = sorted(self.folder.glob("messages.*"))
        return [int(self.clock().timestamp() - int(file.suffix[1:])) // 86400 for file in files]

    @property
    def _messages(self) -> Path:
        return self.folder / "messages"


@pytest.fixture
def asterisk(tmp_path: Path) -> FakeAsterisk:
    return FakeAsterisk(tmp_path)


async def test_a_file_is_begun_once_a_day_and_kept_for_half_a_year(asterisk: FakeAsterisk) -> None:
    logs = AsteriskLogs(asterisk.folder, asterisk.cli, asterisk.clock)
    for look in range(200 * 4):
        asterisk.write(1)
        await logs.look()
        if look == 3 * 4:
            assert asterisk.asked == ["logger rotate"] * 4
        asterisk.clock.advance(6 * HOUR)
    assert len(asterisk.asked) == 201  # the day of the first look was half over
    ages = asterisk.rotated()
    assert (min(ages), max(ages), len(ages)) == (0, 179, 180)


async def test_the_day_is_indias_also_after_a_restart(asterisk: FakeAsterisk) -> None:
    asterisk.clock.set(datetime(2026, 3, 2, 18, 29, tzinfo=UTC))  # 23:59 in India
    asterisk.write(1)
    await AsteriskLogs(asterisk.folder, asterisk.cli, asterisk.clock).look()
    asterisk.write(1)
    await AsteriskLogs(asterisk.folder, asterisk.cli, asterisk.clock).look()
    assert len(asterisk.asked) == 1
    asterisk.clock.advance(timedelta(minutes=1))
    await AsteriskLogs(asterisk.folder, asterisk.cli, asterisk.clock).look()
    assert len(asterisk.asked) == 2


async def test_a_flood_is_bounded_and_what_goes_early_is_told(asterisk: FakeAsterisk) -> None:
    logs = AsteriskLogs(
        asterisk.folder, asterisk.cli, asterisk.clock, file_bytes=1000, all_bytes=3500
    )
    with capture_logs() as told:
        for _ in range(10):
            asterisk.write(1001)
            await logs.look()
            asterisk.clock.advance(timedelta(minutes=1))
    assert len(asterisk.asked) == 10
    newest = [f"messages.{int((NOON + n * timedelta(minutes=1)).timestamp())}" for n in (7, 8, 9)]
    assert sorted(file.name for file in asterisk.folder.glob("messages.*")) == newest
    assert [one["log_level"] for one in told] == ["warning"] * 7


async def test_nothing_is_rotated_where_nothing_was_written_and_other_files_stay(
    asterisk: FakeAsterisk,
) -> None:
    old = asterisk.folder / f"messages.{int((NOON - 181 * DAY).timestamp())}"
    for name in ("messages.txt", "console.log", old.name):
        (asterisk.folder / name).write_text("x")
    await AsteriskLogs(asterisk.folder, asterisk.cli, asterisk.clock).look()
    assert asterisk.asked == []
    left = sorted(file.name for file in asterisk.folder.iterdir())
    assert left == ["console.log", "messages.txt"]


async def test_a_clock_that_cannot_be_trusted_deletes_nothing(asterisk: FakeAsterisk) -> None:
    old = asterisk.folder / f"messages.{int((NOON - 181 * DAY).timestamp())}"
    old.write_text("x")
    sound = False
    logs = AsteriskLogs(asterisk.folder, asterisk.cli, asterisk.clock, lambda: sound)
    await logs.look()
    assert old.exists()
    sound = True
    await logs.look()
    assert not old.exists()


async def test_an_asterisk_that_does_not_answer_is_asked_again(asterisk: FakeAsterisk) -> None:
    logs = AsteriskLogs(asterisk.folder, asterisk.cli, asterisk.clock)
    asterisk.write(1)
    asterisk.starting = True
    await logs.look()
    asterisk.starting = False
    await logs.look()
    assert asterisk.asked == ["logger rotate"]
