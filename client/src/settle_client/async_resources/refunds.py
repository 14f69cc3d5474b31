"""Operations of the API: refunds.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Literal, overload

from settle_client import models
from settle_client.async_wire import AsyncResource
from settle_client.operations import refunds as operations
from settle_client.pages import Page
from settle_client.requests import command
from settle_client.values import Number


class AsyncRefunds(AsyncResource):
    """Operations: refund, get_refund, list_refunds, list_credit_refunds."""

    @overload
    async def create(
        self,
        account: str,
        *,
        amount: Number,
        currency: str,
        to: Literal["credit", "cash", "original_method"] | None = None,
        cycle: str | None = None,
        dry_run: Literal[False] = False,
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Outcome: ...
    @overload
    async def create(
        self,
        account: str,
        *,
        amount: Number,
        currency: str,
        to: Literal["credit", "cash", "original_method"] | None = None,
        cycle: str | None = None,
        dry_run: Literal[True],
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Preview: ...
    async def create(
        self,
        account: str,
        *,
        amount: Number,
        currency: str,
        to: Literal["credit", "cash", "original_method"] | None = None,
        cycle: str | None = None,
        dry_run: bool = False,
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Outcome | models.Preview:
        """A credit refund of that cycle; or cash; or money sent back to the methods that were charged, oldest charge
        first, and cash for what cannot go back (R7.3); refused where gateways have taken that back by themselves
        (R5.9f). Then the write-off.

        Sends the event `refund`. Under one `idempotency_key` it is done once; one is drawn where none is given.
        `dry_run`: only what it would pay and charge, and nothing is kept. `if_match`: the `etag` under which what
        it edits was read. `wait`: up to so many seconds, 30 at most, for its outcome.
        """
        sent = command(
            operations.refund(account, amount, currency, to, cycle), dry_run, idempotency_key, if_match, wait
        )
        if dry_run:
            return await self._wire.one(models.Preview, sent)
        return await self._wire.one(models.Outcome, sent)

    async def get(self, refund: str) -> models.GatewayRefund:
        """A refund to a payment method."""
        return await self._wire.one(models.GatewayRefund, operations.get_refund(refund))

    async def list(
        self,
        *,
        limit: int | None = None,
        after: str | None = None,
        account: str | None = None,
        state: Literal["waiting", "sent", "unknown", "under_way", "succeeded", "failed"] | None = None,
    ) -> Page[models.GatewayRefund]:
        """Refunds to payment methods, the newest first. One page."""
        return await self._wire.page(
            models.GatewayRefund, "refunds", operations.list_refunds(limit, after, account, state)
        )

    def each(
        self,
        *,
        limit: int = 1000,
        after: str | None = None,
        account: str | None = None,
        state: Literal["waiting", "sent", "unknown", "under_way", "succeeded", "failed"] | None = None,
    ) -> AsyncIterator[models.GatewayRefund]:
        """Refunds to payment methods, the newest first. All of them, page by page as they are taken."""
        return self._wire.each(
            models.GatewayRefund, "refunds", operations.list_refunds(limit, after, account, state)
        )

    def csv(
        self,
        *,
        after: str | None = None,
        account: str | None = None,
        state: Literal["waiting", "sent", "unknown", "under_way", "succeeded", "failed"] | None = None,
    ) -> AsyncIterator[bytes]:
        """Refunds to payment methods, the newest first. All of them as CSV, in pieces."""
        return self._wire.csv(operations.list_refunds(None, after, account, state))

    async def list_credit(
        self, account: str, *, limit: int | None = None, after: str | None = None
    ) -> Page[models.CreditRefund]:
        """An account's credit refunds that have something left, the oldest first. One page."""
        return await self._wire.page(
            models.CreditRefund, "credit_refunds", operations.list_credit_refunds(account, limit, after)
        )

    def each_credit(
        self, account: str, *, limit: int = 1000, after: str | None = None
    ) -> AsyncIterator[models.CreditRefund]:
        """An account's credit refunds that have something left, the oldest first. All of them, page by page as they
        are taken.
        """
        return self._wire.each(
            models.CreditRefund, "credit_refunds", operations.list_credit_refunds(account, limit, after)
        )

    def csv_credit(self, account: str, *, after: str | None = None) -> AsyncIterator[bytes]:
        """An account's credit refunds that have something left, the oldest first. All of them as CSV, in pieces."""
        return self._wire.csv(operations.list_credit_refunds(account, None, after))
