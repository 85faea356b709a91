"""A small Asterisk, as seen by a FastAGI server: one channel with a citizen at its end.

Written after `run_agi`, `parse_args` and the command handlers of Asterisk's res_agi.c.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_DEAD_SAFE = ("SET VARIABLE", "GET VARIABLE", "EXEC")
_TWO_WORDS = {"SET", "GET", "STREAM", "RECORD", "CHANNEL"}


def parse_args(line: str) -> list[str]:
    """The words that Asterisk makes of a command line: `parse_args` in res_agi.c, step by step."""
    args: list[str] = []
    quoted = escaped = False
    whitespace = True
    for char in line:
        if char == '"' and not escaped:
            quoted = not quoted
            if quoted and whitespace:
                args.append("")
                whitespace = False
        elif char in " \t" and not quoted and not escaped:
            whitespace = True
        elif char == "\\" and not escaped:
            escaped = True
        else:
            if whitespace:
                args.append("")
                whitespace = False
            args[-1] += char
            escaped = False
    return args


def headers(script: str, args: Sequence[str] = (), **values: str) -> bytes:
    """The header block of a call."""
    env = {
        "network": "yes",
        "network_script": script,
        "request": f"agi://127.0.0.1/{script}",
        "channel": "PJSIP/trunk-00000001",
        "language": "en",
        "uniqueid": "1700000000.1",
        "callerid": "9876543210",
        "calleridname": "unknown",
        "callingpres": "0",
        "callingani2": "0",
        "callington": "0",
        "callingtns": "0",
        "dnid": "1076",
        "rdnis": "unknown",
        "context": "from-trunk",
        "extension": "1076",
        "priority": "5",
        "enhanced": "0.0",
        "accountcode": "",
        "threadid": "140213",
    } | values
    lines = [f"agi_{name}: {value}" for name, value in env.items()]
    lines += [f"agi_arg_{number}: {value}" for number, value in enumerate(args, 1)]
    return ("\n".join(lines) + "\n\n").encode()


@dataclass
class Citizen:
    """What somebody does on the phone, and what they met.

    `keys`: prompt -> the keys pressed each time it has been heard (None: silence). `early`: prompts
    that are cut short by that key. `hang_up_at`: the number of the command during which they hang
    up; `idle`: they hang up just before it, so that the HANGUP line comes before its reply. `gone`:
    the connection ends after the headers. `takes`: seconds that Asterisk plays a file for, by the
    beginning of its path. `panics_in`: at which of the files played, from 0, they press 9, and
    nothing more after it.
    """

    keys: Mapping[str, Sequence[str | None]] = field(default_factory=dict)
    early: Sequence[str] = ()
    hang_up_at: int | None = None
    idle: bool = False
    gone: bool = False
    recorded: str = "200 result=35 (dtmf) endpos=24000"
    refused: Mapping[str, str] = field(default_factory=dict)
    takes: Mapping[str, float] = field(default_factory=dict)
    panics_in: int | None = None

    commands: list[list[str]] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    applications: list[tuple[str, str]] = field(default_factory=list)
    recording: str = ""
    hung_up: bool = False
    answered: bool = False
    _pressed: dict[str, int] = field(default_factory=dict)

    async def call(self, port: int, script: str, args: Sequence[str] = (), **env: str) -> None:
        """Be the channel until the server closes the connection."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        self.hung_up = env.get("extension") == "h"
        writer.write(headers(script, args, **env))
        try:
            if self.gone:
                return
            while line := await asyncio.wait_for(reader.readline(), 30):
                reply = self._carry_out(line.decode().rstrip("\n"))
                await asyncio.sleep(self._plays_for(line.decode()))
                writer.write(reply.encode())
        except ConnectionError:
            pass
        finally:
            writer.close()

    def _plays_for(self, line: str) -> float:
        name, _, file = line.partition(' FILE "')
        found = [one for start, one in self.takes.items() if file.startswith(start)]
        return found[0] if name == "STREAM" and found else 0.0

    @property
    def said(self) -> list[str]:
        """Names of the prompts heard, without their folder."""
        return [file.rpartition("/")[2] for file in self.heard]

    @property
    def said_in(self) -> list[tuple[str, str]]:
        """The channel's language, which our trunk begins in Hindi, and each prompt of it."""
        language, said = "hi", []
        for name, *args in self.commands:
            if (name, *args[:1]) == ("SET VARIABLE", "CHANNEL(language)"):
                language = args[1]
            elif name == "STREAM FILE":
                said.append((language, args[0].rpartition("/")[2]))
        return said

    def _carry_out(self, line: str) -> str:
        words = parse_args(line)
        two = 3 if words[0] == "WAIT" else 2 if words[0] in _TWO_WORDS else 1
        name, args = " ".join(words[:two]), words[two:]
        if name == "CHANNEL STATUS":
            return "511 Command Not Permitted on a dead channel\n" * self.hung_up or (
                "200 result=6\n"
            )
        leaves = len(self.commands) == self.hang_up_at
        self.commands.append([name, *args])
        notice = ""
        if leaves and self.idle:
            self.hung_up, leaves, notice = True, False, "HANGUP\n"
        if self.hung_up and name not in _DEAD_SAFE:
            return notice + "511 Command Not Permitted on a dead channel\n"
        if leaves:
            self.hung_up = True
            return self._reply(name, args, leaving=True) + "\nHANGUP\n"
        return notice + self._reply(name, args, leaving=False) + "\n"

    def _reply(self, name: str, args: list[str], *, leaving: bool) -> str:
        for start, refusal in self.refused.items():
            if " ".join([name, *args]).startswith(start):
                return refusal
        if name == "SET VARIABLE":
            self.variables[args[0]] = args[1]
            return "200 result=1"
        if name == "GET VARIABLE":
            value = self.variables.get(args[0])
            return "200 result=0" if value is None else f"200 result=1 ({value})"
        if name == "EXEC":
            self.applications.append((args[0], args[1]))
            return "200 result=0"
        if name == "HANGUP":
            self.hung_up = True
            return "200 result=1\nHANGUP"
        if name == "RECORD FILE":
            self.recording = f"{args[0]}.{args[1]}"
            return "200 result=-1 (hangup) endpos=16000" if leaving else self.recorded
        if leaving:
            return "200 result=-1"
        if name == "ANSWER":
            self.answered = True
            return "200 result=0"
        if name == "STREAM FILE":
            return self._stream(args[0], args[1])
        if name == "WAIT FOR DIGIT":
            return f"200 result={self._key(self.said[-1])}"
        return "510 Invalid or unknown command"

    def _stream(self, file: str, escape: str) -> str:
        self.heard.append(file)
        name = self.said[-1]
        if len(self.heard) - 1 == self.panics_in:
            self.keys = {}
            if "9" in escape:
                return f"200 result={ord('9')} endpos=800"
        if name in self.early and chr(self._peek(name)) in escape:
            return f"200 result={self._key(name)} endpos=800"
        return "200 result=0 endpos=16000"

    def _peek(self, prompt: str) -> int:
        pressed = self._pressed.get(prompt, 0)
        keys = self.keys.get(prompt, ())
        return ord(keys[pressed] or "\0") if pressed < len(keys) else 0

    def _key(self, prompt: str) -> int:
        key = self._peek(prompt)
        self._pressed[prompt] = self._pressed.get(prompt, 0) + 1
        return key
