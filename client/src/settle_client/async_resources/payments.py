"""Operations of the API: payments.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Literal, overload

from settle_client import models
from settle_client.async_wire import AsyncResource
from settle_client.operations import payments as operations
from settle_client.pages import Page
from settle_client.requests import command
from settle_client.values import Number


class AsyncPayments(AsyncResource):
    """Operations: pay_bill, cancel_payment, get_payment, list_payments."""

    @overload
    async def create(
        self,
        account: str,
        *,
        payment: str,
        cycle: str,
        currency: str,
        amount: Number | None = None,
        from_balance: Number | None = None,
        channel: str | None = None,
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
        payment: str,
        cycle: str,
        currency: str,
        amount: Number | None = None,
        from_balance: Number | None = None,
        channel: str | None = None,
        dry_run: Literal[True],
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Preview: ...
    async def create(
        self,
        account: str,
        *,
        payment: str,
        cycle: str,
        currency: str,
        amount: Number | None = None,
        from_balance: Number | None = None,
        channel: str | None = None,
        dry_run: bool = False,
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Outcome | models.Preview:
        """A bill paid by hand: from the balance at once, or by a charge of the method, for the time of which
        automatic write-off is on hold.

        Sends the event `bill_payment_requested`. Under one `idempotency_key` it is done once; one is drawn where
        none is given. `dry_run`: only what it would pay and charge, and nothing is kept. `if_match`: the `etag`
        under which what it edits was read. `wait`: up to so many seconds, 30 at most, for its outcome.
        """
        sent = command(
            operations.pay_bill(account, payment, cycle, currency, amount, from_balance, channel),
            dry_run,
            idempotency_key,
            if_match,
            wait,
        )
        if dry_run:
            return await self._wire.one(models.Preview, sent)
        return await self._wire.one(models.Outcome, sent)

    @overload
    async def cancel(
        self,
        account: str,
        payment: str,
        *,
        dry_run: Literal[False] = False,
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Outcome: ...
    @overload
    async def cancel(
        self,
        account: str,
        payment: str,
        *,
        dry_run: Literal[True],
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Preview: ...
    async def cancel(
        self,
        account: str,
        payment: str,
        *,
        dry_run: bool = False,
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Outcome | models.Preview:
        """A payment that the gateway does not have, or that its payer does not confirm, is given up.

        Sends the event `bill_payment_cancelled`. Under one `idempotency_key` it is done once; one is drawn where
        none is given. `dry_run`: only what it would pay and charge, and nothing is kept. `if_match`: the `etag`
        under which what it edits was read. `wait`: up to so many seconds, 30 at most, for its outcome.
        """
        sent = command(operations.cancel_payment(account, payment), dry_run, idempotency_key, if_match, wait)
        if dry_run:
            return await self._wire.one(models.Preview, sent)
        return await self._wire.one(models.Outcome, sent)

    async def get(self, account: str, payment: str) -> models.Payment:
        """A manual payment."""
        return await self._wire.one(models.Payment, operations.get_payment(account, payment))

    async def list(
        self,
        *,
        limit: int | None = None,
        after: str | None = None,
        account: str | None = None,
        cycle: str | None = None,
        state: Literal["running", "completed", "failed", "cancelled", "expired"] | None = None,
    ) -> Page[models.Payment]:
        """Manual payments, the newest first. One page."""
        return await self._wire.page(
            models.Payment, "payments", operations.list_payments(limit, after, account, cycle, state)
        )

    def each(
        self,
        *,
        limit: int = 1000,
        after: str | None = None,
        account: str | None = None,
        cycle: str | None = None,
        state: Literal["running", "completed", "failed", "cancelled", "expired"] | None = None,
    ) -> AsyncIterator[models.Payment]:
        """Manual payments, the newest first. All of them, page by page as they are taken."""
        return self._wire.each(
            models.Payment, "payments", operations.list_payments(limit, after, account, cycle, state)
        )

    def csv(
        self,
        *,
        after: str | None = None,
        account: str | None = None,
        cycle: str | None = None,
        state: Literal["running", "completed", "failed", "cancelled", "expired"] | None = None,
    ) -> AsyncIterator[bytes]:
        """Manual payments, the newest first. All of them as CSV, in pieces."""
        return self._wire.csv(operations.list_payments(None, after, account, cycle, state))
