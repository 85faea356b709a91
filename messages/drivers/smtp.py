"""E-mail through one SMTP server, in threads of its own: the standard library's client blocks."""

import asyncio
import smtplib
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import format_datetime
from threading import Lock
from typing import Any, Literal

from messages.errors import DeliveryError, PermanentError, TransientError, UnknownEndError
from messages.model import Message

_SHARE = 0.9  # of the caller's limit: who ends the dialogue knows how far it came
_GOODBYE_SECONDS = 2.0
# Many servers say only at the recipient that they refuse us (RFC 3463: X.7 is who may do what).
_NOT_ALLOWED = {503, 530, 535, 538}
_OUR_RIGHT = b"5.7."


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

    def __init__(self, options: SmtpOptions, *, timeout: float, at_once: int) -> None:
        """`timeout`: the caller's, of one send. `at_once`: the caller's most sends at once."""
        self._options = options
        self._limit = _SHARE * timeout
        # Of our own: a server that says nothing must not keep the threads that others wait for.
        self._threads = ThreadPoolExecutor(at_once, "smtp")

    async def send(self, message: Message) -> str:
        """One connection for each message. A server's 5xx to the recipient or the text is final.

        When this is over, also by cancellation, nothing more is said to the server.
        """
        loop = asyncio.get_running_loop()
        line = _Line()
        end = loop.call_later(self._limit, line.end)
        try:
            email = _email(message, self._options.sender)
            await loop.run_in_executor(self._threads, self._send, email, line)
        except smtplib.SMTPException as error:
            raise _failure(error, line) from error
        except (OSError, ValueError) as error:
            raise TransientError(f"SMTP: {type(error).__name__}") from error
        finally:
            end.cancel()
            line.end()
        return ""

    async def close(self) -> None:
        """No connection is kept open; a thread that asks for the server's address ends later."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _send(self, email: EmailMessage, line: "_Line") -> None:
        try:
            server = _Dialogue(self._options, line, self._limit)
            try:
                server.hand_over(email)
            finally:
                server.close()
        finally:
            line.close()


class _Line:
    """A connection that can be ended from outside, whatever its thread waits for there.

    A socket's own limit is for one read: a server that says a byte now and then keeps its thread.
    """

    def __init__(self) -> None:
        self.handed_over = False
        self._lock = Lock()
        self._over = False
        self._same: socket.socket | None = None

    def hold(self, sock: socket.socket) -> None:
        """Before it is connected. Raises `SMTPServerDisconnected` when the time is over already."""
        with self._lock:
            if self._over:
                raise smtplib.SMTPServerDisconnected("no time is left")
            if self._same is not None:
                self._same.close()
            # A descriptor beside it: TLS makes another object of the first.
            self._same = sock.dup()

    def end(self) -> None:
        """Nothing passes from here on; who reads or writes there is told at once."""
        with self._lock:
            self._over = True
            if self._same is not None:
                with suppress(OSError):  # not connected, or not any more
                    self._same.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Let go of the descriptor."""
        with self._lock:
            if self._same is not None:
                self._same.close()
                self._same = None


class _Dialogue(smtplib.SMTP):
    """Connected on construction."""

    def __init__(self, options: SmtpOptions, line: _Line, limit: float) -> None:
        self._options = options
        self._line = line
        self._context = ssl.create_default_context()
        super().__init__(options.host, options.port, timeout=limit)

    def hand_over(self, email: EmailMessage) -> None:
        """Returns when the server has taken it."""
        options = self._options
        if options.security == "starttls":
            self.starttls(context=self._context)
        if options.user is not None:
            self.login(options.user, options.password or "")
        self.send_message(email)
        with suppress(smtplib.SMTPException, OSError):  # it is taken: a goodbye changes nothing
            if self.sock is not None:
                self.sock.settimeout(_GOODBYE_SECONDS)
            self.quit()

    def send(self, s: Any) -> None:
        """Commands are text; the mail is bytes, and ends with the line that hands it over."""
        super().send(s)
        if isinstance(s, bytes):
            self._line.handed_over = True

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        """The library's own seam, by which its client for TLS differs from the other."""
        sock = self._connected(host, port, timeout)
        if self._options.security != "tls":
            return sock
        return self._context.wrap_socket(sock, server_hostname=host)

    def _connected(self, host: str, port: int, timeout: float) -> socket.socket:
        """As `socket.create_connection`, but the line can be ended meanwhile."""
        failed: OSError = socket.gaierror("no address")
        for family, kind, protocol, _, address in socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM
        ):
            sock = socket.socket(family, kind, protocol)
            try:
                self._line.hold(sock)
                sock.settimeout(timeout)
                sock.connect(address)
            except smtplib.SMTPException:
                sock.close()
                raise
            except OSError as error:  # the next address may be better
                sock.close()
                failed = error
            else:
                return sock
        raise failed


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


def _failure(error: smtplib.SMTPException, line: _Line) -> DeliveryError:
    """Final is what is refused of this mail: its recipient, or its text. All else says something
    about us or about now. The server's code only: its text may quote the address.
    """
    code, final = 0, False
    match error:
        case smtplib.SMTPAuthenticationError(smtp_code=code):
            return TransientError(f"SMTP: we may not sign in, {code}")
        case smtplib.SMTPRecipientsRefused(recipients=refused):
            code, said = max(refused.values(), default=(0, b""))
            final = code not in _NOT_ALLOWED and not said.startswith(_OUR_RIGHT)
        case smtplib.SMTPDataError(smtp_code=code):
            final = True
        case smtplib.SMTPResponseException(smtp_code=code):
            pass
    if final and 500 <= code < 600:
        return PermanentError(f"SMTP: {code}")
    if line.handed_over and (code < 400 or not final):  # also of an answer that was cut off
        return UnknownEndError("SMTP: all was said and no answer came, it may have been taken")
    return TransientError(f"SMTP: {type(error).__name__}{f', {code}' if code else ''}")
