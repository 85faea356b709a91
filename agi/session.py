"""One call as a flow sees it: typed commands, and a hang-up as an exception of its own."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import NamedTuple

from agi.connection import Connection
from agi.errors import (
    CommandFailedError,
    EmergencyKey,
    Hangup,
    ProtocolError,
    UnsafeArgumentError,
)
from agi.protocol import (
    Reply,
    Request,
    app_argument,
    application,
    build,
    readable_name,
    variable_name,
)

ANY_KEY = "0123456789*#"
DOUBLED_SECONDS = 0.4  # the same key at once was doubled by a trunk or a hand
GRACE_SECONDS = 10.0  # on top of what a command takes by its nature
PROMPT_SECONDS = 60.0  # no prompt is longer (`speech.audio` takes 30 s, a studio's too)
_SAMPLES_PER_SECOND = (
    8000  # endpos counts samples of the file, and Asterisk's wav and sln have 8 kHz
)
_SILENCE_LEFT = 1.0  # of the silence that ended a recording; Asterisk cuts the rest off
_LATE_SECONDS = 2.0  # of what is said next: who was asked for a key at the end still presses it


class RecordEnd(StrEnum):
    """Why a recording ended."""

    KEY = "key"
    SILENCE = "silence"
    LIMIT = "limit"
    HUNG_UP = "hung_up"
    NOT_BEGUN = "not_begun"  # a key during the beep: there is no file


class RecordResult(NamedTuple):
    """Its end, its length without the silence at the end, and the key that ended it or kept it from
    beginning.
    """

    reason: RecordEnd
    seconds: float
    key: str | None = None


class Session:
    """Commands for one channel, one at a time.

    Every command but the two for variables raises `Hangup` when the channel is gone, and all raise
    it when the connection has ended; `CommandFailedError` when Asterisk refuses,
    `CommandTimeoutError` when it does not answer, `ProtocolError` when the peer does not speak AGI.
    A digit that was pressed before a hang-up is still returned; the next command raises.
    """

    def __init__(self, connection: Connection, request: Request) -> None:
        self._connection = connection
        self.script, self.query, self.args, self.env = request
        #: Started from the `h` extension: only variables can be read and set.
        self.dead = self.env.get("agi_extension") == "h"
        #: A key that cuts whatever is played: who does not listen for it gets `EmergencyKey`.
        self.way_out = ""
        #: A key that still belongs to the last entry, and for how much longer (s of what is said).
        self._late_key, self._late_for = "", 0.0
        #: The one that was dropped since the present entry began.
        self._dropped = ""

    @property
    def hung_up(self) -> bool:
        """The channel is gone."""
        return self.dead or self._connection.hung_up

    @property
    def usable(self) -> bool:
        """The citizen can still be spoken to."""
        return not self.hung_up and self._connection.usable

    @property
    def channel(self) -> str:
        """The channel's name, for logs."""
        return self.env.get("agi_channel", "")

    async def answer(self) -> None:
        """Answer, if it is not yet answered."""
        await self._number("ANSWER", b"ANSWER\n")

    async def hangup(self) -> None:
        """Hang up, and let go: Asterisk keeps the line up for as long as the connection stands."""
        await self._live("HANGUP", b"HANGUP\n")
        self.let_go()

    def let_go(self) -> None:
        """The dialplan goes on now, whatever the flow has still to write."""
        self.dead = True
        self._connection.close()

    async def status(self) -> int:
        """The channel's state: 6 is up."""
        return await self._number("CHANNEL STATUS", b"CHANNEL STATUS\n")

    async def stream(self, file: str, escape: str = "", *, seconds: float = 0.0) -> str | None:
        """Play a file (without extension); the key of `escape` that cut it short, or None.

        `seconds`: its length, where it may be longer than a prompt. Raises `EmergencyKey`.
        What a key cut that belongs to the last entry is played anew.
        """
        keys = escape if self.way_out in escape else escape + self.way_out
        command = build("STREAM FILE", file, keys)
        while True:
            reply = await self._asked("STREAM FILE", command, max(seconds, PROMPT_SECONDS))
            key = _key(_integer(reply.result))
            if not self._is_late(key, (reply.endpos or 0) / _SAMPLES_PER_SECOND):
                break
        if key is not None and key not in escape:
            self.heed(key)
        return key

    def heed(self, keyed: str | None) -> None:
        """Of what means nothing where it was keyed: raises `EmergencyKey` if it is the way out,
        once or more often.
        """
        if keyed and set(keyed) == {self.way_out}:
            raise EmergencyKey

    async def say(self, prompts: Sequence[str], escape: str = "") -> str | None:
        """Play files one after another; the key of `escape` that stopped them, or None."""
        for file in prompts:
            if key := await self.stream(file, escape):
                return key
        return None

    async def wait_for_digit(self, seconds: float) -> str | None:
        """A key pressed within `seconds`, or None."""
        if 0.0 < (late := self._late_for) < seconds:
            if key := await self.wait_for_digit(late):
                return key
            seconds -= late
        command = b"WAIT FOR DIGIT %d\n" % int(seconds * 1000)
        while True:
            key = _key(await self._number("WAIT FOR DIGIT", command, seconds))
            if not self._is_late(key, 0.0 if key else seconds):
                return key

    async def ask_digits(
        self,
        prompts: Sequence[str],
        *,
        max_digits: int,
        first_timeout: float = 5.0,
        between_timeout: float = 3.0,
        terminator: str = "#",
        whole: Callable[[str], bool] | None = None,
    ) -> str:
        """What is keyed in; a key during the prompts cuts them and is the first. `""` is silence.

        Waits `first_timeout` s after the prompts, `between_timeout` s after each key. `terminator`
        ends the entry and is no part of it; empty: every key counts. No answer to what comes next
        is the terminator of an entry that was complete without it, or one key that was doubled;
        what is `whole` with that key and is not without it did begin with it.
        """
        digits = self._dropped = ""
        key = await self.say(prompts, ANY_KEY)
        if key is None:
            key = await self.wait_for_digit(first_timeout)
        while key is not None and key != terminator:
            digits += key
            if len(digits) >= max_digits:
                self._expect_late(digits, terminator)
                break
            key = await self.wait_for_digit(between_timeout)
        with_it = self._dropped + digits
        return with_it if whole and whole(with_it) and not whole(digits) else digits

    def _expect_late(self, digits: str, terminator: str) -> None:
        if terminator:
            self._late_key, self._late_for = terminator, _LATE_SECONDS
        elif len(digits) == 1 and digits != self.way_out:  # who presses that twice means it
            self._late_key, self._late_for = digits, DOUBLED_SECONDS

    def _is_late(self, key: str | None, seconds: float) -> bool:
        """Whether the key that came after `seconds` still belongs to the last entry; None: none
        came. Only the first one can.
        """
        late = key is not None and key == self._late_key and seconds < self._late_for
        if late:
            self._dropped = self._late_key
        self._late_for = self._late_for - seconds if key is None else 0.0
        return late

    async def record(
        self,
        path: str,
        fmt: str = "wav",
        *,
        max_seconds: float,
        silence_seconds: int = 0,
        escape: str = "#",
        beep: bool = True,
    ) -> RecordResult:
        """Record the citizen to `path` (without extension).

        Ends by a key of `escape`, after `silence_seconds` s of silence (0: never), at `max_seconds`
        or by a hang-up: what was said until then is kept, so that is a result, no exception.
        """
        options = ["0"] + ["BEEP"] * beep + [f"s={silence_seconds}"] * (silence_seconds > 0)
        limit = int(max_seconds * 1000)
        command = build("RECORD FILE", path, fmt, escape, str(limit), *options)
        if self.hung_up:
            raise Hangup("RECORD FILE")
        try:
            reply = await self._command("RECORD FILE", command, max_seconds + 5)
        except Hangup:
            if not self._connection.closed:
                raise
            # Asterisk went away while it recorded; how long the file is nobody told us.
            return RecordResult(RecordEnd.HUNG_UP, 0.0)
        return await self._recorded(reply, max_seconds if silence_seconds else 0.0)

    async def exec(self, app: str, *args: str, seconds: float = 0.0) -> int:
        """Run a dialplan application that takes about `seconds`; its return value.

        Raises `UnsafeArgumentError` for arguments with anything but plain characters.
        """
        joined = ",".join(map(app_argument, args))
        command = build(f"EXEC {application(app)}", joined)
        result = await self._number(f"EXEC {app}", command, seconds)
        if result == -2:
            raise CommandFailedError(f"EXEC {app}", "no such application")
        return result

    async def set_variable(self, name: str, value: str) -> None:
        """Set a channel variable, on a dead channel too."""
        await self._command("SET VARIABLE", build(f"SET VARIABLE {variable_name(name)}", value))

    async def set_language(self, code: str) -> None:
        """The language in which Asterisk looks for each prompt first (two or three letters)."""
        if not (code.isascii() and code.isalpha() and code.islower() and len(code) <= 3):
            raise UnsafeArgumentError(f"not a language's code: {code[:40]!r}")
        await self._command("SET VARIABLE", build("SET VARIABLE CHANNEL(language)", code))

    async def get_variable(self, name: str) -> str | None:
        """A channel variable or function, on a dead channel too; None when it is not set.

        Asterisk gives its first 1,023 bytes.
        """
        command = build("GET VARIABLE", readable_name(name))
        reply = await self._command("GET VARIABLE", command)
        return reply.data if reply.result == "1" else None

    async def _command(self, name: str, command: bytes, seconds: float = 0.0) -> Reply:
        reply = await self._connection.ask(command, seconds + GRACE_SECONDS)
        if reply.code == 200:
            return reply
        if reply.code == 511:
            self.dead = True
            raise Hangup(name)
        raise CommandFailedError(name, f"{reply.code} {(reply.data or '').partition(chr(10))[0]}")

    async def _live(self, name: str, command: bytes, seconds: float = 0.0) -> Reply:
        if self.hung_up:
            raise Hangup(name)
        return await self._command(name, command, seconds)

    async def _number(self, name: str, command: bytes, seconds: float = 0.0) -> int:
        return _integer((await self._asked(name, command, seconds)).result)

    async def _asked(self, name: str, command: bytes, seconds: float = 0.0) -> Reply:
        reply = await self._live(name, command, seconds)
        if _integer(reply.result) == -1:
            await self._why_failed(name, reply)
        return reply

    async def _recorded(self, reply: Reply, limit: float) -> RecordResult:
        seconds = (reply.endpos or 0) / _SAMPLES_PER_SECOND
        result = _integer(reply.result)
        if reply.data in ("hangup", "waitfor"):
            self.dead = True
            return RecordResult(RecordEnd.HUNG_UP, seconds)
        if result == -1:
            await self._why_failed("RECORD FILE", reply)
        if reply.data == "randomerror":
            return RecordResult(RecordEnd.NOT_BEGUN, 0.0, _key(result))
        if reply.data == "dtmf":
            return RecordResult(RecordEnd.KEY, seconds, _key(result))
        if seconds >= limit - 0.5:  # Asterisk says "timeout" for both
            return RecordResult(RecordEnd.LIMIT, seconds)
        return RecordResult(RecordEnd.SILENCE, max(seconds - _SILENCE_LEFT, 0.0))

    async def _why_failed(self, name: str, reply: Reply) -> None:
        """Result -1: a hang-up, a missing file or a full disk. The channel's state tells."""
        if not self.hung_up:
            state = await self._command("CHANNEL STATUS", b"CHANNEL STATUS\n")
            if state.result != "-1" and not self.hung_up:
                raise CommandFailedError(name, f"-1 {reply.data or ''}".rstrip())
        self.dead = True
        raise Hangup(name)


def _integer(result: str) -> int:
    try:
        return int(result)
    except ValueError:
        raise ProtocolError("a result that is no number") from None


def _key(code: int) -> str | None:
    return chr(code) if 0 < code < 128 else None
