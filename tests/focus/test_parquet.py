from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from settlement.errors import Refused
from settlement.focus import read
from tests.focus.exports import HEADER, accepted, csv_text, fees, refused, until_refused

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

OCTOBER = datetime(2026, 10, 1, tzinfo=UTC)


def export(path, **columns):
    """A Parquet export of as many rows as the columns given, the rest of each row being plain."""
    size = len(next(iter(columns.values())))
    plain = {
        "BillingAccountId": pa.array(["A1"] * size),
        "BilledCost": pa.array(["1.5"] * size),
        "BillingCurrency": pa.array(["USD"] * size),
        "ChargePeriodStart": pa.array(["2026-10-01"] * size),
        "ServiceName": pa.array(["Compute"] * size),
    }
    pq.write_table(pa.table(plain | columns), path)
    return path


@pytest.mark.parametrize(
    ("costs", "amounts"),
    [
        (pa.array([0.1, 1e-7, -2.0, 227.28753400000005]), ["0.1", "1E-7", "-2", "227.28753400000005"]),
        (pa.array([Decimal("0.1234567890"), Decimal(-5)], pa.decimal128(38, 18)), ["0.123456789", "-5"]),
        (pa.array([Decimal("1E-30")], pa.decimal256(60, 30)), ["1E-30"]),
        (pa.array([3, -4], pa.int64()), ["3", "-4"]),
        (pa.array(["1.23E-05"]), ["0.0000123"]),
        (
            pa.array([0.5, 0.7, 1e-7, 16777216.0, 1.0000001, 16777218.0, -33554432.0], pa.float32()),
            ["0.5", "0.7", "1E-7", "16777216", "1.0000001", "16777218", "-33554432"],
        ),
        (pa.array([9007199254740992.0, -9.1e15, 1e17]), ["9007199254740992", "-9100000000000000", "1E17"]),
        (pa.array(["2.5", "2.5"]).dictionary_encode(), ["2.5", "2.5"]),
    ],
)
def test_costs_of_every_type_are_exact(tmp_path, costs, amounts):
    batches = list(read(export(tmp_path / "f", BilledCost=costs)))
    assert [fee.amount for fee in accepted(batches)] == [Decimal(amount) for amount in amounts]
    assert not refused(batches)


@pytest.mark.parametrize(
    "moments",
    [
        pa.array([OCTOBER], pa.timestamp("us", "UTC")),
        pa.array([OCTOBER], pa.timestamp("ns", "UTC")),
        pa.array([OCTOBER], pa.timestamp("ms", "Asia/Shanghai")),
        pa.array([OCTOBER.replace(tzinfo=None)], pa.timestamp("ms")),
        pa.array([OCTOBER.replace(tzinfo=None)], pa.timestamp("s")),
        pa.array([date(2026, 10, 1)], pa.date32()),
        pa.array(["2026-10-01T08:00:00+08:00"]),
        pa.array([b"2026-10-01"], pa.binary()),
        pa.array(["2026-10-01"], pa.large_string()),
    ],
)
def test_instants_of_every_type_are_utc(tmp_path, moments):
    (fee,) = accepted(read(export(tmp_path / "f", ChargePeriodStart=moments)))
    assert fee.incurred_at == OCTOBER


def test_nanoseconds_are_cut_off(tmp_path):
    nanos = int(OCTOBER.timestamp()) * 1_000_000_000 + 1_999
    (fee,) = accepted(read(export(tmp_path / "f", ChargePeriodStart=pa.array([nanos], pa.timestamp("ns")))))
    assert fee.incurred_at == OCTOBER.replace(microsecond=1)


def test_rows_are_refused_by_number(tmp_path):
    costs = pa.array([1.0, None, float("nan"), float("inf"), 1e18, 2.0])
    batches = list(read(export(tmp_path / "f", BilledCost=costs), batch_rows=2))
    assert [(line.line, line.reason) for line in refused(batches)] == [
        (2, "BilledCost is missing"),
        (3, "BilledCost is missing"),
        (4, "BilledCost 'inf' is not a finite number"),
        (5, "BilledCost '1e+18' is 10^18 or more"),
    ]
    assert [fee.line for fee in accepted(batches)] == [1, 6]
    assert [batch.rows for batch in batches] == [2, 2, 2]
    assert batches[-1].bytes_read == batches[-1].total_bytes


def test_dates_out_of_range_are_refused(tmp_path):
    far = pa.array([10**18], pa.timestamp("us"))
    (line,) = refused(read(export(tmp_path / "f", ChargePeriodStart=far)))
    assert "is not a date" in line.reason


def test_what_a_fee_is_not_made_of_is_not_unpacked(tmp_path):
    tags = [[("team", "a"), ("env", "prod")], [("env", "dev")], None]
    path = export(
        tmp_path / "f",
        Tags=pa.array(tags, pa.map_(pa.string(), pa.string())),
        x_List=pa.array([[1, 2], [1, 2], None]),
        x_Struct=pa.array([{"a": Decimal(1)}] * 3),
        x_Null=pa.nulls(3),
    )
    assert len({fee.row_key for fee in accepted(read(path))}) == 1


@pytest.mark.parametrize("kind", [pa.float64(), pa.decimal128(20, 4), pa.int64()])
def test_an_account_kept_as_a_number_has_no_point(tmp_path, kind):
    accounts = pa.array([210987654321, None], kind)
    batches = list(read(export(tmp_path / "f", BillingAccountId=accounts)))
    assert [fee.account for fee in accepted(batches)] == ["210987654321"]
    assert [line.reason for line in refused(batches)] == ["BillingAccountId is missing"]


def test_the_gap_in_a_column_of_doubles_is_missing_and_a_rounded_account_is_refused(tmp_path):
    accounts = pa.array([float("nan"), 1e17], pa.float64())
    assert [line.reason for line in refused(read(export(tmp_path / "f", BillingAccountId=accounts)))] == [
        "BillingAccountId is missing",
        "BillingAccountId '1e+17' is a number that was rounded; export the column as text",
    ]


@pytest.mark.parametrize(
    ("kind", "exact", "rounded"),
    [(pa.float32(), 2.0**24 - 1, 210987654321.0), (pa.float64(), 2.0**53 - 1, 9007199254740993.0)],
)
def test_an_account_whose_digits_a_binary_fraction_does_not_hold_is_refused(tmp_path, kind, exact, rounded):
    accounts = pa.array([exact, rounded, 9.1e15], kind)
    batches = list(read(export(tmp_path / "f", BillingAccountId=accounts)))
    assert [fee.account for fee in accepted(batches)] == [str(int(exact))]
    assert ["is a number that was rounded" in line.reason for line in refused(batches)] == [True, True]


@pytest.mark.parametrize(
    ("kind", "number", "text"),
    [
        (pa.float32(), 16777216.0, "16777216"),
        (pa.float32(), 210987654321.0, "210987646976"),
        (pa.float64(), 9007199254740992.0, "9007199254740992.0"),
        (pa.float64(), 9.1e15, "9100000000000000.0"),
    ],
)
def test_numbers_of_other_columns_are_what_they_were_when_rows_were_booked(tmp_path, kind, number, text):
    (packed,) = accepted(read(export(tmp_path / "f", SubAccountId=pa.array([number], kind))))
    plain_row = ("A1", "1.50", "USD", "2026-10-01", "Compute")
    (plain,) = fees(tmp_path, csv_text((*plain_row, text), header=(*HEADER, "SubAccountId")))
    assert packed.row_key == plain.row_key


def test_the_same_export_as_csv_and_as_parquet_holds_the_same_rows(tmp_path):
    path = export(
        tmp_path / "f", BilledCost=pa.array([1.5]), ChargePeriodStart=pa.array([OCTOBER], pa.timestamp("us", "UTC")),
    )  # fmt: skip
    (packed,) = accepted(read(path))
    (plain,) = fees(tmp_path, csv_text(("A1", "1.50", "USD", "2026-10-01", "Compute")))
    assert packed.row_key == plain.row_key


def test_only_the_columns_of_a_fee_are_unpacked_when_there_is_an_id(tmp_path):
    ids = pa.array(["r1", "r2", None])
    tags = pa.array([[("a", "b")], None, None], pa.map_(pa.string(), pa.string()))
    path = export(tmp_path / "f", x_Id=ids, Tags=tags)
    batches = list(read(path, id_column="x_Id"))
    assert len({fee.row_key for fee in accepted(batches)}) == 2
    assert [line.reason for line in refused(batches)] == ["x_Id is missing"]


def test_a_text_column_that_is_not_utf_8(tmp_path):
    broken = pa.array([b"Comp\xffute"], pa.binary()).view(pa.string())
    (fee,) = accepted(read(export(tmp_path / "f", ServiceName=broken)))
    assert fee.product == "Comp\ufffdute"


def test_a_missing_column_is_named(tmp_path):
    pq.write_table(pa.table({"BillingAccountId": ["A1"], "Billed_Cost": [1.0]}), tmp_path / "f")
    with pytest.raises(Refused, match="no column BilledCost; near it: Billed_Cost"):
        read(tmp_path / "f")


def test_no_rows(tmp_path):
    (batch,) = read(export(tmp_path / "f", BilledCost=pa.array([], pa.float64())))
    assert (batch.rows, batch.bytes_read) == (0, batch.total_bytes)


def test_a_page_that_is_broken_is_refused_after_the_rows_before(tmp_path):
    path = tmp_path / "f"
    names = [f"{number:06d}-{'x' * 20}" for number in range(40_000)]
    plain = {
        "BillingAccountId": "A1",
        "BilledCost": "1.5",
        "BillingCurrency": "USD",
        "ChargePeriodStart": "2026-10-01",
    }
    table = pa.table({name: [value] * len(names) for name, value in plain.items()} | {"ServiceName": names})
    pq.write_table(table, path, row_group_size=10_000, use_dictionary=False, compression="snappy")
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 5_000] = bytes(5_000)
    path.write_bytes(content)
    batches, refusal = until_refused(read(path, batch_rows=5_000))
    assert refusal.code == "parquet_broken"
    assert sum(batch.rows for batch in batches) >= 10_000
