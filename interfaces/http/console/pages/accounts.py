"""An account: available credit as a formula, what it has, and what may be done with it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from interfaces.fields.accounts import HOLDS, state_text
from interfaces.fields.bills import BILLS
from interfaces.fields.funds import fund_fields
from interfaces.fields.methods import METHODS
from interfaces.fields.refunds import REFUNDS
from interfaces.fields.terms import TERMS
from interfaces.fields.unified_settlements import UNIFIED_SETTLEMENTS
from interfaces.fields.values import Json, due_day, money
from interfaces.http.console.context import Console
from interfaces.http.console.marks import State
from interfaces.http.console.offers import account_offers, role_reason
from interfaces.http.console.pages.lists import Table, table_of
from interfaces.http.console.paths import link_to_bill, settlement_path
from interfaces.objects.accounts import AccountDetails, read_account
from settlement.operations.reports.credit import available_credit, headroom_minor
from settlement.queries import bills, unified_settlements

_LAST_BILLS = 12


async def account_page(console: Console, request: Request) -> Response:
    """Everything about one account."""
    visitor = await console.visitor(request)
    name, runtime = request.path_params["account"], console.api.runtime
    now = await console.api.in_thread(runtime.as_of)
    found, recent, settlements = await console.api.read(
        lambda tx: (
            read_account(tx, name),
            bills.bills(tx, limit=_LAST_BILLS, account=name),
            unified_settlements.settlements(tx, limit=_LAST_BILLS, main=name),
        )
    )
    account, policy = found.account, runtime.policy
    credit = available_credit(account, policy)
    role = role_reason(visitor, "money")
    return console.page(
        request, "accounts/account.html", visitor,
        title=f"Account {name}", account=account, state=State(state_text(account)),
        formula=[
            ("", "cash", money(credit.cash_minor, account.currency)),
            ("+", "credit limit", money(credit.credit_limit_minor, account.currency)),
            ("−", "frozen", money(credit.frozen_minor, account.currency)),
            ("=", "available credit", money(credit.minor, account.currency)),
            ("−", "outstanding", money(account.outstanding_minor, account.currency)),
            ("=", "headroom", money(headroom_minor(account, credit), account.currency)),
        ],
        facts_of=_facts(found), parts=list(_parts(found, now)), bills=table_of(BILLS, recent, link_to_bill),
        settlements=table_of(
            UNIFIED_SETTLEMENTS, settlements, lambda row: settlement_path(row.main, row.name), "settlement"
        ),
        offers={} if role else await account_offers(console, found, now), role=role,
    )  # fmt: skip


def _facts(found: AccountDetails) -> dict[str, Json]:
    account, membership, currency = found.account, found.membership, found.account.currency
    facts: dict[str, Json] = {
        "name": account.name,
        "opened": account.opened_at,
        "frozen by operators": money(account.frozen_minor, currency),
        "set aside for payments": money(account.held_minor, currency),
        "received by transfer": money(membership.transferred_in_minor, currency),
        "may be pulled back": money(membership.returnable_minor, currency),
        "low credit line": money(account.low_credit_line_minor, currency),
        "credit control": account.credit_control,
        "automatic write-off": account.auto_write_off_enabled,
        "refunds pay past bills": account.write_off_past_bills,
        "overdue": money(account.overdue_minor, currency),
        "oldest due date": account.next_due_on
        and due_day(account.next_due_on, provisional=account.next_due_provisional),
    }
    if membership.main is not None:
        facts["main account"] = f"{membership.main}, {membership.state}"
    if account.parked_at is not None:
        facts["parked since"] = account.parked_at
        facts["parked because"] = account.parked_reason
    if found.collection is not None:
        facts["not collected yet"] = money(found.collection.uncollected_minor, currency)
        facts["charged when it reaches"] = money(found.collection.threshold_minor, currency)
    return facts


def _parts(found: AccountDetails, now: datetime) -> Iterator[tuple[str, Table]]:
    """Everything it has, with a heading."""
    fields = fund_fields(now)
    kinds: tuple[tuple[str, Any, Any], ...] = (
        ("Payment methods", METHODS, found.methods),
        ("Payment terms", TERMS, found.terms),
        ("Holds on automatic write-off", HOLDS, found.holds),
        *((kind.titles.capitalize(), fields[kind.source], rows) for kind, rows in found.funds.by_kind()),
        ("On its way back to payment methods", REFUNDS, found.on_their_way),
    )
    for heading, columns, rows in kinds:
        if rows:
            yield heading, table_of(columns, rows)
