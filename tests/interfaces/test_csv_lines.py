"""CSV that people open in a spreadsheet: nothing in it is run. Rule: R10.2b."""

from __future__ import annotations

import csv
import io

import pytest

from interfaces.csv_lines import csv_bytes, inert, write_csv
from interfaces.fields.field import Field, Fields, figure
from interfaces.fields.values import money

ROWS: Fields[str] = (
    Field("name", "name", lambda row: row, column="name"),
    figure("amount", "amount", lambda _: money(-500, "USD"), bare=True, column="amount"),
)


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1+1", "-", "-5.00 USD", "+1e5"],
)  # fmt: skip
def test_what_a_spreadsheet_would_run_begins_with_an_apostrophe(text: str) -> None:
    assert inert(text) == f"'{text}"


@pytest.mark.parametrize(
    "cell", ["-5.00", "+5", "-0.0000001", "acct-7", "a=b", "", "'=1", "2026-10", -5, None]
)
def test_numbers_stay_numbers_and_everything_else_is_left_alone(cell: object) -> None:
    assert inert(cell) == cell


def test_every_line_goes_through_it() -> None:
    written: list[bytes] = []
    assert write_csv(written.append, ROWS, ["=evil", "good"]) == 2
    rows = list(csv.reader(io.StringIO(b"".join(written).decode())))
    assert rows == [["name", "amount"], ["'=evil", "-5.00"], ["good", "-5.00"]]
    assert csv_bytes([["@x", "-1"]]) == b"'@x,-1\n"
