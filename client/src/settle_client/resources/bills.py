"""Operations of the API: bills, statements, repayments.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from settle_client import models
from settle_client.operations import bills as operations
from settle_client.pages import Page
from settle_client.wire import Resource


class Bills(Resource):
    """Operations: get_bill, explain_bill, list_bills, list_bill_lines, list_overdue."""

    def get(self, account: str, cycle: str) -> models.BillDetails:
        """A bill, what it is made of, and the records that are presented of its repayments."""
        return self._wire.one(models.BillDetails, operations.get_bill(account, cycle))

    def explain(self, account: str, cycle: str) -> models.Explanation:
        """A bill explained: figures, payments, reasons."""
        return self._wire.one(models.Explanation, operations.explain_bill(account, cycle))

    def list(
        self,
        *,
        limit: int | None = None,
        after: str | None = None,
        account: str | None = None,
        cycle: str | None = None,
        state: Literal["accruing", "unsettled", "settled"] | None = None,
    ) -> Page[models.Bill]:
        """Bills by account, then by month. One page."""
        return self._wire.page(
            models.Bill, "bills", operations.list_bills(limit, after, account, cycle, state)
        )

    def each(
        self,
        *,
        limit: int = 1000,
        after: str | None = None,
        account: str | None = None,
        cycle: str | None = None,
        state: Literal["accruing", "unsettled", "settled"] | None = None,
    ) -> Iterator[models.Bill]:
        """Bills by account, then by month. All of them, page by page as they are taken."""
        return self._wire.each(
            models.Bill, "bills", operations.list_bills(limit, after, account, cycle, state)
        )

    def csv(
        self,
        *,
        after: str | None = None,
        account: str | None = None,
        cycle: str | None = None,
        state: Literal["accruing", "unsettled", "settled"] | None = None,
    ) -> Iterator[bytes]:
        """Bills by account, then by month. All of them as CSV, in pieces."""
        return self._wire.csv(operations.list_bills(None, after, account, cycle, state))

    def list_lines(
        self, account: str, cycle: str, *, limit: int | None = None, after: str | None = None
    ) -> Page[models.BillLine]:
        """What a bill is made of, the largest line first. One page."""
        return self._wire.page(
            models.BillLine, "lines", operations.list_bill_lines(account, cycle, limit, after)
        )

    def each_lines(
        self, account: str, cycle: str, *, limit: int = 1000, after: str | None = None
    ) -> Iterator[models.BillLine]:
        """What a bill is made of, the largest line first. All of them, page by page as they are taken."""
        return self._wire.each(
            models.BillLine, "lines", operations.list_bill_lines(account, cycle, limit, after)
        )

    def csv_lines(self, account: str, cycle: str, *, after: str | None = None) -> Iterator[bytes]:
        """What a bill is made of, the largest line first. All of them as CSV, in pieces."""
        return self._wire.csv(operations.list_bill_lines(account, cycle, None, after))

    def list_overdue(
        self,
        *,
        limit: int | None = None,
        after: str | None = None,
        account: str | None = None,
        upcoming: bool | None = None,
    ) -> Page[models.Due]:
        """Overdue bills by due date. One page."""
        return self._wire.page(models.Due, "bills", operations.list_overdue(limit, after, account, upcoming))

    def each_overdue(
        self,
        *,
        limit: int = 1000,
        after: str | None = None,
        account: str | None = None,
        upcoming: bool | None = None,
    ) -> Iterator[models.Due]:
        """Overdue bills by due date. All of them, page by page as they are taken."""
        return self._wire.each(models.Due, "bills", operations.list_overdue(limit, after, account, upcoming))

    def csv_overdue(
        self, *, after: str | None = None, account: str | None = None, upcoming: bool | None = None
    ) -> Iterator[bytes]:
        """Overdue bills by due date. All of them as CSV, in pieces."""
        return self._wire.csv(operations.list_overdue(None, after, account, upcoming))


class Statements(Resource):
    """Operations: get_statement."""

    def get(self, account: str, cycle: str) -> models.Statement:
        """A month with every movement."""
        return self._wire.one(models.Statement, operations.get_statement(account, cycle))


class Repayments(Resource):
    """Operations: list_repayments, get_repayment."""

    def list(
        self,
        *,
        limit: int | None = None,
        after: str | None = None,
        account: str | None = None,
        cycle: str | None = None,
    ) -> Page[models.Repayment]:
        """Repayments of the months of which records are presented, by account, month and cause; those of bills with
        `records_archive` are in that archive. One page.
        """
        return self._wire.page(
            models.Repayment, "repayments", operations.list_repayments(limit, after, account, cycle)
        )

    def each(
        self,
        *,
        limit: int = 1000,
        after: str | None = None,
        account: str | None = None,
        cycle: str | None = None,
    ) -> Iterator[models.Repayment]:
        """Repayments of the months of which records are presented, by account, month and cause; those of bills with
        `records_archive` are in that archive. All of them, page by page as they are taken.
        """
        return self._wire.each(
            models.Repayment, "repayments", operations.list_repayments(limit, after, account, cycle)
        )

    def csv(
        self, *, after: str | None = None, account: str | None = None, cycle: str | None = None
    ) -> Iterator[bytes]:
        """Repayments of the months of which records are presented, by account, month and cause; those of bills with
        `records_archive` are in that archive. All of them as CSV, in pieces.
        """
        return self._wire.csv(operations.list_repayments(None, after, account, cycle))

    def get(self, account: str, cycle: str, cause: str) -> models.Repayment:
        """A repayment with every fund that paid."""
        return self._wire.one(models.Repayment, operations.get_repayment(account, cycle, cause))
