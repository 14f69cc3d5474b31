"""What a plan decided about cards, credit refunds and coupons, as rows. Rule: R4.5, R4.7, R7.1."""

from __future__ import annotations

from settlement.model.rows.funds import FundRows, FundValue, NewFund
from settlement.plans.draft.accounts import WorkingAccount


def finish_funds(rows: FundRows, account: WorkingAccount) -> None:
    """The rows for funds that are new or were touched."""
    for working in account.funds.stored():
        fund = working.fund
        if working.is_new:
            rows.new[fund.source].append(NewFund(fund, working.balance_minor))
        elif working.touched:
            rows.values[fund.source].append(FundValue(fund.id, account.id, working.balance_minor))
