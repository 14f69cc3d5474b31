"""The proof catches a plan that takes back, owes or records wrongly. Rule: R5.9, R10.1d, R11.3."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from settlement.errors import Broken
from settlement.model.accounts import AccountId
from settlement.model.changes import Changes
from settlement.model.cycle import Cycle
from settlement.model.gateway.booked_reversals import ReversalResponse, ReversibleCharge
from settlement.model.gateway.charges import ChargeAttempt, ChargeLine
from settlement.model.gateway.collection import CollectionStatus
from settlement.model.gateway.reversals import Reversal
from settlement.model.snapshot import ChargePosition, ReversalPosition, Snapshot
from settlement.plans.outcomes.reversals import plan_reversals
from settlement.proof.changes import check
from tests.support.builders import OCT, OCT_ISSUED, POLICY, account, issued, position, snapshot

ME, CHARGED = AccountId(1), 8_000


def before() -> Snapshot:
    """A charge of 80.00 that paid 60.00 of a bill and left 20.00 as cash, of which 15.00 are spent."""
    mine = position(account(1, cash_minor=500), bills=[issued(OCT, 6000, 6000)])
    attempt = ChargeAttempt(
        ME, 1, "ref", "threshold", Cycle(OCT), 9, "sandbox", "", "ok", CHARGED, "succeeded", OCT_ISSUED, OCT_ISSUED,
        0, "g-1",
    )  # fmt: skip
    mine = replace(
        mine,
        charges=ChargePosition(
            CollectionStatus(ME, 1), attempts=[attempt], lines=[ChargeLine(ME, 1, Cycle(OCT), CHARGED, 0)]
        ),
        reversals=ReversalPosition(charges=[ReversibleCharge(ME, 1, CHARGED, 0)], paid={(1, OCT): 6000}),
    )
    return snapshot(mine)


def taken_back(shot: Snapshot) -> Changes:
    """All of it: 5.00 of cash, 60.00 of the bill, and 15.00 that are owed."""
    shown = Reversal(
        "refund", "sandbox", "r-1", "g-1", "ref", None, CHARGED, "USD", "succeeded", "withdrawn", OCT_ISSUED,
        OCT_ISSUED, "",
    )  # fmt: skip
    response = ReversalResponse(1, 1, shown, OCT_ISSUED)
    return plan_reversals(shot, responses=[response], at=OCT_ISSUED, policy=POLICY)


def spoil(rows: list[Any], **values: object) -> None:
    rows[0] = rows[0]._replace(**values)


def spoil_record(changes: Changes, cause: str) -> None:
    spoil(changes.records.repayments, cause=cause)
    spoil(changes.records.repayment_lines, cause=cause)


def test_a_sound_plan_passes():
    shot = before()
    changes = taken_back(shot)
    check(changes, shot)
    assert changes.reversals.new[0].owed_minor == 1500
    assert [row.amount_minor for row in changes.records.repayments] == [-6000]


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(lambda it: spoil(it.reversals.new, owed_minor=0), id="nothing is owed"),
        pytest.param(lambda it: spoil(it.reversals.new, taken_minor=7999), id="less is taken than went"),
        pytest.param(lambda it: it.reversals.new.clear(), id="the reversal is not written"),
        pytest.param(lambda it: spoil(it.reversals.charges, reversed_minor=0), id="the charge knows nothing"),
        pytest.param(lambda it: it.reversals.charges.clear(), id="the charge is not written"),
        pytest.param(lambda it: spoil(it.bills.paid, paid_minor=6000), id="the bill stays paid"),
        pytest.param(lambda it: spoil(it.bills.paid, paid_minor=-1), id="the bill is paid below zero"),
        pytest.param(lambda it: it.records.repayments.clear(), id="no record says so"),
        pytest.param(
            lambda it: spoil(it.records.repayments, amount_minor=6000), id="the record is above zero"
        ),
        pytest.param(lambda it: spoil_record(it, "event:1"), id="the record is of another act"),
        pytest.param(lambda it: spoil(it.accounts.values, cash_minor=500), id="the cash stays"),
    ],
)
def test_a_wrong_row_is_caught(wrong: Callable[[Changes], None]):
    shot = before()
    changes = taken_back(shot)
    wrong(changes)
    with pytest.raises(Broken) as broken:
        check(changes, shot)
    assert broken.value.reasons[1]
