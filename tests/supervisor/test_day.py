"""What each agent did on a day, as the page draws it: whose it is, and where pieces are cut."""

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from access.rights import Role, Scope
from tests.supervisor.site import Centre
from tests.supervisor.test_calls import signed_in

#: Midnight in India before the clock of these tests.
MIDNIGHT = datetime(2025, 11, 21, 18, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


async def state(hall: Centre, agent: str, name: str, begin: datetime, end: datetime | None) -> None:
    await hall.pool.execute(
        "insert into agent_state (id, agent_id, state, reason, from_at, until_at)"
        " values ($1, $2, $3, '', $4, $5)", uuid4(), agent, name, begin, end,
    )  # fmt: skip


async def drawn(hall: Centre, day: str, queue: str | None = None) -> dict[str, list[list[str]]]:
    """By agent: state, left edge and width of each piece, in minutes of that day in India."""
    client = await signed_in(hall, Role.SUPERVISOR, Scope(queue=queue))
    assert (await client.get(f"/supervisor/day?day={day}")).status == 200
    body = client.last.partition("<tbody>")[2]
    found = {}
    for row in body.split("<tr>")[1:]:
        agent = re.search(r'class="soft">(\w+)<', row)
        assert agent is not None
        pieces = re.findall(r'<rect class="s-(\w+)" x="([\d.]+)" width="([\d.]+)"', row)
        found[agent[1]] = [list(piece) for piece in pieces]
    return found


async def test_a_piece_over_midnight_in_india_is_cut_there_on_both_days(hall: Centre) -> None:
    await state(hall, "1001", "in_call", MIDNIGHT - 10 * MINUTE, MIDNIGHT + 5 * MINUTE)
    await state(hall, "1001", "ready", MIDNIGHT + 90 * MINUTE, MIDNIGHT + 120 * MINUTE)
    assert await drawn(hall, "2025-11-21") == {"1001": [["in_call", "1430.0", "10.0"]]}
    assert await drawn(hall, "2025-11-22") == {
        "1001": [["in_call", "0.0", "5.0"], ["ready", "90.0", "30.0"]]
    }
    assert await drawn(hall, "2025-11-20") == {}


async def test_what_goes_on_is_drawn_until_now(hall: Centre) -> None:
    await state(hall, "1001", "ready", hall.site.clock() - 7 * MINUTE, None)
    ((name, _, width),) = (await drawn(hall, "2025-11-22"))["1001"]
    assert (name, width) == ("ready", "7.0")


async def test_what_went_on_at_midnight_is_drawn_though_another_began_at_its_moment(
    hall: Centre,
) -> None:
    began = MIDNIGHT - 10 * MINUTE
    for end in (began, None):
        await state(hall, "1001", "ready" if end is None else "ringing", began, end)
    for end in (MIDNIGHT + 5 * MINUTE, began):
        await state(hall, "1002", "ringing" if end == began else "paused", began, end)
    now = round((hall.site.clock() - MIDNIGHT) / MINUTE, 2)
    assert await drawn(hall, "2025-11-22") == {
        "1001": [["ready", "0.0", str(now)]],
        "1002": [["paused", "0.0", "5.0"]],
    }


async def test_a_moved_agents_day_is_with_both_their_supervisors(hall: Centre) -> None:
    for agent in ("1001", "1003"):
        await state(hall, agent, "ready", MIDNIGHT + 60 * MINUTE, MIDNIGHT + 90 * MINUTE)
        await state(hall, agent, "ready", MIDNIGHT - 90 * MINUTE, MIDNIGHT - 60 * MINUTE)
    await hall.pool.execute(
        "insert into agent_session (id, agent_id, signed_in_at, signed_out_at, queues)"
        " values ($1, '1001', $2, $3, '{helpline-en}')",
        uuid4(), MIDNIGHT + 50 * MINUTE, MIDNIGHT + 95 * MINUTE,
    )  # fmt: skip
    assert (await drawn(hall, "2025-11-22", "helpline-en")).keys() == {"1001", "1003"}
    assert (await drawn(hall, "2025-11-22", "helpline-hi")).keys() == {"1001"}
    assert (await drawn(hall, "2025-11-21", "helpline-en")).keys() == {"1003"}  # before the move
