"""An SMS gateway: takes a key once, and fails, dawdles or drops the line when told to."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any, Self

from aiohttp import web
from aiohttp.test_utils import TestServer

Behaviour = Callable[[web.Request], web.StreamResponse]


class Gateway:
    """`seen`: every request; `taken`: messages it would send on, each key once."""

    def __init__(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/sms", self._sms)
        self._server = TestServer(app)
        self.seen: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.taken: dict[str, dict[str, Any]] = {}
        self.statuses: list[int] = []  # of the next answers; then 200
        self.retry_after = ""
        self.refuse: set[str] = set()  # recipients that it answers 422
        self.hold = asyncio.Event()  # answers wait for it
        self.hold.set()
        self.now_open = 0
        self.most_open = 0
        self.open_keys: Counter[str] = Counter()
        self.doubled: list[str] = []  # keys that were with it twice at once

    @property
    def url(self) -> str:
        return str(self._server.make_url("/sms"))

    async def __aenter__(self) -> Self:
        await self._server.start_server()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.hold.set()
        await self._server.close()

    async def _sms(self, request: web.Request) -> web.Response:
        form = dict(await request.post()) or dict(request.query)
        fields = await request.json() if request.content_type == "application/json" else form
        key = request.headers["Idempotency-Key"]
        self.seen.append(fields)
        self.headers.append(dict(request.headers))
        self.open_keys[key] += 1
        if self.open_keys[key] > 1:
            self.doubled.append(key)
        self.now_open += 1
        self.most_open = max(self.most_open, self.now_open)
        try:
            status = self.statuses.pop(0) if self.statuses else 200
            if status == 200 and str(fields.get("to")) in self.refuse:
                status = 422
            if status == 200:
                self.taken.setdefault(key, fields)
            await self.hold.wait()
        finally:
            self.now_open -= 1
            self.open_keys[key] -= 1
        headers = {"Retry-After": self.retry_after} if self.retry_after else {}
        body = {"id": f"gw-{len(self.taken)}", "state": "ok" if status == 200 else "error"}
        return web.json_response(body, status=status, headers=headers)
