"""`settle explain`: where a bill stands, how it came about, what paid it, and why it is not settled."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, Annotated

import typer

from interfaces.cli.arguments import bill_name
from interfaces.cli.render.figures import exact_shown, local, shown
from interfaces.cli.render.output import (
    Column,
    JsonOption,
    print_facts,
    print_heading,
    print_json,
    print_table,
    printable,
)
from interfaces.cli.session import opened
from settlement.errors import NotFound
from settlement.model.cycle import cycle_text, parse_cycle
from settlement.model.reasons import Outlook, Reason

if TYPE_CHECKING:
    from settlement.operations.reports.explanations import AccountStanding, BillExplanation, Explanation
    from settlement.queries.bills import BillView
    from settlement.queries.explanations import Payment, ProductFees
    from worker.runtime import Runtime

_BILL = re.compile(r"(?P<account>.+):(?P<cycle>\d{4}-(0[1-9]|1[0-2]))", re.DOTALL)


def register(app: typer.Typer) -> None:
    """Adds `explain`."""
    app.command("explain")(explain_name)


def explain_name(
    name: Annotated[str, typer.Argument(metavar="BILL|ACCOUNT", help="ACCOUNT:YYYY-MM, or an account.")],
    as_json: JsonOption = False,
) -> None:
    """Explains a bill, or every bill that an account has not settled. Figures, payments, and all reasons that hold."""
    from interfaces.cli.render.explanation_json import explanation_json

    with opened() as runtime:
        found = _explained(runtime, name)
        zone = runtime.policy.zone
    if as_json:
        print_json(explanation_json(found))
        return
    _print_account(found.standing, zone)
    for bill in found.bills:
        _print_bill(bill, zone)
    if not found.bills:
        print_heading("nothing is outstanding: every bill of this account is settled")


def _explained(runtime: Runtime, name: str) -> Explanation:
    """A name that ends like a month means a bill, unless there is none and it is the name of an account."""
    from settlement.operations.reports.explanations import explain

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
    if standing.overdue_bills:
        overdue = f"{shown(standing.overdue_minor, currency)} on {standing.overdue_bills} bills"
        print_facts([("overdue", overdue)])
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
    print_heading(
        f"{bill_name(bill.account, bill.cycle)}: {_summary(bill, zone)}{_due_text(explained, zone)}"
    )
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


def _due_text(explained: BillExplanation, zone: tzinfo) -> str:
    outlook = explained.outlook
    dates = explained.dates if outlook is None else outlook.dates
    if dates is None or dates.due_on is None:
        return ""
    told = f", due by the end of {dates.due_on} ({dates.due_rule})"
    if dates.overdue_at is None:
        return told
    return f"{told}, overdue since {local(dates.overdue_at, zone)}"


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
        return "payment method" if row.source == "external" else row.source
    return f"{row.source.replace('_', ' ')} {_refund_month(row) or row.fund}"


def _refund_month(row: Payment) -> str | None:
    return f"of {cycle_text(int(row.fund))}" if row.source == "refund" and row.fund is not None else None


def _because(row: Payment) -> str:
    if row.event is not None:
        return f"{row.event.type} {row.event.source}/{row.event.event_id} (inbox row {row.event.inbox_id})"
    kind, _, rest = row.cause.partition(":")
    if kind == "coupon":
        return "its issuance"
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
    currency = bill.currency
    if outlook.coupons_minor:
        print(f"coupons take {shown(outlook.coupons_minor, currency)} off it as it is issued")
    if outlook.collected_minor:
        print(f"charges have brought in {shown(outlook.collected_minor, currency)} for it already")
    if not outlook.reasons:
        print("no reason holds: the next write-off settles it")
    elif outlook.would_pay_minor:
        print(f"the next write-off pays {shown(outlook.would_pay_minor, currency)} of it")
    if outlook.collection is not None:
        print(f"collecting: {printable(outlook.collection.sentence)}")


def _gate_text(reasons: Iterable[Reason]) -> str:
    kinds = dict.fromkeys(str(reason.code).replace("_", " ") for reason in reasons)
    return f"waits: {', '.join(kinds)}" if kinds else "may pay"
