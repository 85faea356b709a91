"""Whether a message of AMI is Asterisk's own: a caller's number can hold line ends, and so more.

SIP lets anybody write `%0d%0a` into a number. Asterisk escapes names, but repeats `CallerIDNum`,
`ConnectedLineNum` and `Exten` as they are (22.10.1, `ast_manager_build_channel_state_string`). So
a number can end its event, and what follows in it reads as other events or answers.

What cannot be forged is the end of a channel's headers: the last of its variables has a name that
only we and our Asterisk know (`dialplans.secrets.seal`). An event that a number cut short lacks it,
and comes before all that was forged. A list's items end in our action's id, which nobody can guess.

Asterisk writes an event in one piece. So all from a channel's first event, cut short, to the next
seal is that one event (ADR 55): it can be left out, and what comes then is Asterisk's again.
"""

import re
from collections.abc import Iterator, Sequence

_EOL = "\r\n"
_STATE = "channelstate"  # stands at the beginning of all that is told of one channel
_NUMBER = "calleridnum"
_VARIABLES = "chanvariable"
_NEWBORN = ("channel", "channelstate", "channelstatedesc", "calleridnum")
_CHANNEL = re.compile(r"[A-Za-z0-9]{1,20}/[A-Za-z0-9_.-]{1,60}")

Header = tuple[str, str]


def flaw(message: str, *, seal: str, own_ids: str) -> str:
    """What shows that Asterisk did not write this message like this; empty: nothing does.

    `message` without its last line ends. `seal`: the variable that each channel has last;
    `own_ids`: how the ids of our actions on this connection begin.
    """
    first, *rest = message.split(_EOL)
    headers = [_header(line) for line in rest]
    if first.startswith("Response: "):  # it answers what its id names
        return "it is an answer and an event" if any(key == "event" for key, _ in headers) else ""
    if not first.startswith("Event: "):
        return "it has no beginning"
    asked = any(key == "actionid" and value.startswith(own_ids) for key, value in headers)
    if not asked and (not headers or headers[0][0] != "privilege"):
        return "nobody asked for it, and nobody may read it"
    return _unsealed(headers, seal) or _repeated(headers)


def is_newborn(message: str) -> bool:
    """Whether it begins as Asterisk tells of a new channel, as far as its number."""
    first, *rest = message.split(_EOL)
    keys = [key for key, _ in map(_header, rest) if key != "systemname"]
    return first == "Event: Newchannel" and tuple(keys[:5]) == ("privilege", *_NEWBORN)


def ends_sealed(message: str, seal: str) -> bool:
    """Whether it ends as what Asterisk tells of one channel; nobody else can write that."""
    return message.rpartition(_EOL)[2] == f"ChanVariable: {seal}="


def channel_of(message: str) -> str:
    """The first channel that a message names, as `PJSIP/101-0000002a`; empty: none, or no such."""
    for key, value in map(_header, message.split(_EOL)):
        if key.endswith("channel"):
            return value if _CHANNEL.fullmatch(value) else ""
    return ""


def _header(line: str) -> Header:
    key, _, value = line.partition(":")
    name, bracket, _ = key.lower().partition("(")  # OriginateResponse: ChanVariable(PJSIP/...)
    return (name if bracket and name == _VARIABLES else key.lower()), value.strip()


def _unsealed(headers: Sequence[Header], seal: str) -> str:
    """Each channel that it tells of (`Channel`, `DestChannel` ...) wants a seal of its own.

    Its variables stand together, after all numbers: one that stands apart was in a number.
    """
    ends = (_STATE, _VARIABLES)
    for prefix in {
        key.removesuffix(end) for key, _ in headers for end in ends if key.endswith(end)
    }:
        places = [at for at, (key, _) in enumerate(headers) if key == prefix + _VARIABLES]
        names = [headers[at][1].partition("=")[0].strip() for at in places]
        if names.count(seal) != 1 or names[-1] != seal:
            return "what it tells of a channel has no end, or its manager.conf is not ours"
        if places[-1] - places[0] >= len(places) or len(set(names)) < len(names):
            return "a variable stands where none belongs"
    return ""


def _repeated(headers: Sequence[Header]) -> str:
    """Of a header that stands there twice, once where numbers are, one was in a number."""
    keys = ["event", *(key for key, _ in headers)]
    near = {key for start, end in _with_numbers(keys) for key in keys[start:end]}
    twice = {key for key in near if keys.count(key) > 1 and not key.endswith(_VARIABLES)}
    return "a header stands there twice" if twice or keys.count("event") > 1 else ""


def _with_numbers(keys: Sequence[str]) -> Iterator[tuple[int, int]]:
    """From where to where a channel is told of; a list's item tells of one without a state."""
    for start, key in enumerate(keys):
        if key.endswith((_STATE, _NUMBER)):
            end = key.removesuffix(_STATE).removesuffix(_NUMBER) + _VARIABLES
            yield start, keys.index(end, start) if end in keys[start:] else len(keys)
