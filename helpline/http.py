"""The one HTTP server of a cell: agents, signed links, health and metrics."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ssl import SSLContext

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler
from aiohttp.web_protocol import RequestHandler

from helpline.door import HttpLimits
from helpline.listening import Listener
from helpline.metrics import Metrics

_log = structlog.get_logger(__name__)

_MAX_BODY = 64 * 1024
_USUAL = HttpLimits()


@dataclass(frozen=True)
class Health:
    """What is wrong right now, by part; empty: all is well."""

    faults: dict[str, str]


def application(
    routes: Sequence[web.RouteDef], metrics: Metrics, health: Callable[[], Health]
) -> web.Application:
    """All routes, with `/healthz` (200 or 503, and what is wrong) and `/metrics`."""

    async def healthz(_request: web.Request) -> web.Response:
        faults = health().faults
        return web.json_response(
            {"status": "faulty" if faults else "ok", "faults": faults},
            status=503 if faults else 200,
        )

    async def metrics_page(_request: web.Request) -> web.Response:
        return web.Response(
            body=metrics.exposition(),
            headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"},
        )

    app = web.Application(client_max_size=_MAX_BODY, middlewares=[_clear_errors])
    app.add_routes([web.get("/healthz", healthz), web.get("/metrics", metrics_page), *routes])
    return app


@web.middleware
async def _clear_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """An error page says that something failed, never what a row or a secret looked like."""
    try:
        return await handler(request)
    except web.HTTPException:
        raise
    except Exception:  # logged here; the person gets a number to quote instead of a traceback
        resource = request.match_info.route.resource  # the address itself may end in a key
        route = "" if resource is None else resource.canonical
        _log.exception("request failed", method=request.method, route=route)
        return web.json_response({"error": "internal error"}, status=500)


class HttpServer:
    """Serves an application on one address, from `start` to `stop`."""

    def __init__(
        self,
        app: web.Application,
        host: str,
        port: int,
        tls: SSLContext | None = None,
        limits: HttpLimits = _USUAL,
    ) -> None:
        app.middlewares.insert(0, self._asked)
        # aiohttp's own limit for an idle connection is an hour.
        self._runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=5, keepalive_timeout=limits.idle_seconds
        )
        self._host = host
        self._port = port
        self._listener = Listener(self._make, limits, tls)

    @property
    def connections(self) -> int:
        """Open now."""
        return self._listener.door.inside

    @property
    def refused(self) -> Mapping[str, int]:
        """Connections that were closed by us without an answer, by `Refused`."""
        return self._listener.door.refused

    async def start(self) -> None:
        """Listen. `OSError` when the port is taken."""
        await self._runner.setup()
        await self._listener.start(self._host, self._port)

    async def stop(self) -> None:
        """Close sockets, at most 5 s for requests under way."""
        await self._listener.stop()
        await self._runner.cleanup()

    def _make(self) -> RequestHandler:
        server = self._runner.server
        if server is None:
            raise RuntimeError("the server is not started")
        return server()

    @web.middleware
    async def _asked(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self._listener.asked(request.protocol, request.content)
        return await handler(request)
