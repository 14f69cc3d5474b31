"""A month at a glance: payable, paid and outstanding by currency, six months, what is unsettled by age, what paid."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from interfaces.fields.field import Field, Fields, figure
from interfaces.fields.values import Money, amount_text, money
from interfaces.http.console.calendar import owed_values
from interfaces.http.console.charts import Bar, across, bars
from interfaces.http.console.context import Console
from interfaces.http.console.marks import grouped
from interfaces.http.console.pages.lists import table_of
from settlement.errors import Refused
from settlement.model.cycle import Cycle, cycle_of, cycle_text, parse_cycle
from settlement.model.funds import FUNDS
from settlement.queries import backlog, overview
from settlement.queries.overview import AgeSum, MonthSum, SourceSum

LAST_MONTHS = 6
MONTHS: Fields[MonthSum] = (
    Field("cycle", "month", lambda row: cycle_text(row.cycle)),
    Field("currency", "currency", lambda row: row.currency),
    Field("state", "state", lambda row: row.state),
    figure("bills", "bills", lambda row: row.bills),
    figure("payable", "payable", lambda row: money(row.payable_minor, row.currency), bare=True),
    figure("paid", "paid", lambda row: money(row.paid_minor, row.currency), bare=True),
    figure(
        "outstanding",
        "outstanding",
        lambda row: money(row.payable_minor - row.paid_minor, row.currency),
        bare=True,
    ),
)
AGES: Fields[AgeSum] = (
    Field("currency", "currency", lambda row: row.currency),
    Field("age", "past its due date", lambda row: row.age),
    figure("bills", "bills", lambda row: row.bills),
    figure("outstanding", "outstanding", lambda row: money(row.outstanding_minor, row.currency), bare=True),
)
SOURCES: Fields[SourceSum] = (
    Field("currency", "currency", lambda row: row.currency),
    Field("source", "source", lambda row: FUNDS[row.source].titles),
    figure("paid", "paid", lambda row: money(row.paid_minor, row.currency), bare=True),
)


# As much as stands under a bar.
_SHORT = dict(
    zip(overview.AGES, ("no date", "not due", "1–30 days", "31–60", "61–90", "over 90"), strict=True)
)


async def overview_page(console: Console, request: Request) -> Response:
    """The month of the address, else the newest that is closed."""
    visitor = await console.visitor(request)
    runtime = console.api.runtime
    now = await console.api.in_thread(runtime.as_of)
    zone = runtime.policy.zone
    chosen = _chosen(request.query_params.get("cycle", ""), _before(cycle_of(now, zone)))
    first = chosen
    for _ in range(LAST_MONTHS - 1):
        first = _before(first)
    sums, counts = await console.api.read(lambda tx: (overview.bill_sums(tx), backlog.counts(tx)))
    sources = sums.sources(chosen)
    months, ages = sums.months(first, chosen), sums.unsettled_by_age(now.astimezone(zone).date())
    of_month = [row for row in months if row.cycle == chosen]
    return console.page(
        request, "overview.html", visitor,
        title="Overview", cycle=cycle_text(chosen), totals=_totals(of_month), counts=counts,
        states=table_of(MONTHS, of_month), months=table_of(MONTHS, months), month_charts=_month_charts(months),
        ages=table_of(AGES, ages), age_charts=_age_charts(ages), sources=table_of(SOURCES, sources),
        source_charts=_source_charts(sources), counted_at=sums.counted_at,
        **await owed_values(console),
    )  # fmt: skip


def _chosen(text: str, otherwise: Cycle) -> Cycle:
    try:
        return parse_cycle(text)
    except Refused:
        return otherwise


def _before(cycle: Cycle) -> Cycle:
    """The month before."""
    year, month = divmod(cycle, 100)
    return Cycle(cycle - 1 if month > 1 else (year - 1) * 100 + 12)


def _totals(rows: Sequence[MonthSum]) -> list[tuple[str, Money | None, Money | None, Money | None]]:
    """Payable, paid and outstanding by currency."""
    found = []
    for currency, group in groupby(sorted(rows, key=lambda row: row.currency), lambda row: row.currency):
        own = list(group)
        payable, paid = sum(row.payable_minor for row in own), sum(row.paid_minor for row in own)
        found.append(
            (currency, money(payable, currency), money(paid, currency), money(payable - paid, currency))
        )
    return found


def _month_charts(rows: Sequence[MonthSum]) -> list[tuple[str, Markup]]:
    charts = []
    for currency in sorted({row.currency for row in rows}):
        own = [row for row in rows if row.currency == currency]
        groups = []
        for cycle in sorted({row.cycle for row in own}):
            payable = sum(row.payable_minor for row in own if row.cycle == cycle)
            paid = sum(row.paid_minor for row in own if row.cycle == cycle)
            named = zip(
                ("issued", "paid", "outstanding"), (heights := (payable, paid, payable - paid)), strict=True
            )
            titles = [f"{cycle_text(cycle)}: {_amount(minor, currency)} {what}" for what, minor in named]
            groups.append(Bar(cycle_text(cycle), heights, titles))
        title = f"Issued, paid and outstanding by month in {currency}"
        charts.append((currency, bars(groups, title, _most(groups, currency))))
    return charts


def _age_charts(rows: Sequence[AgeSum]) -> list[tuple[str, Markup]]:
    """A bar for each age in each, so that they can be told apart by their place."""
    charts = []
    for currency, group in groupby(rows, lambda row: row.currency):
        minor = {row.age: row.outstanding_minor for row in group}
        groups = [
            Bar(_SHORT[age], (minor.get(age, 0),), (f"{age}: {_amount(minor.get(age, 0), currency)}",))
            for age in overview.AGES
        ]
        charts.append((currency, bars(groups, f"Unsettled by age in {currency}", _most(groups, currency))))
    return charts


def _source_charts(rows: Sequence[SourceSum]) -> list[tuple[str, Markup]]:
    """A bar for each source that paid."""
    charts = []
    for currency, group in groupby(rows, lambda row: row.currency):
        charts.append(
            (currency, across([_source_bar(row) for row in group], f"Paid by source in {currency}"))
        )
    return charts


def _source_bar(row: SourceSum) -> Bar:
    return Bar(FUNDS[row.source].titles, (row.paid_minor,), (_amount(row.paid_minor, row.currency),))


def _most(groups: Sequence[Bar], currency: str) -> str:
    return _amount(max(height for group in groups for height in group.heights), currency)


def _amount(minor: int, currency: str) -> str:
    return grouped(amount_text(minor, currency))
