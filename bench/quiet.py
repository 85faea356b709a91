"""Between two rounds of a bench: no call is left."""

import asyncio

from bench.stage import StageError
from bench.telephones import Telephones
from dialplans.asterisk import AsteriskProcess

_QUIET_SECONDS = 60.0


async def quiet(asterisk: AsteriskProcess, citizens: Telephones, agents: Telephones) -> None:
    """Until every citizen has hung up and no call is left. Raises `StageError`."""
    try:
        async with asyncio.timeout(_QUIET_SECONDS):
            while not await _is_quiet(asterisk, citizens, agents):
                for leg in list(citizens.legs.values()):
                    citizens.hang_up(leg)
                await asyncio.sleep(0.3)
    except TimeoutError:
        left = len(citizens.legs) + len(agents.legs)
        raise StageError(f"{left} calls did not end in {_QUIET_SECONDS:g} s") from None


async def _is_quiet(asterisk: AsteriskProcess, citizens: Telephones, agents: Telephones) -> bool:
    if citizens.legs or agents.legs:
        return False
    said = await asterisk.cli("core show channels count")
    return said.lstrip().startswith("0 active channels")
