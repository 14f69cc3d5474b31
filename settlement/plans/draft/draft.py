"""The scratch copy a plan works on: one mutable view per account, and the draft that collects rows.

Plans are pure from outside: they take a snapshot and return changes. Inside, several steps must see each other's
effects (a top-up, then the write-off it pays for), and these small mutable views carry them.
"""

from __future__ import annotations

from datetime import datetime

from settlement.model.accounts import Account
from settlement.model.announcements.facts import Facts
from settlement.model.announcements.topics import announcement
from settlement.model.changes import Changes
from settlement.model.cycle import Cycle
from settlement.model.funds import LedgerKind
from settlement.model.policies.policy import Policy
from settlement.model.rows.accounts import HoldChange
from settlement.model.rows.records import TransferRow
from settlement.model.skip import Skip, SkipReason
from settlement.model.snapshot import Snapshot
from settlement.plans.draft.accounts import WorkingAccount, WorkingAccounts
from settlement.plans.draft.payments import WorkingPayments
from settlement.plans.draft.relationships import WorkingRelationships
from settlement.plans.draft.unified_settlements import WorkingUnifiedSettlements

# Ledger accounts of an account that money can be in and be spent from.
_FUNDS: frozenset[LedgerKind] = frozenset(("cash", "card", "refund", "coupon", "collected"))


class Draft:
    """Collects the rows of one plan. `at` is the logical instant of everything in it (UTC); its policy is the version
    that holds then. Rule: R3.7b.
    """

    def __init__(self, snapshot: Snapshot, *, at: datetime, policy: Policy) -> None:
        self.at = at
        self.policy = policy.at(at)
        self.changes = Changes()
        # Of fees, by when one was incurred and when it arrived: few instants, each of many.
        self.booking_cycles: dict[tuple[datetime, datetime], tuple[Cycle, bool]] = {}
        # Bound once: a month close adds two for every bill.
        self._add_transfer = self.changes.records.transfers.append
        self.accounts = WorkingAccounts(snapshot.positions)
        self.relationships = WorkingRelationships(snapshot.relationships)
        self.payments = WorkingPayments(snapshot.payments)
        self.unified_settlements = WorkingUnifiedSettlements(snapshot.unified_settlements)

    def skip(self, account: WorkingAccount, reason: SkipReason) -> None:
        """Notes why the account's unsettled bills stay."""
        self.changes.skips.append(Skip(account.id, reason))

    def announce(self, account: WorkingAccount, topic: str, facts: Facts, correlation_id: str) -> None:
        """A fact about the account, to be published under this topic. Rule: R11.1."""
        self.changes.announcements.append(announcement(account.id, topic, facts, correlation_id))

    def transfer(
        self,
        account: WorkingAccount,
        debit: tuple[LedgerKind, int],
        credit: tuple[LedgerKind, int],
        amount_minor: int,
        cause: str,
    ) -> None:
        """One balanced ledger entry in the account's currency. Rule: R11.2.

        What leaves a fund leaves it no earlier than its money came; what comes in is there from its date on.
        """
        posted_at = self.spent_at(account) if debit[0] in _FUNDS else self.at
        self._add_transfer(
            TransferRow(
                account.id, debit[0], debit[1], credit[0], credit[1], amount_minor, account.currency, cause, posted_at
            )
        )  # fmt: skip
        if credit[0] in _FUNDS:
            account.funds_since = max(posted_at, account.funds_since or posted_at)
            account.touched = True

    def spent_at(self, account: WorkingAccount | Account) -> datetime:
        """The date of what the account's funds pay: this plan's instant, or that of their last inflow. Rule: R4.1d."""
        since = account.funds_since
        return since if since is not None and since > self.at else self.at

    def hold(self, account: WorkingAccount, reason: str, ref: str) -> None:
        """Holds the account's automatic write-off for one more reason."""
        if (reason, ref) not in account.holds:
            account.holds.add((reason, ref))
            self.changes.accounts.holds.append(HoldChange(account.id, reason, ref, is_set=True))

    def release(self, account: WorkingAccount, reason: str, ref: str) -> bool:
        """Ends one hold, if it is there. Returns whether it was."""
        if (reason, ref) not in account.holds:
            return False
        account.holds.discard((reason, ref))
        self.changes.accounts.holds.append(HoldChange(account.id, reason, ref, is_set=False))
        return True
