"""Stored value cards, the naive way. Rule: R4.5, R4.6."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from tests.oracle import months
from tests.oracle.nouns import Account, Bill, Books, Source, StoredCard


def last_month(card: StoredCard) -> int:
    """The last month that it overlaps."""
    return months.month_of(card.ends - timedelta(microseconds=1))


def has_lapsed(account: Account, card: StoredCard, now: datetime) -> bool:
    """At its end, or with the bill of its last month, whichever comes later. Rule: R4.6f."""
    last = last_month(card)
    if now < card.ends or now < months.issued_at(last) or account.issuing == last:
        return False
    bill = account.bills.get(last)
    return bill is None or bill.payable is not None


def fits(account: Account, card: StoredCard, bill: Bill, now: datetime) -> list[str]:
    """The products of the bill that it may pay, whatever is left of either. Rule: R4.6a-c."""
    if now < card.begins or has_lapsed(account, card, now):
        return []
    if not months.month_of(card.begins) <= bill.cycle <= last_month(card):
        return []
    return sorted(name for name in bill.fees if card.products is None or name in card.products)


def order(account: Account) -> list[StoredCard]:
    """The one that ends first, then the one granted first. Rule: R4.5a."""
    return sorted(account.cards, key=lambda card: (card.ends, account.cards.index(card)))


def card_money(
    account: Account, bill: Bill, asked: int, now: datetime
) -> list[tuple[StoredCard, dict[str, int]]]:
    """Which cards pay, and on which products that is counted, of at most so much. Rule: R4.6g, R4.6h."""
    counted = dict(bill.by_cards)
    worth = {name: amount * 100 for name, amount in bill.fees.items()}
    scopes = {id(card): fits(account, card, bill, now) for card in account.cards}
    rivals = {name: sum(name in scopes[id(card)] for card in account.cards if card.left) for name in worth}
    paying = []
    for card in order(account):
        scope = scopes[id(card)]
        room = sum((worth[name] - counted.get(name, 0) for name in scope), Decimal(0))
        for name, amount_there in worth.items():
            if name not in scope and counted.get(name, 0):
                room -= max(Decimal(0), counted[name] - max(Decimal(0), amount_there))
        amount = min(card.left, asked, max(0, int(room.to_integral_value(ROUND_FLOOR))))
        parts: dict[str, int] = {}
        for rounding in (ROUND_FLOOR, ROUND_CEILING):
            for name in sorted(scope, key=lambda name: (rivals[name], name)):
                most = int(worth[name].to_integral_value(rounding)) - counted.get(name, 0)
                part = max(0, min(amount - sum(parts.values()), most))
                if part:
                    parts[name] = parts.get(name, 0) + part
                    counted[name] = counted.get(name, 0) + part
        assert sum(parts.values()) == amount
        if amount:
            paying.append((card, parts))
            asked -= amount
    return paying


def as_sources(account: Account, paying: list[tuple[StoredCard, dict[str, int]]]) -> list[Source]:
    """For a record."""
    return [("card", str(account.cards.index(card)), sum(parts.values())) for card, parts in paying]


def spend(bill: Bill, paying: list[tuple[StoredCard, dict[str, int]]]) -> None:
    """Off the cards, and counted."""
    for card, parts in paying:
        card.left -= sum(parts.values())
        assert card.left >= 0
        for name, part in parts.items():
            bill.by_cards[name] = bill.by_cards.get(name, 0) + part


def lapse(books: Books) -> None:
    """A local day is over: what is left of cards that have lapsed by then is gone. Rule: R4.6f."""
    for account in books.accounts.values():
        for card in account.cards:
            if has_lapsed(account, card, books.now):
                card.left = 0


def lapse_with_bill(account: Account, cycle: int, now: datetime) -> None:
    """The bill of the last month has had its write-off."""
    for card in account.cards:
        if card.ends <= now and last_month(card) <= cycle:
            card.left = 0
