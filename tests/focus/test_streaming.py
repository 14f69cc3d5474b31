from __future__ import annotations

import gzip
import tracemalloc

import pytest

from settlement.focus import read
from settlement.focus.lines import BATCH_CHARACTERS
from tests.focus.exports import HEADER


def test_memory_stays_flat_over_80_000_rows(tmp_path):
    path = tmp_path / "large.csv.gz"
    with gzip.open(path, "wt", compresslevel=1) as file:
        file.write(",".join((*HEADER, "ResourceId")) + "\n")
        for number in range(80_000):
            file.write(
                f"A{number % 50_000},0.{number:010d},USD,2026-10-01T00:00:{number % 60:02d}Z,S,resource-{number}\n"
            )
    tracemalloc.start()
    try:
        rows = sum(batch.rows for batch in read(path, batch_rows=2_000))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert rows == 80_000
    # The rows alone would take more than 30 MB.
    assert peak < 12_000_000


def test_memory_stays_flat_when_a_quote_is_never_closed(tmp_path):
    path = tmp_path / "quote.csv"
    with path.open("w") as file:
        file.write(",".join(HEADER) + "\n")
        for number in range(30_000):
            quote = '"' if number % 5_000 == 100 else ""
            file.write(f"A1,0.{number:010d},USD,2026-10-01,{quote}S{number}\n")
    tracemalloc.start()
    try:
        accepted = refused = 0
        for batch in read(path, batch_rows=2_000):
            accepted += len(batch.accepted)
            refused += len(batch.refused)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (accepted, refused) == (29_994, 6)
    assert peak < 12_000_000


def _as_csv(path, services):
    with path.open("w") as file:
        file.write(",".join(HEADER) + "\n")
        for service in services:
            file.write(f"A1,1.5,USD,2026-10-01,{service}\n")


def _as_parquet(*, dictionary):
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")

    def write(path, services):
        column = pa.array(list(services))
        plain = (pa.array([cell] * len(column)) for cell in ("A1", "1.5", "USD", "2026-10-01"))
        table = pa.table(dict(zip(HEADER, (*plain, column), strict=True)))
        pq.write_table(table, path, use_dictionary=dictionary)

    return write


@pytest.mark.parametrize(
    ("write", "distinct"),
    [(_as_csv, 300), (_as_parquet(dictionary=False), 300), (_as_parquet(dictionary=True), 3)],
)
def test_a_batch_is_bounded_by_what_its_rows_say_too(tmp_path, write, distinct):
    """Rule: R11.8b. By their number alone these would all be one batch."""
    write(tmp_path / "f", (f"{number % distinct:0100000}" for number in range(300)))
    tracemalloc.start()
    try:
        # What is read last is still there while more is read.
        batches = [
            (batch.rows, sum(len(fee.product) for fee in batch.accepted)) for batch in read(tmp_path / "f")
        ]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert sum(rows for rows, _ in batches) == 300
    assert max(size for _, size in batches) <= BATCH_CHARACTERS + 100_000
    assert peak < 30_000_000
