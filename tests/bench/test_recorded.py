"""Three conversations of each variant: the product, Asterisk, SIP and audio are real."""

import os
import tempfile
from pathlib import Path

import numpy as np
import pytest

from bench.recorded.figures import Step, document, render
from bench.recorded.files import Checked, longest_quiet
from bench.recorded.stage import SERVICE, UNRECORDED, recorded_stage
from bench.recorded.subject import TINY, VARIANTS, Rounds
from bench.recorded.talks import Talked
from helpline.lab.media import RATE
from helpline.tools import load_tools

ROOT = Path(__file__).parents[2]
NETWORKS, HTTP_PORT = ("127.0.58", "127.0.59"), 8358
MACHINE = {"cores": 2, "cpu_model": "x", "asterisk": "22", "load_average_before": 1.0}


@pytest.mark.skipif("HELPLINE_SOAK" not in os.environ, reason="make soak: it takes a minute")
async def test_every_conversation_is_carried_both_ways_and_is_whole_on_its_recording() -> None:
    # Not pytest's own folder: its parents are closed to the database's account.
    with tempfile.TemporaryDirectory(prefix="hl-") as folder:
        async with recorded_stage(
            Path(folder) / "work", load_tools(ROOT), NETWORKS, HTTP_PORT, TINY.agents
        ) as on:
            results = await Rounds(on, TINY).run()
    for variant in VARIANTS:
        [step] = results.at_common[variant.name]
        talked, checked = step.talked, step.checked
        assert (talked.asked, talked.failed, talked.lost) == (3, 0, 0), variant.name
        assert talked.packets > 100, variant.name
        recorded = 0 if variant.dialled == UNRECORDED else 3
        assert (checked.recorded, checked.opened, checked.faults) == (recorded, recorded, [])
        assert ("python" in step.cpu) == (variant.dialled == SERVICE)
    titles = {variant.name: variant.title for variant in VARIANTS}
    found = document(titles, {}, results.at_common, results.idle)
    assert "the whole product" in render({"machine": MACHINE, "common": 3, **found})


def test_a_silence_of_one_side_is_noticed_although_the_other_speaks() -> None:
    sound = np.full((6 * RATE, 2), 0.2, np.float32)
    assert longest_quiet(sound, 5.0) == 0.0
    sound[4 * RATE : 5 * RATE, 1] = 0.0
    assert longest_quiet(sound, 5.0) == 1.0
    assert longest_quiet(sound, 1.5) == 0.0  # it was before both spoke, or at the edge


@pytest.mark.parametrize(
    ("talked", "faults", "clean"),
    [
        (Talked(3, packets=3000), [], True),
        (Talked(3, packets=3000, late=3), [], True),
        (Talked(3, packets=3000, late=4), [], False),
        (Talked(3, packets=3000, lost=1), [], False),
        (Talked(3, packets=3000, failed=1), [], False),
        (Talked(3, packets=3000), ["9400000000: silent for 0.50 s"], False),
    ],
    ids=["all well", "few late", "late", "lost", "failed", "silent"],
)
def test_a_step_with_any_fault_is_not_clean(talked: Talked, faults: list[str], clean: bool) -> None:
    assert Step(3, talked, Checked(faults=faults), {}).clean is clean


def test_the_products_cpu_is_compared_with_the_same_round_of_the_other() -> None:
    """The second round was three times as slow for both: that is no news of ours."""

    def step(**cpu: float) -> Step:
        return Step(10, Talked(10, packets=100), Checked(), cpu)

    product = [step(asterisk=n, python=n / 2, copies=n, postgres=n / 2) for n in (2.0, 6.0)]
    alone = [step(asterisk=1.0), step(asterisk=3.0)]
    found = document({"product": "a", "other": "b"}, {}, {"product": product, "other": alone}, {})
    ratios = found["ratios_of_product"]["other"]
    assert (ratios["asterisk_cpu"], ratios["cpu_without_copies"], ratios["cpu"]) == (2.0, 4.0, 6.0)
    assert found["variants"]["product"]["cpu_ms_per_call"]["asterisk"] == 400.0
