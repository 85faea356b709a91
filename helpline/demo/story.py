"""One citizen's story, from the first call to the satisfied end, as `make demo` plays it."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from uuid import UUID, uuid4

from complaints.story import Story, StoryCall, load_story
from helpline.demo.agent import AgentPage
from helpline.demo.narrator import Narrator
from helpline.demo.people import CITIZEN_NAME, CITIZEN_NUMBER, COMPLAINT
from helpline.demo.reference import CATEGORY, PLACE
from helpline.demo.stage import Stage
from helpline.lab.media import Samples
from helpline.lab.phones import Phone, PhoneCall
from helpline.lab.script import Answer, Behaviour, Ring, Say, Wait

_T = TypeVar("_T")

_AGENT_RINGS = 2.0
_AFTER = 45.0  # seconds that anything which must happen may take on a slow machine


class StoryError(Exception):
    """The story did not go as told; the message says what was waited for."""


async def play(stage: Stage, narrator: Narrator) -> Story:
    """Play it; what the database then holds. Raises `StoryError` at the first wrong turn."""
    told = _Told(stage, narrator)
    async with AgentPage(stage.url, stage.agent_token) as page:
        number = await told.first_call(page)
    await told.disposed(number, "bdo-mehroni", "हैंडपंप की मरम्मत करा दी गई है।")
    await told.asked_and_dissatisfied(number, "3", stage.voices.still_broken, to_level=1)
    await told.disposed(number, "bdo-mehroni", "मिस्त्री भेजा गया, हैंडपंप चालू है।")
    await told.asked_and_dissatisfied(number, "6", stage.voices.false_report, to_level=2)
    await told.disposed(number, "ee-lalitpur", "नया सिलेंडर लगवाकर हैंडपंप चालू कराया गया।")
    await told.asked_and_satisfied(number)
    return await told.ending(number)


class _Told:
    """The chapters; each leaves the story where the next one takes it up."""

    def __init__(self, stage: Stage, narrator: Narrator) -> None:
        self._stage = stage
        self._narrator = narrator
        self._calls_heard_of: set[UUID] = set()

    async def first_call(self, page: AgentPage) -> str:
        """Chapters 1 to 3: the call, the agent, the complaint. Its number."""
        stage, tell = self._stage, self._narrator.tell
        self._narrator.chapter("A citizen calls 1076")
        greeting = (Wait(0.5), Say(stage.voices.agent_greeting), Wait(1.0))
        rings = await stage.agent_phone.expect(Answer(greeting, ring=_AGENT_RINGS))
        steps = stage.script.to_agent(stage.voices.complaint, _AGENT_RINGS)
        identity = f'"{CITIZEN_NAME}" <sip:{CITIZEN_NUMBER.removeprefix("+91")}@citizen.invalid>'
        call = await stage.citizen.place("1076", identity, steps)
        tell("citizen", "dials 1076; hears greeting, recording notice and menu; presses 1")
        pop = await page.wait_for("pop", _AFTER)
        tell("agent", f"screen-pop: {pop['caller']}, queue {pop['queue']}")
        await page.wait_for("answered", _AFTER, call=pop["call"])
        tell("agent", "answers; they talk, both sides recorded")
        await asyncio.sleep(3)
        number = await self._register(page, pop)
        await self._over(call, stage.citizen)
        await self._over(rings, stage.agent_phone)
        recording = await self._until(
            "recording of the first call", lambda: self._stored(number, 1)
        )
        tell("system", f"recording stored: {recording.recordings[0].seconds} s, stereo, SHA-256")
        return number

    async def _register(self, page: AgentPage, pop: dict[str, Any]) -> str:
        form = {
            "key": str(uuid4()),
            "call": pop["call"],
            "category": CATEGORY,
            "place": PLACE,
            "citizen_name": CITIZEN_NAME,
            "contact": pop["caller"],
            "text": COMPLAINT,
        }
        answer = await page.register_complaint(form)
        self._narrator.tell(
            "agent", f"registers complaint {answer['number']} -> L1 {answer['officer']}"
        )
        return str(answer["number"])

    async def disposed(self, number: str, post: str, report: str) -> None:
        """Chapter 4: an officer reports through the command line."""
        self._narrator.chapter(f"{post} disposes")
        output = await self._stage.command(
            "complaint", "dispose", number, "--by", post, "--report", report
        )
        self._narrator.tell("officer", output.strip())

    async def asked_and_dissatisfied(
        self, number: str, reason_key: str, words: Samples, *, to_level: int
    ) -> None:
        """Chapters 4 and 5: the dialer calls, the citizen is not satisfied."""
        stage = self._stage
        steps = stage.script.dissatisfied(reason_key, words)
        await self._called(number, Answer(steps, ring=1.0), "feedback_given")
        story = await self._until(
            f"complaint back at L{to_level}", lambda: self._with_officer(number, to_level)
        )
        entry = story.register[-1]
        self._narrator.tell(
            "citizen", f"not satisfied ({entry.reason_code}), says why after the beep"
        )
        last = story.notifications[-1]
        self._narrator.tell(
            "system",
            f"L{to_level} again for review"
            if not last.recordings
            else f"escalated to L{to_level}: {len(last.recordings)} recordings forwarded",
        )

    async def asked_and_satisfied(self, number: str) -> None:
        """Chapter 6: no answer, a retry, satisfied."""
        await self._called(number, Ring(), "no_answer")
        self._narrator.tell("citizen", "does not answer; the dialer will try again")
        await self._called(
            number, Answer(self._stage.script.satisfied(), ring=1.0), "feedback_given"
        )
        await self._until("complaint closed", lambda: self._closed(number))
        self._narrator.tell("citizen", "satisfied: the complaint is closed")

    async def ending(self, number: str) -> Story:
        """Wait for the last recording and the last message; what the story left behind."""

        async def whole() -> Story | None:
            story = await self._load(number)
            answered = [call for call in story.calls if call.answered_at]
            stored = [one for one in story.recordings if one.state == "stored"]
            all_sent = all(one.sent_at for one in story.notifications)
            all_stored = len(stored) >= len(answered) + len(story.register)
            return story if all_stored and all_sent else None

        return await self._until("all recordings stored, all messages sent", whole)

    async def _called(self, number: str, behaviour: Behaviour, outcome: str) -> None:
        self._narrator.chapter("The dialer calls the citizen back")
        phone = self._stage.citizen_line
        expected = await phone.expect(behaviour)
        call = await self._until(f"call that ends {outcome}", lambda: self._ended(number))
        if call.outcome != outcome:
            raise StoryError(f"the feedback call ended {call.outcome}, not {outcome}")
        self._calls_heard_of.add(call.id)
        await self._over(expected, phone)

    async def _over(self, call: PhoneCall, phone: Phone) -> None:
        with contextlib.suppress(TimeoutError):
            await call.wait(_AFTER)
            return
        await phone.hang_up()
        raise StoryError(f"{call.name} is still on the line")

    async def _until(self, what: str, ready: Callable[[], Awaitable[_T | None]]) -> _T:
        try:
            async with asyncio.timeout(_AFTER * 2):
                while (found := await ready()) is None:
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise StoryError(f"waited in vain for: {what}") from None
        return found

    async def _load(self, number: str) -> Story:
        return await load_story(self._stage.pool, number)

    async def _stored(self, number: str, count: int) -> Story | None:
        story = await self._load(number)
        done = sum(one.state == "stored" for one in story.recordings)
        return story if done >= count else None

    async def _with_officer(self, number: str, level: int) -> Story | None:
        story = await self._load(number)
        there = story.complaint.state == "with_officer" and story.complaint.level == level
        return story if there else None

    async def _closed(self, number: str) -> Story | None:
        story = await self._load(number)
        return story if story.complaint.state == "closed_satisfied" else None

    async def _ended(self, number: str) -> StoryCall | None:
        for call in (await self._load(number)).calls:
            fresh = call.direction == "outbound" and call.id not in self._calls_heard_of
            if fresh and call.ended_at:
                return call
        return None
