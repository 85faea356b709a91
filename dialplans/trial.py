"""Asking the real Asterisk: a cell's configuration loaded by a private instance of its own."""

import re
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from ipaddress import IPv4Address
from pathlib import Path
from typing import Final

from dialplans.asterisk import AsteriskProcess
from dialplans.conf import by_name
from dialplans.errors import AsteriskError
from dialplans.findings import Finding, Severity, error
from dialplans.names import ENDPOINT_TRUNK
from dialplans.render import render, write
from dialplans.secrets import generate
from dialplans.settings import CellSettings

_LOG_LINE: Final = re.compile(
    r"\[[^\]]*\] (?P<level>WARNING|ERROR)\[\d+\](?:\[[^\]]*\])? (?P<message>.*)"
)
_WHERE: Final = "asterisk"


async def load(cell: CellSettings, argv: Sequence[str], address: IPv4Address) -> list[Finding]:
    """What Asterisk complains of, and what it did not take over, when it loads this cell.

    It runs in a folder of its own, on free ports of `address` (a loopback address) and with secrets
    of its own; it makes no call and is stopped before this returns.
    """
    with tempfile.TemporaryDirectory(prefix="helpline-check-") as folder:
        trial = _moved(cell, Path(folder), address)
        files = render(trial, generate(agent.id for agent in trial.agents))
        write(trial, files)
        asterisk = AsteriskProcess(argv, trial.root)
        try:
            await asterisk.start()
            findings = [finding async for finding in _missing(trial, files, asterisk)]
        except AsteriskError as failure:
            findings = [error(_WHERE, str(failure).splitlines()[0])]
        except OSError as failure:
            return [error(_WHERE, f"Asterisk cannot be started: {failure}")]
        finally:
            await asterisk.stop()
        return [*_complaints(asterisk.log_lines()), *findings]


def _moved(cell: CellSettings, root: Path, address: IPv4Address) -> CellSettings:
    values = cell.model_dump()
    values["root"] = root
    values["recordings_dir"] = root / "recordings"
    values["sip"] = {"address": address, "port": _free_port(address, socket.SOCK_DGRAM)}
    values["ami"] = {"address": address, "port": _free_port(address, socket.SOCK_STREAM)}
    if values["softphone"] is not None:
        values["softphone"]["bind"] = {
            "address": address,
            "port": _free_port(address, socket.SOCK_STREAM),
        }
    # The true trunk and telephones must not hear from a trial.
    values["trunk"]["qualify_seconds"] = 0
    values["phone_check_seconds"] = 0
    return CellSettings.model_validate(values)


def _free_port(address: IPv4Address, kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((str(address), 0))
        return int(probe.getsockname()[1])


def _complaints(lines: Sequence[str]) -> Iterator[Finding]:
    for line in lines:
        if match := _LOG_LINE.match(line):
            yield Finding(Severity[match["level"]], _WHERE, match["message"])


async def _missing(
    cell: CellSettings, files: dict[str, str], asterisk: AsteriskProcess
) -> AsyncIterator[Finding]:
    modules = await asterisk.cli("module show")
    for line in modules.splitlines():
        if "Not Running" in line:
            yield error(_WHERE, f"module {line.split()[0]} does not run")
    endpoints = await asterisk.cli("pjsip show endpoints")
    for name in (ENDPOINT_TRUNK, *(agent.id for agent in cell.agents)):
        if not re.search(rf"^ Endpoint:  {name}\s", endpoints, re.MULTILINE):
            yield error(_WHERE, f"endpoint {name} was not taken over")
    queues = await asterisk.cli("queue show")
    for queue in cell.queues:
        if not re.search(rf"^{queue.name} has ", queues, re.MULTILINE):
            yield error(_WHERE, f"queue {queue.name} was not taken over")
    dialplan = await asterisk.cli("dialplan show")
    for context in by_name(files["extensions.conf"]).keys() - {"general"}:
        if f"[ Context '{context}' created" not in dialplan:
            yield error(_WHERE, f"context {context} was not taken over")
