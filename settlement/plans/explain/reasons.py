"""Why is this bill still unsettled? Asks the write-off itself, on a copy, and names what stands in its way. Rule: R4.8.

No rule is written down a second time here: the gate says what shuts it, the write-off is run as it is and once more
with the gate held open, and what is left after that is what funds cannot pay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from types import MappingProxyType

from settlement.model.accounts import AccountId
from settlement.model.changes import Changes
from settlement.model.cycle import Cycle
from settlement.model.funds import FundSource
from settlement.model.policies.policy import Policy
from settlement.model.reasons import BEYOND_MONEY, BillDates, Outlook, Reason, ReasonCode
from settlement.model.snapshot import Position, Snapshot
from settlement.plans.bills.issuance import close_bill, issue
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.draft import Draft
from settlement.plans.explain.credit_control import credit_control
from settlement.plans.explain.funds import (
    Shortage,
    below_minimum,
    no_funds,
    partial_not_allowed,
    unfit_cards,
    unfit_coupons,
    unfit_refunds,
)
from settlement.plans.explain.gate import (
    HoldNames,
    by_gate,
    charge_in_flight,
    no_available_credit,
    not_issued,
    shut_after_this,
    shut_by,
)
from settlement.plans.explain.next_collection import next_collection
from settlement.plans.finish.changes import finish
from settlement.plans.write_off.reversals import owed_minor
from settlement.plans.write_off.write_off import outstanding_minor, write_off
from settlement.rules.calendar import issuance_at

_CAUSE = "explain"
NO_NAMES: HoldNames = MappingProxyType({})
# A limit lifts the gate and never pays, so a limit beyond everything opens the gate and changes nothing else.
_BEYOND_EVERYTHING = 10**30
_BY_MONEY = frozenset((ReasonCode.NO_AVAILABLE_CREDIT, ReasonCode.PARTIAL_NOT_ALLOWED, ReasonCode.NO_FUNDS))


def plan_write_off(snapshot: Snapshot, *, at: datetime, policy: Policy) -> Changes:
    """The automatic write-off of a set at the instant `at`, for no other cause than being asked."""
    draft = Draft(snapshot, at=at, policy=policy)
    for account in draft.accounts.values():
        write_off(draft, account, cause=_CAUSE, correlation_id=_CAUSE)
    return finish(draft)


def gate(
    snapshot: Snapshot, account_id: AccountId, *, at: datetime, policy: Policy, names: HoldNames = NO_NAMES
) -> tuple[Reason, ...]:
    """What keeps the account's gate shut at the instant `at`; empty when it is open. Rule: R4.2."""
    position = snapshot.positions[account_id]
    draft = Draft(Snapshot({account_id: position}), at=at, policy=policy)
    account = draft.accounts[account_id]
    shut = shut_by(draft, account)
    reasons = by_gate(shut, account, position.account.parked_at, names, zone=policy.zone)
    return (*reasons, *no_available_credit(shut, account))


def outlook(
    snapshot: Snapshot,
    account_id: AccountId,
    cycle: Cycle,
    *,
    at: datetime,
    policy: Policy,
    dates: BillDates | None = None,
    names: HoldNames = NO_NAMES,
) -> Outlook:
    """Every reason for which the bill is not settled by the next write-off. Rule: R4.8.

    The snapshot holds the account with all bills that are not settled and their lines, terms and coupons; the bill is
    one of them. `dates` are those of a bill that is issued; `names` those of what
    holds the account.
    """
    position = snapshot.positions[account_id]
    trial = partial(_Trial, position, cycle, at=at, policy=policy)
    before, after = trial(), trial().written_off()
    owed, left = before.outstanding(cycle), after.outstanding(cycle)
    dates = before.dates(dates)
    reasons, top_up = _reasons(trial, position, cycle, dates, names, owed=owed, left=left, at=at)
    return Outlook(
        before.draft.at,
        reasons,
        owed - left,
        would_settle=before.is_issued and not left,
        top_up_minor=top_up,
        coupons_minor=before.paid_at_issuance("coupon"),
        collected_minor=before.paid_at_issuance("external"),
        dates=dates,
        collection=next_collection(position, cycle, left, at=at, policy=policy),
    )


def _reasons(
    trial: Callable[[], _Trial],
    position: Position,
    cycle: Cycle,
    dates: BillDates,
    names: HoldNames,
    *,
    owed: int,
    left: int,
    at: datetime,
) -> tuple[tuple[Reason, ...], int | None]:
    """The reasons in their order, and the top-up that alone settles the bill, if there is one."""
    before = trial()
    draft, account = before.draft, before.account
    shut = shut_by(draft, account)
    first = [] if before.is_issued else [not_issued(at, cycle, draft.policy)]
    first += by_gate(shut, account, position.account.parked_at, names, zone=draft.policy.zone)
    if not owed:
        # Nothing will be owed, and only a parked account is not issued.
        of_all = (ReasonCode.NOT_ISSUED, ReasonCode.PARKED)
        return tuple(reason for reason in first if reason.code in of_all), None
    if not left:
        return tuple(first), None
    in_flight = list(charge_in_flight(account, cycle))
    only_money = not any(reason.code in BEYOND_MONEY for reason in (*first, *in_flight))
    stretched = trial().opened().written_off(in_part=True)
    shortage = stretched.shortage(
        cycle, in_part=draft.policy.partial_write_off, lacking_minor=shut.lacking_minor, only_money=only_money
    )
    top_up = shortage.top_up_minor if only_money else None
    paid = trial().written_off()
    rest = (
        *no_available_credit(shut, account, top_up),
        *(() if shut.by else shut_after_this(shut_by(paid.draft, paid.account), paid.account, left)),
        *credit_control(draft, account, dates),
        *in_flight,
        *_by_funds(trial().opened().up_to(cycle).written_off(), stretched, shortage, cycle, dates),
    )
    return (*first, *(rest if before.is_issued else map(_by_then, rest))), top_up


def _by_then(reason: Reason) -> Reason:
    """What money would change about a bill not issued yet is said as things stand: older bills and months that close
    before it may take what an event brings now, and shut the gate again.
    """
    if reason.code not in _BY_MONEY:
        return reason
    return replace(reason, remedy=f"by then, as things stand: {reason.remedy}", events=())


def _by_funds(
    opened: _Trial, stretched: _Trial, shortage: Shortage, cycle: Cycle, dates: BillDates
) -> Iterator[Reason]:
    """What funds cannot pay although the gate is open, and why: as bills are paid here, and if parts may be paid."""
    if not opened.missing(cycle):
        return
    draft, account = opened.draft, opened.account
    yield from unfit_coupons(draft, account, dates.issued_at)
    yield from unfit_cards(draft, account, cycle)
    yield from unfit_refunds(account, cycle)
    if not draft.policy.partial_write_off:
        first = next(bill.cycle for bill in account.bills if opened.missing(bill.cycle))
        yield partial_not_allowed(first, stretched.missing(first), cycle, shortage)
    yield from no_funds(shortage)
    yield from below_minimum(draft, account, sum(stretched.missing(bill.cycle) for bill in account.bills))


class _Trial:
    """One account on a scratch copy, as it stands when the next write-off reaches the bill of `cycle`.

    That is at `at` for a bill that is issued. For one that is not, the months up to its own are closed first, each at
    the instant of its issuance, as the month close does however late it runs.
    """

    def __init__(self, position: Position, cycle: Cycle, *, at: datetime, policy: Policy) -> None:
        account_id = position.account.id
        self.draft = Draft(Snapshot({account_id: position}), at=at, policy=policy)
        self.account: WorkingAccount = self.draft.accounts[account_id]
        self.cycle = cycle
        # The months closed below may start charges of their own, over what no other fund has paid until then.
        self._reserved_by_cycle = {bill.cycle: self._reserved(bill.cycle) for bill in self.account.bills}
        accruing = [bill for bill in self.account.bills if bill.payable_minor is None and bill.cycle <= cycle]
        self.is_issued = not any(bill.cycle == cycle for bill in accruing)
        if self.is_issued:
            return
        for bill in accruing:
            self.draft.at = issuance_at(bill.cycle, policy)
            self.draft.policy = policy.at(self.draft.at)
            act = issue if bill.cycle == cycle else close_bill
            act(self.draft, self.account, bill, cause=_CAUSE, correlation_id=_CAUSE)

    def opened(self) -> _Trial:
        """With the gate held open."""
        self.account.parked = False
        self.account.auto_write_off_enabled = True
        self.account.holds = set()
        self.account.credit_limit_minor = _BEYOND_EVERYTHING
        return self

    def up_to(self, cycle: Cycle) -> _Trial:
        """Without the bills after it: what those would use up may be what keeps this one waiting."""
        self.account.bills = [bill for bill in self.account.bills if bill.cycle <= cycle]
        return self

    def written_off(self, *, in_part: bool = False) -> _Trial:
        """After the write-off; with `in_part` bills are paid in part whatever the policy says."""
        if in_part:
            self.draft.policy = replace(self.draft.policy, partial_write_off=True)
        write_off(self.draft, self.account, cause=_CAUSE, correlation_id=_CAUSE)
        return self

    def outstanding(self, cycle: Cycle) -> int:
        """What an issued bill still asks for, minor units."""
        return sum(outstanding_minor(bill) for bill in self.account.bills if bill.cycle == cycle)

    def missing(self, cycle: Cycle) -> int:
        """The same less what a charge in flight may have paid already: what the write-off sees."""
        return max(0, self.outstanding(cycle) - self._reserved(cycle))

    def _reserved(self, cycle: Cycle) -> int:
        charges, bill = self.account.charges, self.account.bill(cycle)
        by_hand = 0 if bill is None else bill.reserved_minor
        return by_hand + (0 if charges is None else charges.reserved_minor(cycle))

    def shortage(self, cycle: Cycle, *, in_part: bool, lacking_minor: int, only_money: bool) -> Shortage:
        """What is missing for this bill, and for those before it as far as they take the money first: where bills are
        paid `in_part` they do not keep the bill from funds of its own.
        """
        account, missing = self.account, self.missing(cycle)
        # Cash pays what is owed of payments that were taken back first, and then opens the gate. Rule: R5.9c.
        earlier = owed = owed_minor(account)
        lacking_minor += owed if lacking_minor else 0
        if missing or not in_part:
            for bill in account.bills:
                if bill.cycle < cycle:
                    earlier += max(0, outstanding_minor(bill) - self._reserved_by_cycle.get(bill.cycle, 0))
        return Shortage(
            account.currency, missing, earlier, account.cash_minor, account.frozen_minor, account.held_minor,
            lacking_minor, only_money, owed,
        )  # fmt: skip

    def paid_at_issuance(self, source: FundSource) -> int:
        """What of the bill was paid as it was issued; zero for one that is issued already."""
        lines = self.draft.changes.records.repayment_lines
        return sum(line.amount_minor for line in lines if line.source == source and line.cycle == self.cycle)

    def dates(self, known: BillDates | None) -> BillDates:
        """Those known, or those that the bill gets when it is issued."""
        bill = self.account.bill(self.cycle)
        if self.is_issued or bill is None:
            return known or BillDates(issuance_at(self.cycle, self.draft.policy))
        issuance = bill.issuance
        return BillDates(self.draft.at, *((issuance.due_on, issuance.due_rule) if issuance else ()))
