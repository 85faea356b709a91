"""Who sits in which queue: the database says so, Asterisk is brought in step with it."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import asyncpg
import structlog

from cti.ami import AmiLink
from cti.errors import AmiError
from cti.snapshot import Member, take_members
from db.errors import AWAY, stop_if_cancelled
from db.pool import Pool
from db.statements import statements
from dialplans.names import agent_interface

_log = structlog.get_logger(__name__)
_ACQUIRE_SECONDS = 5.0

NumberOf = Callable[[str, str], int]
"""Queue and agent id -> the number (penalty) by which a caller can prefer them; 0: nobody can."""
Seats = Mapping[tuple[str, str], str]
"""(queue, agent id) -> the agent's name."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What makes the queues as they should be."""

    add: tuple[tuple[str, str], ...]  # (queue, agent id)
    remove: tuple[tuple[str, str], ...]
    number: tuple[tuple[str, str], ...] = ()


def unnumbered(_queue: str, _agent: str) -> int:
    """Nobody is preferred."""
    return 0


def membership_changes(
    wanted: Seats, actual: frozenset[Member], number_of: NumberOf = unnumbered
) -> Changes:
    """What to do about agents. Members that are not ours to remove stay."""
    present = {(member.queue, member.agent_id) for member in actual}
    ours = {(member.queue, member.agent_id) for member in actual if member.dynamic}
    kept = ours & wanted.keys()
    return Changes(
        add=tuple(sorted(wanted.keys() - present)),
        remove=tuple(sorted(ours - wanted.keys())),
        number=tuple(
            sorted(
                (one.queue, one.agent_id)
                for one in actual
                if (one.queue, one.agent_id) in kept
                and one.number != number_of(one.queue, one.agent_id)
            )
        ),
    )


class Membership:
    """`wake()` after a sign-in, sign-out or reconnect; `run()` belongs to a supervisor.

    `paused(agent)`: why they are to be given no calls. `settle`: changes within this time are made
    together. `every`: looks by itself, so that what Asterisk forgot (a reload) comes back.
    """

    def __init__(
        self,
        link: AmiLink,
        pool: Callable[[], Pool],
        cell: str,
        *,
        paused: Callable[[str], str | None] = lambda _agent: None,
        number_of: NumberOf = unnumbered,
        settle: float = 0.2,
        every: float = 60.0,
    ) -> None:
        self._link = link
        self._pool = pool
        self._cell = cell
        self._paused = paused
        self._number_of = number_of
        self._settle = settle
        self._every = every
        self._woken = asyncio.Event()
        self.refused = 0

    def wake(self) -> None:
        """Look soon."""
        self._woken.set()

    async def run(self) -> None:
        """Reconcile whenever woken, until cancelled."""
        while True:
            # Not `wait_for`: before Python 3.12 it may swallow a cancellation.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._every):
                    await self._woken.wait()
            self._woken.clear()
            if not self._link.ready:
                continue  # woken again after the snapshot
            try:
                await self.reconcile()
            except (*AWAY, AmiError) as error:
                stop_if_cancelled()
                _log.warning("queues not reconciled yet", error=str(error) or repr(error))
                await asyncio.sleep(1.0)
                self._woken.set()
            await asyncio.sleep(self._settle)

    async def reconcile(self) -> Changes:
        """Once. Raises one of `db.errors.AWAY` or an `AmiError`; nothing is removed on a guess."""
        async with self._pool().acquire(timeout=_ACQUIRE_SECONDS) as connection:
            rows = [row async for row in statements().cti_signed_in(connection, cell=self._cell)]
        wanted = wanted_seats(rows)
        pausing = {row["id"] for row in rows if row["pausing"]}
        actual = await take_members(self._link)
        changes = membership_changes(wanted, actual, self._number_of)
        for queue, agent_id in changes.remove:
            await self._change("QueueRemove", queue, agent_id)
        for queue, agent_id in changes.add:
            # Whoever pauses must not be rung between being seated and being paused.
            # Where what is kept and what was just said differ, a pause too many is mended.
            pauses = agent_id in pausing or self._paused(agent_id) is not None
            paused = {"Paused": "true"} if pauses else {}
            seat = _seat(agent_id, wanted, queue) | paused
            if number := self._number_of(queue, agent_id):
                seat |= {"Penalty": str(number)}
            await self._change("QueueAdd", queue, agent_id, seat)
        for queue, agent_id in changes.number:
            number = self._number_of(queue, agent_id)
            await self._change("QueuePenalty", queue, agent_id, {"Penalty": str(number)})
        return changes

    async def _change(
        self, action: str, queue: str, agent_id: str, more: Mapping[str, str] | None = None
    ) -> None:
        interface = agent_interface(agent_id)
        fields = {"Queue": queue, "Interface": interface, **(more or {})}
        reply = await self._link.action(action, fields)
        if not reply.ok and not reply.message.endswith(("Already there", "Not there")):
            self.refused += 1
            _log.error(
                "queue change refused",
                action=action,
                queue=queue,
                agent=agent_id,
                message=reply.message,
            )


def wanted_seats(rows: list[asyncpg.Record]) -> Seats:
    """Who is signed in -> where they sit."""
    return {(queue, row["id"]): row["name"] for row in rows for queue in row["queues"]}


def _seat(agent_id: str, wanted: Seats, queue: str) -> dict[str, str]:
    name = " ".join(wanted[queue, agent_id].split())  # a name over two lines is no header value
    return {"MemberName": name or agent_id, "StateInterface": agent_interface(agent_id)}
