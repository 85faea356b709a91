"""Everything that the story needs: a whole helpline, telephones, voices."""

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path

from complaints.reference import load as load_reference
from cti.tokens import issue
from db.pool import Pool
from helpline.clock import INDIA, Clock, shifted_clock
from helpline.demo import people
from helpline.demo.people import Script
from helpline.demo.reference import REFERENCE
from helpline.errors import OperatorError
from helpline.keys import signing_key
from helpline.lab.media import Samples
from helpline.lab.phones import Phone
from helpline.lab.site import Site
from helpline.options.following import FeedbackOptions
from helpline.options.pages import HttpOptions
from helpline.options.process import LogOptions
from helpline.settings import GivenSettings, Settings
from helpline.tools import Tools
from helpline.wiring import Helpline
from speech.audio import load, prepare, save
from speech.tts import EspeakNg

SITE = Site("127.0.10")
AGENT = "1001"
_BEGINS = time(10, 30)
_MARK = ".helpline-demo"


@dataclass(frozen=True)
class Voices:
    """What is said, as phones send it."""

    complaint: Samples
    still_broken: Samples
    false_report: Samples
    agent_greeting: Samples


@dataclass(frozen=True)
class Stage:
    """A running helpline and the telephones around it."""

    helpline: Helpline
    settings: Settings
    citizen: Phone
    citizen_line: Phone
    agent_phone: Phone
    voices: Voices
    script: Script
    now: Clock

    @property
    def pool(self) -> Pool:
        """The helpline's database."""
        return self.helpline.pool

    @property
    def url(self) -> str:
        """The helpline's HTTP API."""
        return self.settings.http.public_url

    @property
    def agent_token(self) -> str:
        """With which the agent's page signs in."""
        return issue(signing_key(self.settings), AGENT)

    async def command(self, *words: str) -> str:
        """Run `helpline` as an operator would, in a process of its own; what it prints."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "helpline.cli", *words),
            env=_as_environment(self.settings),
            cwd=self.settings.state_dir,
            stdout=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(60):
            output, _ = await process.communicate()
        if process.returncode:
            raise RuntimeError(f"helpline {' '.join(words)} ended with {process.returncode}")
        return output.decode()


def demo_settings(state_dir: Path, *, http_port: int = 8176) -> Settings:
    """The demo's settings: own addresses, retries in seconds, a day that begins at 10:30."""
    return GivenSettings(
        state_dir=state_dir,
        policy="demo",
        clock_shift=shift_to(datetime.now(INDIA), _BEGINS),
        cell=SITE.cell("demo", agent_names=["सुनीता"]),
        http=HttpOptions(port=http_port, public_url=f"http://127.0.0.1:{http_port}"),
        feedback=FeedbackOptions(
            tick_seconds=0.5,
            ring_seconds=6,
            retry_no_answer=(timedelta(seconds=3),),
            retry_busy=(timedelta(seconds=3),),
            retry_wrong_person=timedelta(seconds=3),
            retry_hung_up=timedelta(seconds=3),
            retry_uncounted=timedelta(seconds=2),
        ),
        log=LogOptions(level="warning"),
    )


def shift_to(now: datetime, begins: time) -> timedelta:
    """How far to move the clock so that it is `begins` (IST) of the same day."""
    wanted = datetime.combine(now.date(), begins, tzinfo=INDIA)
    return timedelta(seconds=round((wanted - now).total_seconds()))


@asynccontextmanager
async def set_stage(
    settings: Settings, tools: Tools, progress: Callable[[str], None]
) -> AsyncIterator[Stage]:
    """Set the stage, and clear it: whatever was started is stopped."""
    now = shifted_clock(settings.clock_shift)
    helpline = Helpline(settings, tools, now)
    folder = settings.state_dir.absolute() / "phones"
    sipp = tools.sipp.argv
    citizen = SITE.phone(sipp, folder, "citizen", SITE.caller)
    citizen_line = SITE.phone(sipp, folder, "line", SITE.line)
    agent_phone = SITE.phone(sipp, folder, "agent", SITE.agent(0))
    try:
        await helpline.start(progress)
        progress("loading departments, places and officers")
        await load_reference(helpline.pool, REFERENCE)
        progress("rendering what citizen and agent say")
        voices = await asyncio.to_thread(_voices, tools, folder)
        yield Stage(
            helpline,
            settings,
            citizen,
            citizen_line,
            agent_phone,
            voices,
            Script(lambda prompt: people.seconds_of(helpline.prompt_file(prompt))),
            now,
        )
    finally:
        for one in (citizen, citizen_line, agent_phone):
            await one.hang_up()
        await helpline.stop()


def _voices(tools: Tools, folder: Path) -> Voices:
    man = EspeakNg([*tools.espeak_ng.argv, "-p", "35"], tools.espeak_ng.env)
    woman = EspeakNg([*tools.espeak_ng.argv, "-p", "75"], tools.espeak_ng.env)

    def spoken(engine: EspeakNg, name: str, text: str) -> Samples:
        raw, path = folder / f"{name}.raw.wav", folder / f"{name}.wav"
        engine.synthesise(text, raw)
        save(prepare(load(raw)), path)
        return people.speech(path)

    return Voices(
        complaint=spoken(man, "complaint", people.COMPLAINT),
        still_broken=spoken(man, "still-broken", people.STILL_BROKEN),
        false_report=spoken(man, "false-report", people.FALSE_REPORT),
        agent_greeting=spoken(woman, "agent", people.AGENT_GREETING),
    )


def clear(folder: Path) -> None:
    """Remove what an earlier run left, and nothing else that lies in `folder`; mark it as a demo's.

    Raises `OperatorError` where another's files lie there: a real helpline's state folder has the
    same names in it.
    """
    marks, ours = (folder / _MARK, folder / "report.json"), ("state", "recordings")
    if not any(mark.exists() for mark in marks) and any((folder / one).exists() for one in ours):
        raise OperatorError(f"{folder} has files of something else in it: give an empty folder")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARK).touch()
    for name in ours:
        shutil.rmtree(folder / name, ignore_errors=True)
    (folder / "report.json").unlink(missing_ok=True)


def _as_environment(settings: Settings) -> dict[str, str]:
    """What the command line needs to find the same helpline, and no other."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("HELPLINE_")}
    return others | {
        "HELPLINE_STATE_DIR": str(settings.state_dir.absolute()),
        "HELPLINE_POLICY": settings.policy,
        "HELPLINE_CLOCK_SHIFT": f"PT{settings.clock_shift.total_seconds():.0f}S".replace(
            "PT-", "-PT"
        ),
        "HELPLINE_LOG__LEVEL": settings.log.level,
    }
