"""The import of a FOCUS export, beside a program that reads the same columns with pyarrow and copies them."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from bench.place.place import Place
from bench.place.usage import cpu_seconds

ROWS_OF_ACCOUNT = 100
# Of the smaller file, by whose import one sees whether memory grows with the rows.
SMALLER = 10
_SLICE = 50_000
# As many as the program beside the import reads at a time.
_BATCH = 20_000
_POLL_S = 0.2
_SINCE = datetime(2026, 10, 1, tzinfo=UTC)
_SERVICES = ("Elastic Compute", "Object Storage", "Relational Database", "Content Delivery")
# What an import reads of them, too.
_COLUMNS = (
    "BillingAccountId", "BilledCost", "BillingCurrency", "ChargePeriodStart", "ChargePeriodEnd", "ServiceName",
    "ResourceId", "ChargeCategory", "ProviderName", "BillingPeriodStart",
)  # fmt: skip
_COPIED = f"CREATE TABLE copied ({', '.join(f'{name} text' for name in _COLUMNS)})"


class Took(NamedTuple):
    """Of one process: seconds by the clock, of CPU time with its session's, and the most memory it had, MB."""

    seconds: float
    cpu_s: float
    most_mb: float


def measure(place: Place, rows: int, *, repeats: int) -> dict[str, Any]:
    """Rows a second of both, each on a fresh copy of the same database, and the memory of imports of two sizes.

    Raises:
        AssertionError: not every row was booked.
    """
    # Of the same accounts, so that a batch is about as many of them.
    accounts = max(1, rows // ROWS_OF_ACCOUNT)
    large, small = (
        _written(place.folder / f"export-{size}.parquet", size, accounts) for size in (rows, rows // SMALLER)
    )
    imported, copied = [], []
    with place.server.database("focus") as template:
        _open_accounts(place, template, accounts)
        smaller = _import(place, template, small, rows // SMALLER)
        for _ in range(repeats):
            imported.append(_import(place, template, large, rows))
            copied.append(_copy(place, template, large))
    pairs = list(zip(imported, copied, strict=True))
    return {
        "rows": rows,
        "repeats": repeats,
        "rows_per_s": round(rows / statistics.median(one.seconds for one in imported)),
        "copied_per_s": round(rows / statistics.median(one.seconds for one in copied)),
        "us_per_row_cpu": round(statistics.median(one.cpu_s for one in imported) / rows * 1e6, 1),
        "copied_us_per_row_cpu": round(statistics.median(one.cpu_s for one in copied) / rows * 1e6, 1),
        # As many times as many rows a second.
        "ratio_median": round(statistics.median(other.seconds / one.seconds for one, other in pairs), 3),
        "cpu_ratio_median": round(statistics.median(other.cpu_s / one.cpu_s for one, other in pairs), 3),
        "most_mb": round(max(one.most_mb for one in imported)),
        "smaller_rows": rows // SMALLER,
        "smaller_mb": round(smaller.most_mb),
    }


def _written(path: Path, rows: int, accounts: int) -> Path:
    import pyarrow.parquet as pq

    writer: pq.ParquetWriter | None = None
    for first in range(0, rows, _SLICE):
        batch = _slice(range(first, min(rows, first + _SLICE)), accounts)
        writer = writer or pq.ParquetWriter(path, batch.schema)
        writer.write_table(batch)
    if writer is not None:
        writer.close()
    return path


def _slice(numbers: range, accounts: int) -> Any:
    """A table of these rows, column by column: ten million of them are made in less time than they are imported."""
    import pyarrow as pa
    import pyarrow.compute as pc

    number = pa.array(numbers, pa.int64())

    def over(divisor: int) -> Any:
        """What is left of the numbers over a divisor."""
        return pc.subtract(number, pc.multiply(pc.divide(number, divisor), divisor))

    def named(prefix: str, values: Any) -> Any:
        return pc.binary_join_element_wise(prefix, pc.cast(values, pa.string()), "")

    def always(value: Any) -> Any:
        return pa.repeat(value, len(numbers))

    instant = pa.timestamp("us", "UTC")
    hour = pc.add(pc.multiply(over(700), 3600), int(_SINCE.timestamp()))
    began, ended = (pc.cast(pc.multiply(at, 1_000_000), instant) for at in (hour, pc.add(hour, 3600)))
    cost = pc.multiply(pc.cast(pc.add(over(99_991), 1), pa.decimal128(19)), pa.scalar(Decimal("0.000001")))
    return pa.table(
        {
            "BillingAccountId": named("acct-", pc.add(over(accounts), 1)),
            "BilledCost": pc.cast(cost, pa.decimal128(18, 6)),
            "BillingCurrency": always("USD"),
            "ChargePeriodStart": began,
            "ChargePeriodEnd": ended,
            "ServiceName": pc.take(pa.array(_SERVICES), over(len(_SERVICES))),
            "ResourceId": named("resource-", number),
            "ChargeCategory": always("Usage"),
            "ProviderName": always("Example Cloud"),
            "BillingPeriodStart": always(pa.scalar(_SINCE, instant)),
        }
    )


def _open_accounts(place: Place, name: str, accounts: int) -> None:
    with psycopg.connect(place.server.admin_url(name)) as connection:
        connection.execute(
            """INSERT INTO account (id, external_id, currency, opened_at)
               SELECT n, 'acct-' || n, 'USD', '2026-08-01' FROM generate_series(1, %s) AS n""",
            [accounts],
        )
        connection.execute(_COPIED)
    place.server.settle_down(name)


def _import(place: Place, template: str, path: Path, rows: int) -> Took:
    """As an operator does it: by the command, in a process of its own."""
    command = [
        sys.executable,
        "-c",
        "from interfaces.cli.main import main; main()",
        "fees",
        "import",
        str(path),
    ]
    with place.server.database("focus_import", template=template) as name:
        took = _timed(place, name, command, place.environment(name))
        if (booked := _count(place, name, "fee")) != rows:
            raise AssertionError(f"{booked:,} of {rows:,} rows were booked")
    return took


def _copy(place: Place, template: str, path: Path) -> Took:
    with place.server.database("focus_copy", template=template) as name:
        return _timed(
            place, name, [sys.executable, "-m", "bench.focus", place.server.admin_url(name), str(path)], {}
        )


def _timed(place: Place, name: str, command: Sequence[str], environment: Mapping[str, str]) -> Took:
    place.logs.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    with (place.logs / "focus.log").open("ab") as log:
        child = subprocess.Popen(command, env={**os.environ, **environment}, stdout=log, stderr=log)
        sessions = 0.0
        while True:
            pid, status, usage = os.wait4(child.pid, os.WNOHANG)
            if pid:
                break
            # Of its session, which is gone with it.
            sessions = max(sessions, cpu_seconds(place.server.backends(name)))
            time.sleep(_POLL_S)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"{command[-3:]} failed, see {log.name}")
    seconds = time.perf_counter() - began
    return Took(seconds, usage.ru_utime + usage.ru_stime + sessions, usage.ru_maxrss / 1024)


def _count(place: Place, name: str, table: str) -> int:
    with psycopg.connect(place.server.admin_url(name)) as connection:
        row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
        return int(row[0]) if row else 0


def copy(url: str, path: str) -> None:
    """What the import is measured against: the columns read in batches and copied as text, without a question."""
    import pyarrow.parquet as pq

    statement = f"COPY copied ({', '.join(_COLUMNS)}) FROM STDIN"
    with (
        psycopg.connect(url) as connection,
        connection.cursor() as cursor,
        cursor.copy(statement) as into,
        pq.ParquetFile(path) as file,
    ):
        for batch in file.iter_batches(batch_size=_BATCH, columns=list(_COLUMNS)):
            for row in zip(*(batch.column(name).to_pylist() for name in _COLUMNS), strict=True):
                into.write_row(row)


if __name__ == "__main__":
    copy(*sys.argv[1:])
