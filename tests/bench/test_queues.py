"""A few calls of each scene on a real Asterisk with our queue. No figure is judged."""

import tempfile
from pathlib import Path

import pytest

from bench.queues.figures import Measured, document, render
from bench.queues.floor import Crowd, Offers
from bench.queues.subject import measure, tiny
from bench.stage import StageError

ROOT = Path(__file__).parents[2]
NETWORK = "127.0.57"
MACHINE = {"cores": 2, "cpu_model": "x", "asterisk": "22", "load_average_before": 1.0}


async def test_every_offer_of_every_scene_is_timed_and_none_goes_to_who_is_in_a_call() -> None:
    parts = tiny()
    with tempfile.TemporaryDirectory(prefix="hl-") as folder:
        measured = await measure(ROOT, Path(folder) / "work", NETWORK, parts)
    assert [one.title for one in measured] == [part.title for part in parts]
    for one in measured:
        assert one.offers.faults == [], one.title
        assert one.offers.waited_ms, one.title
        assert min(one.offers.waited_ms) > 0, one.title
        assert one.offers.asterisk_seconds > 0
    at_once = [len(one.offers.waited_ms) for one in measured if one.table == "at once"]
    assert at_once == [4, 4]
    assert "growth" in render({"machine": MACHINE, **document(measured)})


def test_a_floor_on_which_something_went_wrong_has_no_figures() -> None:
    offers = Offers([12.0], 1.0, 2.0, faults=["1001 was called in a call"])
    one = Measured("growth", "a floor", Crowd("queue", 1, 1), offers)
    with pytest.raises(StageError, match="a floor: 1 faults, first: 1001 was called"):
        document([one])
