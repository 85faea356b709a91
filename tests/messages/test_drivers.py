"""The drivers alone, against small servers."""

import asyncio
import hmac
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

import pytest

from messages.drivers.fields import PLACEHOLDERS, check_fields, values_of
from messages.drivers.http import HttpGateway, HttpGatewayOptions, _reference
from messages.drivers.smtp import Smtp, SmtpOptions
from messages.drivers.webhook import Webhook
from messages.errors import (
    DeliveryError,
    PermanentError,
    TemplateError,
    TransientError,
    UnknownEndError,
)
from messages.model import Channel, Message
from tests.messages.gateway import Gateway

AT = datetime(2025, 11, 20, 5, 30, tzinfo=UTC)
SECRET = b"a secret for tests only"
MESSAGE = Message(
    id=UUID(int=7),
    attempt_no=1,
    kind="citizen_closed",
    channel=Channel.SMS,
    recipient="+919876543210",
    subject="शिकायत",
    body='धन्यवाद "{key}" & अन्य',
    template_id="1107",
    header="UPCMHL",
    encoding="ucs2",
    parts=1,
    created_at=AT,
)


@pytest.mark.parametrize(("form", "method"), [("json", "POST"), ("form", "POST"), ("query", "GET")])
async def test_a_gateway_gets_its_fields_in_its_form(
    gateway: Gateway, form: str, method: str
) -> None:
    options = HttpGatewayOptions(
        url=gateway.url,
        method=method,  # type: ignore[arg-type]
        format=form,  # type: ignore[arg-type]
        fields={"to": "{national_number}", "msg": "{text}", "type": "unicode"},
        headers={"X-Api-Key": "secret"},
    )
    driver = HttpGateway(options, timeout=5)
    await driver.send(MESSAGE)
    await driver.close()
    assert gateway.seen == [{"to": "9876543210", "msg": MESSAGE.body, "type": "unicode"}]
    assert gateway.headers[0]["X-Api-Key"] == "secret"
    assert "secret" not in repr(options)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (302, TransientError),
        (400, PermanentError),
        (403, TransientError),
        (422, PermanentError),
        (429, TransientError),
        (500, TransientError),
    ],
)
async def test_what_a_status_means(gateway: Gateway, status: int, kind: type[Exception]) -> None:
    gateway.statuses = [status]
    driver = HttpGateway(HttpGatewayOptions(url=gateway.url, fields={}), timeout=5)
    with pytest.raises(kind):
        await driver.send(MESSAGE)
    await driver.close()


async def test_a_gateway_that_has_the_key_already_took_it(gateway: Gateway) -> None:
    gateway.statuses = [409]
    options = HttpGatewayOptions(url=gateway.url, fields={}, already_accepted=(409,))
    driver = HttpGateway(options, timeout=5)
    assert await driver.send(MESSAGE) == ""
    await driver.close()


async def test_a_gateway_that_says_200_to_everything_is_read(gateway: Gateway) -> None:
    options = HttpGatewayOptions(url=gateway.url, fields={}, accepted='"state": "queued"')
    driver = HttpGateway(options, timeout=5)
    with pytest.raises(TransientError, match="not the answer"):
        await driver.send(MESSAGE)
    await driver.close()


async def test_nobody_there_is_told_without_the_address() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/?apikey=secret"
        driver = HttpGateway(HttpGatewayOptions(url=url, fields={}), timeout=5)
        with pytest.raises(TransientError) as away:
            await driver.send(MESSAGE)
        await driver.close()
    assert "secret" not in str(away.value)


def test_an_unknown_placeholder_is_refused() -> None:
    assert set(values_of(MESSAGE)) == PLACEHOLDERS
    check_fields({"to": "{number}"})
    for wrong in ("{phone}", "{number", "{0}", "{number.x}"):
        with pytest.raises(TemplateError):
            check_fields({"to": wrong})


async def test_a_webhook_can_be_checked_by_who_gets_it(gateway: Gateway) -> None:
    driver = Webhook(gateway.url, SECRET, lambda: AT, timeout=5)
    await driver.send(MESSAGE)
    await driver.close()
    headers = gateway.headers[0]
    assert headers["Helpline-Timestamp"] == str(int(AT.timestamp()))
    body = json.dumps(gateway.seen[0], ensure_ascii=False).encode()
    signed = headers["Helpline-Timestamp"].encode() + b"." + body
    assert headers["Helpline-Signature"] == (
        "sha256=" + hmac.new(SECRET, signed, sha256).hexdigest()
    )
    assert (gateway.seen[0]["key"], gateway.seen[0]["text"]) == (str(MESSAGE.id), MESSAGE.body)


async def test_what_happened_to_a_complaint_is_told_in_fields(gateway: Gateway) -> None:
    driver = Webhook(gateway.url, SECRET, lambda: AT, timeout=5)
    event = {"number": "100000007", "event": "disposed", "state": "awaiting_feedback"}
    await driver.send(replace(MESSAGE, kind="complaint_disposed", body=json.dumps(event)))
    await driver.close()
    [seen] = gateway.seen
    assert (seen["kind"], seen["event"], "text" in seen) == ("complaint_disposed", event, False)


@asynccontextmanager
async def mail_server(**told: str) -> AsyncIterator[tuple[int, list[str]]]:
    """One that answers as `told` to a verb, to a connection (`HELLO`), to the mail (`CONTENT`); its
    port and the lines that it was sent.
    """
    lines: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(f"{told.get('HELLO', '220 mail')}\r\n".encode())
        in_data = False
        while line := (await reader.readline()).decode().rstrip("\r\n"):
            lines.append(line)
            verb = line[:4].upper()
            if in_data:
                continue
            answers = {"DATA": "354 go on", "QUIT": "221 bye", **told}
            writer.write(f"{answers.get(verb, '250 ok')}\r\n".encode())
            if verb == "QUIT":
                break
            if verb == "DATA":
                content = await reader.readuntil(b"\r\n.\r\n")
                lines.extend(content.decode().split("\r\n"))
                writer.write(f"{told.get('CONTENT', '250 taken')}\r\n".encode())
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], lines


def smtp(port: int) -> Smtp:
    options = SmtpOptions(
        host="127.0.0.1", port=port, sender="Helpline <no-reply@helpline.example>", security="none"
    )
    return Smtp(options, timeout=5, at_once=2)


async def test_an_email_is_sent_with_the_key_as_its_id() -> None:
    message = replace(MESSAGE, recipient="dm@up.example", channel=Channel.EMAIL)
    async with mail_server() as (port, lines):
        await smtp(port).send(message)
    assert f"Message-ID: <{MESSAGE.id}@helpline.example>" in lines
    assert "To: dm@up.example" in lines


@pytest.mark.parametrize(
    ("step", "answer", "kind"),
    [
        ("RCPT", "550 no such user", PermanentError),
        ("RCPT", "550 5.1.1 no such user", PermanentError),
        ("RCPT", "451 later", TransientError),
        ("DATA", "554 no valid recipients", PermanentError),
        ("CONTENT", "554 5.7.1 not this mail", PermanentError),
        ("CONTENT", "452 later", TransientError),
        # Us it refuses, not the mail.
        ("HELLO", "554 5.7.1 no service here", TransientError),
        ("MAIL", "530 5.7.0 Authentication required", TransientError),
        ("MAIL", "553 5.7.1 sender not owned", TransientError),
        ("RCPT", "554 5.7.1 Relay access denied", TransientError),
        ("RCPT", "530 sign in first", TransientError),
        ("CONTENT", "250 " + "x" * 9000, UnknownEndError),
    ],
)
async def test_a_mail_servers_refusal_is_final_or_not(
    step: str, answer: str, kind: type[Exception]
) -> None:
    message = replace(MESSAGE, recipient="dm@up.example")
    async with mail_server(**{step: answer}) as (port, _):
        with pytest.raises(DeliveryError) as refused:
            await smtp(port).send(message)
    assert type(refused.value) is kind


async def test_a_line_break_in_an_address_adds_no_header() -> None:
    message = replace(MESSAGE, recipient="dm@up.example\r\nBcc: x@evil.example")
    async with mail_server() as (port, lines):
        with pytest.raises(TransientError):
            await smtp(port).send(message)
    assert lines == []


@pytest.mark.parametrize(
    ("answer", "reference"),
    [
        (r'{"id": "gw-1\u0000\ud800"}', "gw-1"),
        ('{"id": 7}', "7"),
        ('{"id": {"deep": 1}}', ""),
        ("not JSON", ""),
    ],
)
def test_a_gateways_odd_reference_never_fails_a_message_that_it_took(
    answer: str, reference: str
) -> None:
    assert _reference("id", answer) == reference
