"""Services that are kept running: one that fails is started again, the others go on."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

_log = structlog.get_logger(__name__)

_AGAIN_AND_AGAIN = 3

Service = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Backoff:
    """Seconds before a restart: doubled at each failure, forgotten after a healthy while."""

    first: float = 0.5
    most: float = 30.0
    healthy_after: float = 60.0

    def delay(self, failures: int) -> float:
        """Before the restart that follows the `failures`-th failure in a row (from 1)."""
        return min(self.most, self.first * 2.0 ** min(failures - 1, 16))


@dataclass
class _Kept:
    service: Service
    restarts: int = 0
    failures: int = 0
    began: float = 0.0
    running: bool = False
    task: asyncio.Task[None] | None = field(default=None, repr=False)


class Supervisor:
    """Owns the tasks of all services, from `start` to `stop`."""

    def __init__(self, backoff: Backoff | None = None) -> None:
        self._backoff = backoff or Backoff()
        self._kept: dict[str, _Kept] = {}

    def start(self, name: str, service: Service) -> None:
        """Run `service` for ever under `name`. One that returns is taken as failed, too."""
        if name in self._kept:
            raise ValueError(f"service {name} is already running")
        kept = self._kept[name] = _Kept(service)
        kept.task = asyncio.create_task(self._keep(name, kept), name=name)

    def restarts(self) -> dict[str, int]:
        """Restarts so far, by service."""
        return {name: kept.restarts for name, kept in self._kept.items()}

    def down(self) -> list[str]:
        """Services that wait for their restart right now."""
        return [name for name, kept in self._kept.items() if not kept.running]

    def failing(self) -> list[str]:
        """Services that failed again and again, and have not run for a healthy while since."""
        now, healthy = asyncio.get_running_loop().time(), self._backoff.healthy_after
        return [
            name
            for name, kept in self._kept.items()
            if kept.failures >= _AGAIN_AND_AGAIN
            and not (kept.running and now - kept.began > healthy)
        ]

    async def stop_one(self, name: str, timeout: float = 10) -> None:
        """Cancel `name` and wait for it; nothing when there is none."""
        kept = self._kept.pop(name, None)
        if kept is None or kept.task is None:
            return
        kept.task.cancel()
        _, pending = await asyncio.wait({kept.task}, timeout=timeout)
        if pending:
            _log.error("service did not stop", service=name, seconds=timeout)

    async def stop(self, timeout: float = 10) -> None:
        """Cancel all, last started first, and wait for each."""
        for name in reversed(list(self._kept)):
            await self.stop_one(name, timeout)

    async def _keep(self, name: str, kept: _Kept) -> None:
        loop = asyncio.get_running_loop()
        while True:
            kept.began = loop.time()
            kept.running = True
            try:
                await kept.service()
                _log.error("service ended by itself", service=name)
            except Exception:  # whatever a service raises: it is logged here and it is restarted
                _log.exception("service failed", service=name)
            finally:
                kept.running = False
            recovered = loop.time() - kept.began > self._backoff.healthy_after
            kept.failures = 1 if recovered else kept.failures + 1
            kept.restarts += 1
            await asyncio.sleep(self._backoff.delay(kept.failures))
