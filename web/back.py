"""Where a browser is led back to, or on to: an address of ours that can be looked at."""

from urllib.parse import quote, urlsplit

from aiohttp import web
from yarl import URL

_HOME = "/"
#: What citizens are searched by. Proxies and browsers keep addresses.
_CITIZENS_OWN = ("number", "q")
#: No page of ours has such an address, characters and slashes: anybody may send one.
_LONGEST = 2000
_DEEPEST = 12


def local_path(wanted: str | None, otherwise: str = _HOME) -> str:
    """Where to go after sign-in: a path of ours, never another site."""
    if not wanted or not wanted.startswith("/") or wanted[1:2] in ("/", "\\"):
        return otherwise
    return wanted if wanted.isprintable() and "\\" not in wanted else otherwise


def came_from(request: web.Request) -> str:
    """The page that a form stood on; or the next one above, where that was a form's own answer."""
    try:
        page = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        return _HOME
    return nearest_page(request.app, page.path + (f"?{page.query}" if page.query else ""))


def sign_in_first(request: web.Request) -> str:
    """The address of the sign-in page: it leads on to what was asked for, or, where a form was
    sent, back to the page that it stood on, and says that nothing was taken.
    """
    if request.method in ("GET", "HEAD"):
        return f"/sign-in?next={_kept(request.path_qs)}"
    stood_on = came_from(request) if "Referer" in request.headers else request.path_qs
    return f"/sign-in?notice=unsent&next={_kept(nearest_page(request.app, stood_on))}"


def nearest_page(app: web.Application, wanted: str) -> str:
    """`wanted`, a path with its query, where it is a page; else the next one that it lies below:
    forms have addresses of their own, which nobody can look at.
    """
    path = local_path(wanted)
    above = urlsplit(path).path
    if len(path) > _LONGEST or above.count("/") > _DEEPEST:
        return _HOME  # each step up asks every route
    if _is_page(app, path):
        return path
    while above:
        above = above.rpartition("/")[0]
        if above and _is_page(app, above):
            return above
    return _HOME


def _kept(address: str) -> str:
    """For a query, without what a citizen was searched by."""
    return quote(str(URL(address, encoded=True).without_query_params(*_CITIZENS_OWN)), safe="")


def _is_page(app: web.Application, address: str) -> bool:
    path = URL(address, encoded=True).path_safe
    return any(
        _matches(route.resource, path) for route in app.router.routes() if route.method == "GET"
    )


def _matches(resource: web.AbstractResource | None, path: str) -> bool:
    told = {} if resource is None else resource.get_info()
    if "pattern" in told:
        return told["pattern"].fullmatch(path) is not None
    return told.get("path") == path
