"""The AGI wire format: the header block, replies, and commands that nothing can break out of.

Read from Asterisk's `res/res_agi.c` (20 to 22): `setup_env`, `run_agi`, `parse_args`.
"""

import re
from typing import NamedTuple
from urllib.parse import parse_qsl

from agi.errors import ProtocolError, UnsafeArgumentError

MAX_HEADER_BYTES = 32_768
MAX_REPLY_BYTES = 65_536
MAX_COMMAND_BYTES = (
    2_000  # Asterisk cuts a line at AGI_BUF_LEN, 2048, and takes the rest as another
)
_MAX_HEADERS = 200
_CALLER = "agi_callerid"
_LAST = "agi_threadid"
# Each call has all of them, with a value or none; arguments follow.
_AFTER_CALLER = {
    f"agi_{name}"
    for name in (
        "calleridname", "callingpres", "callingani2", "callington", "callingtns", "dnid", "rdnis",
        "context", "extension", "priority", "enhanced", "accountcode", "threadid",
    )
}  # fmt: skip

# C0, DEL, C1 and lone surrogates: a line's end is among them, and none can be heard or shown.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_VARIABLE = re.compile(r"_{0,2}[A-Za-z][A-Za-z0-9_]*", re.ASCII)
_FUNCTION = re.compile(r"[A-Za-z][A-Za-z0-9_]*\([A-Za-z0-9_,.:-]*\)", re.ASCII)
_APPLICATION = re.compile(r"[A-Za-z][A-Za-z0-9]*", re.ASCII)
_APP_ARGUMENT = re.compile(r"[A-Za-z0-9_./:@+=-]*", re.ASCII)


class Request(NamedTuple):
    """What Asterisk says at the start: which script, with what, on which channel."""

    script: str
    query: dict[str, str]
    args: list[str]
    env: dict[str, str]


class Reply(NamedTuple):
    """One reply. `data` is what stands in parentheses, None when nothing does."""

    code: int
    result: str
    data: str | None
    endpos: int | None


def parse_request(block: bytes) -> Request:
    """The header block without its empty last line. Each value is UTF-8, or else Latin-1.

    A number could hold line ends, and so headers of its own, or the block's end: Asterisk repeats
    it as it is. It has at most 79 bytes, too few for all that comes after it.
    Raises `ProtocolError` for what no Asterisk sends: a name twice, an argument before the last of
    the other headers, a block that is cut short.
    """
    try:
        lines = block.decode().split("\n")
    except UnicodeDecodeError:
        lines = [_text(line) for line in block.split(b"\n")]
    if len(lines) > _MAX_HEADERS:
        raise ProtocolError(f"{len(lines)} header lines")
    env: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name.startswith("agi_"):
            raise ProtocolError("a header line that is not agi_...: ...")
        if name in env or (name == _LAST and any(map(_is_argument, env))):
            raise ProtocolError("a header that stands where none belongs")
        env[name] = value.strip(" \r\0")
    if _CALLER in env and not env.keys() >= _AFTER_CALLER:
        raise ProtocolError("headers that are cut short")
    script, _, query = env.get("agi_network_script", "").partition("?")
    return Request(
        script.strip("/"),
        dict(parse_qsl(query, keep_blank_values=True, max_num_fields=50)) if query else {},
        _arguments(env),
        env,
    )


def _arguments(env: dict[str, str]) -> list[str]:
    args: list[str] = []
    while (value := env.get(f"agi_arg_{len(args) + 1}")) is not None:
        args.append(value)
    return args


def _is_argument(name: str) -> bool:
    return name.startswith("agi_arg_")


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def is_open(line: bytes) -> bool:
    """Whether more lines belong to this reply: a usage text, or a value with a line's end in it."""
    if line.startswith(b"520-"):
        return True
    return line.startswith(b"200 result=1 (") and b")" not in line


def closes(first: bytes, line: bytes) -> bool:
    """Whether `line` is the last one of the reply that began with `first`."""
    return line.startswith(b"520 ") if first.startswith(b"520-") else line.endswith(b")")


def parse_reply(raw: bytes) -> Reply:
    """One whole reply, without its last line's end. Raises `ProtocolError` when it is none."""
    text = _text(raw)
    if text.startswith("200 result="):
        result, _, tail = text[11:].partition(" ")
        if not tail:
            return Reply(200, result, None, None)
        return _with_tail(result, tail)
    code, tail = text[:3], text[4:]
    if code.isascii() and code.isdigit() and text[3:4] in (" ", "-"):
        return Reply(int(code), "", tail, None)
    raise ProtocolError("a line that is no reply")


def _with_tail(result: str, tail: str) -> Reply:
    """`(timeout) endpos=123`. A value may itself hold parentheses: the last one closes it."""
    data, rest = None, tail
    if tail.startswith("(") and (end := tail.rfind(")")) > 0:
        data, rest = tail[1:end], tail[end + 1 :]
    _, found, endpos = rest.partition("endpos=")
    number = endpos.partition(" ")[0]
    known = bool(found) and number.isascii() and number.isdigit() and len(number) < 19
    return Reply(200, result, data, int(number) if known else None)


def clean(value: str) -> str:
    """`value` without control characters."""
    return value if value.isascii() and value.isprintable() else _CONTROL.sub("", value)


def quote(value: str) -> str:
    """`value` as exactly one argument of a command, without its control characters.

    Inside quotes Asterisk's parser knows two escapes, `\\"` and `\\\\`; nothing else ends a word.
    """
    escaped = clean(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def variable_name(name: str) -> str:
    """`name`, when it is a plain channel variable (`_` or `__` before it for inheritance)."""
    if not _VARIABLE.fullmatch(name):
        raise UnsafeArgumentError(f"not a variable's name: {name[:40]!r}")
    return name


def readable_name(name: str) -> str:
    """`name`, when it is a channel variable or a function with plain arguments: `CALLERID(num)`."""
    if not _FUNCTION.fullmatch(name):
        return variable_name(name)
    return name


def application(name: str) -> str:
    """`name`, when it can be a dialplan application."""
    if not _APPLICATION.fullmatch(name):
        raise UnsafeArgumentError(f"not an application's name: {name[:40]!r}")
    return name


def app_argument(value: str) -> str:
    """`value` for a dialplan application: refused unless every character is known to be harmless.

    Applications split on commas, bars, quotes and brackets, `${...}` is evaluated under
    `AGIEXECFULL`, and MixMonitor runs what stands after its second comma as a shell command. No
    escape is common to all of them.
    """
    if not _APP_ARGUMENT.fullmatch(value):
        raise UnsafeArgumentError(f"a character that an application could act on: {value[:80]!r}")
    return value


def build(command: str, *args: str) -> bytes:
    """The bytes of one command line. `command` is ours, each of `args` may be anybody's.

    Raises `UnsafeArgumentError` when the line is longer than Asterisk reads as one.
    """
    line = " ".join((command, *map(quote, args))).encode() + b"\n"
    if len(line) > MAX_COMMAND_BYTES:
        raise UnsafeArgumentError(f"{command} with {len(line)} bytes")
    return line
