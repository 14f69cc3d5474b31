"""Operations of the API: top_ups, transfers.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, overload

from settle_client import models
from settle_client.operations import top_ups as operations
from settle_client.pages import Page
from settle_client.requests import command
from settle_client.values import Number
from settle_client.wire import Resource


class TopUps(Resource):
    """Operations: top_up."""

    @overload
    def create(
        self,
        account: str,
        *,
        amount: Number,
        currency: str,
        dry_run: Literal[False] = False,
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Outcome: ...
    @overload
    def create(
        self,
        account: str,
        *,
        amount: Number,
        currency: str,
        dry_run: Literal[True],
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Preview: ...
    def create(
        self,
        account: str,
        *,
        amount: Number,
        currency: str,
        dry_run: bool = False,
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Outcome | models.Preview:
        """Cash from outside. Then the write-off.

        Sends the event `top_up`. Under one `idempotency_key` it is done once; one is drawn where none is given.
        `dry_run`: only what it would pay and charge, and nothing is kept. `if_match`: the `etag` under which what
        it edits was read. `wait`: up to so many seconds, 30 at most, for its outcome.
        """
        sent = command(operations.top_up(account, amount, currency), dry_run, idempotency_key, if_match, wait)
        if dry_run:
            return self._wire.one(models.Preview, sent)
        return self._wire.one(models.Outcome, sent)


class Transfers(Resource):
    """Operations: transfer, pull_back, list_transfers."""

    @overload
    def create(
        self,
        account: str,
        *,
        amount: Number,
        currency: str,
        from_account: str,
        dry_run: Literal[False] = False,
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Outcome: ...
    @overload
    def create(
        self,
        account: str,
        *,
        amount: Number,
        currency: str,
        from_account: str,
        dry_run: Literal[True],
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Preview: ...
    def create(
        self,
        account: str,
        *,
        amount: Number,
        currency: str,
        from_account: str,
        dry_run: bool = False,
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Outcome | models.Preview:
        """Cash from the main account, up to the least of three: its cash without what came to it by transfer, its
        cash without what is frozen or set aside, its available credit. Nothing while it has overdue bills. Then
        the receiver's write-off.

        Sends the event `transfer`. Under one `idempotency_key` it is done once; one is drawn where none is given.
        `dry_run`: only what it would pay and charge, and nothing is kept. `if_match`: the `etag` under which what
        it edits was read. `wait`: up to so many seconds, 30 at most, for its outcome.
        """
        sent = command(
            operations.transfer(account, amount, currency, from_account),
            dry_run,
            idempotency_key,
            if_match,
            wait,
        )
        if dry_run:
            return self._wire.one(models.Preview, sent)
        return self._wire.one(models.Outcome, sent)

    @overload
    def pull_back(
        self,
        account: str,
        *,
        amount: Number,
        currency: str,
        from_account: str,
        dry_run: Literal[False] = False,
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Outcome: ...
    @overload
    def pull_back(
        self,
        account: str,
        *,
        amount: Number,
        currency: str,
        from_account: str,
        dry_run: Literal[True],
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Preview: ...
    def pull_back(
        self,
        account: str,
        *,
        amount: Number,
        currency: str,
        from_account: str,
        dry_run: bool = False,
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Outcome | models.Preview:
        """What the member was sent and has not spent comes back to the event's account. Then the write-off.

        Sends the event `transfer_pulled_back`. Under one `idempotency_key` it is done once; one is drawn where
        none is given. `dry_run`: only what it would pay and charge, and nothing is kept. `if_match`: the `etag`
        under which what it edits was read. `wait`: up to so many seconds, 30 at most, for its outcome.
        """
        sent = command(
            operations.pull_back(account, amount, currency, from_account),
            dry_run,
            idempotency_key,
            if_match,
            wait,
        )
        if dry_run:
            return self._wire.one(models.Preview, sent)
        return self._wire.one(models.Outcome, sent)

    def list(
        self,
        *,
        limit: int | None = None,
        after: str | None = None,
        account: str | None = None,
        kind: Literal["sent", "pulled_back"] | None = None,
    ) -> Page[models.TransferRecord]:
        """Money sent by main accounts to their members, or pulled back from them, the newest first. One page."""
        return self._wire.page(
            models.TransferRecord, "transfers", operations.list_transfers(limit, after, account, kind)
        )

    def each(
        self,
        *,
        limit: int = 1000,
        after: str | None = None,
        account: str | None = None,
        kind: Literal["sent", "pulled_back"] | None = None,
    ) -> Iterator[models.TransferRecord]:
        """Money sent by main accounts to their members, or pulled back from them, the newest first. All of them, page
        by page as they are taken.
        """
        return self._wire.each(
            models.TransferRecord, "transfers", operations.list_transfers(limit, after, account, kind)
        )

    def csv(
        self,
        *,
        after: str | None = None,
        account: str | None = None,
        kind: Literal["sent", "pulled_back"] | None = None,
    ) -> Iterator[bytes]:
        """Money sent by main accounts to their members, or pulled back from them, the newest first. All of them as
        CSV, in pieces.
        """
        return self._wire.csv(operations.list_transfers(None, after, account, kind))
