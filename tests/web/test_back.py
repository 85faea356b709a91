"""The way back to a page, for addresses that nobody's page has."""

import pytest
from aiohttp import web

from web.back import nearest_page


async def page(_request: web.Request) -> web.Response:
    return web.Response()


@pytest.fixture
def app() -> web.Application:
    app = web.Application()
    app.router.add_get("/complaints/{number}", page)
    return app


@pytest.mark.parametrize(
    ("wanted", "page"),
    [
        ("/complaints/7?tab=calls", "/complaints/7?tab=calls"),
        ("/complaints/7/forward", "/complaints/7"),
        ("/nowhere", "/"),
        ("/complaints/7" + "/" * 8000, "/"),
        ("/complaints/7" + "/a" * 900, "/"),
        ("/complaints/" + "7" * 2000, "/"),
    ],
)
def test_the_next_page_above_is_found_and_what_is_too_long_is_not_looked_for(
    app: web.Application, wanted: str, page: str
) -> None:
    assert nearest_page(app, wanted) == page
