"""One account with everything of its, read in one transaction and shown to people and programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from typing import Any

from interfaces.cli.commands.accounts.terms import due_text, next_due
from interfaces.cli.render.output import print_facts, print_heading, print_rows
from interfaces.fields.accounts import HOLDS, state_text
from interfaces.fields.charges import CHARGES
from interfaces.fields.field import Fields
from interfaces.fields.funds import fund_fields
from interfaces.fields.methods import METHODS
from interfaces.fields.refunds import REFUNDS
from interfaces.fields.terms import TERMS
from interfaces.fields.values import amount_text, counted, due_day, local
from interfaces.objects.accounts import AccountDetails
from settlement.model.cycle import cycle_of, cycle_text
from settlement.model.policies.policy import Policy
from settlement.operations.reports.credit import available_credit, headroom_minor
from settlement.queries.accounts import AccountView
from settlement.queries.charges import CollectionView
from settlement.queries.relationships import Membership


# ------------------------------------------------------------------------------------------------ for people
def print_account(found: AccountDetails, now: datetime, policy: Policy) -> None:
    """Facts first, then a table for everything that it has."""
    account, zone = found.account, policy.zone
    currency = account.currency
    print_facts(_facts(found, now, policy))
    for heading, fields, rows in _parts(found, now):
        if rows:
            print_heading(heading)
            print_rows(fields, rows, zone)
    if found.collection is not None:
        print_heading("collecting")
        print_facts(_collection_facts(found.collection, currency, zone))


def _parts(found: AccountDetails, now: datetime) -> Iterator[tuple[str, Fields[Any], Sequence[Any]]]:
    """Everything it has, with a heading."""
    yield "payment terms", TERMS, found.terms
    yield "holds on automatic write-off", HOLDS, found.holds
    fields = fund_fields(now)
    yield from ((kind.titles, fields[kind.source], rows) for kind, rows in found.funds.by_kind())
    yield "on its way back to payment methods", REFUNDS, found.on_their_way
    yield "payment methods", METHODS, found.methods
    yield "charges under way", CHARGES, found.charges_under_way


def _owed_facts(account: AccountView) -> list[tuple[str, str]]:
    """Nothing about payments that were taken back where none is owed."""
    if not account.owed_for_reversals_minor:
        return []
    owed = amount_text(account.owed_for_reversals_minor, account.currency)
    command = f"`settle disputes list --account {account.external_id}`"
    return [("owed for reversals", f"{owed}, which the next cash pays before any bill: {command}")]


def _facts(found: AccountDetails, now: datetime, policy: Policy) -> list[tuple[str, str]]:
    account = found.account
    credit, currency = available_credit(account, policy), account.currency
    facts = [
        ("account", account.external_id),
        ("name", account.name or "-"),
        ("state", state_text(account)),
        ("opened", local(account.opened_at, policy.zone)),
        ("cash", amount_text(account.cash_minor, currency)),
        *_membership_facts(found.membership, account),
        ("credit limit", amount_text(account.credit_limit_minor, currency)),
        (
            "frozen",
            f"{amount_text(credit.frozen_minor, currency)}, by operators {amount_text(account.frozen_minor, currency)}",
        ),
        ("available credit", amount_text(credit.minor, currency)),
        (
            "outstanding",
            f"{amount_text(account.outstanding_minor, currency)} on {counted(account.unsettled_bills, 'bill')}",
        ),
        *_owed_facts(account),
        ("headroom", amount_text(headroom_minor(account, credit), currency)),
        ("low credit line", _line_text(account, policy.zone)),
        ("credit control", _yes(account.credit_control)),
        *_due_facts(found, now, policy),
        ("automatic write-off", _yes(account.auto_write_off_enabled)),
        ("refunds pay past bills", _yes(account.write_off_past_bills)),
    ]
    if account.suspended_at is not None:
        facts.append(("suspended", f"since {local(account.suspended_at, policy.zone)}, until all is paid"))
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


def _membership_facts(membership: Membership, account: AccountView) -> list[tuple[str, str]]:
    """Nothing about main accounts and payments under way where there are none."""
    currency = account.currency
    facts = []
    if account.held_minor:
        facts.append(
            ("set aside", f"{amount_text(account.held_minor, currency)} of it, for a payment under way")
        )
    if membership.transferred_in_minor:
        back = amount_text(membership.returnable_minor, currency)
        facts.append(
            (
                "by transfer",
                f"{amount_text(membership.transferred_in_minor, currency)} of it, {back} may be pulled back",
            )
        )
    if membership.main is not None:
        facts.append(("main account", f"{membership.main}, {membership.state}"))
    return facts


def _line_text(account: AccountView, zone: tzinfo) -> str:
    if account.low_credit_line_minor is None:
        return "-"
    line = amount_text(account.low_credit_line_minor, account.currency)
    if account.low_credit_since is None:
        return line
    return f"{line}, below it since {local(account.low_credit_since, zone)}"


def _due_facts(found: AccountDetails, now: datetime, policy: Policy) -> list[tuple[str, str]]:
    """Nothing about due dates where there are none."""
    account = found.account
    facts = []
    if account.overdue_bills or account.next_due_on is not None:
        oldest = due_day(account.next_due_on, provisional=account.next_due_provisional)
        overdue = f"{amount_text(account.overdue_minor, account.currency)} on {counted(account.overdue_bills, 'bill')}"
        facts = [("overdue", overdue), ("oldest due date", oldest)]
    if account.credit_control:
        cycle = cycle_of(now, policy.zone)
        due = next_due(found.terms, cycle, policy)
        text = "no payment term, so no due date" if due is None else f"due on {due_text(due)}"
        facts.append((f"bill of {cycle_text(cycle)}", text))
    return facts


def _collection_facts(row: CollectionView, currency: str, zone: tzinfo) -> list[tuple[str, str]]:
    facts = [
        ("not collected yet", amount_text(row.uncollected_minor, currency)),
        ("charged when it reaches", amount_text(row.threshold_minor, currency)),
    ]
    if row.declining_since is not None:
        again = "not tried again by itself" if row.hard else f"next step {local(row.due_at, zone)}"
        facts.append(("declining since", f"{local(row.declining_since, zone)}, {again}"))
    return facts


def _yes(value: bool) -> str:
    return "yes" if value else "no"


# ------------------------------------------------------------------------------------------------ for programs
