"""Planning the rows of an export: what is not known comes to the same as what is counted row by row. Rule: R2.1e."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.model.commands.fees import FeeLine
from settlement.model.exports import ExportFacts, RowCounts
from settlement.plans.bills.fee_imports import ExportRow, plan_import
from settlement.proof.changes import check
from tests.support.builders import POLICY, account, position, snapshot, utc

AT = utc("2026-10-15 12:00")
# Of an account that the rows are not about: it makes the plan count each row.
ELSEWHERE = ExportFacts(rows={(99, UUID(int=1)): RowCounts(1, 0, 0, Decimal(1))})
BEFORE = snapshot(position(account(1)), position(account(2)), position(account(3, currency="EUR")))

ROWS = st.lists(
    st.builds(
        lambda number, key, cents, product, day: ExportRow(
            f"acc-{number}",
            0,
            FeeLine(
                UUID(int=key), "", Decimal(cents).scaleb(-4), "USD", product, "", utc(f"2026-{day} 00:00"),
                None, 0, 7,
            ),
        ),
        st.integers(1, 4), st.integers(1, 12), st.integers(-10_000, 1_000_000), st.sampled_from(["ECS", "OSS"]),
        st.sampled_from(["08-31", "10-01", "10-14", "11-02"]),
    ),
    max_size=12,
)  # fmt: skip


def planned(rows: list[ExportRow], facts: ExportFacts, *, by_id: bool = False) -> Any:
    before = replace(BEFORE, exports=facts)
    lines = [row._replace(line=line) for line, row in enumerate(rows, 2)]
    changes, booked = plan_import(before, lines, import_id=5, by_id=by_id, at=AT, policy=POLICY)
    check(changes, before)
    return changes, booked


@pytest.mark.parametrize("by_id", [False, True])
@given(rows=ROWS)
def test_rows_that_are_all_new_come_to_what_counting_each_comes_to(rows, by_id):
    assert planned(rows, ExportFacts(), by_id=by_id) == planned(rows, ELSEWHERE, by_id=by_id)


@given(rows=ROWS)
def test_every_row_is_accepted_or_refused_and_totals_are_those_of_the_fees(rows):
    changes, booked = planned(rows, ExportFacts())
    fees = changes.bills.fees
    assert booked.accepted == len(fees)
    assert len(fees) + len(booked.refused) == len(rows)
    assert sorted(line for line, _ in booked.refused) == [
        line for line, row in enumerate(rows, 2) if row.account in {"acc-3", "acc-4"}
    ]
    assert booked.totals == ({"USD": sum(fee.amount for fee in fees)} if fees else {})
    assert len({(fee.account_id, fee.fee_key, fee.occurrence) for fee in fees}) == len(fees)
