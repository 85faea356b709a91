"""The one HTTP server of a cell: agents, signed links, health and metrics."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ssl import SSLContext

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from helpline.metrics import Metrics

_log = structlog.get_logger(__name__)

_MAX_BODY = 64 * 1024


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
        _log.exception("request failed", method=request.method, route=str(request.rel_url.path))
        return web.json_response({"error": "internal error"}, status=500)


class HttpServer:
    """Serves an application on one address, from `start` to `stop`."""

    def __init__(
        self, app: web.Application, host: str, port: int, tls: SSLContext | None = None
    ) -> None:
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=5)
        self._host = host
        self._port = port
        self._tls = tls

    async def start(self) -> None:
        """Listen. `OSError` when the port is taken."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port, ssl_context=self._tls)
        await site.start()

    async def stop(self) -> None:
        """Close sockets, at most 5 s for requests under way."""
        await self._runner.cleanup()
