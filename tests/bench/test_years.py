"""A short life of the benchmark of years: what it says of archives is so at any size. No times. Rule: R11.12."""

from __future__ import annotations

from pathlib import Path

from bench import years
from bench.place.place import Place
from bench.place.progress import Progress
from bench.place.servers import Server
from tests.support.servers import PostgresForTests


def test_months_are_written_out_as_they_are_over_and_nothing_comes_twice(
    postgres: PostgresForTests, tmp_path: Path
) -> None:
    server = Server(
        postgres.admin,
        postgres.owner,
        postgres.worker,
        postgres.owner_role,
        postgres.worker_role,
        embedded=True,
    )

    found = years.measure(Place(server, "", tmp_path, Progress()), 20, 3, events=2, fees=3)

    assert (found["violations"], found["accepted_again"]) == (0, 0)
    # Of three months the last is not over when it is closed: it is settled on the second of the next.
    assert len(list((tmp_path / "archives").glob("*-fees.parquet"))) == 2
    assert [one["month"] for one in found["with"]] == [202601, 202602, 202603]
    assert found["with"][-1]["mb"]["fee"] <= found["without"][-1]["mb"]["fee"]
