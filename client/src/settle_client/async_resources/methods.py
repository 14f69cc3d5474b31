"""Operations of the API: methods.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Literal, overload

from settle_client import models
from settle_client.async_wire import AsyncResource
from settle_client.operations import methods as operations
from settle_client.pages import Page
from settle_client.requests import command
from settle_client.values import Number


class AsyncMethods(AsyncResource):
    """Operations: add_method, make_method_default, verify_method, remove_method, list_methods, list_holds."""

    @overload
    async def add(
        self,
        account: str,
        *,
        method: str,
        kind: Literal["bank_card", "paypal", "bank_transfer"],
        gateway: Literal["stripe", "paypal", "sandbox"] | None = None,
        method_token: str | None = None,
        customer_token: str | None = None,
        threshold: Number | None = None,
        currency: str | None = None,
        make_default: bool | None = None,
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
        method: str,
        kind: Literal["bank_card", "paypal", "bank_transfer"],
        gateway: Literal["stripe", "paypal", "sandbox"] | None = None,
        method_token: str | None = None,
        customer_token: str | None = None,
        threshold: Number | None = None,
        currency: str | None = None,
        make_default: bool | None = None,
        dry_run: Literal[True],
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Preview: ...
    async def add(
        self,
        account: str,
        *,
        method: str,
        kind: Literal["bank_card", "paypal", "bank_transfer"],
        gateway: Literal["stripe", "paypal", "sandbox"] | None = None,
        method_token: str | None = None,
        customer_token: str | None = None,
        threshold: Number | None = None,
        currency: str | None = None,
        make_default: bool | None = None,
        dry_run: bool = False,
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Outcome | models.Preview:
        """A payment method, by the gateway's tokens. What looks like a card number is refused and taken out.

        Sends the event `payment_method_added`. Under one `idempotency_key` it is done once; one is drawn where
        none is given. `dry_run`: only what it would pay and charge, and nothing is kept. `if_match`: the `etag`
        under which what it edits was read. `wait`: up to so many seconds, 30 at most, for its outcome.
        """
        sent = command(
            operations.add_method(
                account,
                method,
                kind,
                gateway,
                method_token,
                customer_token,
                threshold,
                currency,
                make_default,
            ),
            dry_run,
            idempotency_key,
            if_match,
            wait,
        )
        if dry_run:
            return await self._wire.one(models.Preview, sent)
        return await self._wire.one(models.Outcome, sent)

    @overload
    async def make_default(
        self,
        account: str,
        method: str,
        *,
        dry_run: Literal[False] = False,
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Outcome: ...
    @overload
    async def make_default(
        self,
        account: str,
        method: str,
        *,
        dry_run: Literal[True],
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Preview: ...
    async def make_default(
        self,
        account: str,
        method: str,
        *,
        dry_run: bool = False,
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Outcome | models.Preview:
        """The one that is charged. Sent again for the default after a decline for good, it is tried again.

        Sends the event `payment_method_default`. Under one `idempotency_key` it is done once; one is drawn where
        none is given. `dry_run`: only what it would pay and charge, and nothing is kept. `if_match`: the `etag`
        under which what it edits was read. `wait`: up to so many seconds, 30 at most, for its outcome.
        """
        sent = command(
            operations.make_method_default(account, method), dry_run, idempotency_key, if_match, wait
        )
        if dry_run:
            return await self._wire.one(models.Preview, sent)
        return await self._wire.one(models.Outcome, sent)

    @overload
    async def verify(
        self,
        account: str,
        method: str,
        *,
        dry_run: Literal[False] = False,
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Outcome: ...
    @overload
    async def verify(
        self,
        account: str,
        method: str,
        *,
        dry_run: Literal[True],
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Preview: ...
    async def verify(
        self,
        account: str,
        method: str,
        *,
        dry_run: bool = False,
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Outcome | models.Preview:
        """A small amount is held and let go: `payment_method.verified` or `payment_method.unverified` follows.

        Sends the event `payment_method_verify`. Under one `idempotency_key` it is done once; one is drawn where
        none is given. `dry_run`: only what it would pay and charge, and nothing is kept. `if_match`: the `etag`
        under which what it edits was read. `wait`: up to so many seconds, 30 at most, for its outcome.
        """
        sent = command(operations.verify_method(account, method), dry_run, idempotency_key, if_match, wait)
        if dry_run:
            return await self._wire.one(models.Preview, sent)
        return await self._wire.one(models.Outcome, sent)

    @overload
    async def remove(
        self,
        account: str,
        method: str,
        *,
        dry_run: Literal[False] = False,
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Outcome: ...
    @overload
    async def remove(
        self,
        account: str,
        method: str,
        *,
        dry_run: Literal[True],
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Preview: ...
    async def remove(
        self,
        account: str,
        method: str,
        *,
        dry_run: bool = False,
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Outcome | models.Preview:
        """Never charged again; a charge that was not sent yet is not made.

        Sends the event `payment_method_removed`. Under one `idempotency_key` it is done once; one is drawn where
        none is given. `dry_run`: only what it would pay and charge, and nothing is kept. `if_match`: the `etag`
        under which what it edits was read. `wait`: up to so many seconds, 30 at most, for its outcome.
        """
        sent = command(operations.remove_method(account, method), dry_run, idempotency_key, if_match, wait)
        if dry_run:
            return await self._wire.one(models.Preview, sent)
        return await self._wire.one(models.Outcome, sent)

    async def list(
        self, account: str, *, limit: int | None = None, after: str | None = None, removed: bool | None = None
    ) -> Page[models.Method]:
        """An account's payment methods, the default one first. One page."""
        return await self._wire.page(
            models.Method, "methods", operations.list_methods(account, limit, after, removed)
        )

    def each(
        self, account: str, *, limit: int = 1000, after: str | None = None, removed: bool | None = None
    ) -> AsyncIterator[models.Method]:
        """An account's payment methods, the default one first. All of them, page by page as they are taken."""
        return self._wire.each(
            models.Method, "methods", operations.list_methods(account, limit, after, removed)
        )

    def csv(
        self, account: str, *, after: str | None = None, removed: bool | None = None
    ) -> AsyncIterator[bytes]:
        """An account's payment methods, the default one first. All of them as CSV, in pieces."""
        return self._wire.csv(operations.list_methods(account, None, after, removed))

    async def list_holds(
        self, *, limit: int | None = None, after: str | None = None
    ) -> Page[models.PreAuthorization]:
        """Amounts held to check a payment method that are not let go yet, the oldest first. One page."""
        return await self._wire.page(models.PreAuthorization, "holds", operations.list_holds(limit, after))

    def each_holds(
        self, *, limit: int = 1000, after: str | None = None
    ) -> AsyncIterator[models.PreAuthorization]:
        """Amounts held to check a payment method that are not let go yet, the oldest first. All of them, page by page
        as they are taken.
        """
        return self._wire.each(models.PreAuthorization, "holds", operations.list_holds(limit, after))

    def csv_holds(self, *, after: str | None = None) -> AsyncIterator[bytes]:
        """Amounts held to check a payment method that are not let go yet, the oldest first. All of them as CSV, in
        pieces.
        """
        return self._wire.csv(operations.list_holds(None, after))
