"""A page that did not see the screen-pop asks who was on the call."""

from uuid import uuid4

from cti.desk import pop_message
from cti.directory import Directory
from cti.ports import History
from cti.why import Why
from db.pool import Pool
from tests.complaints.world import CITIZEN, World
from tests.cti.fake_ami import eventually
from tests.cti.room import ask, opened, receive, shows
from tests.cti.streams import AT, CALL, answered_call
from tests.cti.test_pauses import PausingAsterisk, seated

NUMBER = "+919876543210"


async def test_a_page_that_comes_back_in_the_wrap_up_is_told_its_call_and_who_called(
    pool: Pool,
) -> None:
    async with opened(pool, PausingAsterisk(), wrap_up={"helpline-hi": 30}) as room:
        await room.open_call(CALL)
        await pool.execute("update call set citizen_number = $2 where id = $1", CALL, NUMBER)
        page = await seated(room)
        await room.asterisk_says(*answered_call())
        await shows(page, status="wrap_up")
        await page.close()
        again = await room.page()
        (hello,) = await receive(again, "hello")  # the screen-pop does not stand any more
        assert (hello["state"]["status"], hello["state"]["wrap_up"]["call"]) == (
            "wrap_up", str(CALL),
        )  # fmt: skip
        told = await ask(again, "caller", call=str(CALL))
        assert (told["pop"]["call"], told["pop"]["caller"]) == (str(CALL), NUMBER)
        assert told["pop"]["history"]["calls"] == [{"queue": "helpline-hi"}]
        await room.written()
        other = await room.page("1002")
        refused = await ask(other, "caller", call=str(CALL))
        assert refused["reason"] == {"code": Why.OTHERS_CALL}
        unknown = await ask(again, "caller", call=str(uuid4()))
        assert unknown["reason"] == {"code": Why.NO_SUCH_CALL}
    async with opened(pool, PausingAsterisk(), wrap_up={"helpline-hi": 30}) as room:
        page = await room.page()  # a server that was started anew has no screen-pop at all
        await eventually(lambda: room.cti.presence.wish("1001").wrap_up is not None)
        assert (await ask(page, "caller", call=str(CALL)))["pop"]["caller"] == NUMBER


async def test_an_agent_at_whom_a_call_only_rings_does_not_have_it(pool: Pool) -> None:
    async with opened(pool, PausingAsterisk(), wrap_up={"helpline-hi": 30}) as room:
        await room.open_call(CALL)
        page = await seated(room)
        events, has = answered_call(), room.cti.callers.has
        await room.asterisk_says(*events[:6])
        await shows(page, status="ringing")
        assert not has("1001", CALL)
        refused = await ask(page, "caller", call=str(CALL))
        assert refused["reason"] == {"code": Why.OTHERS_CALL}
        await room.asterisk_says(*events[6:9])
        assert has("1001", CALL)
        assert not has("1002", CALL)
        await room.asterisk_says(*events[9:])
        assert has("1001", CALL)
        await shows(page, status="wrap_up")
        await ask(page, "end_wrap_up")
        assert not has("1001", CALL)  # by then its row says so


async def test_a_citizen_is_found_by_a_complaint_or_by_the_number_where_they_are_known(
    pool: Pool, world: World
) -> None:
    first = await world.register(world.form(citizen_name="मोहन लाल"))
    world.later(minutes=1)
    hidden = await world.register(world.form(citizen_name="गोपनीय", confidential=True))
    async with opened(pool) as room:
        page = await room.page()
        await receive(page, "hello")
        number = f"{first.number[:4]} {first.number[4:]}"
        [named] = (await ask(page, "find_citizens", by=number))["citizens"]
        assert named["name"] == "मोहन लाल"
        [unnamed] = (await ask(page, "find_citizens", by=hidden.number))["citizens"]
        assert unnamed["name"] is None  # who says a number is not told who is behind it
        both = (await ask(page, "find_citizens", by=CITIZEN.removeprefix("+91")))["citizens"]
        assert [one["citizen"] for one in both] == [named["citizen"], unnamed["citizen"]]
        assert (await ask(page, "find_citizens", by="9811111111"))["citizens"] == []
        refused = await ask(page, "find_citizens", by="हैंडपंप")
        assert refused["reason"] == {"code": Why.NEITHER_NUMBER}


def test_the_language_is_what_was_chosen_in_the_call_or_else_what_the_citizens_speak() -> None:
    def language(queue: str, history: History | None) -> object:
        asked = (CALL, queue, NUMBER, AT, history, {"helpline-en": "en"})
        return pop_message(*asked)["language"]

    assert language("helpline-en", {"language": "hi"}) == "en"
    assert language("", {"language": "hi"}) == "hi"  # a call by click waited in no queue
    assert language("helpline", {"language": None}) is None
    assert language("helpline", None) is None


async def test_the_screen_pop_has_the_language_of_its_queue(pool: Pool) -> None:
    spoken = Directory(languages={"helpline-hi": "hi"})
    async with opened(pool, PausingAsterisk(), directory=spoken) as room:
        await room.open_call(CALL)
        page = await room.page()
        await receive(page, "hello")
        await room.asterisk_says(*answered_call()[:9])
        pop, _ = await receive(page, "pop", "answered")
        assert pop["language"] == "hi"
        await room.written()
        await pool.execute("update call set queue = 'helpline-hi' where id = $1", CALL)
        assert (await ask(page, "caller", call=str(CALL)))["pop"]["language"] == "hi"
