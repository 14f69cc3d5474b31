"""One account with everything of its, read in one transaction and shown to people and programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from sqlalchemy import Connection

from interfaces.cli.commands.accounts.cards import card_json, print_cards
from interfaces.cli.commands.accounts.coupons import coupon_json, print_coupons
from interfaces.cli.commands.accounts.methods import method_json, print_methods
from interfaces.cli.commands.accounts.terms import next_due, print_terms, term_json
from interfaces.cli.commands.payments.refunds import print_refunds, refund_json
from interfaces.cli.render.figures import Json, counted, day, instant, local, money, money_or_none, shown
from interfaces.cli.render.output import Column, print_facts, print_heading, print_table
from settlement.model.cycle import cycle_of, cycle_text
from settlement.model.policies.policy import Policy
from settlement.operations.reports.credit import available_credit, headroom_minor
from settlement.queries import accounts, charges, credit, funds, methods, refunds, relationships
from settlement.queries.accounts import AccountView, HoldView
from settlement.queries.charges import CollectionView
from settlement.queries.credit import TermView
from settlement.queries.funds import CardView, CouponView, CreditRefundView
from settlement.queries.methods import MethodView
from settlement.queries.refunds import GatewayRefundView
from settlement.queries.relationships import Membership


@dataclass(frozen=True, slots=True)
class Shown:
    """An account and what belongs to it."""

    account: AccountView
    terms: Sequence[TermView]
    holds: Sequence[HoldView]
    cards: Sequence[CardView]
    coupons: Sequence[CouponView]
    refunds: Sequence[CreditRefundView]
    methods: Sequence[MethodView]
    collecting: CollectionView | None
    on_their_way: list[GatewayRefundView]
    tie: Membership


def read_account(tx: Connection, name: str) -> Shown:
    """Everything about one account.

    Raises:
        NotFound: it does not exist.
    """
    found = accounts.account(tx, name)
    return Shown(
        found,
        credit.terms(tx, found.id),
        accounts.holds(tx, found.id),
        funds.cards(tx, found.id),
        funds.coupons(tx, found.id),
        funds.credit_refunds(tx, found.id),
        methods.methods(tx, found.id),
        charges.collection(tx, found.id),
        refunds.on_their_way(tx, found.id),
        relationships.membership(tx, found.id),
    )


def state_text(account: AccountView) -> str:
    """An account's state in a few words."""
    if account.parked_at is not None:
        return "parked"
    words = ["open"]
    if not account.auto_write_off_enabled:
        words.append("write-off off")
    if account.overdue_bills:
        words.append("overdue")
    return ", ".join(words)


# ------------------------------------------------------------------------------------------------ for people
def print_account(found: Shown, now: datetime, policy: Policy) -> None:
    """Facts first, then a table for everything that it has."""
    account, zone = found.account, policy.zone
    currency = account.currency
    print_facts(_facts(found, now, policy))
    if found.terms:
        print_heading("payment terms")
        print_terms(found.terms, zone)
    if found.holds:
        print_heading("holds on automatic write-off")
        print_table(
            (Column("reason"), Column("reference"), Column("since")),
            [(hold.reason, hold.ref or "-", local(hold.held_at, zone)) for hold in found.holds],
        )
    if found.cards:
        print_heading("stored value cards")
        print_cards(found.cards, currency, now, zone)
    if found.coupons:
        print_heading("coupons")
        print_coupons(found.coupons, currency, now, zone)
    if found.refunds:
        print_heading("credit refunds")
        print_table(
            (Column("month"), Column("remaining", right=True), Column("granted")),
            [
                (
                    cycle_text(refund.cycle),
                    shown(refund.remaining_minor, currency),
                    local(refund.granted_at, zone),
                )
                for refund in found.refunds
            ],
        )
    if found.on_their_way:
        print_heading("on its way back to payment methods")
        print_refunds(found.on_their_way, zone)
    if found.methods:
        print_heading("payment methods")
        print_methods(found.methods, currency, zone)
    if found.collecting is not None:
        print_heading("collecting")
        print_facts(_collecting_facts(found.collecting, currency, zone))


def _facts(found: Shown, now: datetime, policy: Policy) -> list[tuple[str, str]]:
    account = found.account
    credit, currency = available_credit(account, policy), account.currency
    facts = [
        ("account", account.external_id),
        ("name", account.name or "-"),
        ("state", state_text(account)),
        ("opened", local(account.opened_at, policy.zone)),
        ("cash", shown(account.cash_minor, currency)),
        *_tie_facts(found.tie, account),
        ("credit limit", shown(account.credit_limit_minor, currency)),
        (
            "frozen",
            f"{shown(credit.frozen_minor, currency)}, by operators {shown(account.frozen_minor, currency)}",
        ),
        ("available credit", shown(credit.minor, currency)),
        (
            "outstanding",
            f"{shown(account.outstanding_minor, currency)} on {counted(account.unsettled_bills, 'bill')}",
        ),
        ("headroom", shown(headroom_minor(account, credit), currency)),
        ("low credit line", _line_text(account, policy.zone)),
        ("credit control", _yes(account.credit_control)),
        *_due_facts(found, now, policy),
        ("automatic write-off", _yes(account.auto_write_off_enabled)),
        ("refunds pay past bills", _yes(account.write_off_past_bills)),
    ]
    if account.parked_reason is not None:
        facts += [
            ("parked", local(account.parked_at, policy.zone)),
            ("because", account.parked_reason),
            (
                "then",
                f"`settle parked recheck {account.external_id}`, then `settle parked release {account.external_id}`",
            ),
        ]
    return facts


def _tie_facts(tie: Membership, account: AccountView) -> list[tuple[str, str]]:
    """Nothing about main accounts and payments under way where there are none."""
    currency = account.currency
    facts = []
    if account.held_minor:
        facts.append(("set aside", f"{shown(account.held_minor, currency)} of it, for a payment under way"))
    if tie.transferred_in_minor:
        back = shown(tie.returnable_minor, currency)
        facts.append(
            ("by transfer", f"{shown(tie.transferred_in_minor, currency)} of it, {back} may be pulled back")
        )
    if tie.main is not None:
        facts.append(("main account", f"{tie.main}, {tie.state}"))
    return facts


def _line_text(account: AccountView, zone: tzinfo) -> str:
    if account.low_credit_line_minor is None:
        return "-"
    line = shown(account.low_credit_line_minor, account.currency)
    if account.low_credit_since is None:
        return line
    return f"{line}, below it since {local(account.low_credit_since, zone)}"


def _due_facts(found: Shown, now: datetime, policy: Policy) -> list[tuple[str, str]]:
    """Nothing about due dates where there are none."""
    account = found.account
    facts = []
    if account.overdue_bills or account.next_due_on is not None:
        overdue = (
            f"{shown(account.overdue_minor, account.currency)} on {counted(account.overdue_bills, 'bill')}"
        )
        facts = [("overdue", overdue), ("oldest due date", day(account.next_due_on))]
    if account.credit_control:
        cycle = cycle_of(now, policy.zone)
        due = next_due(found.terms, cycle, policy)
        text = "no payment term, so no due date" if due is None else f"due on {due.isoformat()}"
        facts.append((f"bill of {cycle_text(cycle)}", text))
    return facts


def _collecting_facts(row: CollectionView, currency: str, zone: tzinfo) -> list[tuple[str, str]]:
    facts = [
        ("not collected yet", shown(row.uncollected_minor, currency)),
        ("charged when it reaches", shown(row.threshold_minor, currency)),
    ]
    if row.declining_since is not None:
        again = "not tried again by itself" if row.hard else f"next step {local(row.due_at, zone)}"
        facts.append(("declining since", f"{local(row.declining_since, zone)}, {again}"))
    return facts


def _yes(value: bool) -> str:
    return "yes" if value else "no"


# ------------------------------------------------------------------------------------------------ for programs
def shown_json(found: Shown, now: datetime, policy: Policy) -> dict[str, Json]:
    """An account with everything of its, for programs."""
    currency = found.account.currency
    collecting = found.collecting
    return {
        **account_json(found.account, policy),
        "set_aside": money(found.account.held_minor, currency),
        "received_by_transfer": money(found.tie.transferred_in_minor, currency),
        "returnable": money(found.tie.returnable_minor, currency),
        "main_account": None
        if found.tie.main is None
        else {"account": found.tie.main, "state": found.tie.state},
        "terms": [term_json(row) for row in found.terms],
        "holds": [_hold_json(hold) for hold in found.holds],
        "cards": [card_json(card, currency, now) for card in found.cards],
        "coupons": [coupon_json(coupon, currency, now) for coupon in found.coupons],
        "refunds": [_refund_json(refund, currency) for refund in found.refunds],
        "on_its_way_back": [refund_json(row) for row in found.on_their_way],
        "methods": [method_json(row, currency) for row in found.methods],
        "collecting": None if collecting is None else _collecting_json(collecting, currency),
    }


def account_json(account: AccountView, policy: Policy) -> dict[str, Json]:
    """An account for programs."""
    credit = available_credit(account, policy)
    currency = account.currency
    return {
        "account": account.external_id,
        "name": account.name,
        "currency": currency,
        "cash": money(account.cash_minor, currency),
        "credit_limit": money(account.credit_limit_minor, currency),
        "frozen_by_operator": money(account.frozen_minor, currency),
        "frozen": money(credit.frozen_minor, currency),
        "available_credit": money(credit.minor, currency),
        "outstanding": money(account.outstanding_minor, currency),
        "headroom": money(headroom_minor(account, credit), currency),
        "unsettled_bills": account.unsettled_bills,
        "overdue": money(account.overdue_minor, currency),
        "overdue_bills": account.overdue_bills,
        "oldest_due_on": None if account.next_due_on is None else account.next_due_on.isoformat(),
        "low_credit_line": money_or_none(account.low_credit_line_minor, currency),
        "low_credit_since": instant(account.low_credit_since),
        "credit_control": account.credit_control,
        "auto_write_off": account.auto_write_off_enabled,
        "write_off_past_bills": account.write_off_past_bills,
        "opened_at": instant(account.opened_at),
        "parked_at": instant(account.parked_at),
        "parked_reason": account.parked_reason,
    }


def _hold_json(hold: HoldView) -> Json:
    return {"reason": hold.reason, "ref": hold.ref, "held_at": instant(hold.held_at)}


def _refund_json(refund: CreditRefundView, currency: str) -> Json:
    return {
        "cycle": cycle_text(refund.cycle),
        "remaining": money(refund.remaining_minor, currency),
        "granted_at": instant(refund.granted_at),
    }


def _collecting_json(row: CollectionView, currency: str) -> Json:
    return {
        "uncollected": money(row.uncollected_minor, currency),
        "charged_at": money_or_none(row.threshold_minor, currency),
        "declining_since": instant(row.declining_since),
        "declined_for_good": row.hard,
        "next_step_at": instant(row.due_at),
    }
