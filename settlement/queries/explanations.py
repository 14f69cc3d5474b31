"""What an explanation quotes: the fees behind a bill by product, and its repayments with the events behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, text

from settlement.model.reasons import BillDates
from settlement.queries.repayments import REFERENCE

# The largest products; what is beyond is summed up.
MAX_PRODUCTS = 20

_PRODUCTS = text("""
    SELECT cycle, product, count(*), sum(amount), count(*) FILTER (WHERE late),
           coalesce(sum(amount) FILTER (WHERE late), 0)
    FROM fee WHERE account_id = :account_id AND cycle = ANY(CAST(:cycles AS integer[]))
    GROUP BY cycle, product ORDER BY cycle, abs(sum(amount)) DESC, product""")
_PAYMENTS = text(rf"""
    SELECT r.cycle, r.cause, r.initiator, r.paid_at, l.source, l.amount_minor,
           CASE l.source WHEN 'card' THEN c.external_id WHEN 'coupon' THEN k.external_id
                         WHEN 'refund' THEN CAST(f.cycle AS text) WHEN 'main_account' THEN m.external_id
                         WHEN 'external' THEN d.external_id END,
           {REFERENCE},
           (SELECT v.kind || ' ' || v.gateway_ref || ' at ' || v.gateway FROM gateway_reversal v
            WHERE r.cause LIKE 'reversal:%' AND v.account_id = r.account_id
              AND v.reversal_no = CAST(substring(r.cause FROM '^reversal:([0-9]{{1,9}}):') AS integer)),
           i.id, i.type, i.source, i.event_id, i.received_at
    FROM repayment r
    JOIN repayment_line l ON l.account_id = r.account_id AND l.cycle = r.cycle AND l.cause = r.cause
    LEFT JOIN stored_value_card c ON l.source = 'card' AND c.id = l.source_id
    LEFT JOIN coupon k ON l.source = 'coupon' AND k.id = l.source_id
    LEFT JOIN credit_refund f ON l.source = 'refund' AND f.id = l.source_id
    LEFT JOIN account m ON l.source = 'main_account' AND m.id = l.source_id
    LEFT JOIN charge_attempt t ON l.source = 'external' AND t.account_id = l.account_id AND t.attempt_no = l.source_id
    LEFT JOIN payment_method d ON d.id = t.method_id
    -- A payment and a settlement have the numbers of the events that requested them.
    LEFT JOIN inbox i ON i.id = CASE WHEN r.cause ~ '^(event|payment|unified):[0-9]{{1,18}}(:|$)'
                                     THEN CAST(split_part(r.cause, ':', 2) AS bigint) END
    WHERE r.account_id = :account_id AND r.cycle = ANY(CAST(:cycles AS integer[])) AND r.cycle >= :since
    ORDER BY r.cycle, r.paid_at, r.cause, l.line_no""")
_DATES = text("""
    SELECT cycle, issued_at, due_on, due_rule, overdue_at FROM bill
    WHERE account_id = :account_id AND cycle = ANY(CAST(:cycles AS integer[])) AND issued_at IS NOT NULL""")


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
    """One line of a repayment. `event` caused it, or what a gateway did by itself: `reversal` names its kind and id.

    `reference` is what the cause refers to, by name. `fund` names the card, the coupon, the main account or the payment
    method, or the refund's month.
    """

    cause: str
    initiator: str
    paid_at: datetime
    source: str
    amount_minor: int
    fund: str | None
    reference: str | None
    reversal: str | None
    event: EventName | None


def products(tx: Connection, account_id: int, cycles: Sequence[int]) -> dict[int, list[ProductFees]]:
    """The fees of bills by cycle and product, largest first; past `MAX_PRODUCTS` of a bill one row with an empty name
    holds the rest.
    """
    found: dict[int, list[ProductFees]] = {}
    for cycle, *row in tx.execute(_PRODUCTS, _parameters(account_id, cycles)):
        found.setdefault(cycle, []).append(ProductFees(*row))
    return {cycle: _summed_up(rows) for cycle, rows in found.items()}


def _summed_up(rows: list[ProductFees]) -> list[ProductFees]:
    rest = rows[MAX_PRODUCTS:]
    if not rest:
        return rows
    summed = ProductFees(
        "", sum(row.fees for row in rest), sum((row.amount for row in rest), Decimal()),
        sum(row.late_fees for row in rest), sum((row.late_amount for row in rest), Decimal()),
    )  # fmt: skip
    return [*rows[:MAX_PRODUCTS], summed]


def payments(
    tx: Connection, account_id: int, cycles: Sequence[int], *, since: int
) -> dict[int, list[Payment]]:
    """What paid bills of the cycle `since` and later ones, by cycle, in the order in which they were paid."""
    found: dict[int, list[Payment]] = {}
    for cycle, *row in tx.execute(_PAYMENTS, _parameters(account_id, cycles) | {"since": since}):
        event = None if row[8] is None else EventName(*row[8:])
        found.setdefault(cycle, []).append(Payment(*(*row[:8], event)))
    return found


def dates(tx: Connection, account_id: int, cycles: Sequence[int]) -> dict[int, BillDates]:
    """When bills were issued and are due, by cycle; those not issued yet left out."""
    return {row[0]: BillDates(*row[1:]) for row in tx.execute(_DATES, _parameters(account_id, cycles))}


def _parameters(account_id: int, cycles: Sequence[int]) -> dict[str, object]:
    return {"account_id": account_id, "cycles": list(cycles)}
