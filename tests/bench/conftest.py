import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from bench.fastagi import FULL, VARIANTS
from bench.load import Load
from bench.probe import Heard
from bench.rounds import Results, Scale, Step
from db.migrate import migrate
from tests.database import drop_database


def a_step(
    rate: int,
    *,
    python: float | None = None,
    failed: int = 0,
    answer_ms: Sequence[float] = (4.0, 5.0),
    audio_ms: float = 1.0,
) -> Step:
    load = Load(
        rate=rate,
        asked=rate * 6,
        begun=rate * 6,
        successful=rate * 6 - failed,
        failed=failed,
        retransmissions=0,
        kept_rate=float(rate),
        answer_ms=tuple(answer_ms),
    )
    cpu = {"asterisk": 5.0, "sipp": 1.0}
    if python is not None:
        cpu["python"] = python
    return Step(load, [Heard(4.0, audio_ms)], 0, cpu)


@pytest.fixture
def scale() -> Scale:
    return FULL


@pytest.fixture
def results() -> Results:
    """Ours takes 1.2 times the floor's CPU in every round and has 0.8 of its rate."""
    python = {"ours": 1.2, "ours_row_first": 1.3, "pyst2": 2.0, "floor": 1.0, "floor_uvloop": 0.8}
    highest = {"ours": 160, "floor": 200}
    found = Results(common_rate=80)
    for variant in VARIANTS:
        cost = python.get(variant.name)
        busier = [cost and cost * factor for factor in (1.0, 3.0, 1.5)]
        found.at_common_rate[variant.name] = [a_step(80, python=cpu) for cpu in busier]
        found.calls[variant.name] = 80 * 18
        if variant.searched:
            top = highest.get(variant.name, 180)
            found.tried[variant.name] = [a_step(top), *[a_step(top + 10, failed=3)] * 2]
            found.at_half_rate[variant.name] = [a_step(top // 2, python=cost)]
    return found


@contextmanager
def scratch(server_url: str) -> Iterator[str]:
    """A migrated database of its own on the tests' server."""
    name = f"bench_{secrets.token_hex(6)}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        url = urlsplit(server_url)._replace(path=f"/{name}").geturl()
        migrate(url)
        yield url
        drop_database(connection, name)
