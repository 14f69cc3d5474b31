"""What moved a balance in a month, by name, and what the balance was at its beginning. Rule: R10.3."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from settlement.model.commands.moves import MOVES
from settlement.model.funds import FUNDS, STORED
from settlement.model.statements import BalanceKind, Moved, Movement, RollForward


def _of_stored() -> dict[tuple[BalanceKind, str, bool], str]:
    names: dict[tuple[BalanceKind, str, bool], str] = {}
    for source, stored in STORED.items():
        fund: BalanceKind = FUNDS[source].ledger
        names[fund, stored.grant, True] = stored.granted_as
        names[fund, "receivable", False] = "paid_bills"
        if stored.ends:
            names[fund, "expired", False] = "expired"
    return names


# (balance, counter account, credited to the account?): its name on a statement; in this order they are listed.
_NAMES: dict[tuple[BalanceKind, str, bool], str] = {
    ("receivable", "revenue", False): "issued",
    **{("receivable", kind.ledger, True): f"paid_by_{kind.key}" for kind in FUNDS.values()},
    ("receivable", "collected", False): "owed_again",
    **{(move.credit, move.debit, True): move.into for move in MOVES if move.into},
    ("cash", "collected", True): "left_of_charges",
    ("cash", "refunding", True): "came_back",
    ("cash", "receivable", False): "paid_bills",
    ("cash", "collected", False): "taken_back",
    ("cash", "reversal", False): "paid_reversals",
    **{(move.debit, move.credit, False): move.out_of for move in MOVES if move.out_of},
    ("cash", "refunding", False): "sent_back",
    **_of_stored(),
    ("collected", "gateway_clearing", True): "charged",
    ("collected", "receivable", False): "paid_bills",
    ("collected", "receivable", True): "bills_owed_again",
    ("collected", "cash", True): "cash_taken_back",
    ("collected", "reversal", True): "owed_for_reversals",
    ("collected", "gateway_clearing", False): "taken_back",
    ("collected", "cash", False): "became_cash",
    ("refunding", "cash", True): "given_back",
    ("refunding", "gateway_clearing", False): "arrived",
    ("refunding", "cash", False): "became_cash",
    ("reversal", "collected", False): "owed_for_reversals",
    ("reversal", "cash", True): "paid_by_cash",
    ("reversal", "gateway_clearing", True): "restored",
}
_ORDER = {name: place for place, name in enumerate(dict.fromkeys(_NAMES.values()))}


def movement_name(fund: BalanceKind, counter: str, *, into: bool) -> str:
    """What entries between a balance and a counter account are called. A pair nobody named is called after it."""
    return _NAMES.get((fund, counter, into)) or f"{'from' if into else 'to'}_{counter}"


def roll_forward(fund: BalanceKind, stored_minor: int, moved: Iterable[Moved]) -> RollForward:
    """A balance over the month, from what is stored now (credits less debits, minor units) and what moved since.

    What an account owes, of bills and of payments taken back, grows by debits; it is given as owed, above zero.
    """
    sign = -1 if fund in ("receivable", "reversal") else 1
    opening = sign * stored_minor
    sums: Counter[str] = Counter()
    for row in moved:
        change = sign if row.into else -sign
        opening -= change * (row.within_minor + row.after_minor)
        if row.within_minor:
            sums[movement_name(fund, row.counter, into=row.into)] += change * row.within_minor
    return RollForward(opening, _in_order(sums))


def together(rolls: Iterable[RollForward]) -> RollForward:
    """Several balances of one kind as one."""
    opening = 0
    sums: Counter[str] = Counter()
    for roll in rolls:
        opening += roll.opening_minor
        for what, amount in roll.movements:
            sums[what] += amount
    return RollForward(opening, _in_order(sums))


def _in_order(sums: Mapping[str, int]) -> tuple[Movement, ...]:
    named = sorted(sums.items(), key=lambda item: (_ORDER.get(item[0], len(_ORDER)), item[0]))
    return tuple(Movement(what, amount) for what, amount in named)
