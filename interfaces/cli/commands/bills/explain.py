"""`settle explain`: where a bill stands, how it came about, what paid it, and why it is not settled."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Annotated

import typer

from interfaces.cli.remedies import command_line, with_commands
from interfaces.cli.render.output import (
    JsonOption,
    print_facts,
    print_heading,
    print_json,
    print_table,
    printable,
)
from interfaces.cli.render.records import remark_since
from interfaces.cli.session import opened
from interfaces.fields.field import Column
from interfaces.fields.repayments import because
from interfaces.fields.values import amount_text, bill_name, counted, exact_text, local, words
from settlement.errors import NotFound, Refused
from settlement.model.cycle import cycle_text, parse_cycle
from settlement.model.reasons import Outlook, Reason

if TYPE_CHECKING:
    from settlement.operations.reports.explanations import AccountPosition, BillExplanation, Explanation
    from settlement.queries.bills import BillView
    from settlement.queries.charges import ChargeView
    from settlement.queries.explanations import Payment, ProductFees
    from worker.runtime import Runtime

_BILL = re.compile(r"(?P<account>.+):(?P<cycle>\d{4}-\d{2})", re.DOTALL)


def explain_name(
    name: Annotated[str, typer.Argument(metavar="BILL|ACCOUNT", help="ACCOUNT:YYYY-MM, or an account.")],
    as_json: JsonOption = False,
) -> None:
    """Explains a bill, or every bill that an account has not settled. Figures, payments, and all reasons that hold."""
    from interfaces.objects.explanations import explanation_object

    with opened() as runtime:
        found = _explained(runtime, name)
        zone = runtime.policy.zone
        remark_since(runtime.policy, min((bill.bill.cycle for bill in found.bills), default=None))
    if as_json:
        print_json(explanation_object(found))
        return
    _print_account(found.position, zone)
    for bill in found.bills:
        _print_bill(bill, found.at, zone)
    if not found.bills:
        print_heading("nothing is outstanding: every bill of this account is settled")


def _explained(runtime: Runtime, name: str) -> Explanation:
    """A name that ends like a month means a bill, unless there is none and it is the name of an account."""
    from settlement.operations.reports.explanations import explain

    at, store, policy = runtime.as_of(), runtime.store, runtime.policy
    match = _BILL.fullmatch(name)
    if match is None:
        return explain(store, name, None, at=at, policy=policy)
    try:
        return explain(store, match["account"], parse_cycle(match["cycle"]), at=at, policy=policy)
    except (NotFound, Refused) as unknown_bill:
        try:
            return explain(store, name, None, at=at, policy=policy)
        except NotFound as unknown:
            raise NotFound(unknown.code, unknown_bill.message) from None


# ------------------------------------------------------------------------------------------------ for people
def _print_account(position: AccountPosition, zone: tzinfo) -> None:
    account, available = position.account, position.available
    currency = account.currency
    frozen = amount_text(available.frozen_minor, currency)
    if position.accruing_minor:
        frozen += (
            f" (of which {amount_text(position.accruing_minor, currency)} are fees of cycles not issued yet)"
        )
    cash, limit = (
        amount_text(minor, currency) for minor in (available.cash_minor, available.credit_limit_minor)
    )
    terms = f"cash {cash} + limit {limit}"
    unsettled, overdue = (
        counted(bills, "bill") for bills in (account.unsettled_bills, position.overdue_bills)
    )
    facts = [
        ("account", account.external_id),
        ("available credit", f"{amount_text(available.minor, currency)} = {terms} - frozen {frozen}"),
        ("outstanding", f"{amount_text(account.outstanding_minor, currency)} on {unsettled}"),
        ("headroom", amount_text(position.headroom_minor, currency)),
        ("automatic write-off", _gate_text(position.gate)),
    ]
    if position.overdue_bills:
        facts.append(("overdue", f"{amount_text(position.overdue_minor, currency)} on {overdue}"))
    if position.on_its_way_back_minor:
        back = amount_text(position.on_its_way_back_minor, currency)
        command = f"`settle refunds list --account {account.external_id}`"
        facts.append(
            ("on its way back", f"{back} to payment methods; what of it fails becomes cash: {command}")
        )
    if account.owed_for_reversals_minor:
        owed = amount_text(account.owed_for_reversals_minor, currency)
        command = f"`settle disputes list --account {account.external_id}`"
        facts.append(("owed for reversals", f"{owed}, which the next cash pays before any bill: {command}"))
    facts += [("charge under way", _charge_text(charge)) for charge in position.charges_under_way]
    if account.suspended_at is not None:
        facts.append(("suspended", f"since {local(account.suspended_at, zone)}, until all is paid"))
    if account.parked_at is not None:
        facts.append(("parked", f"{local(account.parked_at, zone)}: {account.parked_reason}"))
    print_facts(facts)


def _charge_text(charge: ChargeView) -> str:
    """Whatever bills it is for, settled ones included: one in doubt may have been taken."""
    doubt = ", may or may not have been taken" if charge.state in ("sent", "unknown") else ""
    amount = amount_text(charge.amount_minor, charge.currency)
    return f"{amount} by {charge.method} ({words(charge.state)}{doubt}): `settle charges show {charge.reference}`"


def _print_bill(explained: BillExplanation, at: datetime, zone: tzinfo) -> None:
    bill = explained.bill
    print_heading(
        f"{bill_name(bill.account, bill.cycle)}: {_summary(bill, zone)}{_due_text(explained, zone)}"
    )
    print_heading("how it came about")
    _print_products(explained.products, bill)
    if bill.records_archive_id is not None:
        print(f"what paid it is in archive {bill.records_archive_id}")
    if explained.payments:
        print_heading("what paid it")
        _print_payments(explained.payments, bill, zone)
    if explained.outlook is not None:
        print_heading(f"why it is not settled{_when(bill, explained.outlook, at, zone)}")
        _print_outlook(explained.outlook, bill)


def _summary(bill: BillView, zone: tzinfo) -> str:
    currency = bill.currency
    if bill.payable_minor is None:
        return f"accruing, {exact_text(bill.accrued + bill.carried_in, currency)} so far"
    outstanding = bill.payable_minor - bill.paid_minor
    figures = (
        f"payable {amount_text(bill.payable_minor, currency)}, paid {amount_text(bill.paid_minor, currency)}"
    )
    if bill.state == "settled":
        return f"settled on {local(bill.settled_at, zone)}, {figures}"
    return f"unsettled since {local(bill.issued_at, zone)}, {figures}, outstanding {amount_text(outstanding, currency)}"


def _due_text(explained: BillExplanation, zone: tzinfo) -> str:
    outlook = explained.outlook
    dates = explained.dates if outlook is None else outlook.dates
    if dates is None or dates.due_on is None:
        return ""
    due = f", due by the end of {dates.due_on} ({dates.due_rule})"
    if dates.overdue_at is None:
        return due
    return f"{due}, overdue since {local(dates.overdue_at, zone)}"


def _print_products(products: Sequence[ProductFees], bill: BillView) -> None:
    currency = bill.currency
    rows = [
        (
            row.product or "all other products",
            f"{row.fees:,}",
            exact_text(row.amount, currency),
            f"{row.late_fees:,} ({exact_text(row.late_amount, currency)})" if row.late_fees else "-",
        )
        for row in products
    ]
    if bill.archive_id is not None:
        rows.append((f"fees in archive {bill.archive_id}", "-", exact_text(bill.accrued, currency), "-"))
    if bill.carried_in:
        rows.append(("credit carried in", "-", exact_text(bill.carried_in, currency), "-"))
    if bill.dropped:
        rows.append(("dropped by rounding down", "-", exact_text(-bill.dropped, currency), "-"))
    if bill.carried_out:
        rows.append(("carried to a later month", "-", exact_text(-bill.carried_out, currency), "-"))
    if bill.payable_minor is not None:
        rows.append(("payable", "-", amount_text(bill.payable_minor, currency), "-"))
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
            (
                local(row.paid_at, zone),
                amount_text(row.amount_minor, bill.currency),
                _fund(row),
                _because(row),
            )
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
    if row.reversal is not None:
        return f"{row.reversal}, which {'took it back' if row.amount_minor < 0 else 'brought money back'}"
    return because(row.cause, row.reference)


def _when(bill: BillView, outlook: Outlook, at: datetime, zone: tzinfo) -> str:
    if bill.payable_minor is not None:
        return ""
    issuance = local(outlook.at, zone) if at < outlook.at else "its issuance, which is late,"
    return f", and what {issuance} will bring as things stand"


def _print_outlook(outlook: Outlook, bill: BillView) -> None:
    for number, reason in enumerate(outlook.reasons, start=1):
        print(f"{number}. {printable(reason.sentence)}")
        print(f"   would change it: {printable(with_commands(reason.remedy))}")
        for event in reason.events:
            print(f"   {printable(command_line(bill.account, event))}")
    currency = bill.currency
    if outlook.coupons_minor:
        print(f"coupons take {amount_text(outlook.coupons_minor, currency)} off it as it is issued")
    if outlook.collected_minor:
        print(f"charges have brought in {amount_text(outlook.collected_minor, currency)} for it already")
    if not outlook.reasons:
        print("no reason holds: the next write-off settles it")
    elif outlook.would_pay_minor:
        print(f"the next write-off pays {amount_text(outlook.would_pay_minor, currency)} of it")
    if outlook.collection is not None:
        print(f"collecting: {printable(with_commands(outlook.collection.sentence))}")


def _gate_text(reasons: Iterable[Reason]) -> str:
    kinds = dict.fromkeys(str(reason.code).replace("_", " ") for reason in reasons)
    return f"waits: {', '.join(kinds)}" if kinds else "may pay"
