"""What an account's stored value cards may pay of a bill, and where that is counted. Rule: R4.5, R4.6."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from settlement.model.cycle import Cycle
from settlement.model.funds import FundSource, StoredValueCard
from settlement.plans.draft.accounts import WorkingAccount
from settlement.plans.draft.bills import WorkingLine
from settlement.plans.draft.draft import Draft
from settlement.plans.draft.funds import WorkingFund
from settlement.rules.cards import (
    CardLine,
    card_refused_by,
    counted,
    lapses_by,
    last_month,
    scope_left,
    spending_order,
)
from settlement.rules.waterfall import Fund

Card = WorkingFund[StoredValueCard]


def cards_for(
    draft: Draft, account: WorkingAccount, cycle: Cycle, spent: Mapping[tuple[FundSource, int], int]
) -> Iterator[Fund]:
    """Each card up to its balance and to what is left of the lines that it fits, in the order they are spent.

    A card finds the lines as the cards before it leave them if they pay all they may.
    """
    scopes = _Scopes(draft, account, cycle, spent)
    paid = scopes.paid()
    for working in sorted(account.funds.cards, key=lambda fund: spending_order(fund.fund)):
        limit = max(0, min(scopes.balance(working), scopes.left(working, paid)))
        for place, part in scopes.counted(working, limit, paid):
            paid[place] += part
        yield Fund("card", working.fund.id, limit)


def spend_cards(draft: Draft, account: WorkingAccount, cycle: Cycle, allocated: Sequence[Fund]) -> None:
    """Takes money off cards, in the order they are spent, and counts it on the lines of the bill that they fit."""
    scopes = _Scopes(draft, account, cycle, {})
    cards = {card.fund.id: card for card in account.funds.cards}
    for _, card_id, amount_minor in allocated:
        card = cards[card_id]
        for place, part in scopes.counted(card, amount_minor, scopes.paid()):
            scopes.lines[place].card_paid_minor += part
            scopes.lines[place].touched = True
        card.balance_minor -= amount_minor
        card.touched = True


def scope_left_minor(draft: Draft, account: WorkingAccount, card: Card, cycle: Cycle) -> int | None:
    """What the card may still pay of the bill's lines, minor units; None where it fits none of them."""
    scopes = _Scopes(draft, account, cycle, {})
    return scopes.left(card, scopes.paid()) if scopes.fitting(card) else None


def has_lapsed(draft: Draft, account: WorkingAccount, card: StoredValueCard) -> bool:
    """Can the card pay nothing any more? Rule: R4.6f.

    A bill of its last month that is not issued yet, or is being issued in this plan, still has its write-off coming.
    """
    if not lapses_by(card, draft.at, draft.policy):
        return False
    bill = account.bill(last_month(card, draft.policy.zone))
    return bill is None or not (bill.payable_minor is None or bill.issuance is not None)


class _Scopes:
    """The lines of one bill, and which of them each card fits."""

    def __init__(
        self, draft: Draft, account: WorkingAccount, cycle: Cycle, spent: Mapping[tuple[FundSource, int], int]
    ) -> None:
        self._currency = account.currency
        self._spent = spent
        self.lines: list[WorkingLine] = [line for line in account.lines if line.line.cycle == cycle]
        self._fits = {card.fund.id: self._fitting(draft, account, card.fund) for card in account.funds.cards}
        with_money = [self._fits[card.fund.id] for card in account.funds.cards if self.balance(card) > 0]
        if len(with_money) > 1:
            # First on lines that the fewest cards fit: what another card fits too is left to it as far as can be.
            wanted = [sum(place in fits for fits in with_money) for place in range(len(self.lines))]
            for fits in self._fits.values():
                fits.sort(key=lambda place: (wanted[place], place))

    def balance(self, card: Card) -> int:
        """What is left on the card after what earlier bills take."""
        return card.balance_minor - self._spent.get(("card", card.fund.id), 0)

    def paid(self) -> list[int]:
        """What is counted on each line so far."""
        return [line.card_paid_minor for line in self.lines]

    def _fitting(self, draft: Draft, account: WorkingAccount, card: StoredValueCard) -> list[int]:
        lapsed = has_lapsed(draft, account, card)
        return [
            place
            for place, line in enumerate(self.lines)
            if card_refused_by(card, line.line, draft.at, draft.policy.zone, lapsed=lapsed) is None
        ]

    def fitting(self, card: Card) -> list[int]:
        """The places of the lines that the card fits, in the order in which its payment is counted on them."""
        return self._fits[card.fund.id]

    def _at(self, place: int, paid: list[int]) -> CardLine:
        return CardLine.of(self.lines[place].line, paid[place], self._currency)

    def left(self, card: Card, paid: list[int]) -> int:
        """What the card may pay with so much counted on the lines."""
        fits = self.fitting(card)
        if not fits:
            return 0
        others = (
            self._at(place, paid) for place in range(len(self.lines)) if place not in fits and paid[place]
        )
        return scope_left((self._at(place, paid) for place in fits), others)

    def counted(self, card: Card, amount_minor: int, paid: list[int]) -> Iterator[tuple[int, int]]:
        """On which lines a payment of the card is counted, by place."""
        if not amount_minor:
            return
        fits = self.fitting(card)
        parts = counted(amount_minor, [self._at(place, paid) for place in fits])
        yield from ((place, part) for place, part in zip(fits, parts, strict=True) if part)
