"""Settings to drivers, and the operator's commands."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from helpline import cli
from helpline.clock_watch import always
from helpline.metrics import Metrics
from helpline.options.notifications import NotificationOptions
from helpline.outbound import Outbound, receipt_options, tell_outside
from messages.drivers.file import FileDriver
from messages.drivers.http import HttpGateway
from messages.drivers.smtp import Smtp
from messages.drivers.webhook import Webhook
from messages.model import Channel
from tests.messages.room import Room, until
from tests.messages.test_wrong_clock import Sound

GATEWAY: dict[str, Any] = {
    "driver": "http",
    "url": "https://gateway.example/send?key=secret-key",
    "fields": {"to": "{number}", "text": "{text}"},
    "headers": {"Authorization": "Bearer secret-key"},
}


def test_each_channel_gets_the_driver_of_its_settings(room: Room) -> None:
    options = NotificationOptions.model_validate(
        {
            "sms": GATEWAY,
            "email": {"driver": "smtp", "host": "mail.example", "sender": "a@b.example"},
            "webhook": {"driver": "webhook", "url": "https://x.example", "secret": "s" * 16},
        }
    )
    assert "secret-key" not in repr(options)
    outbound = Outbound(room.pool, options, room.folder, room.now, always)
    assert [type(driver) for driver in outbound._drivers] == [HttpGateway, Smtp, Webhook]
    assert "secret-key" not in repr(vars(outbound._drivers[0]))
    default = Outbound(room.pool, NotificationOptions(), room.folder, room.now, always)
    assert {type(driver) for driver in default._drivers} == {FileDriver}


@pytest.mark.parametrize(
    "wrong",
    [
        {"sms": {**GATEWAY, "fields": {"to": "{phone}"}}},
        {"sms": {**GATEWAY, "accepted": "("}},
        {"sms": {"driver": "smtp", "host": "x", "sender": "y"}},
        {"webhook": {"driver": "webhook", "url": "https://x.example", "secret": "short"}},
        {"receipts": {"token": "short"}},
        {"retry_pauses": [60, 30]},
        {"sms": {"driver": "file", "per_second": 0}},
    ],
)
def test_settings_that_cannot_work_are_refused_at_the_start(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        NotificationOptions.model_validate(wrong)
    assert "secret-key" not in str(refused.value.errors(include_input=False))


def test_the_receipts_token_reaches_the_page_in_the_clear() -> None:
    options = NotificationOptions.model_validate({"receipts": {"token": "a token for tests only"}})
    assert options.receipts is not None
    assert receipt_options(options.receipts).token == "a token for tests only"


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"driver": "webhook", "url": "https://x.example", "secret": "s" * 16}, True),
        (
            {
                "driver": "webhook",
                "url": "https://x.example",
                "secret": "s" * 16,
                "complaints": False,
            },
            False,
        ),
        ({"driver": "file"}, False),
    ],
    ids=["webhook", "alarms only", "none"],
)
async def test_complaints_are_told_outside_only_where_somebody_listens(
    room: Room, settings: dict[str, Any], told: bool
) -> None:
    options = NotificationOptions.model_validate({"webhook": settings})
    await room.pool.execute("insert into webhook_audience values ('complaints', now())")
    for before in (True, False):  # whatever it was before, and again
        if not before:
            await room.pool.execute("delete from webhook_audience")
        for _ in range(2):
            await tell_outside(room.pool, options, room.now())
        found = await room.pool.fetchval("select count(*) from webhook_audience")
        assert found == int(told)


async def test_the_embedded_default_delivers_into_the_outbox_and_is_counted(room: Room) -> None:
    await room.messages(2)
    await room.messages(body={})
    [lost] = await room.messages()
    await room.pool.execute(
        """update notification set sent_at = $2, undelivered_at = $2, next_attempt_at = null
           where id = $1""",
        *(lost, room.now()),
    )
    metrics = Metrics()
    outbound = Outbound(room.pool, NotificationOptions(), room.folder / "outbox", room.now, always)
    outbound.add_metrics(metrics)
    async with at_work(outbound):
        await until(lambda: _holds(metrics, 'messages_sent_total{channel="sms"} 2.0'))
        await until(lambda: _holds(metrics, 'messages_held{channel="sms"} 1.0'))
        await until(lambda: _holds(metrics, 'messages_undelivered{channel="sms"} 1.0'))
    assert 'helpline_messages_sent_total{channel="sms"} 2.0' in metrics.exposition().decode()
    [file] = (room.folder / "outbox").iterdir()
    assert len([json.loads(line) for line in file.read_text("utf-8").splitlines()]) == 2


async def test_where_the_clock_is_wrong_alarms_alone_are_told(room: Room) -> None:
    """That it is wrong is one of them."""
    [message] = await room.messages()
    await room.messages(channel=Channel.WEBHOOK, body="a text as it is")
    sound = Sound()

    async def told() -> bool:
        query = "select count(*) from notification where sent_at is not null"
        return sound.asked >= 6 and await room.pool.fetchval(query) > 0

    async with at_work(Outbound(room.pool, NotificationOptions(), room.folder, room.now, sound)):
        await until(told)
    assert await room.attempts(message) == []


@asynccontextmanager
async def at_work(outbound: Outbound) -> AsyncIterator[None]:
    tasks = [asyncio.ensure_future(service()) for service in outbound.services.values()]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await outbound.close()


async def _holds(metrics: Metrics, line: str) -> bool:
    return line in metrics.exposition().decode()


async def run(*words: str) -> int:
    return await asyncio.to_thread(cli.main, list(words))


@pytest.fixture
def operator(monkeypatch: pytest.MonkeyPatch, migrated_url: str, tmp_path: Path) -> None:
    monkeypatch.setenv("HELPLINE_DATABASE_URL", migrated_url)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("helpline.cli.logs.configure", lambda **_: None)  # of this process


@pytest.mark.usefixtures("operator")
async def test_the_operator_sees_what_is_held_and_lets_it_go(
    room: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    [message] = await room.messages()
    await room.messages()
    room.gateway.refuse = {"9800000001"}
    async with room.working():
        await room.failed(message, 1)
        await room.all_sent(1)
    assert await run("notifications", "list") == 0
    shown = capsys.readouterr().out
    assert "sms: 0 waiting, 1 held" in shown
    assert f"{message}  sms citizen_closed to +919800000001" in shown
    assert "gateway: 422" in shown
    assert await run("notifications", "retry", str(message)) == 0
    assert (await room.row(message))["held_at"] is None
    assert await run("notifications", "retry", str(message)) == 1
    assert "no message" in capsys.readouterr().err
    assert await run("notifications", "retry", "--all") == 0


@pytest.mark.usefixtures("operator")
async def test_the_operator_enters_a_registration_and_cannot_spoil_a_text(
    room: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    change = ("notifications", "template", "citizen_closed")
    try:
        assert await run(*change, "--id", "1107", "--header", "UPCMHL") == 0
        assert await run(*change, "--text", "{nobody}") == 1
        assert "no variable nobody" in capsys.readouterr().err
        assert await run("notifications", "templates") == 0
        assert "citizen_closed sms hi: template id 1107, header UPCMHL" in capsys.readouterr().out
        [message] = await room.messages()
    finally:
        await room.pool.execute("update message_template set template_id = '', header = ''")
    row = await room.row(message)
    assert (row["template_id"], row["header"]) == ("1107", "UPCMHL")
    assert "100000017" in row["body"]
    assert room.now() + timedelta(0) == row["next_attempt_at"]
