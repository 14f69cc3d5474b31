"""Everything that is listed about accounts and money, and then about the work. Rule: R12.5."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from interfaces.fields.accounts import account_fields
from interfaces.fields.bills import BILL_LINES, BILLS
from interfaces.fields.charges import CHARGES
from interfaces.fields.funds import CREDIT_REFUNDS, card_fields, coupon_fields
from interfaces.fields.gateway.reconciliation import DAYS, DIFFERENCES, left_out_fields
from interfaces.fields.gateway.reversals import REVERSALS
from interfaces.fields.ledger import ENTRIES
from interfaces.fields.methods import METHODS, PRE_AUTHORIZATIONS
from interfaces.fields.overdue import due_bill_fields
from interfaces.fields.payments import PAYMENTS
from interfaces.fields.refunds import REFUNDS
from interfaces.fields.relationships import RELATIONSHIPS, TRANSFERS
from interfaces.fields.repayments import REPAYMENTS
from interfaces.fields.terms import TERMS
from interfaces.fields.unified_settlements import LINES, UNIFIED_SETTLEMENTS
from interfaces.http.api.reads.filters import (
    ACCOUNT,
    CYCLE,
    MAIN,
    any_state,
    cycle_in_path,
    flag,
    moment,
    named,
    one_kind,
    one_state,
)
from interfaces.http.api.reads.listing import Listing, Place, fixed, of_account, records_since
from interfaces.http.api.reads.operating import OPERATING
from settlement.model.bills import BillState
from settlement.model.gateway.charges import AttemptState
from settlement.model.gateway.refunds import RefundState
from settlement.model.gateway.reversals import ReversalKind
from settlement.model.instants import instant_text
from settlement.model.payments import PaymentState
from settlement.model.relationships import RelationshipState
from settlement.queries import (
    accounts,
    bills,
    charges,
    credit,
    funds,
    ledger,
    methods,
    payments,
    refunds,
    relationships,
    repayments,
    unified_settlements,
)
from settlement.queries.bills import BillLineView
from settlement.queries.gateway import reconciliation, reversals
from settlement.queries.gateway.reversals import ReversalView
from settlement.queries.operating.archives import entries_elsewhere, repayments_elsewhere
from settlement.queries.relationships import TransferKind
from settlement.queries.unified_settlements import UnifiedLineView

if TYPE_CHECKING:
    from sqlalchemy import Connection


@wraps(bills.bill_lines)
def _bill_lines(tx: Connection, *, account: str, cycle: str, **given: Any) -> list[BillLineView]:
    """Of a bill by the names in a path."""
    bill = bills.bill(tx, account, cycle_in_path(cycle))
    return bills.bill_lines(tx, account, bill.cycle, **given)


@wraps(unified_settlements.lines)
def _settlement_lines(
    tx: Connection, *, account: str, settlement: str, after: Any, **given: Any
) -> list[UnifiedLineView]:
    """Of a unified settlement by the names in a path."""
    found = unified_settlements.settlement(tx, account, settlement)
    return unified_settlements.lines(tx, found.number, after=after or 0, **given)


@wraps(reversals.reversals)
def _reversals(tx: Connection, *, after: tuple[str, str] | None, **given: Any) -> list[ReversalView]:
    """From the one after a gateway and its own id on."""
    gateway, gateway_ref = after or (None, None)
    return reversals.reversals(tx, after=gateway_ref, after_gateway=gateway, **given)


_BY_BILL: Place[Any] = Place(lambda row: (row.account, row.cycle), str, int)
_BY_REFERENCE: Place[Any] = Place(lambda row: row.reference, str)
_BY_NUMBER: Place[Any] = Place(lambda row: row.number, int)
_BY_NAME: Place[Any] = Place(lambda row: row.external_id, str)
_USED_UP = flag("used_up", "Also those without a balance.")
_OF_ACCOUNT = "/accounts/{account}"


# The order is that of the console and of docs/api.md.
LISTINGS: tuple[Listing[Any], ...] = (
    Listing("list_accounts", "/accounts", "accounts", "Accounts in the order in which they were opened.",
            lambda facts: account_fields(facts.policy), accounts.accounts, _BY_NAME,
            [named("currency", "Only those that are kept in this currency.")]),
    Listing("list_bills", "/bills", "bills", "Bills by account, then by month.",
            fixed(BILLS), bills.bills, _BY_BILL,
            [ACCOUNT, CYCLE, one_state(BillState)]),
    Listing("list_bill_lines", f"{_OF_ACCOUNT}/bills/{{cycle}}/lines", "lines",
            "What a bill is made of, the largest line first.", fixed(BILL_LINES), _bill_lines,
            Place(lambda row: (row.product, row.order_id, row.single_month), str, str, bool)),
    Listing("list_overdue", "/overdue", "bills", "Overdue bills by due date.",
            lambda facts: due_bill_fields(facts.as_of().astimezone(facts.policy.zone).date()),
            credit.due_bills, _BY_BILL,
            [ACCOUNT, flag("upcoming", "Also unsettled bills whose due date is still to come.")]),
    Listing("list_repayments", "/repayments", "repayments",
            "Repayments of the months of which records are presented, by account, month and cause; those of bills with "
            "`records_archive` are in that archive.",
            fixed(REPAYMENTS), repayments.repayments,
            Place(lambda row: (row.account, row.cycle, row.cause), str, int, str), [ACCOUNT, CYCLE],
            lambda facts: {"since": records_since(facts)}, elsewhere=repayments_elsewhere),
    Listing("list_payments", "/payments", "payments", "Manual payments, the newest first.",
            fixed(PAYMENTS), payments.payments, _BY_NUMBER,
            [ACCOUNT, CYCLE, one_state(PaymentState)]),
    Listing("list_charges", "/charges", "charges", "Charges of payment methods, the newest first.",
            fixed(CHARGES), charges.charges, _BY_REFERENCE, [ACCOUNT, CYCLE, any_state(AttemptState)]),
    Listing("list_refunds", "/refunds", "refunds", "Refunds to payment methods, the newest first.",
            fixed(REFUNDS), refunds.refunds, _BY_REFERENCE, [ACCOUNT, any_state(RefundState)]),
    Listing("list_disputes", "/disputes", "disputes",
            "Disputes, and refunds that gateways made by themselves, those found last first.",
            fixed(REVERSALS), _reversals, Place(lambda row: (row.gateway, row.gateway_ref), str, str),
            [ACCOUNT, one_kind(ReversalKind),
             flag("open", "Only those that are not final.", "open_only")]),
    Listing("list_relationships", "/relationships", "relationships", "Relationships in the order of their requests.",
            fixed(RELATIONSHIPS), relationships.relationships, _BY_NUMBER,
            [ACCOUNT, any_state(RelationshipState)]),
    Listing("list_transfers", "/transfers", "transfers",
            "Money sent by main accounts to their members, or pulled back from them, the newest first.",
            fixed(TRANSFERS), relationships.transfers,
            Place(lambda row: (instant_text(row.posted_at), str(row.entry)), str, str),
            [ACCOUNT, one_kind(TransferKind)]),
    Listing("list_settlements", "/unified-settlements", "unified_settlements", "Unified settlements, the newest first.",
            fixed(UNIFIED_SETTLEMENTS), unified_settlements.settlements, _BY_NUMBER,
            [MAIN, flag("deleted", "Also those that were deleted.")]),
    Listing("list_settlement_lines", f"{_OF_ACCOUNT}/unified-settlements/{{settlement}}/lines", "lines",
            "The bills of a unified settlement in the order of payment.", fixed(LINES), _settlement_lines,
            Place(lambda row: (row.line_no, row.account, row.cycle), int, str, int),
            [flag("dropped", "Also those that were dropped from its list, where they stood.")]),
    Listing("list_cards", f"{_OF_ACCOUNT}/cards", "cards", "An account's stored value cards, expiring first.",
            lambda facts: card_fields(facts.as_of()), of_account(funds.cards), _BY_NAME, [_USED_UP]),
    Listing("list_coupons", f"{_OF_ACCOUNT}/coupons", "coupons",
            "An account's coupons, in the order in which they are used.",
            lambda facts: coupon_fields(facts.as_of()), of_account(funds.coupons), _BY_NAME, [_USED_UP]),
    Listing("list_credit_refunds", f"{_OF_ACCOUNT}/credit-refunds", "credit_refunds",
            "An account's credit refunds that have something left, the oldest first.",
            fixed(CREDIT_REFUNDS), of_account(funds.credit_refunds), Place(lambda row: row.id, int)),
    Listing("list_methods", f"{_OF_ACCOUNT}/methods", "methods", "An account's payment methods, the default one first.",
            fixed(METHODS), of_account(methods.methods), Place(lambda row: row.name, str),
            [flag("removed", "Also those that were removed.")]),
    Listing("list_terms", f"{_OF_ACCOUNT}/terms", "terms",
            "An account's payment terms, by the month with which they begin.",
            fixed(TERMS), of_account(credit.terms), Place(lambda row: row.term.from_cycle, int)),
    Listing("list_holds", "/method-holds", "holds",
            "Amounts held to check a payment method that are not let go yet, the oldest first.",
            fixed(PRE_AUTHORIZATIONS), methods.pre_authorizations, _BY_REFERENCE),
    Listing("list_entries", "/ledger", "entries", "Entries of the ledger in the order of posting.",
            fixed(ENTRIES), ledger.page, Place(lambda row: (instant_text(row.posted_at), str(row.id)), str, str),
            [ACCOUNT, moment("since", "Only those posted at this instant or later."),
             moment("until", "Only those posted before this instant.")], elsewhere=entries_elsewhere),
    Listing("list_differences", "/differences", "differences", "Differences from gateways' books, the newest first.",
            fixed(DIFFERENCES), reconciliation.differences,
            Place(lambda row: (instant_text(row.found_at), row.gateway, row.kind, row.reference, row.gateway_ref),
                  str, str, str, str, str), [flag("with_closed", "Also those that were closed.")]),
    Listing("list_compared_days", "/differences/days", "days",
            "Days that were compared with gateways' books, the newest first.",
            fixed(DAYS), reconciliation.days, Place(lambda row: (row.day.isoformat(), row.gateway), str, str)),
    Listing("list_left_out_days", "/differences/left-out", "days",
            "Days that were not compared, and that nobody compares by itself any more, the newest first.",
            lambda facts: left_out_fields(facts.policy.zone), reconciliation.left_out,
            Place(lambda row: (instant_text(row.since), row.gateway), str, str)),
    *OPERATING,
)  # fmt: skip
