"""What a month close came to, or would come to: bills and money by currency and source."""

from __future__ import annotations

from datetime import tzinfo

from interfaces.cli.render.output import print_heading, print_rows
from interfaces.fields.runs import ISSUED, LEFT_UNSETTLED, PAID, issued, paid
from settlement.model.report import Report


def print_report(report: Report, zone: tzinfo) -> None:
    """A report for people."""
    print_heading("bills")
    print_rows(ISSUED, issued(report), zone)
    print_heading("paid")
    print_rows(PAID, paid(report), zone)
    if report.skipped or report.parked:
        print_heading("accounts left with something unsettled")
        left = [(str(reason), count) for reason, count in sorted(report.skipped.items())]
        if report.parked:
            left.append(("parked: figures did not add up", report.parked))
        print_rows(LEFT_UNSETTLED, left, zone)
