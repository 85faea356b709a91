"""The worker of one channel: claims what is due, hands it to the driver, writes what became of it.

At least once: the attempt is written before anything leaves, a message has one key for all its
attempts, and a gateway that knows keys takes it once. Any number of processes may run this.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from db.errors import AWAY, stop_if_cancelled
from db.pool import Pool
from messages import rows
from messages.errors import DeliveryError, PermanentError, TransientError
from messages.model import Channel, Driver, Message
from messages.retry import RetryRule
from messages.rows import Claimed

_log = structlog.get_logger(__name__)

_AWAY_SECONDS = 0.5
_LOOK_AHEAD_SECONDS = 60.0
_GRACE_SECONDS = 8.0  # less than a supervisor waits


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryOptions:
    """How one channel is served.

    `send_seconds`: time limit of one send. `at_once`: sends under way in this process.
    `per_second`: starts, over all processes. `idle_seconds`: between looks when nothing is due.
    `by_any_clock`: also while it is known that the clock is wrong.
    """

    retry: RetryRule
    send_seconds: float = 15.0
    at_once: int = 8
    per_second: int = 20
    idle_seconds: float = 1.0
    by_any_clock: bool = False

    @property
    def lease(self) -> timedelta:
        """How long a claimed message is this worker's: four times what a send may take."""
        return timedelta(seconds=4 * self.send_seconds)

    @property
    def furthest(self) -> timedelta:
        """Nothing that waits is due later than that, by a clock that is right."""
        return self.retry.furthest + self.lease


@dataclass(slots=True)
class Counts:
    """Since the start of the process."""

    sent: int = 0
    failed: int = 0
    held: int = 0


class Delivery:
    """`run()` belongs to a supervisor."""

    def __init__(
        self,
        pool: Pool,
        channel: Channel,
        driver: Driver,
        now: Callable[[], datetime],
        options: DeliveryOptions,
        sound: Callable[[], bool] = lambda: True,
    ) -> None:
        """`sound`: whether that time can be acted on. By a wrong one we would take what another
        process is just sending, and use up a message's attempts at once.
        """
        self._pool = pool
        self._channel = channel
        self._driver = driver
        self._now = now
        self._options = options
        self._sound = sound
        self._looked_ahead_at: float | None = None
        self._sending: set[asyncio.Task[None]] = set()
        self.counts = Counts()

    async def run(self) -> None:
        """Deliver until cancelled; then let what is under way end, for some seconds."""
        try:
            while True:
                if not await self._claim_and_begin():
                    await asyncio.sleep(self._options.idle_seconds)
                await self._until_a_place_is_free()
        finally:
            await self._finish()

    async def _claim_and_begin(self) -> int:
        options, sound = self._options, self._sound()
        if not (sound or options.by_any_clock):
            return 0
        try:
            if sound:
                await self._bring_forward()
            claimed = await rows.claim(
                self._pool,
                self._channel,
                self._now(),
                lease=options.lease,
                at_most=options.at_once - len(self._sending),
                per_second=options.per_second,
                attempts=options.retry.attempts,
            )
        except AWAY as error:
            stop_if_cancelled()
            _log.warning("database away, messages wait", channel=self._channel, error=repr(error))
            return 0
        for one in claimed:
            task = asyncio.create_task(self._deliver(one), name=f"message {one.message.id}")
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)
        return len(claimed)

    async def _bring_forward(self) -> None:
        """What a clock that was ahead wrote is due when that clock would say so: now and then."""
        at = asyncio.get_running_loop().time()
        if self._looked_ahead_at is not None and at - self._looked_ahead_at < _LOOK_AHEAD_SECONDS:
            return
        now = self._now()
        count = await rows.bring_forward(
            self._pool, self._channel, now, now + self._options.furthest
        )
        self._looked_ahead_at = at
        if count:
            _log.warning("messages of a wrong clock are due now", channel=self._channel, n=count)

    async def _until_a_place_is_free(self) -> None:
        while len(self._sending) >= self._options.at_once:
            await asyncio.wait(self._sending, return_when=asyncio.FIRST_COMPLETED)

    async def _finish(self) -> None:
        """What does not end in time is of unknown end, and goes out again under its key."""
        if not self._sending:
            return
        _, late = await asyncio.wait(self._sending, timeout=_GRACE_SECONDS)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=1)

    async def _deliver(self, claimed: Claimed) -> None:
        message = claimed.message
        try:
            reference = await self._send(message)
        except DeliveryError as error:
            await self._failed(claimed, error)
        else:
            self.counts.sent += 1
            await self._write(
                message, lambda: rows.sent(self._pool, message, reference, self._now())
            )

    async def _send(self, message: Message) -> str:
        try:
            async with asyncio.timeout(self._options.send_seconds):
                return await self._driver.send(message)
        except DeliveryError:
            raise
        except TimeoutError as error:
            raise TransientError("no answer in time") from error
        except Exception as error:  # a driver's own fault is a failed attempt, not a lost worker
            _log.exception("driver failed", channel=self._channel, message=str(message.id))
            raise TransientError(f"driver failed: {type(error).__name__}") from error

    async def _failed(self, claimed: Claimed, error: DeliveryError) -> None:
        message, now = claimed.message, self._now()
        pause = self._options.retry.pause(claimed.failures, error)
        again_at = None if pause is None else now + pause
        self.counts.failed += 1
        self.counts.held += again_at is None
        _log.warning(
            "message held" if again_at is None else "message not sent yet",
            message=str(message.id),
            channel=self._channel,
            attempt=message.attempt_no,
            refused=isinstance(error, PermanentError),
            error=str(error),
        )
        await self._write(message, lambda: rows.not_sent(self._pool, message, error, now, again_at))

    async def _write(self, message: Message, write: Callable[[], Awaitable[None]]) -> None:
        """Write it, also when the database is away for a while: else it would be sent again."""
        loop = asyncio.get_running_loop()
        give_up = loop.time() + 2 * self._options.send_seconds
        while True:
            try:
                return await write()
            except AWAY as error:
                stop_if_cancelled()
                if loop.time() > give_up:
                    _log.error(
                        "outcome not written, message goes out again",
                        message=str(message.id),
                        error=repr(error),
                    )
                    return None
                await asyncio.sleep(_AWAY_SECONDS)
