"""The wire between an agent's page and our server, to be cut and changed on its way."""

import json
from collections.abc import Callable
from typing import Any

from playwright.async_api import Page, WebSocketRoute

Message = dict[str, Any]


def unchanged(message: Message) -> Message | None:
    return message


class Wire:
    """`change` sees what the server says: what it gives is said, None is kept back.

    `dead`: so many connections to come go nowhere, and nobody is told.
    """

    def __init__(self) -> None:
        self.change: Callable[[Message], Message | None] = unchanged
        self.dead = 0
        self.tried = 0
        self.last_state: Message = {}
        self._page: WebSocketRoute | None = None

    async def between(self, page: Page) -> None:
        """From the page's next connection on."""
        await page.route_web_socket("**/agent/socket", self._connect)

    def say(self, *messages: Message) -> None:
        """To the page, as if the server had."""
        assert self._page is not None
        for message in messages:
            self._page.send(json.dumps(message))

    async def cut(self) -> None:
        """It connects again."""
        assert self._page is not None
        await self._page.close(code=1012)

    def _connect(self, page: WebSocketRoute) -> None:
        self.tried += 1
        if self.dead:
            self.dead -= 1
            return
        self._page = page
        server = page.connect_to_server()
        server.on_message(lambda text: self._told(page, json.loads(text)))

    def _told(self, page: WebSocketRoute, message: Message) -> None:
        if message["type"] in ("hello", "state"):
            self.last_state = {"type": "state", **message.get("state", message)}
        told = self.change(message)
        if told is not None:
            page.send(json.dumps(told))
