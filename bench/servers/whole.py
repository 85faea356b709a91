"""The whole product as a process of its own, with an Asterisk of its own, for lab telephones."""

import argparse
import asyncio
import os
import signal
from pathlib import Path

import uvloop

from bench.servers.ours import DATABASE_VARIABLE
from dialplans.settings import QueueSettings
from helpline import logs
from helpline.lab.bed import CellPlan, bed
from helpline.options.following import FeedbackOptions
from helpline.tools import load_tools

_LONGEST_QUEUE = 1000


async def _serve(folder: Path, network: str, http_port: int, agents: int, url: str) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with bed(
        folder,
        load_tools(Path.cwd()),
        network=network,
        http_port=http_port,
        database_url=url,
        cell=CellPlan(agents=agents, queues=(QueueSettings(max_length=_LONGEST_QUEUE),)),
        feedback=FeedbackOptions(),  # as it comes; nobody is due
    ) as running:
        print(f"ready {running.helpline.asterisk.process.pid}", flush=True)
        await stop.wait()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("network")
    parser.add_argument("http_port", type=int)
    parser.add_argument("agents", type=int)
    options = parser.parse_args()
    logs.configure(level="warning", json=False)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(
            _serve(
                *(options.folder, options.network, options.http_port, options.agents),
                os.environ[DATABASE_VARIABLE],
            )
        )


if __name__ == "__main__":
    main()
