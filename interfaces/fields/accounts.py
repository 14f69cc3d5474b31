"""Accounts as they are presented, with available credit, and what keeps them from paying."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from interfaces.fields.field import Field, Fields, figure
from interfaces.fields.values import digits, money
from settlement.model.policies.policy import Policy

if TYPE_CHECKING:
    from settlement.queries.accounts import AccountView, HoldView, ParkedAccount
    from settlement.queries.charges import CollectionView


def account_fields(policy: Policy) -> Fields[AccountView]:
    """An account. Its available credit depends on what policy freezes. Rule: R1.5."""
    from settlement.operations.reports.credit import available_credit, headroom_minor

    credit = partial(available_credit, policy=policy)
    return (
        Field("account", "account", lambda row: row.external_id),
        Field("name", "name", lambda row: row.name),
        Field("currency", "currency", lambda row: row.currency),
        figure("cash", "cash", lambda row: money(row.cash_minor, row.currency), bare=True),
        figure("credit_limit", "limit", lambda row: money(row.credit_limit_minor, row.currency), bare=True),
        Field("frozen_by_operator", "", lambda row: money(row.frozen_minor, row.currency)),
        figure("frozen", "frozen", lambda row: money(credit(row).frozen_minor, row.currency), bare=True),
        figure("available_credit", "available credit", lambda row: money(credit(row).minor, row.currency), bare=True),
        figure("outstanding", "outstanding", lambda row: money(row.outstanding_minor, row.currency), bare=True),
        Field("owed_for_reversals", "", lambda row: money(row.owed_for_reversals_minor, row.currency)),
        figure("headroom", "headroom", lambda row: money(headroom_minor(row, credit(row)), row.currency), bare=True),
        Field("", "state", state_text),
        Field("unsettled_bills", "", lambda row: row.unsettled_bills),
        Field("overdue", "", lambda row: money(row.overdue_minor, row.currency)),
        Field("overdue_bills", "", lambda row: row.overdue_bills),
        Field("oldest_due_on", "", lambda row: row.next_due_on),
        Field("oldest_due_provisional", "", lambda row: row.next_due_provisional),
        Field("low_credit_line", "", lambda row: money(row.low_credit_line_minor, row.currency)),
        Field("low_credit_since", "", lambda row: row.low_credit_since),
        Field("credit_control", "", lambda row: row.credit_control),
        Field("auto_write_off", "", lambda row: row.auto_write_off_enabled),
        Field("write_off_past_bills", "", lambda row: row.write_off_past_bills),
        Field("opened_at", "", lambda row: row.opened_at),
        Field("suspended_at", "", lambda row: row.suspended_at),
        Field("parked_at", "", lambda row: row.parked_at),
        Field("parked_reason", "", lambda row: row.parked_reason),
    )  # fmt: skip


def state_text(account: AccountView) -> str:
    """An account's state in a few words."""
    if account.parked_at is not None:
        return "parked"
    states = ["open" if account.suspended_at is None else "suspended"]
    if not account.auto_write_off_enabled:
        states.append("write-off off")
    if account.overdue_bills:
        states.append("overdue")
    return ", ".join(states)


HOLDS: Fields[HoldView] = (
    Field("reason", "reason", lambda row: row.reason),
    Field("ref", "reference", lambda row: row.ref, lambda row: row.name),
    Field("name", "", lambda row: row.name),
    Field("held_at", "since", lambda row: row.held_at),
)
COLLECTION: Fields[CollectionView] = (
    Field("uncollected", "not collected yet", lambda row: money(row.uncollected_minor, row.currency)),
    Field("charged_at", "charged when it reaches", lambda row: money(row.threshold_minor, row.currency)),
    Field("declining_since", "", lambda row: row.declining_since),
    Field("declined_for_good", "", lambda row: row.hard),
    Field("next_step_at", "", lambda row: row.due_at),
)
# Amounts are decimals here, beside their currency.
PARKED: Fields[ParkedAccount] = (
    Field("account", "account", lambda row: row.name),
    Field("parked_at", "since", lambda row: row.parked_at),
    Field("currency", "currency", lambda row: row.currency),
    figure("cash", "cash", lambda row: digits(row.cash_minor, row.currency)),
    figure("frozen", "frozen", lambda row: digits(row.frozen_minor, row.currency)),
    figure("outstanding", "outstanding", lambda row: digits(row.outstanding_minor, row.currency)),
    figure("events_waiting", "events waiting", lambda row: row.events),
    Field("reason", "reason", lambda row: row.reason),
)
