"""Operations of the API: fees, products.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, overload

from settle_client import models
from settle_client.async_wire import AsyncResource
from settle_client.operations import fees as operations
from settle_client.requests import command


class AsyncFees(AsyncResource):
    """Operations: add_fees."""

    @overload
    async def add(
        self,
        account: str,
        *,
        fees: Sequence[models.FeeData],
        dry_run: Literal[False] = False,
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Outcome: ...
    @overload
    async def add(
        self,
        account: str,
        *,
        fees: Sequence[models.FeeData],
        dry_run: Literal[True],
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Preview: ...
    async def add(
        self,
        account: str,
        *,
        fees: Sequence[models.FeeData],
        dry_run: bool = False,
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Outcome | models.Preview:
        """Fees of one account, booked together or not at all. An `id` is unique within (source, account); known ones
        with the same amount are left out. A negative fee lowers the frozen amount: then the write-off.

        Sends the event `fees`. Under one `idempotency_key` it is done once; one is drawn where none is given.
        `dry_run`: only what it would pay and charge, and nothing is kept. `if_match`: the `etag` under which what
        it edits was read. `wait`: up to so many seconds, 30 at most, for its outcome.
        """
        sent = command(operations.add_fees(account, fees), dry_run, idempotency_key, if_match, wait)
        if dry_run:
            return await self._wire.one(models.Preview, sent)
        return await self._wire.one(models.Outcome, sent)


class AsyncProducts(AsyncResource):
    """Operations: activate_product."""

    @overload
    async def activate(
        self,
        account: str,
        *,
        product: str,
        dry_run: Literal[False] = False,
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Outcome: ...
    @overload
    async def activate(
        self,
        account: str,
        *,
        product: str,
        dry_run: Literal[True],
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Preview: ...
    async def activate(
        self,
        account: str,
        *,
        product: str,
        dry_run: bool = False,
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Outcome | models.Preview:
        """A pay-as-you-go product that a customer activates. `product.activation` follows; with an unverified PayPal
        account as default after a pre-authorization (R5.3).

        Sends the event `product_activated`. Under one `idempotency_key` it is done once; one is drawn where none
        is given. `dry_run`: only what it would pay and charge, and nothing is kept. `if_match`: the `etag` under
        which what it edits was read. `wait`: up to so many seconds, 30 at most, for its outcome.
        """
        sent = command(
            operations.activate_product(account, product), dry_run, idempotency_key, if_match, wait
        )
        if dry_run:
            return await self._wire.one(models.Preview, sent)
        return await self._wire.one(models.Outcome, sent)
