"""One AMI connection: panoramisk's protocol, with the guards that it lacks.

panoramisk (frozen since 2021) parses messages and matches answers to actions. Everything else is
guarded here, and nothing of it leaves this file. Its `Manager` is not used: it sends an action
again after a reconnect, which would call a citizen twice.
"""

import asyncio
import codecs
import itertools
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import structlog
from panoramisk.actions import Action
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.message import Message

from cti.errors import AmiBusyError, AmiLinkLostError, AmiTimeoutError, AmiValueError
from cti.genuine import channel_of, ends_sealed, flaw, is_newborn
from cti.message import AmiEvent, AmiReply

_log = structlog.get_logger(__name__)

Fields = Sequence[tuple[str, str]] | Mapping[str, str]

_GREETING = "Asterisk Call Manager/"
_LINE = "\r\n"
_END = _LINE + _LINE
_LONGEST_MESSAGE = 64 * 1024
_LONGEST_LIST = 50_000
_MOST_PENDING = 1_000
_REST_SECONDS = 1.0  # of an event that Asterisk writes in one piece


class _Request(Action):  # type: ignore[misc]  # panoramisk has no types
    """An action under way. Its answer is one message, or a list that must end or be refused.

    panoramisk's own rules wait for ever on a refused list, and on an `Originate` without `Async`.
    """

    def add_message(self, message: Message) -> bool:
        """Take one message of the answer; whether the answer is complete."""
        self.responses.append(message)
        first = self.responses[0]
        complete = (
            not self.as_list
            or not first.success
            or str(message.get("eventlist", "")).lower() in ("complete", "cancelled")
        )
        if complete and not self.future.done():
            self.future.set_result(self.responses)
        return complete


class AmiConnection(AMIProtocol):  # type: ignore[misc]  # panoramisk has no types
    """Bytes to events and answers. `on_event` is called for each event, in order; it must not wait.

    `seal` (`dialplans.secrets.seal`): what each channel's headers end with. The first message that
    Asterisk did not write like this ends the connection, unread, with all that came after it. Only
    a channel's first event, which its number has cut to pieces, is left out to its end: who calls
    like this again and again does not keep us from hearing of others. `forged` counts both.

    `lost` is done (with the reason) when the connection is over; it never raises.
    """

    def __init__(self, on_event: Callable[[AmiEvent], None], *, seal: str) -> None:
        self._on_event = on_event
        self._seal = seal
        # Who writes lines into our events shall not know to which question they would be answers.
        self._own_ids = f"cti-{secrets.token_hex(8)}-"
        self._numbers = itertools.count(1)
        self.forged = 0
        self._left_out = 0  # of an event in pieces, in characters
        self._giving_up: asyncio.TimerHandle | None = None  # while it is left out
        self._loop = asyncio.get_running_loop()
        # Devanagari is three bytes a letter, and a TCP segment may end inside one.
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._partial = ""
        self._greeted = False
        self._begun = False
        self._reason = ""
        self.lost: asyncio.Future[str] = self._loop.create_future()
        self.last_heard = self._loop.time()
        self.encoding = "utf-8"

    @property
    def is_open(self) -> bool:
        """Whether something can still be sent."""
        return not self.lost.done() and not self.transport.is_closing()

    def data_received(self, data: bytes) -> None:
        """Bytes from Asterisk, cut anywhere."""
        self.last_heard = self._loop.time()
        text = self._partial + self._decoder.decode(data)
        if not self._greeted:
            if not _GREETING.startswith(text[: len(_GREETING)]):
                self.abort("not an Asterisk manager")
                return
            self._greeted = len(text) >= len(_GREETING)
        *messages, self._partial = text.split(_END)
        if max(map(len, messages), default=0) > _LONGEST_MESSAGE:
            self.abort("a message is too long")
        elif len(self._partial) > _LONGEST_MESSAGE:
            self.abort("a message does not end")
        else:
            for text in messages:
                self._one_message(text)

    def _one_message(self, text: str) -> None:
        if self.lost.done() or self._reason:
            return
        if not self._begun:
            self._begun = True
            text = text.partition(_LINE)[2]  # the greeting has no end of its own
        text = text.strip()
        if self._giving_up is not None:
            self._leave_out(text)
            return
        if text and (why := flaw(text, seal=self._seal, own_ids=self._own_ids)):
            self.forged += 1
            _log.error("an AMI message that Asterisk did not write", why=why, of=channel_of(text))
            if is_newborn(text):
                self._giving_up = self._loop.call_later(_REST_SECONDS, self._abort_forged)
                self._leave_out(text)
            else:
                self._abort_forged()
            return
        message = Message.from_line(text)
        if message is not None:
            self.handle_message(message)

    def _leave_out(self, text: str) -> None:
        """A piece of an event, of which the last ends in the seal."""
        self._left_out += len(_END) + len(text)
        if ends_sealed(text, self._seal):
            self._left_out = 0
            self._wait_no_more()
        elif self._left_out > _LONGEST_MESSAGE:
            self._abort_forged()

    def _wait_no_more(self) -> None:
        if self._giving_up is not None:
            self._giving_up.cancel()
            self._giving_up = None

    def _abort_forged(self) -> None:
        self.abort("a forged message")

    def handle_message(self, message: Message) -> None:
        """Give an answer to its action, and everything else to `on_event`."""
        request = self.responses.get(_text(message.get("actionid", "")))
        is_event = "event" in message
        # An event may carry an action's id and still not be its answer (OriginateResponse).
        if request is not None and (not is_event or (request.as_list and request.responses)):
            if request.add_message(message):
                self.responses.pop(request.id, None)
            elif len(request.responses) > _LONGEST_LIST:
                self.abort("a list does not end")
        elif is_event:
            self._on_event(_event(message))

    async def request(
        self, name: str, fields: Fields, *, as_list: bool, timeout: float, action_id: str = ""
    ) -> AmiReply:
        """Send one action, once, and wait for its answer. `action_id`: none, one is made.

        Raises `AmiValueError`, `AmiBusyError` (nothing sent), `AmiTimeoutError`,
        `AmiLinkLostError` (its effect is unknown).
        """
        action_id = action_id or f"{self._own_ids}{next(self._numbers)}"
        request = _Request(_headers(name, action_id, fields), as_list=as_list)
        if action_id in self.responses:
            raise AmiValueError("a second action of the same id")
        if len(self.responses) >= _MOST_PENDING:
            raise AmiBusyError(len(self.responses))
        answer = self.send(request, as_list=as_list)
        try:
            await asyncio.wait(
                {answer, self.lost}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            self.responses.pop(action_id, None)
        if answer.done():
            return _reply(answer.result())
        if self.lost.done():
            raise AmiLinkLostError(self.lost.result())
        raise AmiTimeoutError(name, timeout)

    def ping(self) -> None:
        """Make Asterisk say something: without an id, so that nothing waits for it."""
        if self.is_open:
            self.transport.write(b"Action: Ping\r\n\r\n")

    def abort(self, reason: str) -> None:
        """End the connection at once, whatever is still to be sent."""
        self._reason = self._reason or reason
        self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """The transport is gone. Nothing is kept to be sent again, as panoramisk would."""
        self.closed = True
        self._wait_no_more()
        if not self.lost.done():
            default = "closed by Asterisk" if exc is None else repr(exc)
            self.lost.set_result(self._reason or default)


def _headers(name: str, action_id: str, fields: Fields) -> dict[str, str | list[str]]:
    headers: dict[str, str | list[str]] = {"Action": name, "ActionID": action_id}
    pairs: Iterable[tuple[str, str]] = fields.items() if isinstance(fields, Mapping) else fields
    for key, value in pairs:
        if not (key.isascii() and key.isidentifier()) or key.lower() in ("action", "actionid"):
            raise AmiValueError(f"the header {key!r}")
        # A line break would begin a second header, or a second action.
        if any(forbidden in value for forbidden in "\r\n\0"):
            raise AmiValueError(f"the value of {key}")
        before = headers.get(key)
        if before is None:
            headers[key] = value
        elif isinstance(before, list):
            before.append(value)
        else:
            headers[key] = [before, value]
    return headers


def _reply(messages: list[Message]) -> AmiReply:
    first, *items = messages
    event = _event(first)
    return AmiReply(
        ok=bool(first.success),
        message=event.fields.get("message", ""),
        fields=event.fields,
        events=tuple(_event(item) for item in items if "eventlist" not in item),
    )


def _event(message: Message) -> AmiEvent:
    fields = {str(key).lower(): _text(value) for key, value in message.items()}
    return AmiEvent(
        name=fields.get("event", ""),
        fields=fields,
        variables=_variables(message.get("chanvariable", ())),
        dest_variables=_variables(message.get("destchanvariable", ())),
    )


def _text(value: Any) -> str:
    """panoramisk gives text, or a list of texts for a repeated header."""
    return str(value[-1]) if isinstance(value, list) else str(value)


def _variables(values: Any) -> dict[str, str]:
    """`NAME=value` headers. Asterisk names each configured variable, also when it is empty."""
    texts = [values] if isinstance(values, str) else values
    pairs = (text.partition("=") for text in texts)
    return {name.strip(): value for name, _, value in pairs if value}
