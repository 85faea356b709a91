"""What can be seen in the configuration's texts alone, without an Asterisk. Pure."""

import re
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address
from typing import Final

from pydantic import SecretStr

from dialplans.conf import Section, by_name, sections
from dialplans.findings import Finding, error
from dialplans.names import (
    CONTEXT_DESK_AGENT,
    CONTEXT_DESK_NUMBER,
    CONTEXT_DESK_SPY,
    CONTEXT_EMERGENCY,
    VAR_SPY,
    VAR_TARGET,
    agent_interface,
    dial_trunk,
)
from dialplans.render import SOFTPHONES
from dialplans.secrets import weak

_RIGHTS_NEVER_GIVEN: Final = frozenset({"all", "command", "system", "config"})
_DIALS: Final = frozenset({"Dial", "Originate", "RetryDial", "Page", "ChanSpy", "Transfer"})
_VARIABLE: Final = "${"
_DESK: Final = {
    CONTEXT_DESK_AGENT: re.compile(re.escape(agent_interface("")) + "[0-9]{1,10}"),
    CONTEXT_DESK_NUMBER: re.compile(re.escape(dial_trunk("${" + VAR_TARGET + "}"))),
    CONTEXT_DESK_SPY: re.compile(re.escape("${" + VAR_SPY + "}")),
}
_STEP: Final = {
    "exten": re.compile(r"(?P<exten>[^,]+),[^,]+,(?P<application>.+)"),
    "same": re.compile(r"[^,]+,(?P<application>.+)"),
}


def lint(files: Mapping[str, str]) -> list[Finding]:
    """What is wrong in a cell's configuration, given its files' texts by name."""
    return [
        *_lint_dialplan(files.get("extensions.conf", ""), files.get("queues.conf", "")),
        *_lint_manager(files.get("manager.conf", "")),
        *_lint_sip(
            files.get("pjsip.conf", "") + "\n" + files.get(SOFTPHONES, ""),
            files.get("extensions.conf", ""),
        ),
    ]


def _lint_dialplan(extensions: str, queues: str) -> Iterator[Finding]:
    contexts = {name: _extens(section) for name, section in by_name(extensions).items()}
    known_queues = by_name(queues).keys() - {"general"}
    for context, section in by_name(extensions).items():
        for included in section.all("include"):
            if included not in contexts:
                yield _in_dialplan(context, f"includes the unknown context {included!r}")
        for exten in contexts[context]:
            # Digits alone can be asked for: `.` and `!` match line ends too, which AMI repeats.
            if exten.startswith("_") and exten.endswith((".", "!")):
                yield _in_dialplan(context, f"{exten!r} matches any text, not only digits")
        for application in _applications(section):
            yield from _lint_dialling(context, application)
            yield from _lint_application(context, application, contexts, known_queues)


def _lint_application(
    context: str, application: str, contexts: Mapping[str, set[str]], queues: set[str]
) -> Iterator[Finding]:
    name, _, arguments = application.rstrip(")").partition("(")
    if name == "Queue":
        queue = arguments.split(",")[0]
        if queue not in queues:
            yield _in_dialplan(context, f"Queue() names the unknown queue {queue!r}")
    for target in _targets(name, arguments):
        place = target.split(",")
        if len(place) < 3 or _VARIABLE in place[0]:
            continue  # a label or priority of its own extension
        if place[0] not in contexts:
            yield _in_dialplan(context, f"{name}() goes to the unknown context {place[0]!r}")
        elif _VARIABLE not in place[1] and place[1] not in contexts[place[0]]:
            yield _in_dialplan(context, f"{name}() goes to the unknown {place[0]},{place[1]}")


def _lint_dialling(context: str, application: str) -> Iterator[Finding]:
    """Toll fraud: only emergency services are dialled, each at the number that is written here.

    Besides, agents' telephones ring, a supervisor listens to the leg that our server names, and one
    context dials the number that our server has set after it asked (`calls.dialling`).
    """
    name, _, arguments = application.partition("(")
    whom = arguments.partition(",")[0]
    if name in _DIALS and context in _DESK and _DESK[context].fullmatch(whom):
        return
    if name in _DIALS and context != CONTEXT_EMERGENCY:
        yield _in_dialplan(context, f"{name}() dials out, which only [{CONTEXT_EMERGENCY}] may")
    elif name in _DIALS and _VARIABLE in arguments:
        yield _in_dialplan(context, f"{name}() dials what a variable says")


def _targets(application: str, arguments: str) -> list[str]:
    if application == "Goto":
        return [arguments]
    if application in ("GotoIf", "GotoIfTime"):
        return [target for target in arguments.rpartition("?")[2].split(":") if target]
    return []


def _in_dialplan(context: str, message: str) -> Finding:
    return error("extensions.conf", f"[{context}] {message}")


def _extens(section: Section) -> set[str]:
    return {match["exten"] for match in map(_STEP["exten"].match, section.all("exten")) if match}


def _applications(section: Section) -> Iterator[str]:
    for key, value in section.settings:
        if key in _STEP and (match := _STEP[key].match(value)):
            yield match["application"]


def _lint_manager(text: str) -> Iterator[Finding]:
    users = by_name(text)
    general = users.get("general", Section("general", ()))
    if not _loopback(general.get("bindaddr")):
        yield error("manager.conf", f"AMI listens on {general.get('bindaddr') or 'every address'}")
    if general.get("webenabled", "no") != "no":
        yield error("manager.conf", "AMI can be reached over HTTP")
    for name, user in users.items():
        if name == "general":
            continue
        if weak(SecretStr(user.get("secret"))):
            yield error("manager.conf", f"user {name!r} has a default, weak or empty secret")
        if given := _RIGHTS_NEVER_GIVEN & set(re.split(r"\s*,\s*", user.get("write"))):
            yield error("manager.conf", f"user {name!r} has the right {', '.join(sorted(given))}")
        if user.get("deny") != "0.0.0.0/0.0.0.0" or not all(map(_loopback, user.all("permit"))):
            yield error("manager.conf", f"user {name!r} is let in from other machines")


def _lint_sip(text: str, extensions: str) -> Iterator[Finding]:
    parts = [section for section in sections(text) if not section.template]
    contexts = by_name(extensions)
    order = [
        part.get("endpoint_identifier_order") for part in parts if part.get("type") == "global"
    ]
    if not order or "anonymous" in order[0]:
        yield error("pjsip.conf", "the endpoint_identifier_order lets anonymous calls in")
    identified = {part.get("endpoint") for part in parts if part.get("type") == "identify"}
    secrets = {part.name: part.get("password") for part in parts if part.get("type") == "auth"}
    for part in parts:
        if part.get("type") == "endpoint":
            by_address = part.get("identify_by") == "ip" and part.name in identified
            if part.name == "anonymous" or not (by_address or part.get("auth") in secrets):
                yield error("pjsip.conf", f"endpoint {part.name!r} takes calls from anybody")
            if part.get("context") not in contexts:
                where = part.get("context")
                yield error("pjsip.conf", f"endpoint {part.name!r}: unknown context {where!r}")
    for name, secret in secrets.items():
        if weak(SecretStr(secret)):
            yield error("pjsip.conf", f"{name!r} has a default, weak or empty secret")


def _loopback(value: str) -> bool:
    try:
        return IPv4Address(value.split("/")[0]).is_loopback
    except ValueError:
        return False
