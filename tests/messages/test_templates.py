import inspect
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from complaints import texts
from complaints.history import Entry, Event
from complaints.kinds import DisposalKind
from complaints.notifications import Kind
from db.pool import Pool
from messages.errors import TemplateError
from messages.held import release
from messages.model import Channel
from messages.templates import Template, check, fill, load
from tests.complaints.world import World
from tests.messages.room import Room

AT = datetime(2025, 11, 20, 5, 30, tzinfo=UTC)
ENTRY = Entry(at=AT, event=Event.ESCALATED_OVERDUE, level=2, actor="clock")
ARGUMENTS: dict[str, Any] = {
    "due_at": AT,
    "why": ENTRY,
    "number": "100000017",
    "post_title": "खंड विकास अधिकारी",
    "category": "हैंडपंप",
    "place": "महरौनी",
    "text": "खराब है",
    "contact": "+919876543210",
    "link": "https://h.example/b/x",
    "kind": DisposalKind.NOT_POSSIBLE,
    "report": "भूमि निजी है",
}
TEMPLATE = Template(
    kind="k",
    channel=Channel.SMS,
    language="hi",
    template_id="1107",
    header="UPCMHL",
    subject="",
    text="शिकायत {number}: {matter}",
    variables=("number", "matter"),
)


@pytest.mark.parametrize(
    "kind",
    [
        "citizen_registered",
        "officer_assigned",
        "officer_review",
        "officer_forwarded",
        "citizen_disposed",
        "citizen_closed",
        "citizen_unverified",
    ],
)
async def test_the_code_fills_exactly_what_the_template_was_registered_with(
    pool: Pool, kind: str
) -> None:
    variables = getattr(texts, kind)
    wanted = inspect.signature(variables).parameters
    arguments = dict(ARGUMENTS)
    if kind == "officer_review":
        arguments["why"] = texts.DissatisfactionReason.NOT_DONE
    async with pool.acquire() as conn:
        template = await load(conn, Kind(kind), Channel.SMS, "hi")
    values = variables(**{name: arguments[name] for name in wanted})
    _, body = fill(template, values)
    assert all(value in body for value in values.values())
    assert "{" not in body


async def test_another_language_falls_back_to_hindi(pool: Pool) -> None:
    async with pool.acquire() as conn:
        assert (await load(conn, Kind.CITIZEN_CLOSED, Channel.SMS, "bho")).language == "hi"
        with pytest.raises(TemplateError):
            await load(conn, Kind.CITIZEN_CLOSED, Channel.EMAIL, "hi")


@given(st.text(), st.text())
@settings(deadline=None)
def test_a_value_is_taken_as_it_is(number: str, matter: str) -> None:
    _, body = fill(TEMPLATE, {"number": number, "matter": matter})
    assert body == f"शिकायत {number}: {matter}"


@pytest.mark.parametrize(
    "values", [{"number": "1"}, {"number": "1", "matter": "x", "contact": "y"}, {}]
)
def test_missing_and_unknown_variables_are_refused(values: dict[str, str]) -> None:
    with pytest.raises(TemplateError):
        fill(TEMPLATE, values)


@pytest.mark.parametrize(
    "text",
    [
        "{contact}",
        "{number",
        "number}",
        "{}",
        "{0}",
        "{number.__class__}",
        "{number!r}",
        "{number:>99999999}",
        "{number[0]}",
    ],
)
def test_a_text_that_reaches_beyond_its_variables_is_refused(text: str) -> None:
    with pytest.raises(TemplateError):
        check(replace(TEMPLATE, text=text))


async def test_a_message_keeps_its_registration_its_variables_and_its_length(room: Room) -> None:
    await room.pool.execute(
        "update message_template set template_id = '1107', header = 'UPCMHL'"
        " where kind = 'citizen_closed'"
    )
    try:
        [message] = await room.messages()
    finally:
        await room.pool.execute("update message_template set template_id = '', header = ''")
    row = await room.row(message)
    assert (row["template_id"], row["header"], row["encoding"]) == ("1107", "UPCMHL", "ucs2")
    assert row["parts"] == 2
    assert row["variables"] == '{"number": "100000017"}'


async def test_a_spoilt_template_holds_the_message_and_undoes_nothing(world: World) -> None:
    spoil = "update message_template set text = text || '{nobody}' where kind = $1"
    mend = "update message_template set text = replace(text, '{nobody}', '') where kind = $1"
    await world.pool.execute(spoil, "citizen_registered")
    try:
        registered = await world.register()
    finally:
        await world.pool.execute(mend, "citizen_registered")
    [message] = await world.messages(registered.complaint_id, "citizen_registered")
    assert (message["held_at"], message["body"]) == (world.now, "")
    assert message["last_error"] == "citizen_registered: no variable nobody"
    assert await release(world.pool, None, world.now) == [message["id"]]
    [message] = await world.messages(registered.complaint_id, "citizen_registered")
    assert registered.number in message["body"]
    assert (message["held_at"], message["next_attempt_at"]) == (None, world.now)
