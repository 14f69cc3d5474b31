"""The profile of a month close goes through every stage, and adds up. No times."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.month_close import profile
from bench.place.place import Place
from bench.place.progress import Progress
from bench.place.servers import Server
from tests.support.servers import PostgresForTests


def test_every_stage_of_a_month_close_is_in_its_profile(postgres: PostgresForTests, tmp_path: Path) -> None:
    server = Server(
        postgres.admin,
        postgres.owner,
        postgres.worker,
        postgres.owner_role,
        postgres.worker_role,
        embedded=True,
    )

    found = profile.measure(Place(server, "", tmp_path, Progress()), 100, repeats=1, seed=1)

    assert list(found) == ["load", "plan", "check", "apply", "all else", "Python", "PostgreSQL"]
    # A session's CPU time is read to the hundredth of a second, which so few accounts may not take.
    assert all(us > 0 for name, us in found.items() if name != "PostgreSQL")
    assert sum(us for name, us in found.items() if name not in ("Python", "PostgreSQL")) == pytest.approx(
        found["Python"]
    )
