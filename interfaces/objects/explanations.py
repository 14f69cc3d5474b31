"""An explanation for programs: the same figures as for people."""

from __future__ import annotations

from collections.abc import Mapping

from interfaces.fields.bills import BILLS
from interfaces.fields.charges import CHARGES
from interfaces.fields.field import as_object, as_objects
from interfaces.fields.values import Json, exact, money
from settlement.model.cycle import Cycle, cycle_text
from settlement.model.reasons import Amount, BillDates, Collection, Outlook, Reason
from settlement.model.terms import is_provisional
from settlement.operations.reports.explanations import AccountPosition, BillExplanation, Explanation
from settlement.queries.explanations import Payment


def explanation_object(found: Explanation) -> Json:
    """Everything about the account and its bills."""
    return {
        "at": found.at,
        "account": _account(found.position),
        "bills": [_bill(bill) for bill in found.bills],
    }


def _account(position: AccountPosition) -> Json:
    account, available = position.account, position.available
    currency = account.currency
    return {
        "account": account.external_id,
        "currency": currency,
        "available_credit": money(available.minor, currency),
        "cash": money(available.cash_minor, currency),
        "credit_limit": money(available.credit_limit_minor, currency),
        "frozen": money(available.frozen_minor, currency),
        "frozen_accruing": money(position.accruing_minor, currency),
        "outstanding": money(account.outstanding_minor, currency),
        "headroom": money(position.headroom_minor, currency),
        "on_its_way_back": money(position.on_its_way_back_minor, currency),
        "owed_for_reversals": money(account.owed_for_reversals_minor, currency),
        "overdue": money(position.overdue_minor, currency),
        "overdue_bills": position.overdue_bills,
        "suspended_at": account.suspended_at,
        "parked_at": account.parked_at,
        "parked_reason": account.parked_reason,
        "charges_under_way": as_objects(CHARGES, position.charges_under_way),
        "gate": [_reason(reason, account.external_id) for reason in position.gate],
    }


def _bill(explained: BillExplanation) -> Json:
    bill, outlook = explained.bill, explained.outlook
    return {
        **as_object(BILLS, bill),
        "products": [
            {
                "product": row.product or None,
                "fees": row.fees,
                "amount": exact(row.amount, bill.currency),
                "late_fees": row.late_fees,
                "late_amount": exact(row.late_amount, bill.currency),
            }
            for row in explained.products
        ],
        "payments": [_payment(row, bill.currency) for row in explained.payments],
        "reasons": [_reason(reason, bill.account) for reason in explained.reasons],
        "due": _due(explained.dates if outlook is None else outlook.dates),
        "next_write_off": None if outlook is None else _outlook(outlook, bill.currency),
        "collection": None
        if outlook is None or outlook.collection is None
        else _collection(outlook.collection),
    }


def _due(dates: BillDates | None) -> Json:
    if dates is None or dates.due_on is None:
        return None
    return {
        "on": dates.due_on,
        "rule": dates.due_rule,
        "provisional": is_provisional(dates.due_rule),
        "overdue_at": dates.overdue_at,
    }


def _outlook(outlook: Outlook, currency: str) -> Json:
    return {
        "at": outlook.at,
        "coupons": money(outlook.coupons_minor, currency),
        "collected": money(outlook.collected_minor, currency),
        "pays": money(outlook.would_pay_minor, currency),
        "settles": outlook.would_settle,
        "top_up_that_settles": money(outlook.top_up_minor, currency),
    }


def _collection(collection: Collection) -> Json:
    return {
        "step": str(collection.step),
        "at": collection.at,
        "sentence": collection.sentence,
        "figures": _figures(collection.figures),
    }


def _payment(row: Payment, currency: str) -> Json:
    event = row.event
    return {
        "paid_at": row.paid_at,
        "amount": money(row.amount_minor, currency),
        "source": row.source,
        "card": row.fund if row.source == "card" else None,
        "coupon": row.fund if row.source == "coupon" else None,
        "refund_cycle": cycle_text(Cycle(int(row.fund))) if row.source == "refund" and row.fund else None,
        "main_account": row.fund if row.source == "main_account" else None,
        "cause": row.cause,
        "reference": row.reference,
        "reversal": row.reversal,
        "initiator": row.initiator,
        "event": None
        if event is None
        else {
            "inbox_id": event.inbox_id,
            "type": event.type,
            "source": event.source,
            "event_id": event.event_id,
            "received_at": event.received_at,
        },
    }


def _reason(reason: Reason, account: str) -> Json:
    return {
        "code": str(reason.code),
        "sentence": reason.sentence,
        "figures": _figures(reason.figures),
        "would_change_it": reason.remedy,
        # Any one of them takes the reason away; source and event id are the sender's own.
        "events": [
            {"type": event.type, "account": account, "data": dict(event.data)} for event in reason.events
        ],
    }


def _figures(figures: Mapping[str, Amount | str]) -> Json:
    return {
        name: money(value.minor, value.currency) if isinstance(value, Amount) else value
        for name, value in figures.items()
    }
