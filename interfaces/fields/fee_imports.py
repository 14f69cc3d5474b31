"""Imports of fees as they are presented, file by file and together."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING

from interfaces.fields.field import Field, Fields, figure
from interfaces.fields.values import exact
from settlement.model.money import EXACT

if TYPE_CHECKING:
    from settlement.operations.inbox.fee_imports import ImportReport

ALL_FILES: Fields[ImportReport] = (
    figure("rows", "rows", lambda row: row.rows),
    figure("accepted", "accepted", lambda row: row.accepted),
    figure("duplicate", "known already", lambda row: row.duplicate),
    figure("refused", "refused", lambda row: row.refused),
    figure("accounts_created", "accounts opened", lambda row: row.accounts_created),
    Field(
        "totals", "", lambda row: [exact(amount, currency) for currency, amount in sorted(row.totals.items())]
    ),
)
FILES: Fields[ImportReport] = (Field("file", "file", lambda row: row.file_name), *ALL_FILES)
FEE_TOTALS: Fields[tuple[str, Decimal]] = (figure("", "exact total", lambda row: exact(row[1], row[0])),)


def all_files(reports: Iterable[ImportReport]) -> ImportReport:
    """What the imports of several files did together."""
    from settlement.operations.inbox.fee_imports import ImportReport

    total = ImportReport("all")
    for report in reports:
        total.rows += report.rows
        total.accepted += report.accepted
        total.duplicate += report.duplicate
        total.refused += report.refused
        total.accounts_created += report.accounts_created
        for currency, amount in report.totals.items():
            total.totals[currency] = EXACT.add(total.totals.get(currency, Decimal(0)), amount)
    return total
