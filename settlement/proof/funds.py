"""The part of the proof that is about cards, credit refunds and coupons. Rule: R11.3."""

from __future__ import annotations

from settlement.model.funds import FUNDS
from settlement.model.rows.funds import FundRows
from settlement.model.snapshot import Snapshot
from settlement.proof.faults import Faults
from settlement.proof.transfers import Moved


def check_funds(funds: FundRows, before: Snapshot, moved: Moved, faults: Faults) -> None:
    """Loaded balance plus transfers is the new balance; a new one starts at zero."""
    known: dict[tuple[str, int], int] = {}
    if funds.values:
        for position in before.positions.values():
            known.update(((fund.source, fund.id), fund.balance_minor) for fund in position.funds.stored())
    rows = [(source, *row) for source, values in funds.values.items() for row in values]
    rows += [
        (source, new.fund.id, new.fund.account_id, new.balance_minor)
        for source, added in funds.new.items()
        for new in added
    ]
    for source, fund_id, account_id, balance in rows:
        kind = FUNDS[source].ledger
        expected = known.get((source, fund_id), 0) + moved.pop((account_id, kind, fund_id), 0)
        if balance != expected or balance < 0:
            faults.add(account_id, f"{source} {fund_id} would hold {balance}, transfers say {expected}")
