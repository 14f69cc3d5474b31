"""The part of the proof that is about cards, credit refunds and coupons. Rule: R11.3."""

from __future__ import annotations

from settlement.model.rows.funds import FundRows
from settlement.model.snapshot import Snapshot
from settlement.proof.faults import Faults
from settlement.proof.transfers import Moved


def check_funds(funds: FundRows, before: Snapshot, moved: Moved, faults: Faults) -> None:
    """Loaded balance plus transfers is the new balance; a new one starts at zero."""
    known: dict[tuple[str, int], int] = {}
    if funds.cards or funds.credit_refunds or funds.coupons:
        for position in before.positions.values():
            known.update((("card", card.id), card.balance_minor) for card in position.funds.cards)
            known.update(
                (("refund", refund.id), refund.remaining_minor) for refund in position.funds.credit_refunds
            )
            known.update((("coupon", coupon.id), coupon.balance_minor) for coupon in position.funds.coupons)
    rows = [
        *(("card", row.id, row.account_id, row.balance_minor) for row in funds.cards),
        *(("refund", row.id, row.account_id, row.balance_minor) for row in funds.credit_refunds),
        *(("coupon", row.id, row.account_id, row.balance_minor) for row in funds.coupons),
        *(("card", card.id, card.account_id, card.balance_minor) for card in funds.new_cards),
        *(("coupon", coupon.id, coupon.account_id, coupon.balance_minor) for coupon in funds.new_coupons),
        *(("refund", new.id, new.account_id, new.remaining_minor) for new in funds.new_credit_refunds),
    ]
    for kind, fund_id, account_id, balance in rows:
        expected = known.get((kind, fund_id), 0) + moved.pop((account_id, kind, fund_id), 0)
        if balance != expected or balance < 0:
            faults.add(account_id, f"{kind} {fund_id} would hold {balance}, transfers say {expected}")
