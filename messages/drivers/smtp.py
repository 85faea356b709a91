"""E-mail through one SMTP server, in a thread: the standard library's client blocks."""

import asyncio
import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Literal

from messages.errors import DeliveryError, PermanentError, TransientError
from messages.model import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpOptions:
    """`security` none: only for a server on this machine."""

    host: str
    port: int
    sender: str
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password: str | None = field(default=None, repr=False)


class Smtp:
    """The `Message-ID` is made of the message's key, so that a repeat can be told."""

    def __init__(self, options: SmtpOptions, *, timeout: float) -> None:
        self._options = options
        self._timeout = timeout

    async def send(self, message: Message) -> str:
        """One connection for each message. A server's 5xx to the message is final."""
        try:
            await asyncio.to_thread(self._send, _email(message, self._options.sender))
        except smtplib.SMTPException as error:
            raise _failure(error) from error
        except (OSError, ValueError) as error:
            raise TransientError(f"SMTP: {type(error).__name__}") from error
        return ""

    async def close(self) -> None:
        """Nothing is kept open."""

    def _send(self, email: EmailMessage) -> None:
        options = self._options
        context = ssl.create_default_context()
        # Each step of the dialogue has this limit; the caller's own ends the wait for all of it.
        connect = (
            smtplib.SMTP_SSL(options.host, options.port, timeout=self._timeout, context=context)
            if options.security == "tls"
            else smtplib.SMTP(options.host, options.port, timeout=self._timeout)
        )
        with connect as server:
            if options.security == "starttls":
                server.starttls(context=context)
            if options.user is not None:
                server.login(options.user, options.password or "")
            server.send_message(email)


def _email(message: Message, sender: str) -> EmailMessage:
    email = EmailMessage()
    email["From"] = sender
    email["To"] = message.recipient
    email["Subject"] = message.subject or message.kind
    email["Date"] = format_datetime(message.created_at)
    email["Message-ID"] = f"<{message.id}@{sender.rpartition('@')[2].strip('> ')}>"
    email["Auto-Submitted"] = "auto-generated"
    email.set_content(message.body)
    return email


def _failure(error: smtplib.SMTPException) -> DeliveryError:
    """The server's code only: its text may quote the address."""
    match error:
        case smtplib.SMTPAuthenticationError(smtp_code=code):
            return TransientError(f"SMTP: we may not sign in, {code}")
        case smtplib.SMTPRecipientsRefused(recipients=refused):
            code = max((answer[0] for answer in refused.values()), default=0)
        case smtplib.SMTPResponseException(smtp_code=code):
            pass
        case _:
            return TransientError(f"SMTP: {type(error).__name__}")
    return PermanentError(f"SMTP: {code}") if 500 <= code < 600 else TransientError(f"SMTP: {code}")
