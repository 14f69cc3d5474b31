"""From a draft to changes: the rows for everything that was touched."""

from __future__ import annotations

from settlement.model.changes import Changes
from settlement.model.rows.accounts import AccountValues
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.draft import Draft
from settlement.plans.finish.bills import finish_bills
from settlement.plans.finish.charges import finish_charges
from settlement.plans.finish.credit import finish_watch
from settlement.plans.finish.funds import finish_funds
from settlement.plans.finish.refunds import finish_refunds
from settlement.plans.finish.relationships import finish_relationships
from settlement.plans.finish.reversals import finish_reversals
from settlement.plans.finish.unified_settlements import finish_unified_settlements


def finish(draft: Draft) -> Changes:
    """The rows for everything that was touched."""
    for account in draft.accounts.to_finish():
        if account.touched:
            draft.changes.accounts.values.append(_values(account))
        finish_bills(draft, account)
        if account.funds:
            finish_funds(draft.changes.funds, account)
        if account.watch is not None:
            finish_watch(draft, account, account.watch)
        if account.charges is not None:
            finish_charges(draft, account, account.charges)
        if account.refunds is not None:
            finish_refunds(draft, account, account.refunds)
        if account.reversals is not None:
            finish_reversals(draft.changes.reversals, account, account.reversals)
    finish_relationships(draft.changes, draft.relationships)
    finish_unified_settlements(draft.changes.unified_settlements, draft.unified_settlements)
    return draft.changes


def _values(account: WorkingAccount) -> AccountValues:
    return AccountValues(
        account.id,
        account.cash_minor,
        account.credit_limit_minor,
        account.frozen_minor,
        account.credit_control,
        account.auto_write_off_enabled,
        account.write_off_past_bills,
        account.transferred_in_minor,
        account.returnable_minor,
        account.held_minor,
        account.funds_since,
    )
