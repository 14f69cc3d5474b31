from __future__ import annotations

import builtins
import gzip
import random
from typing import Any

import pytest

from settlement.errors import Refused
from settlement.focus import read
from tests.focus.exports import HEADER, ROW, accepted, csv_text, until_refused, write


def without(*columns: str) -> str:
    kept = [index for index, name in enumerate(HEADER) if name not in columns]
    return csv_text([ROW[index] for index in kept], header=[HEADER[index] for index in kept])


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        pytest.param(b"", "empty_file", "is empty", id="empty"),
        pytest.param(b"\n \n\n", "no_header", "has no header", id="blank"),
        pytest.param(b"\xef\xbb\xbf", "no_header", "has no header", id="only a mark"),
        pytest.param(gzip.compress(b""), "no_header", "has no header", id="empty gzip"),
        pytest.param(
            b"1,2,3\n4,5,6\n", "no_header", "no FOCUS header (the file has: 1, 2, 3)", id="no header"
        ),
        pytest.param(random.Random(1).randbytes(500), "no_header", "no FOCUS header", id="noise"),
        pytest.param(without("BilledCost"), "missing_column", "there is no column BilledCost", id="no cost"),
        pytest.param(
            without("BillingCurrency"), "missing_column", "no column BillingCurrency", id="no currency"
        ),
        pytest.param(
            without("ChargePeriodStart"), "missing_column", "no column ChargePeriodStart", id="no date"
        ),
        pytest.param(
            csv_text(ROW).replace("BillingAccountId", "BillingAccountID2"),
            "missing_column",
            "there is no column BillingAccountId; near it: BillingAccountID2",
            id="near matches are named",
        ),
        pytest.param(
            csv_text((*ROW, "1"), header=(*HEADER, "billedcost")),
            "ambiguous_column",
            "BilledCost appears more than once",
            id="twice",
        ),
        pytest.param(b"\x1f\x8bnot gzip at all", "gzip_broken", "broken gzip", id="not gzip"),
        pytest.param(
            gzip.compress(b"x" * 99)[:12], "gzip_truncated", "breaks off after line 0", id="gzip stump"
        ),
        pytest.param(b"PAR1 and nothing more", "parquet_broken", "broken Parquet file", id="not parquet"),
        pytest.param(csv_text(ROW).encode("utf-32"), "encoding", "is UTF-32; save it as UTF-8", id="UTF-32"),
        pytest.param(b"PK\x03\x04rest", "archive", "is a zip archive; unpack it first", id="zip"),
        pytest.param(b"\x28\xb5\x2f\xfdrest", "archive", "compressed with zstd", id="zstd"),
    ],
)
def test_a_file_that_will_not_do_is_refused_before_any_row(tmp_path, content, code, said):
    path = write(tmp_path, content)
    with pytest.raises(Refused) as caught:
        read(path)
    assert caught.value.code == code
    assert said in caught.value.message
    assert str(path) in caught.value.message


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(Refused, match="there is no such file") as caught:
        read(tmp_path / "none.csv")
    assert caught.value.code == "missing_file"


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(Refused, match="is not a file"):
        read(tmp_path)


@pytest.mark.parametrize(
    "option", ["id_column", "order_column", "product_column", "account_column", "cost_column"]
)
def test_a_column_that_was_asked_for_must_be_there(tmp_path, option):
    options: Any = {option: "x_Nowhere"}
    with pytest.raises(Refused, match="there is no column x_Nowhere") as caught:
        read(write(tmp_path, csv_text(ROW)), **options)
    assert caught.value.code == "missing_column"


def test_the_usual_product_column_may_be_absent(tmp_path):
    (fee,) = accepted(read(write(tmp_path, without("ServiceName"))))
    assert fee.product == ""


def test_a_header_alone_is_a_file_without_rows(tmp_path):
    path = write(tmp_path, csv_text())
    (batch,) = read(path)
    assert (batch.rows, batch.accepted, batch.refused) == (0, [], [])
    assert batch.bytes_read == batch.total_bytes == path.stat().st_size


def test_a_gzip_that_breaks_off_delivers_the_rows_before(tmp_path):
    noise = random.Random(7)
    rows = [(*ROW[:4], noise.randbytes(20).hex()) for _ in range(20_000)]
    whole = gzip.compress(csv_text(*rows).encode())
    batches, refusal = until_refused(read(write(tmp_path, whole[: len(whole) // 2]), batch_rows=1_000))
    fees = accepted(batches)
    assert refusal.code == "gzip_truncated"
    assert 1_000 < len(fees) < 20_000
    assert f"breaks off after line {len(fees) + 1}" in refusal.message
    assert [fee.product for fee in fees] == [row[4] for row in rows[: len(fees)]]


def test_a_gzip_with_a_broken_middle_delivers_the_rows_before(tmp_path):
    noise = random.Random(7)
    packed = bytearray(
        gzip.compress(csv_text(*[(*ROW[:4], noise.randbytes(20).hex()) for _ in range(20_000)]).encode())
    )
    packed[len(packed) // 2 : len(packed) // 2 + 64] = bytes(64)
    batches, refusal = until_refused(read(write(tmp_path, bytes(packed)), batch_rows=1_000))
    assert refusal.code == "gzip_broken"
    assert sum(batch.rows for batch in batches) > 1_000


def test_batches_and_progress(tmp_path):
    path = write(tmp_path, csv_text(*[ROW] * 25_000))
    batches = list(read(path, batch_rows=10_000))
    assert [batch.rows for batch in batches] == [10_000, 10_000, 5_000]
    positions = [batch.bytes_read for batch in batches]
    assert positions == sorted(positions)
    assert positions[0] < positions[-1] == batches[-1].total_bytes == path.stat().st_size


def test_parquet_without_pyarrow_says_what_to_install(tmp_path, monkeypatch):
    real = builtins.__import__

    def without_pyarrow(name, *rest, **named):
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", without_pyarrow)
    with pytest.raises(Refused, match=r"settle-worker\[parquet\]") as caught:
        read(write(tmp_path, b"PAR1...."))
    assert caught.value.code == "parquet_not_installed"
