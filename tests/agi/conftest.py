from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from agi.server import FastAgiServer, Flow

Serve = Callable[..., Awaitable[FastAgiServer]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Start a server on a free port with these routes; drained at the end of the test."""
    async with AsyncExitStack() as stack:

        async def start(routes: dict[str, Flow], **settings: Any) -> FastAgiServer:
            server = FastAgiServer(routes, port=0, **settings)
            await server.start()
            stack.push_async_callback(server.drain, 0.1)
            return server

        yield start
