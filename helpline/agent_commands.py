"""`helpline agent`: agents' tokens, and who works here, taken over from the settings."""

import argparse
import sys

from cti.tokens import issue
from helpline.cell import state_folder
from helpline.keys import signing_key
from helpline.operator_socket import Answer, ask
from helpline.reloading import Reload, ReloadError
from helpline.settings import Settings, SettingsError

RELOAD, TELL = "agents reload", "agents tell"


def add_agent(parser: argparse.ArgumentParser) -> None:
    """`helpline agent ...`."""
    agent = parser.add_subparsers(required=True)
    one = agent.add_parser("token", help="the token with which an agent's page signs in")
    one.add_argument("agent", metavar="AGENT")
    one.set_defaults(command=token)
    again = agent.add_parser(
        "reload", help="the running server takes over who joined, left or changed queues"
    )
    again.add_argument("--dry-run", action="store_true", help="tell what would change, only")
    again.set_defaults(command=reload)


async def token(settings: Settings, options: argparse.Namespace) -> int:
    """Print an agent's token."""
    if options.agent not in {agent.id for agent in settings.cell.agents}:
        raise SettingsError(f"no agent {options.agent} in cell.agents")
    print(issue(signing_key(settings), options.agent))
    return 0


async def reload(settings: Settings, options: argparse.Namespace) -> int:
    """Print what changed, or why nothing did: then 1."""
    answer = await ask(state_folder(settings).control, TELL if options.dry_run else RELOAD)
    for line in answer.lines:
        print(line if answer.ok else f"helpline: {line}", file=None if answer.ok else sys.stderr)
    return 0 if answer.ok else 1


async def carry_out(parts: Reload, word: str) -> Answer:
    """In the server: what such a command asks."""
    if word not in (RELOAD, TELL):
        return Answer(ok=False, lines=["not a command of this server: was it updated meanwhile?"])
    try:
        return Answer(ok=True, lines=await parts.reload(only_tell=word == TELL))
    except ReloadError as error:
        return Answer(ok=False, lines=[f"nothing was changed: {error}"])
