"""`settle explain`: where a bill stands, how it came about, what paid it, and why it is not settled."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import tzinfo
from typing import Annotated

import typer

from settlement.errors import NotFound
from settlement.model.cycle import Cycle, cycle_text, parse_cycle
from settlement.operations.explain import AccountStanding, BillExplanation, Explanation, explain
from settlement.plans.reasons import Amount, Outlook, Reason
from settlement.storage.explain import Payment, ProductFees
from settlement.storage.views import BillView
from worker.cli.arguments import bill_name
from worker.cli.bills import bill_json
from worker.cli.figures import Json, exact, exact_shown, instant, local, money, shown
from worker.cli.output import (
    Column,
    JsonOption,
    print_facts,
    print_heading,
    print_json,
    print_table,
    printable,
)
from worker.cli.session import opened
from worker.runtime import Runtime

_BILL = re.compile(r"(?P<account>.+):(?P<cycle>\d{4}-(0[1-9]|1[0-2]))", re.DOTALL)


def register(app: typer.Typer) -> None:
    """Adds `explain`."""
    app.command("explain")(explain_name)


def explain_name(
    name: Annotated[str, typer.Argument(metavar="BILL|ACCOUNT", help="ACCOUNT:YYYY-MM, or an account.")],
    as_json: JsonOption = False,
) -> None:
    """Explain a bill, or every bill of an account that is not settled: figures, payments, and all reasons that hold."""
    with opened() as runtime:
        found = _explained(runtime, name)
        zone = runtime.policy.zone
    if as_json:
        print_json(_json(found))
        return
    _print_account(found.standing, zone)
    for bill in found.bills:
        _print_bill(bill, zone)
    if not found.bills:
        print_heading("nothing is outstanding: every bill of this account is settled")


def _explained(runtime: Runtime, name: str) -> Explanation:
    """A name that ends like a month means a bill, unless there is none and it is the name of an account."""
    at, store, policy = runtime.now(), runtime.store, runtime.policy
    match = _BILL.fullmatch(name)
    if match is None:
        return explain(store, name, None, at=at, policy=policy)
    try:
        return explain(store, match["account"], parse_cycle(match["cycle"]), at=at, policy=policy)
    except NotFound as unknown_bill:
        try:
            return explain(store, name, None, at=at, policy=policy)
        except NotFound:
            raise unknown_bill from None


# ------------------------------------------------------------------------------------------------ for people
def _print_account(standing: AccountStanding, zone: tzinfo) -> None:
    account, available = standing.account, standing.available
    currency = account.currency
    frozen = shown(available.frozen_minor, currency)
    if standing.accruing_minor:
        frozen += f" (of which {shown(standing.accruing_minor, currency)} are fees of cycles not issued yet)"
    terms = f"cash {shown(available.cash_minor, currency)} + limit {shown(available.credit_limit_minor, currency)}"
    print_facts(
        [
            ("account", account.external_id),
            ("available credit", f"{shown(available.minor, currency)} = {terms} - frozen {frozen}"),
            (
                "outstanding",
                f"{shown(account.outstanding_minor, currency)} on {account.unsettled_bills} bills",
            ),
            ("headroom", shown(standing.headroom_minor, currency)),
            ("automatic write-off", _gate_text(standing.gate)),
        ]
    )
    if standing.on_its_way_back_minor:
        back = shown(standing.on_its_way_back_minor, currency)
        command = f"`settle refunds list --account {account.external_id}`"
        print_facts(
            [("on its way back", f"{back} to payment methods; what of it fails becomes cash: {command}")]
        )
    if account.parked_at is not None:
        print_facts([("parked", f"{local(account.parked_at, zone)}: {account.parked_reason}")])


def _print_bill(explained: BillExplanation, zone: tzinfo) -> None:
    bill = explained.bill
    print_heading(f"{bill_name(bill.account, bill.cycle)}: {_summary(bill, zone)}")
    print_heading("how it came about")
    _print_products(explained.products, bill)
    if explained.payments:
        print_heading("what paid it")
        _print_payments(explained.payments, bill, zone)
    if explained.outlook is not None:
        print_heading(f"why it is not settled{_when(bill, explained.outlook, zone)}")
        _print_outlook(explained.outlook, bill)


def _summary(bill: BillView, zone: tzinfo) -> str:
    currency = bill.currency
    if bill.payable_minor is None:
        return f"accruing, {exact_shown(bill.accrued + bill.carried_in, currency)} so far"
    outstanding = bill.payable_minor - bill.paid_minor
    figures = f"payable {shown(bill.payable_minor, currency)}, paid {shown(bill.paid_minor, currency)}"
    if bill.state == "settled":
        return f"settled on {local(bill.settled_at, zone)}, {figures}"
    return f"unsettled since {local(bill.issued_at, zone)}, {figures}, outstanding {shown(outstanding, currency)}"


def _print_products(products: Sequence[ProductFees], bill: BillView) -> None:
    currency = bill.currency
    rows = [
        (
            row.product or "all other products",
            f"{row.fees:,}",
            exact_shown(row.amount, currency),
            f"{row.late_fees:,} ({exact_shown(row.late_amount, currency)})" if row.late_fees else "-",
        )
        for row in products
    ]
    if bill.carried_in:
        rows.append(("credit carried in", "-", exact_shown(bill.carried_in, currency), "-"))
    if bill.dropped:
        rows.append(("dropped by rounding down", "-", exact_shown(-bill.dropped, currency), "-"))
    if bill.carried_out:
        rows.append(("carried to a later month", "-", exact_shown(-bill.carried_out, currency), "-"))
    if bill.payable_minor is not None:
        rows.append(("payable", "-", shown(bill.payable_minor, currency), "-"))
    columns = (
        Column("product"),
        Column("fees", right=True),
        Column("amount", right=True),
        Column("came late"),
    )
    print_table(columns, rows)


def _print_payments(payments: Iterable[Payment], bill: BillView, zone: tzinfo) -> None:
    columns = (Column("paid at"), Column("amount", right=True), Column("from"), Column("because of"))
    print_table(
        columns,
        [
            (local(row.paid_at, zone), shown(row.amount_minor, bill.currency), _fund(row), _because(row))
            for row in payments
        ],
    )


def _fund(row: Payment) -> str:
    if row.fund is None:
        return row.source
    return f"{row.source} {_refund_month(row) or row.fund}"


def _refund_month(row: Payment) -> str | None:
    return f"of {cycle_text(int(row.fund))}" if row.source == "refund" and row.fund is not None else None


def _because(row: Payment) -> str:
    if row.event is not None:
        return f"{row.event.type} {row.event.source}/{row.event.event_id} (inbox row {row.event.inbox_id})"
    kind, _, rest = row.cause.partition(":")
    return f"month close of {rest}" if kind == "close" else row.cause


def _when(bill: BillView, outlook: Outlook, zone: tzinfo) -> str:
    return (
        f", and what {local(outlook.at, zone)} will bring as things stand"
        if bill.payable_minor is None
        else ""
    )


def _print_outlook(outlook: Outlook, bill: BillView) -> None:
    for number, reason in enumerate(outlook.reasons, start=1):
        print(f"{number}. {printable(reason.sentence)}")
        print(f"   would change it: {printable(reason.remedy)}")
    if not outlook.reasons:
        print("no reason holds: the next write-off settles it")
    elif outlook.would_pay_minor:
        print(f"the next write-off pays {shown(outlook.would_pay_minor, bill.currency)} of it")


def _gate_text(reasons: Iterable[Reason]) -> str:
    kinds = dict.fromkeys(str(reason.code).replace("_", " ") for reason in reasons)
    return f"waits: {', '.join(kinds)}" if kinds else "may pay"


# ------------------------------------------------------------------------------------------------ for programs
def _json(found: Explanation) -> Json:
    return {
        "at": instant(found.at),
        "account": _account_json(found.standing),
        "bills": [_bill_json(bill) for bill in found.bills],
    }


def _account_json(standing: AccountStanding) -> Json:
    account, available = standing.account, standing.available
    currency = account.currency
    return {
        "account": account.external_id,
        "currency": currency,
        "available_credit": money(available.minor, currency),
        "cash": money(available.cash_minor, currency),
        "credit_limit": money(available.credit_limit_minor, currency),
        "frozen": money(available.frozen_minor, currency),
        "frozen_accruing": money(standing.accruing_minor, currency),
        "outstanding": money(account.outstanding_minor, currency),
        "headroom": money(standing.headroom_minor, currency),
        "on_its_way_back": money(standing.on_its_way_back_minor, currency),
        "parked_at": instant(account.parked_at),
        "parked_reason": account.parked_reason,
        "gate": [_reason_json(reason) for reason in standing.gate],
    }


def _bill_json(explained: BillExplanation) -> Json:
    bill, outlook = explained.bill, explained.outlook
    return {
        **bill_json(bill),
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
        "payments": [_payment_json(row, bill.currency) for row in explained.payments],
        "reasons": [_reason_json(reason) for reason in explained.reasons],
        "next_write_off": None
        if outlook is None
        else {
            "at": instant(outlook.at),
            "pays": money(outlook.would_pay_minor, bill.currency),
            "settles": outlook.would_settle,
        },
    }


def _payment_json(row: Payment, currency: str) -> Json:
    event = row.event
    return {
        "paid_at": instant(row.paid_at),
        "amount": money(row.amount_minor, currency),
        "source": row.source,
        "card": row.fund if row.source == "card" else None,
        "refund_cycle": cycle_text(Cycle(int(row.fund))) if row.source == "refund" and row.fund else None,
        "cause": row.cause,
        "initiator": row.initiator,
        "event": None
        if event is None
        else {
            "inbox_id": event.inbox_id,
            "type": event.type,
            "source": event.source,
            "event_id": event.event_id,
            "received_at": instant(event.received_at),
        },
    }


def _reason_json(reason: Reason) -> Json:
    return {
        "code": str(reason.code),
        "sentence": reason.sentence,
        "figures": {name: _figure(value) for name, value in reason.figures.items()},
        "would_change_it": reason.remedy,
    }


def _figure(value: Amount | str) -> Json:
    return money(value.minor, value.currency) if isinstance(value, Amount) else value
