"""Repayments as they are presented: in the three groups, and by the funds that paid. Rule: R10.1, R10.2."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple, get_args

from interfaces.fields.field import Field, Fields, as_objects, figure
from interfaces.fields.values import bill_name, digits, money, repayment_name, words
from settlement.model.cycle import cycle_text
from settlement.model.funds import RepaymentGroup
from settlement.rules.repayment_groups import by_group, group_of

if TYPE_CHECKING:
    from settlement.model.policies.policy import Policy
    from settlement.queries.repayments import PaidView, RepaymentLineView, RepaymentView


class FundOfRepayment(NamedTuple):
    """A repayment with one of the funds that paid."""

    repayment: RepaymentView
    line: RepaymentLineView


def since_when(policy: Policy) -> str:
    """Of which bills records are presented. Rule: R10.2a."""
    return f"repayment records are presented for bills of {cycle_text(policy.records_since)} and later ones"


# What an event paid as it was booked.
PAID: Fields[PaidView] = (
    Field("bill", "bill", lambda row: bill_name(row.account, row.cycle)),
    figure("amount", "paid", lambda row: money(row.amount_minor, row.currency)),
)

_CAUSES = {
    "payment": "manual payment", "unified": "unified settlement", "refund": "failed refund", "import": "import of",
}  # fmt: skip
# In CSV a repayment has a line for every fund.
FUNDS: Fields[FundOfRepayment] = (
    Field("", "", lambda row: row.repayment.account, column="account"),
    Field("", "", lambda row: cycle_text(row.repayment.cycle), column="cycle"),
    Field("", "", lambda row: row.repayment.paid_at, column="paid_at"),
    Field("", "", lambda row: row.repayment.initiator, column="initiator"),
    Field("group", "group", lambda row: group_of(row.line.source),
          seen=lambda row: words(group_of(row.line.source)), column="group"),
    Field("source", "fund", lambda row: row.line.source, seen=lambda row: words(row.line.source), column="source"),
    Field("source_id", "", lambda row: row.line.source_id or None),
    Field("name", "name", lambda row: row.line.name, column="name"),
    Field("charge", "charge", lambda row: row.line.charge, column="charge"),
    figure("amount", "amount", lambda row: money(row.line.amount_minor, row.repayment.currency),
           bare=True, column="amount"),
    Field("", "", lambda row: row.repayment.currency, column="currency"),
    Field("", "", lambda row: row.repayment.reference, column="reference"),
    Field("", "", lambda row: row.repayment.cause, column="cause"),
)  # fmt: skip


def because(cause: str, reference: str | None) -> str:
    """A cause for people, under the name by which they find what it refers to."""
    kind, _, rest = cause.partition(":")
    if kind == "coupon":
        return f"issuance of {cycle_text(int(rest))}"
    if kind == "close":
        return f"month close of {rest}"
    return cause if reference is None else f"{_CAUSES.get(kind, kind)} {reference}"


def groups(row: RepaymentView) -> dict[RepaymentGroup, int]:
    """What each group paid, minor units."""
    return by_group((line.source, line.amount_minor) for line in row.lines)


def funds(rows: Iterable[RepaymentView]) -> Iterator[FundOfRepayment]:
    """Repayments with each of the funds that paid."""
    return (FundOfRepayment(row, line) for row in rows for line in row.lines)


def _group_field(group: RepaymentGroup, title: str = "", key: str = "") -> Field[RepaymentView]:
    return figure(key, title, lambda row: money(groups(row)[group], row.currency), bare=True)


def _funds_text(row: RepaymentView) -> str:
    return ", ".join(_fund_text(line, row.currency) for line in row.lines)


def _fund_text(line: RepaymentLineView, currency: str) -> str:
    name = f" {line.name}" if line.name else ""
    return f"{words(line.source)}{name} {digits(line.amount_minor, currency)}"


REPAYMENTS: Fields[RepaymentView] = (
    Field("repayment", "", lambda row: repayment_name(row.account, row.cycle, row.cause)),
    Field("bill", "bill", lambda row: bill_name(row.account, row.cycle)),
    Field("paid_at", "paid at", lambda row: row.paid_at),
    Field("initiator", "initiator", lambda row: row.initiator),
    Field("cause", "", lambda row: row.cause),
    Field("reference", "because of", lambda row: row.reference, seen=lambda row: because(row.cause, row.reference)),
    figure("amount", "amount", lambda row: money(row.amount_minor, row.currency)),
    Field("groups", "", lambda row: {group: money(minor, row.currency) for group, minor in groups(row).items()},
          parts=[_group_field(group, key=group) for group in get_args(RepaymentGroup)]),
    _group_field("coupon_deduction", "coupons"),
    _group_field("stored_value_card", "cards"),
    _group_field("cash", "cash"),
    Field("lines", "from", lambda row: as_objects(FUNDS, funds([row])),
          seen=_funds_text, parts=[Field("lines", "", _funds_text)]),
)  # fmt: skip
