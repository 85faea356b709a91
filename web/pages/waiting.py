"""What waits for people, longest first: the CM's team, and officers who decide proposals.

A list; what is done about it is done with `helpline complaint forward | advise | decide`.
"""

from datetime import datetime

from aiohttp import web

from access.rights import Right
from complaints.policy import Policy
from complaints.waiting import After, For, WaitingPage, days_and_hours, to_decide, waiting
from web.shell import MenuItem, Shell, Visit

TEAM, DECIDERS = "/complaints/waiting", "/complaints/to-decide"
MENU = (
    MenuItem(TEAM, "menu.waiting", Right.COMPLAINT_FORWARD),
    MenuItem(DECIDERS, "menu.to_decide", Right.COMPLAINT_DISPOSE),
)
_AT_ONCE = 100


def add_routes(app: web.Application, shell: Shell, policy: Policy) -> None:
    """Both lists. `policy`: by which it is known who decides."""
    pages = _Pages(policy)
    app.router.add_get(TEAM, shell.page(pages.team, right=Right.COMPLAINT_FORWARD))
    app.router.add_get(DECIDERS, shell.page(pages.deciders, right=Right.COMPLAINT_DISPOSE))


class _Pages:
    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    async def team(self, visit: Visit) -> web.StreamResponse:
        """`?what=`: of one kind; `?since=` and `number=`: the page after that complaint."""
        asked = visit.request.query.get("what", "")
        what = (For(asked),) if asked in set(For) else tuple(For)
        page = await waiting(
            visit.shell.pool,
            policy=self._policy,
            now=visit.shell.now(),
            what=what,
            after=_after(visit),
            at_most=_AT_ONCE,
        )
        return _shown(visit, page, title="waiting.title", asked=asked, kinds=tuple(For))

    async def deciders(self, visit: Visit) -> web.StreamResponse:
        """Of the posts that the person speaks for."""
        lines = await to_decide(
            visit.shell.pool,
            visit.signed_in.person.posts,
            policy=self._policy,
            now=visit.shell.now(),
            at_most=_AT_ONCE + 1,
        )
        page = WaitingPage(lines[:_AT_ONCE], None)
        return _shown(visit, page, title="waiting.title_to_decide", cut=len(lines) > _AT_ONCE)


def _shown(
    visit: Visit,
    page: WaitingPage,
    *,
    title: str,
    asked: str = "",
    kinds: tuple[For, ...] = (),
    cut: bool = False,
) -> web.StreamResponse:
    """`cut`: there are more, and no page after this one has them."""
    now = visit.shell.now()
    after = None
    if page.after:
        after = {
            "what": asked,
            "since": page.after.since.isoformat(),
            "number": page.after.number,
        }
    return visit.render(
        "waiting.html.j2",
        rows=[(one, *days_and_hours(now - one.since)) for one in page.lines],
        title=title,
        asked=asked,
        kinds=kinds,
        next_page=after,
        cut=cut,
    )


def _after(visit: Visit) -> After | None:
    """An address that somebody wrote by hand begins at the beginning."""
    query = visit.request.query
    try:
        since = datetime.fromisoformat(query.get("since", ""))
    except ValueError:
        return None
    return After(since, query.get("number", "")) if since.tzinfo else None
