"""A cell as we configure it, for a bench: fixed telephones, and numbers beside the product's."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from dialplans.names import CONTEXT_BENCH
from dialplans.render import render, write
from dialplans.secrets import Secrets, generate
from dialplans.settings import Address as Bind
from dialplans.settings import (
    AgentSettings,
    BenchSettings,
    CellSettings,
    Peer,
    PortRange,
    QueueSettings,
    TrunkSettings,
)
from helpline.lab.site import Site
from helpline.tools import Tools

_PLAIN = "9000"


def agent_id(number: int) -> str:
    """Of the agent whose telephone is `site.agent(number)`."""
    return str(1001 + number)


def written_cell(
    folder: Path,
    tools: Tools,
    site: Site,
    *,
    agents: int,
    dialplan: Sequence[str],
    queues: tuple[QueueSettings, ...] = (QueueSettings(),),
    queue_lines: Sequence[str] = (),
) -> tuple[CellSettings, Secrets]:
    """Written below `folder`. `dialplan`: lines for who calls; `queue_lines`: after our queues."""
    cell = _cell(folder, tools, site, agents, queues)
    secrets = generate([agent.id for agent in cell.agents])
    files = render(cell, secrets)
    files = {
        **files,
        "extensions.conf": _with(files["extensions.conf"], [f"[{CONTEXT_BENCH}](+)", *dialplan]),
        "queues.conf": _with(files["queues.conf"], queue_lines),
    }
    write(cell, files)
    return cell, secrets


def _with(text: str, lines: Sequence[str]) -> str:
    return "\n".join([text, *lines]) + "\n"


def _cell(
    folder: Path, tools: Tools, site: Site, agents: int, queues: tuple[QueueSettings, ...]
) -> CellSettings:
    own, asterisk = IPv4Address(site.asterisk.host), tools.asterisk
    prompts = folder / "prompts"
    prompts.mkdir(parents=True, exist_ok=True)
    return CellSettings(
        name="bench",
        root=folder / "asterisk",
        modules_dir=asterisk.modules_dir,
        documentation_dir=asterisk.documentation_dir,
        sounds_dir=asterisk.sounds_dir,
        prompts_dir=prompts,
        recordings_dir=folder / "recordings",
        sip=Bind(address=own, port=site.asterisk.port),
        rtp=PortRange(first=20000, last=29999),
        ami=Bind(address=own, port=5038),
        agi=Bind(address=own, port=4573),
        trunk=TrunkSettings(
            match=(IPv4Network(site.caller.host),),
            contact=Peer(host=site.caller.host, port=site.caller.port),
        ),
        agents=tuple(
            AgentSettings(
                id=agent_id(number),
                name=f"Agent {number}",
                contact=Peer(host=site.agent(number).host, port=site.agent(number).port),
            )
            for number in range(agents)
        ),
        queues=queues,
        bench=BenchSettings(plain_exten=_PLAIN),
        max_calls=4000,
        rtp_timeout_seconds=0,
        phone_check_seconds=0,  # SIPp takes whatever comes for a call
    )
