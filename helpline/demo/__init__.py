"""`make demo`: one citizen's story on a real Asterisk, told while it happens."""

import asyncio
import json
from pathlib import Path

from helpline import logs
from helpline.demo.narrator import Narrator
from helpline.demo.report import report
from helpline.demo.stage import clear, demo_settings, set_stage
from helpline.demo.story import StoryError, play
from helpline.recorded import take_out
from helpline.tools import load_tools


async def run(project: Path, folder: Path) -> int:
    """Play the story, write `report.json` into `folder`, print a summary; the exit status."""
    clear(folder)
    settings = demo_settings(folder / "state")
    logs.configure(level=settings.log.level, json=False)
    loop = asyncio.get_running_loop()
    began = loop.time()
    print("Helpline 1076: one citizen's story, end to end\n", flush=True)

    def progress(what: str) -> None:
        print(f"  [{loop.time() - began:5.1f} s] {what}", flush=True)

    async with set_stage(settings, load_tools(project), progress) as scene:
        ready = loop.time()
        narrator = Narrator(scene.now)
        clock = {"begins": scene.now().isoformat(), "shift_s": settings.clock_shift.total_seconds()}
        try:
            story = await play(scene, narrator)
        except StoryError as error:
            print(f"\nThe story broke off: {error}", flush=True)
            return 1
        recordings = folder / "recordings"
        for one in story.recordings:
            if one.state == "stored":
                await take_out(scene.pool, scene.helpline.vault, one.id, recordings)
        durations = {"setup_s": round(ready - began, 1), "story_s": round(loop.time() - ready, 1)}
    told = report(
        story,
        policy=settings.rules,
        clock=clock,
        recordings=recordings,
        durations=durations,
    )
    path = folder / "report.json"
    path.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    _summary(told, path)
    return 0


def _summary(told: dict[str, object], path: Path) -> None:
    print(f"\n  report      {path}\n  recordings  {path.parent / 'recordings'}")
    print(f"  durations   {told['durations']}")
