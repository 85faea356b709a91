"""The officers' line: what its call flow needs of PINs and complaints."""

from uuid import UUID

import structlog

from access import limits, pins
from access.passwords import Passwords
from access.pins import PinResult
from complaints import officers_line
from complaints.errors import ComplaintError
from complaints.officers_line import Look, Spoken
from complaints.policy import Policy
from complaints.spoken import Grace
from db.pool import Pool
from helpline.clock import Clock

_log = structlog.get_logger(__name__)


class OfficersByTelephone:
    """`agi.ports.OfficersDesk` through the use cases."""

    def __init__(
        self, pool: Pool, policy: Policy, passwords: Passwords, now: Clock, wrong_pins_an_hour: int
    ) -> None:
        self._pool = pool
        self._policy = policy
        self._passwords = passwords
        self._now = now
        self._in_all = limits.all_pin_lines(wrong_pins_an_hour)

    async def verify(self, number: str, pin: str, calling: str) -> PinResult:
        """Who calls."""
        return await pins.verify(
            self._pool,
            number,
            pin,
            self._now(),
            self._passwords,
            calling=calling,
            in_all=self._in_all,
        )

    async def look(self, number: str, officer: UUID) -> Look:
        """Whether it is theirs to report about."""
        return await officers_line.look(self._pool, number, officer, self._now())

    async def report(self, spoken: Spoken, grace: Grace | None = None) -> bool:
        """Write it; what has changed since they were asked to speak stays as it is."""
        try:
            await officers_line.report(
                self._pool, spoken, policy=self._policy, now=self._now(), grace=grace
            )
        except ComplaintError as error:
            _log.warning("disposal by telephone refused", error=str(error))
            return False
        return True
