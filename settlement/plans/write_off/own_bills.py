"""How much of a top-up an account's own automatic write-off would take before anybody else gets of it. Rule: R4.1b."""

from __future__ import annotations

from copy import deepcopy

from settlement.model.snapshot import Snapshot
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.draft import Draft
from settlement.plans.write_off.reversals import owed_minor
from settlement.plans.write_off.write_off import outstanding_minor, write_off


def own_bills_minor(draft: Draft, account: WorkingAccount) -> int:
    """The cash that the account's write-off would spend if a top-up came that covers everything. Minor units.

    The write-off itself is asked, on a copy: nothing of the account or the draft changes. Zero where its switch is
    off or it is held, since then a top-up pays none of its bills.
    """
    owed = owed_minor(account) + sum(outstanding_minor(bill) for bill in account.bills)
    if not owed:
        return 0
    alone, scratch = deepcopy(account), Draft(Snapshot({}), at=draft.at, policy=draft.policy)
    closed_by = max(0, -account.available_credit(draft.policy).minor)
    not_spendable = max(0, account.frozen_minor + account.held_minor - account.cash_minor)
    alone.cash_minor = before = account.cash_minor + owed + closed_by + not_spendable + 1
    write_off(scratch, alone, cause="look", correlation_id="look")
    return before - alone.cash_minor
