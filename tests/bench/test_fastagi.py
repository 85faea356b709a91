"""A few calls of each variant, with a real Asterisk, PostgreSQL and SIPp. No figure is judged."""

import tempfile
from pathlib import Path

from bench.fastagi import PLAIN, QUICK, ROUTES, SERVERS, VARIANTS
from bench.rounds import Rounds, Step, Variant
from bench.stage import stage
from helpline.tools import load_tools

ROOT = Path(__file__).parents[2]


async def test_every_variant_serves_its_calls_and_ours_leaves_one_ended_row_for_each() -> None:
    done: dict[str, Step] = {}
    # Not pytest's own folder: its parents are closed to the database's account.
    with tempfile.TemporaryDirectory(prefix="helpline-bench-") as folder:
        async with stage(Path(folder) / "work", load_tools(ROOT), SERVERS, ROUTES, PLAIN) as on:
            rounds = Rounds(on, VARIANTS, QUICK, lambda phase, variant, step: None)
            for variant in VARIANTS:
                done[variant.name] = await rounds.step(variant, rate=12, seconds=0.5, probe_rate=4)
            rows, ended = await on.rows()
    for variant in VARIANTS:
        assert_served(variant, done[variant.name])
    calls = [rounds.results.calls[variant.name] for variant in VARIANTS if variant.keeps_rows]
    assert (rows, ended) == (sum(calls), sum(calls))


def assert_served(variant: Variant, step: Step) -> None:
    load = step.load
    assert (load.successful, load.failed) == (load.asked, 0), variant.name
    assert len(load.answer_ms) == load.asked
    assert (len(step.heard), step.probes_failed) == (2, 0), variant.name
    assert all(heard.answer_to_audio > 0 for heard in step.heard)
    assert ("python" in step.cpu_ms) == (variant.server is not None)
    assert ("postgres" in step.cpu_ms) == variant.keeps_rows
