"""What an explanation quotes: the fees behind a bill by product, and its repayments with the events behind them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, text

# The largest products; what is beyond is summed up.
MAX_PRODUCTS = 20

_PRODUCTS = text("""
    SELECT product, count(*), sum(amount), count(*) FILTER (WHERE late), coalesce(sum(amount) FILTER (WHERE late), 0)
    FROM fee WHERE account_id = :account_id AND cycle = :cycle
    GROUP BY product ORDER BY abs(sum(amount)) DESC, product""")
_PAYMENTS = text(r"""
    SELECT r.cause, r.initiator, r.paid_at, l.source, l.amount_minor,
           CASE l.source WHEN 'card' THEN c.external_id WHEN 'refund' THEN CAST(f.cycle AS text) END,
           i.id, i.type, i.source, i.event_id, i.received_at
    FROM repayment r
    JOIN repayment_line l ON l.account_id = r.account_id AND l.cycle = r.cycle AND l.cause = r.cause
    LEFT JOIN stored_value_card c ON l.source = 'card' AND c.id = l.source_id
    LEFT JOIN credit_refund f ON l.source = 'refund' AND f.id = l.source_id
    LEFT JOIN inbox i
        ON i.id = CASE WHEN r.cause ~ '^event:[0-9]{1,18}$' THEN CAST(substr(r.cause, 7) AS bigint) END
    WHERE r.account_id = :account_id AND r.cycle = :cycle
    ORDER BY r.paid_at, r.cause, l.line_no""")


@dataclass(frozen=True, slots=True)
class ProductFees:
    """What one product put on a bill: number of fees and their exact sum, and how much of it came late."""

    product: str
    fees: int
    amount: Decimal
    late_fees: int
    late_amount: Decimal


@dataclass(frozen=True, slots=True)
class EventName:
    """An event by its inbox row and by the name its sender gave it."""

    inbox_id: int
    type: str
    source: str
    event_id: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Payment:
    """One line of a repayment. `fund` names the card, or the refund's month; `event` is what caused it, if one did."""

    cause: str
    initiator: str
    paid_at: datetime
    source: str
    amount_minor: int
    fund: str | None
    event: EventName | None


def products(tx: Connection, account_id: int, cycle: int) -> list[ProductFees]:
    """The fees of a bill by product, largest first; past `MAX_PRODUCTS` one row with an empty name holds the rest."""
    rows = [ProductFees(*row) for row in tx.execute(_PRODUCTS, {"account_id": account_id, "cycle": cycle})]
    rest = rows[MAX_PRODUCTS:]
    if not rest:
        return rows
    summed = ProductFees(
        "", sum(row.fees for row in rest), sum((row.amount for row in rest), Decimal()),
        sum(row.late_fees for row in rest), sum((row.late_amount for row in rest), Decimal()),
    )  # fmt: skip
    return [*rows[:MAX_PRODUCTS], summed]


def payments(tx: Connection, account_id: int, cycle: int) -> list[Payment]:
    """What paid a bill, in the order in which it was paid."""
    return [
        Payment(
            row[0], row[1], row[2], row[3], row[4], row[5], None if row[6] is None else EventName(*row[6:])
        )
        for row in tx.execute(_PAYMENTS, {"account_id": account_id, "cycle": cycle})
    ]
