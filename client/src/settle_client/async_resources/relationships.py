"""Operations of the API: relationships.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Literal, overload

from settle_client import models
from settle_client.async_wire import AsyncResource
from settle_client.operations import relationships as operations
from settle_client.pages import Page
from settle_client.requests import command


class AsyncRelationships(AsyncResource):
    """Operations: request_relationship, accept_relationship, end_relationship, list_relationships."""

    @overload
    async def request(
        self,
        account: str,
        *,
        member: str,
        dry_run: Literal[False] = False,
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Outcome: ...
    @overload
    async def request(
        self,
        account: str,
        *,
        member: str,
        dry_run: Literal[True],
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Preview: ...
    async def request(
        self,
        account: str,
        *,
        member: str,
        dry_run: bool = False,
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Outcome | models.Preview:
        """The event's account asks to be the main account of `member`. A member has one main account; nobody is both.

        Sends the event `relationship_requested`. Under one `idempotency_key` it is done once; one is drawn where
        none is given. `dry_run`: only what it would pay and charge, and nothing is kept. `if_match`: the `etag`
        under which what it edits was read. `wait`: up to so many seconds, 30 at most, for its outcome.
        """
        sent = command(
            operations.request_relationship(account, member), dry_run, idempotency_key, if_match, wait
        )
        if dry_run:
            return await self._wire.one(models.Preview, sent)
        return await self._wire.one(models.Outcome, sent)

    @overload
    async def accept(
        self,
        account: str,
        main: str,
        *,
        dry_run: Literal[False] = False,
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Outcome: ...
    @overload
    async def accept(
        self,
        account: str,
        main: str,
        *,
        dry_run: Literal[True],
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Preview: ...
    async def accept(
        self,
        account: str,
        main: str,
        *,
        dry_run: bool = False,
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Outcome | models.Preview:
        """The event's account, the member, agrees.

        Sends the event `relationship_accepted`. Under one `idempotency_key` it is done once; one is drawn where
        none is given. `dry_run`: only what it would pay and charge, and nothing is kept. `if_match`: the `etag`
        under which what it edits was read. `wait`: up to so many seconds, 30 at most, for its outcome.
        """
        sent = command(
            operations.accept_relationship(account, main), dry_run, idempotency_key, if_match, wait
        )
        if dry_run:
            return await self._wire.one(models.Preview, sent)
        return await self._wire.one(models.Outcome, sent)

    @overload
    async def end(
        self,
        account: str,
        other: str,
        *,
        dry_run: Literal[False] = False,
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Outcome: ...
    @overload
    async def end(
        self,
        account: str,
        other: str,
        *,
        dry_run: Literal[True],
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Preview: ...
    async def end(
        self,
        account: str,
        other: str,
        *,
        dry_run: bool = False,
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Outcome | models.Preview:
        """Either side ends it.

        Sends the event `relationship_ended`. Under one `idempotency_key` it is done once; one is drawn where none
        is given. `dry_run`: only what it would pay and charge, and nothing is kept. `if_match`: the `etag` under
        which what it edits was read. `wait`: up to so many seconds, 30 at most, for its outcome.
        """
        sent = command(operations.end_relationship(account, other), dry_run, idempotency_key, if_match, wait)
        if dry_run:
            return await self._wire.one(models.Preview, sent)
        return await self._wire.one(models.Outcome, sent)

    async def list(
        self,
        *,
        limit: int | None = None,
        after: str | None = None,
        account: str | None = None,
        state: Literal["pending", "valid", "ended"] | None = None,
    ) -> Page[models.Relationship]:
        """Relationships in the order of their requests. One page."""
        return await self._wire.page(
            models.Relationship, "relationships", operations.list_relationships(limit, after, account, state)
        )

    def each(
        self,
        *,
        limit: int = 1000,
        after: str | None = None,
        account: str | None = None,
        state: Literal["pending", "valid", "ended"] | None = None,
    ) -> AsyncIterator[models.Relationship]:
        """Relationships in the order of their requests. All of them, page by page as they are taken."""
        return self._wire.each(
            models.Relationship, "relationships", operations.list_relationships(limit, after, account, state)
        )

    def csv(
        self,
        *,
        after: str | None = None,
        account: str | None = None,
        state: Literal["pending", "valid", "ended"] | None = None,
    ) -> AsyncIterator[bytes]:
        """Relationships in the order of their requests. All of them as CSV, in pieces."""
        return self._wire.csv(operations.list_relationships(None, after, account, state))
