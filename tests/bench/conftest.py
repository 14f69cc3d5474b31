"""Where benchmarks run in tests: the tests' server, and a folder of the test."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.place.place import Place
from bench.place.progress import Progress
from bench.place.servers import Server
from tests.support.servers import PostgresForTests


@pytest.fixture
def place(postgres: PostgresForTests, tmp_path: Path) -> Place:
    """With a PostgreSQL whose sessions are processes of this machine."""
    server = Server(
        postgres.admin,
        postgres.owner,
        postgres.worker,
        postgres.owner_role,
        postgres.worker_role,
        embedded=True,
    )
    return Place(server, "", tmp_path, Progress())
