"""What goes wrong: each fault lasts some seconds and is over when its function returns."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from dialplans.asterisk import AsteriskProcess
from dialplans.errors import AsteriskError
from helpline.clock import system_clock
from tests.system.faults.actors import Traffic
from tests.system.faults.ami_relay import Weather
from tests.system.faults.centre import Centre
from tests.system.faults.truth import asterisks_word


@dataclass(frozen=True)
class World:
    """Where it goes wrong."""

    centre: Centre
    traffic: Traffic


Fault = Callable[[World, float], Awaitable[None]]
"""How long it lasts is in seconds."""


async def ami_cut(world: World, seconds: float) -> None:
    """The connection to Asterisk's manager breaks, and no other can be made."""
    begin = system_clock()
    await world.centre.ami.cut()
    await asyncio.sleep(seconds)
    await world.centre.ami.start()
    world.centre.without_pages.append((begin, system_clock()))


async def ami_stalled(world: World, seconds: float) -> None:
    """Half open: nothing comes through, nothing is refused."""
    begin = system_clock()
    world.centre.ami.stall()
    await asyncio.sleep(seconds)
    world.centre.ami.resume()
    world.centre.without_pages.append((begin, system_clock()))


async def ami_late(world: World, seconds: float) -> None:
    """Everything that Asterisk says comes late."""
    with world.centre.ami.rain(Weather(late=1.5)):
        await asyncio.sleep(seconds)


async def ami_mixed(world: World, seconds: float) -> None:
    """Events overtake each other, and come twice."""
    with world.centre.ami.rain(Weather(mixed=True, twice=True)):
        await asyncio.sleep(seconds)


async def server_killed(world: World, seconds: float) -> None:
    """Our server dies; conversations go on without it."""
    await world.centre.kill_server()
    await asyncio.sleep(seconds)
    await world.centre.serve()


async def server_paused(world: World, seconds: float) -> None:
    """Our server stands still, as on a machine that swaps."""
    server = world.centre.server
    if server is None:
        raise RuntimeError("no server")
    begin = system_clock()
    server.process.send_signal(signal.SIGSTOP)
    await asyncio.sleep(seconds)
    server.process.send_signal(signal.SIGCONT)
    stood = (begin, system_clock())
    world.centre.without_pages.append(stood)
    world.centre.server_stood.append(stood)


async def asterisk_killed(world: World, seconds: float) -> None:
    """Asterisk dies with all its calls, and is started again by who watches it."""
    asterisk = world.centre.asterisk
    os.kill(asterisk.pid, signal.SIGKILL)
    world.centre.asterisk_died.append(system_clock())
    await asterisk.wait()
    await asyncio.sleep(seconds)
    await asterisk.start()


async def asterisk_restarted(world: World, seconds: float) -> None:
    """`core restart now`. Run through a loader of its own it cannot start itself again: we do."""
    asterisk = world.centre.asterisk
    await asterisk.cli("core restart now")
    world.centre.asterisk_died.append(system_clock())
    await asyncio.sleep(seconds)
    if not asterisk.running:
        await asterisk.start()
    async with asyncio.timeout(30):
        while "fully booted" not in await _booted(asterisk):
            await asyncio.sleep(0.1)


async def database_restarted(world: World, seconds: float) -> None:
    """PostgreSQL is away for a while."""
    begin = system_clock()
    await asyncio.to_thread(world.centre.postgres.stop)
    await asyncio.sleep(seconds)
    await asyncio.to_thread(world.centre.postgres.start)
    world.centre.without_database.append((begin, system_clock()))


async def page_lost(world: World, seconds: float) -> None:
    """Agents' pages lose their network, all but one's; their telephones do not."""
    lost, begin = world.traffic.seats[1:], system_clock()
    for seat in lost:
        seat.off_line = True
    await asyncio.sleep(seconds)
    for seat in lost:
        seat.off_line = False
    world.centre.without_pages.append((begin, system_clock()))


async def telephone_lost(world: World, seconds: float) -> None:
    """An agent's telephone is unplugged: where no call can ring, nobody is shown as ready.

    It is over when Asterisk has heard of it again, which it asks for at times of its own.
    """
    world.centre.telephone.plugged = False
    try:
        await asyncio.sleep(max(seconds, 3.0))
        await _until_apart(world, "unreachable", _asterisk, _wallboard)
    finally:
        world.centre.telephone.plugged = True
    await _until_apart(world, "ready", _asterisk)


_Word = Callable[[Centre, str], Awaitable[str | None]]


async def _until_apart(world: World, status: str, *words: _Word) -> None:
    """Until each of them says so of the agent who has that telephone."""
    agent = world.centre.telephone.user
    async with asyncio.timeout(30):
        while {await word(world.centre, agent) for word in words} != {status}:
            await asyncio.sleep(0.2)


async def _wallboard(centre: Centre, agent: str) -> str | None:
    shown = (one["status"] for one in (await centre.board())["agents"] if one["agent"] == agent)
    return next(shown, None)


async def _asterisk(centre: Centre, agent: str) -> str | None:
    doing = (await asterisks_word(centre)).doing().get(agent)
    return doing[0] if doing else None


async def _booted(asterisk: AsteriskProcess) -> str:
    try:
        return await asterisk.cli("core waitfullybooted", seconds=5)
    except AsteriskError:
        return ""


FAULTS: dict[str, Fault] = {
    one.__name__: one
    for one in (
        ami_cut,
        ami_stalled,
        ami_late,
        ami_mixed,
        server_killed,
        server_paused,
        asterisk_killed,
        asterisk_restarted,
        database_restarted,
        page_lost,
        telephone_lost,
    )
}
