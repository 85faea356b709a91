"""Fixtures that all rooms share."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from psycopg import sql

from helpline.postgres import EmbeddedPostgres

# These machines are noisy: how long an example takes says nothing about the code.
settings.register_profile(
    "helpline", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("helpline")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """An empty database for this test session.

    A scratch database on the server of HELPLINE_DATABASE_URL when that is set (its role needs
    CREATEDB), an embedded server otherwise.
    """
    given = os.environ.get("HELPLINE_DATABASE_URL")
    if given:
        yield from _scratch_database(given)
        return
    # Not pytest's own folder: its parents are closed to the account that the server runs under
    # where root lacks a capability, as in many containers.
    with (
        tempfile.TemporaryDirectory(prefix="helpline-test-") as folder,
        EmbeddedPostgres(Path(folder), fast=True) as server,
    ):
        yield server.url


def _scratch_database(server_url: str) -> Iterator[str]:
    name = f"helpline_test_{secrets.token_hex(6)}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield urlsplit(server_url)._replace(path=f"/{name}").geturl()
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
