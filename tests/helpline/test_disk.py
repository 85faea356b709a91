"""How full the disks are."""

import asyncio
import shutil
from pathlib import Path

import pytest

from helpline.disk import DiskWatch, Space, folders, spaces
from helpline.metrics import Metrics
from helpline.options.recording import RecordingOptions
from helpline.settings import GivenSettings


def test_each_disk_is_told_once_and_as_df_counts(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    of = {"state_dir": tmp_path, "inner": tmp_path / "inner", "none": tmp_path / "none"}
    found = spaces({**of, "memory": Path("/dev/shm")})
    assert list(found) == ["state_dir", "memory"]
    assert found["state_dir"].free == pytest.approx(shutil.disk_usage(tmp_path).free, rel=0.05)
    assert Space(used=60, free=20).free_share == 0.25
    assert Space(used=0, free=0).free_share == 0


def test_the_stores_own_folder_is_watched_where_it_is_one(tmp_path: Path) -> None:
    def of(url: str | None) -> dict[str, Path]:
        return folders(
            GivenSettings(state_dir=tmp_path, recordings=RecordingOptions(store_url=url))
        )

    assert of(None)["recordings"] == tmp_path / "recordings"
    assert of("file:///srv/the%20store")["recordings"] == Path("/srv/the store")
    assert "recordings" not in of("s3://bucket/prefix")


async def test_the_fullest_disk_is_the_alarms_and_each_is_in_the_metrics(tmp_path: Path) -> None:
    watch, metrics = DiskWatch({"state_dir": tmp_path, "memory": Path("/dev/shm")}), Metrics()
    watch.add_metrics(metrics)
    assert watch.used() is None
    running = asyncio.create_task(watch.run())
    async with asyncio.timeout(10):
        while watch.used() is None:
            await asyncio.sleep(0.01)
    running.cancel()
    told = {
        line.split('"')[1]: float(line.split()[-1])
        for line in metrics.exposition().decode().splitlines()
        if line.startswith("helpline_disk_free_share{")
    }
    assert set(told) == {"state_dir", "memory"}
    assert watch.used() == 1 - min(told.values())
