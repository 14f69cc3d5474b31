"""What a month close came to, or would come to: bills and money by currency and source."""

from __future__ import annotations

from collections.abc import Iterator

from interfaces.cli.render.figures import Json, money, shown
from interfaces.cli.render.output import Column, print_heading, print_table
from settlement.model.report import Report


def report_json(report: Report) -> dict[str, Json]:
    """A report for programs."""
    return {
        "issued": [
            {
                "currency": currency,
                "bills": count,
                "amount": money(report.issued_minor[currency], currency),
                "settled_bills": report.settled[currency],
            }
            for currency, count in sorted(report.issued.items())
        ],
        "paid": [
            {"currency": currency, "source": source, "amount": money(minor, currency)}
            for currency, source, minor in _paid(report)
        ],
        "skipped": {str(reason): count for reason, count in sorted(report.skipped.items())},
        "parked_accounts": report.parked,
    }


def print_report(report: Report) -> None:
    """A report for people."""
    print_heading("bills")
    print_table(
        (
            Column("currency"),
            Column("issued", right=True),
            Column("amount", right=True),
            Column("settled", right=True),
        ),
        [
            (
                currency,
                f"{count:,}",
                shown(report.issued_minor[currency], currency),
                f"{report.settled[currency]:,}",
            )
            for currency, count in sorted(report.issued.items())
        ],
    )
    print_heading("paid")
    print_table(
        (Column("currency"), Column("source"), Column("amount", right=True)),
        [(currency, source, shown(minor, currency)) for currency, source, minor in _paid(report)],
    )
    if report.skipped or report.parked:
        print_heading("accounts left with something unsettled")
        rows = [
            (str(reason).replace("_", " "), f"{count:,}") for reason, count in sorted(report.skipped.items())
        ]
        if report.parked:
            rows.append(("parked: figures did not add up", f"{report.parked:,}"))
        print_table((Column("reason"), Column("accounts", right=True)), rows)


def _paid(report: Report) -> Iterator[tuple[str, str, int]]:
    for key, minor in sorted(report.paid_minor.items()):
        currency, _, source = key.partition(" ")
        yield currency, source, minor
