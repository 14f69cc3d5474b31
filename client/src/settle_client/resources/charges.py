"""Operations of the API: charges, disputes, differences.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from settle_client import models
from settle_client.operations import charges as operations
from settle_client.pages import Page
from settle_client.wire import Resource


class Charges(Resource):
    """Operations: get_charge, list_charges."""

    def get(self, charge: str) -> models.ChargeDetails:
        """A charge, and the bills it is for."""
        return self._wire.one(models.ChargeDetails, operations.get_charge(charge))

    def list(
        self,
        *,
        limit: int | None = None,
        after: str | None = None,
        account: str | None = None,
        cycle: str | None = None,
        state: Literal[
            "waiting", "sent", "unknown", "requires_action", "succeeded", "declined", "not_charged"
        ]
        | None = None,
    ) -> Page[models.Charge]:
        """Charges of payment methods, the newest first. One page."""
        return self._wire.page(
            models.Charge, "charges", operations.list_charges(limit, after, account, cycle, state)
        )

    def each(
        self,
        *,
        limit: int = 1000,
        after: str | None = None,
        account: str | None = None,
        cycle: str | None = None,
        state: Literal[
            "waiting", "sent", "unknown", "requires_action", "succeeded", "declined", "not_charged"
        ]
        | None = None,
    ) -> Iterator[models.Charge]:
        """Charges of payment methods, the newest first. All of them, page by page as they are taken."""
        return self._wire.each(
            models.Charge, "charges", operations.list_charges(limit, after, account, cycle, state)
        )

    def csv(
        self,
        *,
        after: str | None = None,
        account: str | None = None,
        cycle: str | None = None,
        state: Literal[
            "waiting", "sent", "unknown", "requires_action", "succeeded", "declined", "not_charged"
        ]
        | None = None,
    ) -> Iterator[bytes]:
        """Charges of payment methods, the newest first. All of them as CSV, in pieces."""
        return self._wire.csv(operations.list_charges(None, after, account, cycle, state))


class Disputes(Resource):
    """Operations: get_dispute, list_disputes."""

    def get(self, gateway: str, dispute: str) -> models.DisputeDetails:
        """A dispute, or a refund that a gateway made by itself, with the bills that it took back."""
        return self._wire.one(models.DisputeDetails, operations.get_dispute(gateway, dispute))

    def list(
        self,
        *,
        limit: int | None = None,
        after: str | None = None,
        account: str | None = None,
        kind: Literal["refund", "dispute"] | None = None,
        open: bool | None = None,
    ) -> Page[models.Reversal]:
        """Disputes, and refunds that gateways made by themselves, those found last first. One page."""
        return self._wire.page(
            models.Reversal, "disputes", operations.list_disputes(limit, after, account, kind, open)
        )

    def each(
        self,
        *,
        limit: int = 1000,
        after: str | None = None,
        account: str | None = None,
        kind: Literal["refund", "dispute"] | None = None,
        open: bool | None = None,
    ) -> Iterator[models.Reversal]:
        """Disputes, and refunds that gateways made by themselves, those found last first. All of them, page by page
        as they are taken.
        """
        return self._wire.each(
            models.Reversal, "disputes", operations.list_disputes(limit, after, account, kind, open)
        )

    def csv(
        self,
        *,
        after: str | None = None,
        account: str | None = None,
        kind: Literal["refund", "dispute"] | None = None,
        open: bool | None = None,
    ) -> Iterator[bytes]:
        """Disputes, and refunds that gateways made by themselves, those found last first. All of them as CSV, in
        pieces.
        """
        return self._wire.csv(operations.list_disputes(None, after, account, kind, open))


class Differences(Resource):
    """Operations: list_differences, list_compared_days, list_left_out_days."""

    def list(
        self, *, limit: int | None = None, after: str | None = None, with_closed: bool | None = None
    ) -> Page[models.Difference]:
        """Differences from gateways' books, the newest first. One page."""
        return self._wire.page(
            models.Difference, "differences", operations.list_differences(limit, after, with_closed)
        )

    def each(
        self, *, limit: int = 1000, after: str | None = None, with_closed: bool | None = None
    ) -> Iterator[models.Difference]:
        """Differences from gateways' books, the newest first. All of them, page by page as they are taken."""
        return self._wire.each(
            models.Difference, "differences", operations.list_differences(limit, after, with_closed)
        )

    def csv(self, *, after: str | None = None, with_closed: bool | None = None) -> Iterator[bytes]:
        """Differences from gateways' books, the newest first. All of them as CSV, in pieces."""
        return self._wire.csv(operations.list_differences(None, after, with_closed))

    def list_days(self, *, limit: int | None = None, after: str | None = None) -> Page[models.Day]:
        """Days that were compared with gateways' books, the newest first. One page."""
        return self._wire.page(models.Day, "days", operations.list_compared_days(limit, after))

    def each_days(self, *, limit: int = 1000, after: str | None = None) -> Iterator[models.Day]:
        """Days that were compared with gateways' books, the newest first. All of them, page by page as they are
        taken.
        """
        return self._wire.each(models.Day, "days", operations.list_compared_days(limit, after))

    def csv_days(self, *, after: str | None = None) -> Iterator[bytes]:
        """Days that were compared with gateways' books, the newest first. All of them as CSV, in pieces."""
        return self._wire.csv(operations.list_compared_days(None, after))

    def list_left_out(self, *, limit: int | None = None, after: str | None = None) -> Page[models.LeftOut]:
        """Days that were not compared, and that nobody compares by itself any more, the newest first. One page."""
        return self._wire.page(models.LeftOut, "days", operations.list_left_out_days(limit, after))

    def each_left_out(self, *, limit: int = 1000, after: str | None = None) -> Iterator[models.LeftOut]:
        """Days that were not compared, and that nobody compares by itself any more, the newest first. All of them,
        page by page as they are taken.
        """
        return self._wire.each(models.LeftOut, "days", operations.list_left_out_days(limit, after))

    def csv_left_out(self, *, after: str | None = None) -> Iterator[bytes]:
        """Days that were not compared, and that nobody compares by itself any more, the newest first. All of them as
        CSV, in pieces.
        """
        return self._wire.csv(operations.list_left_out_days(None, after))
