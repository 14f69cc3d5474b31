"""What funds cannot pay although the gate is open, as reasons: coupons, cards, refunds, parts, nothing left.

Rule: R4.3 to R4.8, R7.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from math import floor
from typing import NamedTuple, TypeVar

from settlement.model.cycle import Cycle, cycle_text, next_cycle
from settlement.model.funds import Coupon, CreditRefund, StoredValueCard
from settlement.model.instants import instant_text, local_text
from settlement.model.money import EXACT, decimal_text, money_text
from settlement.model.reasons import Amount, Reason, ReasonCode, RemedyEvent
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.collection import charge_unit_of
from settlement.plans.draft.draft import Draft
from settlement.plans.draft.funds import WorkingFund
from settlement.plans.write_off.cards import Card, has_lapsed, scope_left_minor
from settlement.plans.write_off.write_off import outstanding_minor
from settlement.rules.calendar import issuance_at, last_cycle_issued_by
from settlement.rules.cards import CardClause, CardLine, card_refused_by, spending_order
from settlement.rules.charge_limits import chargeable_minor
from settlement.rules.coupons import coupon_may_apply, coupon_order
from settlement.rules.credit_refunds import pays_past_bills, refund_may_pay, refund_order

_Fund = TypeVar("_Fund", StoredValueCard, CreditRefund, Coupon)


class Shortage(NamedTuple):
    """What is missing once everything that may pay has paid, with the gate open and bills paid in part. Minor units.

    `earlier_minor` is missing for bills that come first, `lacking_minor` for the gate to open. `cash_left_minor` is
    what cash there still is, all of it frozen by an operator or held for a manual payment. `only_money`: nothing but
    money is missing. `owed_minor` of `earlier_minor` is owed of payments that gateways took back.
    """

    currency: str
    missing_minor: int
    earlier_minor: int
    cash_left_minor: int
    frozen_minor: int
    held_minor: int
    lacking_minor: int
    only_money: bool
    owed_minor: int = 0

    @property
    def needed_minor(self) -> int:
        """For this bill and those before it."""
        return self.missing_minor + self.earlier_minor

    @property
    def top_up_minor(self) -> int:
        """The least top-up that opens the gate and pays this bill and those before it.

        Cash that is frozen or held is not spent; new cash fills that up first.
        """
        kept = self.frozen_minor + self.held_minor
        gap = max(0, kept - self.cash_left_minor) if self.needed_minor else 0
        return max(self.lacking_minor, self.needed_minor + gap)

    @property
    def frozen_until_minor(self) -> int | None:
        """Down to what an operator may lower the frozen amount for that; None where it does not suffice."""
        spendable = self.cash_left_minor - self.held_minor
        lowest = min(spendable - self.needed_minor, self.frozen_minor - self.lacking_minor)
        return lowest if 0 <= lowest < self.frozen_minor else None

    def top_up(self) -> tuple[str, RemedyEvent]:
        """In words and as an event."""
        amount = Amount(self.top_up_minor, self.currency)
        rest = "settles it" if self.only_money else "settles it once what is said above has changed"
        event = RemedyEvent("top_up", {"amount": decimal_text(*amount), "currency": self.currency})
        return f"a top-up of {money_text(*amount)} {rest}", event


def unfit_coupons(draft: Draft, account: WorkingAccount, issued_at: datetime) -> Iterator[Reason]:
    """Coupons that have something left: they come off at issuance only. Rule: R4.7."""
    for coupon, balance in sorted(_left(account.funds.coupons), key=lambda left: coupon_order(left[0])):
        left, local = Amount(balance, account.currency), partial(local_text, zone=draft.policy.zone)
        if issued_at < coupon.valid_from:
            why = f"it is valid from {local(coupon.valid_from)} on"
        elif issued_at >= coupon.valid_until:
            why = f"it was valid until {local(coupon.valid_until)}"
        else:
            why = f"it was granted at {local(coupon.granted_at)}"
        yield Reason(
            ReasonCode.COUPON_NOT_USABLE,
            f"coupon {coupon.external_id} with {money_text(*left)} does not come off it: coupons do at the moment of "
            f"issuance and never later, here at {local(issued_at)}, and {why}",
            {"coupon": coupon.external_id, "balance": left, "issued_at": instant_text(issued_at)},
            _next_use(draft, coupon, max(draft.at, issued_at)),
        )


def _next_use(draft: Draft, coupon: Coupon, after: datetime) -> str:
    """The first issuance after an instant at which the coupon is good."""
    after = max(after, coupon.valid_from - timedelta.resolution)
    cycle = next_cycle(last_cycle_issued_by(after, draft.policy))
    instant = issuance_at(cycle, draft.policy)
    if coupon_may_apply(coupon, instant):
        return f"nothing for this bill; the coupon comes off the one of {cycle_text(cycle)}, if there is one"
    return "nothing: no further bill is issued while it is valid"


def unfit_cards(draft: Draft, account: WorkingAccount, cycle: Cycle) -> Iterator[Reason]:
    """Cards that have something left, each with the clause that keeps it from which lines. Rule: R4.6."""
    for working in sorted(account.funds.cards, key=lambda card: spending_order(card.fund)):
        card, left = working.fund, Amount(working.balance_minor, account.currency)
        if not left.minor:
            continue
        for clause, kept in _kept_from(draft, account, working, cycle):
            lines = Amount(kept, account.currency)
            yield Reason(
                ReasonCode.CARD_NOT_USABLE,
                f"card {card.external_id} with {money_text(*left)} cannot pay {money_text(*lines)} of it: "
                f"{_clause_text(draft, card, clause, cycle)}",
                {"card": card.external_id, "balance": left, "clause": str(clause), "lines": lines},
                "a card that fits, or another fund",
            )


def _kept_from(
    draft: Draft, account: WorkingAccount, card: Card, cycle: Cycle
) -> Iterator[tuple[CardClause, int]]:
    """By clause, what the lines that it keeps the card from come to together, less what cards paid of them.

    Where no clause does, the lines that the card fits have been paid as far as they go together.
    """
    lapsed = has_lapsed(draft, account, card.fund)
    lines = [working for working in account.lines if working.line.cycle == cycle]
    kept: dict[CardClause, Decimal] = {}
    for working in lines:
        clause = card_refused_by(card.fund, working.line, draft.at, draft.policy.zone, lapsed=lapsed)
        amount, paid = CardLine.of(working.line, working.card_paid_minor, account.currency)
        if clause is not None:
            kept[clause] = EXACT.add(kept.get(clause, Decimal(0)), amount - paid)
    found = [(clause, floor(kept[clause])) for clause in CardClause if kept.get(clause, 0) >= 1]
    if not found and scope_left_minor(draft, account, card, cycle) == 0:
        missing = sum(outstanding_minor(bill) for bill in account.bills if bill.cycle == cycle)
        found = [(CardClause.SCOPE_PAID, missing)]
    yield from found


def _clause_text(draft: Draft, card: StoredValueCard, clause: CardClause, cycle: Cycle) -> str:
    start, end = (local_text(at, draft.policy.zone) for at in (card.valid_from, card.valid_until))
    match clause:
        case CardClause.NOT_VALID_NOW if draft.at < card.valid_from:
            # The month of a bill that can be paid is over: a card that begins later is outside it for good.
            return f"it is valid from {start} on, after {cycle_text(cycle)}"
        case CardClause.NOT_VALID_NOW:
            return f"it was valid until {end}"
        case CardClause.NOT_VALID_IN_MONTH:
            return f"it is valid from {start} to {end}, which is outside {cycle_text(cycle)}"
        case CardClause.OUT_OF_SCOPE:
            return f"it pays only for {_some(card.products)}"
        case CardClause.SPANS_MONTHS:
            return "charges that reach over the end of a month or came late are not for cards"
        case CardClause.SCOPE_PAID:
            return "the charges that it fits are paid as far as they go together, credits included"
        case CardClause.NOT_NAMED_FOR_ORDER:
            return f"it is named for the orders {_some(card.orders)} only"


def _some(names: frozenset[str] | None) -> str:
    listed = sorted(names or ())
    return ", ".join(listed[:5]) + (f" and {len(listed) - 5} more" if len(listed) > 5 else "")


def unfit_refunds(account: WorkingAccount, cycle: Cycle) -> Iterator[Reason]:
    """Credit refunds of later months, which pay no bill of an earlier one unless told to. Rule: R7.1."""
    past = pays_past_bills(
        credit_control=account.credit_control, write_off_past_bills=account.write_off_past_bills
    )
    for refund, balance in sorted(
        _left(account.funds.credit_refunds), key=lambda left: refund_order(left[0])
    ):
        if refund_may_pay(refund.cycle, cycle, past_bills=past):
            continue
        left, month = Amount(balance, account.currency), cycle_text(refund.cycle)
        sentence = (
            f"a credit refund of {month} with {money_text(*left)} left pays bills of {month} and later only"
        )
        figures: dict[str, Amount | str] = {"refund": str(refund.id), "cycle": month, "balance": left}
        if account.credit_control:
            yield Reason(
                ReasonCode.REFUND_NOT_ELIGIBLE, sentence, figures,
                "turning on the write-off of past bills (event account_changed, write_off_past_bills: true)",
                (RemedyEvent("account_changed", {"write_off_past_bills": True}),),
            )  # fmt: skip
        else:
            another = "another fund: write-off of past bills is for accounts on credit control"
            yield Reason(ReasonCode.REFUND_NOT_ELIGIBLE, sentence, figures, another)


def partial_not_allowed(first: Cycle, first_missing_minor: int, cycle: Cycle, shortage: Shortage) -> Reason:
    """With partial write-off not allowed: the first bill that cannot be paid whole stops itself and all after it."""
    missing = Amount(first_missing_minor, shortage.currency)
    which = (
        "this bill cannot be paid whole"
        if first == cycle
        else f"bill {cycle_text(first)} comes first and cannot be paid whole"
    )
    text, event = shortage.top_up()
    return Reason(
        ReasonCode.PARTIAL_NOT_ALLOWED,
        f"bills are not paid in part here, and {which}: {money_text(*missing)} are missing",
        {
            "bill": cycle_text(first),
            "missing": missing,
            "top_up_needed": Amount(shortage.top_up_minor, shortage.currency),
        },
        f"{text}; so may the setting that lets a bill be paid in part",
        (event,),
    )


def no_funds(shortage: Shortage) -> Iterator[Reason]:
    """What is missing after everything that may pay has paid."""
    if shortage.missing_minor <= 0:
        return
    currency = shortage.currency
    figures = {
        "missing": Amount(shortage.missing_minor, currency),
        "top_up_needed": Amount(shortage.top_up_minor, currency),
    }
    behind = ""
    if shortage.earlier_minor:
        figures["missing_for_earlier_bills"] = Amount(shortage.earlier_minor, currency)
        owed = " and payments that were taken back" if shortage.owed_minor else ""
        behind = (
            f", and {money_text(shortage.earlier_minor, currency)} for earlier bills{owed}, which come first"
        )
    if shortage.frozen_minor:
        figures["frozen"] = Amount(shortage.frozen_minor, currency)
        behind += f"; {money_text(shortage.frozen_minor, currency)} of cash are frozen and not spent"
    text, event = shortage.top_up()
    events = [event]
    if (until := shortage.frozen_until_minor) is not None:
        amount = money_text(shortage.frozen_minor - until, currency)
        text += f"; unfreezing {amount} does as well"
        events.append(
            RemedyEvent(
                "account_changed", {"currency": currency, "frozen_amount": decimal_text(until, currency)}
            )
        )
    yield Reason(
        ReasonCode.NO_FUNDS,
        f"no funds are left: {money_text(shortage.missing_minor, currency)} are missing for this bill{behind}",
        figures,
        text,
        tuple(events),
    )


def _left(funds: Iterable[WorkingFund[_Fund]]) -> Iterator[tuple[_Fund, int]]:
    """Funds that are not used up, with what is left of them, minor units."""
    for working in funds:
        if working.balance_minor:
            yield working.fund, working.balance_minor


def below_minimum(draft: Draft, account: WorkingAccount, missing_minor: int) -> Iterator[Reason]:
    """Less is missing than the payment method's gateway takes, so nothing is charged for it yet. Rule: R5.8a."""
    charges = account.charges
    method = charges.chargeable if charges is not None else None
    if charges is None or method is None or account.credit_control or charges.in_flight is not None:
        return
    unit = charge_unit_of(draft, account, method)
    if missing_minor <= 0 or chargeable_minor(missing_minor, unit):
        return
    least = Amount(max(unit.minimum_minor, unit.step_minor), account.currency)
    missing = Amount(missing_minor, account.currency)
    yield Reason(
        ReasonCode.BELOW_MINIMUM,
        f"{money_text(*missing)} are missing in all, and {method.gateway} takes {money_text(*least)} at least",
        {"missing": missing, "minimum": least, "gateway": method.gateway},
        "the next charge of the payment method, which takes it along with what comes then",
    )
