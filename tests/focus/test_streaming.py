from __future__ import annotations

import gzip
import tracemalloc

from settlement.focus import read
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
