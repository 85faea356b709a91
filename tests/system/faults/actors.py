"""Citizens who call without end, and agents who answer, ask others, pause and hang up."""

import asyncio
import contextlib
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import uuid4

import aiohttp

from helpline.demo.agent import AgentError, AgentPage, Message
from helpline.demo.reference import CATEGORY, PLACE
from helpline.lab.media import tone
from helpline.lab.phones import Phone, PhoneCall, PhoneError
from helpline.lab.script import Answer, Press, Say, Wait
from tests.system.callers import AGENTS_TONE, AT_ONCE, IN_THE_MENU
from tests.system.faults.centre import Centre

_TALK = 45.0  # seconds of tone: longer than any call
_FOREVER = 100_000
_THIRD_TONE = 2900.0
_AWAY = (AgentError, aiohttp.ClientError, OSError, TimeoutError)
_TONES = (300.0, 350.0, 400.0, 450.0, 500.0, 550.0)  # Hz: each citizen's own; prompts begin at 620


@dataclass
class Traffic:
    """Everybody on the telephone. While `flowing` is not set, nobody does anything new."""

    centre: Centre
    dice: Random
    citizens: int = 6
    flowing: asyncio.Event = field(default_factory=asyncio.Event)
    seats: list["Seat"] = field(default_factory=list)
    calls: int = 0
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _phones: list[Phone] = field(default_factory=list)
    _agents: list[tuple[Phone, Answer]] = field(default_factory=list)

    async def begin(self) -> None:
        """Everybody comes to work."""
        site, sipp = self.centre.site, self.centre.tools.sipp.argv
        folder = self.centre.folder / "phones"
        for n in range(self.centre.agents):
            phone = site.phone(sipp, folder, f"agent{n}", site.agent(n))
            talks = Answer((Say(tone(AGENTS_TONE, _TALK)),), ring=0.2 + 0.6 * n)
            self._agents.append((phone, talks))
        line = site.phone(sipp, folder, "line", site.line)
        self._agents.append((line, Answer((Say(tone(_THIRD_TONE, _TALK)),), ring=0.4)))
        await self.answer_phones()
        self.seats = [Seat(self, n, Random(self.dice.random())) for n in range(self.centre.agents)]
        self.flowing.set()
        for n in range(self.citizens):
            phone = site.phone(sipp, folder, f"citizen{n}", site.citizen(n))
            self._phones.append(phone)
            self._start(self._citizen(phone, n, Random(self.dice.random())), f"citizen {n}")
        # Who only sits, with the telephone that can be lost.
        apart = Seat(self, self.centre.agents, Random(self.dice.random()))
        self._start(apart.sit(), f"agent {apart.number}")
        for seat in self.seats:
            self._start(seat.sit(), f"agent {seat.number}")
            self._start(seat.work(), f"agent {seat.number} works")

    async def answer_phones(self) -> None:
        """Telephones that are answered; those that have gone are put back."""
        for phone, behaviour in self._agents:
            if not phone.busy:
                await phone.expect(behaviour, times=_FOREVER)

    async def end(self) -> None:
        """Everybody goes home."""
        self.flowing.clear()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for phone in (*self._phones, *(phone for phone, _ in self._agents)):
            await phone.hang_up()

    async def hang_up_all(self) -> None:
        """Every citizen hangs up, and nobody calls again until the traffic flows."""
        self.flowing.clear()
        await asyncio.gather(*(phone.put_down() for phone in self._phones))

    def faults(self) -> list[str]:
        """Actors that fell over, which they should not."""
        done = [task for task in self._tasks if task.done() and not task.cancelled()]
        return [f"{task.get_name()}: {task.exception()!r}" for task in done]

    def _start(self, work: Any, name: str) -> None:
        self._tasks.append(asyncio.create_task(work, name=name))

    async def _citizen(self, phone: Phone, number: int, dice: Random) -> None:
        """Calls, waits or talks for a while, hangs up, calls again."""
        identity = f"<sip:987650000{number}@citizen.invalid>"
        talking = Say(tone(_TONES[number], _TALK))
        await asyncio.sleep(dice.uniform(0, 3))
        while True:
            await self.flowing.wait()
            in_menu = dice.random() < 0.15
            steps = (Wait(30),) if in_menu else (IN_THE_MENU, Press("1"), talking)
            patience = dice.uniform(1, 3) if in_menu else dice.uniform(6, 18)
            with contextlib.suppress(PhoneError, TimeoutError):
                call = await phone.place("1076", identity, steps, hang_up=False, rate=AT_ONCE)
                self.calls += 1
                await self._hold_the_line(call, patience)
            await phone.put_down()
            await asyncio.sleep(dice.uniform(0.2, 1.5))

    async def _hold_the_line(self, call: PhoneCall, patience: float) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + patience
        while not call.over and (loop.time() < until or not self.flowing.is_set()):
            await asyncio.sleep(0.1)


@dataclass
class Seat:
    """An agent: a page that comes back when it is lost, and hands that press its buttons.

    `heard`: what each of its pages was told. `owed`: the form that nobody has answered yet, sent
    again until somebody does. `taken`: by the complaint's number, in which call it was told.
    `refused`: why a form was, which are answers too.
    """

    traffic: Traffic
    number: int
    dice: Random
    page: AgentPage | None = None
    heard: list[list[Message]] = field(default_factory=list)
    off_line: bool = False
    owed: Message | None = None
    taken: dict[str, str] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    @property
    def id(self) -> str:
        """As Asterisk names them."""
        return str(1001 + self.number)

    async def sit(self) -> None:
        """Keep a page open."""
        while True:
            if self.off_line:
                await asyncio.sleep(0.1)
                continue
            page = self.traffic.centre.page(self.number)
            with contextlib.suppress(*_AWAY):
                async with page:
                    self.heard.append(page.messages)
                    self.page = page
                    while page.is_open and not self.off_line:
                        await asyncio.sleep(0.1)
            self.page = None
            await asyncio.sleep(0.3)

    async def work(self) -> None:
        """Do something every second or two, whether it is allowed or not."""
        while True:
            await self.traffic.flowing.wait()
            await asyncio.sleep(self.dice.uniform(0.7, 2.5))
            page = self.page
            if page is None or not self.traffic.flowing.is_set():
                continue
            self._write_down(page.state())
            await self.send_form()
            kind, more = self._next(page.state().get("status"))
            if kind:
                with contextlib.suppress(*_AWAY):
                    await page.ask(kind, **more)

    async def send_form(self) -> None:
        """The one that is owed, if there is one and a page to send it from."""
        if self.owed is None or self.page is None:
            return
        with contextlib.suppress(*_AWAY):
            status, answer = await self.page.post_form(self.owed)
            if status == 201:
                self.taken[answer["number"]] = self.owed["call"]
            elif status < 500:
                self.refused.append(f"{status} {answer}")
            else:
                return  # nobody answered: the same form again, with the same key
            self.owed = None

    def _write_down(self, state: Message) -> None:
        """A complaint, once in a while: in the call, or when it is over."""
        talks = state.get("status") in ("in_call", "wrap_up") and state.get("call")
        if talks and self.owed is None and self.dice.random() < 0.3:
            self.owed = {
                "call": state["call"], "key": str(uuid4()), "category": CATEGORY, "place": PLACE,
                "text": "नल से पानी नहीं आ रहा", "citizen_name": "राम लाल", "separate": True,
            }  # fmt: skip

    def _next(self, status: object) -> tuple[str, dict[str, Any]]:
        at = self.dice.random()
        match status:
            case "in_call" if at < 0.25:
                return "consult", {"to": {"listed": "112"}}
            case "in_call" if at < 0.55:
                return self.dice.choice(["consult_complete", "consult_cancel", "consult_join"]), {}
            case "in_call" if at < 0.65:
                return "hang_up", {}
            case "in_call" if at < 0.7:
                other = self.dice.choice([seat.id for seat in self.traffic.seats])
                return "transfer", {"to": {"agent": other}}
            case "wrap_up" if at < 0.4:
                return "end_wrap_up", {}
            case "paused":
                return "ready", {}
            case "ready" if at < 0.1:
                return "pause", {"reason": "break"}
        return "", {}
