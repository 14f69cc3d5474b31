"""Runs as they are presented, and what a month close came to. Times in seconds, rate in accounts per second."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple, cast

from interfaces.fields.field import Field, Fields, as_objects, figure
from interfaces.fields.values import Json, amount_text, counted, duration, money, words
from settlement.model.cycle import cycle_text
from settlement.model.funds import FUNDS, FundSource
from settlement.model.report import Report

if TYPE_CHECKING:
    from settlement.queries.runs import RunView, SlotView


class IssuedBills(NamedTuple):
    """The bills issued in a currency, and those of them that are settled. Minor units."""

    currency: str
    bills: int
    amount_minor: int
    settled: int


class PaidBySource(NamedTuple):
    """What a source paid in a currency, minor units."""

    currency: str
    source: FundSource
    amount_minor: int


ISSUED: Fields[IssuedBills] = (
    Field("currency", "currency", lambda row: row.currency),
    figure("bills", "issued", lambda row: row.bills),
    figure("amount", "amount", lambda row: money(row.amount_minor, row.currency)),
    figure("settled_bills", "settled", lambda row: row.settled),
)
PAID: Fields[PaidBySource] = (
    Field("currency", "currency", lambda row: row.currency),
    Field("source", "source", lambda row: row.source, seen=lambda row: FUNDS[row.source].titles),
    figure("amount", "amount", lambda row: money(row.amount_minor, row.currency)),
)
LEFT_UNSETTLED: Fields[tuple[str, int]] = (
    Field("", "reason", lambda row: words(row[0])),
    figure("", "accounts", lambda row: row[1]),
)


def issued(report: Report) -> Iterator[IssuedBills]:
    """The bills of a report by currency."""
    for currency, count in sorted(report.issued.items()):
        yield IssuedBills(currency, count, report.issued_minor[currency], report.settled[currency])


def paid(report: Report) -> Iterator[PaidBySource]:
    """What was paid, by currency and source."""
    for key, minor in sorted(report.paid_minor.items()):
        currency, _, source = key.partition(" ")
        yield PaidBySource(currency, cast("FundSource", source), minor)


def report_object(report: Report) -> dict[str, Json]:
    """A report for programs."""
    return {
        "issued": as_objects(ISSUED, issued(report)),
        "paid": as_objects(PAID, paid(report)),
        "skipped": {str(reason): count for reason, count in sorted(report.skipped.items())},
        "parked_accounts": report.parked,
    }


# In CSV what a report says stands in columns of its own.
_REPORT: Fields[RunView] = (
    Field("issued", "", lambda row: [
        f"{counted(one.bills, 'bill')} of {amount_text(one.amount_minor, one.currency)} ({one.settled} settled)"
        for one in issued(row.report)
    ]),
    Field("paid", "", lambda row: [
        f"{amount_text(one.amount_minor, one.currency)} from {words(one.source)}" for one in paid(row.report)
    ]),
    Field("skipped", "", lambda row: report_object(row.report)["skipped"]),
    Field("parked_accounts", "", lambda row: row.report.parked),
)  # fmt: skip
RUNS: Fields[RunView] = (
    figure("run", "run", lambda row: row.id, seen=lambda row: str(row.id)),
    Field("kind", "kind", lambda row: row.kind),
    Field("cycle", "month", lambda row: cycle_text(row.cycle)),
    Field("state", "state", lambda row: row.state,
          seen=lambda row: row.state + (f", {row.ranges_failed} ranges failed" if row.ranges_failed else "")),
    figure("accounts", "accounts", lambda row: row.accounts),
    figure("accounts_done", "done", lambda row: row.accounts_done),
    figure("rate", "accounts/s", lambda row: None if row.rate is None else round(row.rate, 1),
          seen=lambda row: None if row.rate is None else f"{row.rate:,.0f}"),
    Field("left_s", "left", lambda row: None if row.left_s is None else round(row.left_s, 1),
          seen=lambda row: None if row.left_s is None or row.state != "running" else duration(row.left_s)),
    Field("created_at", "began", lambda row: row.created_at),
    Field("logical_at", "", lambda row: row.logical_at),
    Field("finished_at", "", lambda row: row.finished_at),
    Field("ranges", "", lambda row: row.ranges),
    Field("ranges_done", "", lambda row: row.ranges_done),
    Field("ranges_failed", "", lambda row: row.ranges_failed),
    Field("failure", "", lambda row: row.failure),
    Field("report", "", lambda row: report_object(row.report), parts=_REPORT),
)  # fmt: skip
SLOTS: Fields[SlotView] = (
    Field("job", "job", lambda row: row.job, seen=lambda row: words(row.job)),
    Field("logical_at", "due", lambda row: row.logical_at),
    Field("state", "state", lambda row: row.state),
    Field("reason", "reason", lambda row: row.reason),
    Field("run", "", lambda row: row.run_id),
    Field("finished_at", "finished", lambda row: row.finished_at),
)
