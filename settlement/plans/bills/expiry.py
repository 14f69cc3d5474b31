"""The end of stored value cards and coupons: what is left is booked off and said. Rule: R4.6f, R4.7d."""

from __future__ import annotations

from datetime import datetime

from settlement.model.announcements.facts import CardExpiredFacts, CouponExpiredFacts
from settlement.model.changes import Changes
from settlement.model.cycle import Cycle
from settlement.model.funds import FUNDS, Coupon, StoredValueCard
from settlement.model.instants import instant_text
from settlement.model.money import decimal_text
from settlement.model.policies.policy import Policy
from settlement.model.snapshot import Snapshot
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.draft import Draft
from settlement.plans.draft.funds import WorkingFund
from settlement.plans.finish.changes import finish
from settlement.plans.write_off.cards import has_lapsed
from settlement.rules.cards import last_month

# Funds that end, by what is announced of it.
_FACTS: dict[type, type[CardExpiredFacts | CouponExpiredFacts]] = {
    StoredValueCard: CardExpiredFacts,
    Coupon: CouponExpiredFacts,
}


def plan_expiry(snapshot: Snapshot, *, at: datetime, policy: Policy) -> Changes:
    """Books off what is left of cards that have lapsed by `at` (UTC) and of coupons whose validity has ended."""
    draft = Draft(snapshot, at=at, policy=policy)
    for account in draft.accounts.values():
        if account.parked:
            continue
        for card in account.funds.cards:
            if has_lapsed(draft, account, card.fund):
                _expire(draft, account, card)
        for coupon in account.funds.coupons:
            if coupon.fund.valid_until <= at:
                _expire(draft, account, coupon)
    return finish(draft)


def lapse_cards(draft: Draft, account: WorkingAccount, cycle: Cycle) -> None:
    """Books off what is left of cards whose end has come and that waited for the bill of `cycle` alone: it has had the
    write-off that follows its issuance. Rule: R4.6f.
    """
    zone = draft.policy.zone
    for card in account.funds.cards:
        if card.fund.valid_until <= draft.at and last_month(card.fund, zone) <= cycle:
            _expire(draft, account, card)


def _expire(
    draft: Draft, account: WorkingAccount, working: WorkingFund[StoredValueCard] | WorkingFund[Coupon]
) -> None:
    left, fund = working.balance_minor, working.fund
    if not left:
        return
    working.balance_minor = 0
    working.touched = True
    cause = f"{fund.source}:{fund.id}:expired"
    draft.transfer(account, (FUNDS[fund.source].ledger, fund.id), ("expired", 0), left, cause)
    facts = _FACTS[type(fund)](
        account.external_id, fund.external_id, account.currency, decimal_text(left, account.currency),
        instant_text(fund.valid_until),
    )  # fmt: skip
    draft.announce(account, f"{fund.source}.expired", facts, f"account:{account.external_id}")
