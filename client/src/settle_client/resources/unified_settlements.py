"""Operations of the API: unified_settlements.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, overload

from settle_client import models
from settle_client.operations import unified_settlements as operations
from settle_client.pages import Page
from settle_client.requests import command
from settle_client.wire import Resource


class UnifiedSettlements(Resource):
    """Operations: create_settlement, edit_settlement, run_settlement, close_settlement, delete_settlement,
    get_settlement, list_settlements, list_settlement_lines.
    """

    @overload
    def create(
        self,
        account: str,
        *,
        settlement: str,
        accounts: Sequence[str],
        cycles: Sequence[str],
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
        settlement: str,
        accounts: Sequence[str],
        cycles: Sequence[str],
        dry_run: Literal[True],
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Preview: ...
    def create(
        self,
        account: str,
        *,
        settlement: str,
        accounts: Sequence[str],
        cycles: Sequence[str],
        dry_run: bool = False,
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Outcome | models.Preview:
        """The unsettled bills of these accounts and cycles, to be paid by the event's account, their main account, in
        this order: account by account, the cycles of each as given; up to 10,000. Automatic write-off of the
        accounts is held from then on.

        Sends the event `unified_settlement_created`. Under one `idempotency_key` it is done once; one is drawn
        where none is given. `dry_run`: only what it would pay and charge, and nothing is kept. `if_match`: the
        `etag` under which what it edits was read. `wait`: up to so many seconds, 30 at most, for its outcome.
        """
        sent = command(
            operations.create_settlement(account, settlement, accounts, cycles),
            dry_run,
            idempotency_key,
            if_match,
            wait,
        )
        if dry_run:
            return self._wire.one(models.Preview, sent)
        return self._wire.one(models.Outcome, sent)

    @overload
    def edit(
        self,
        account: str,
        settlement: str,
        *,
        accounts: Sequence[str] | None = None,
        cycles: Sequence[str] | None = None,
        bills: Sequence[models.BillName] | None = None,
        if_revision: str | None = None,
        dry_run: Literal[False] = False,
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Outcome: ...
    @overload
    def edit(
        self,
        account: str,
        settlement: str,
        *,
        accounts: Sequence[str] | None = None,
        cycles: Sequence[str] | None = None,
        bills: Sequence[models.BillName] | None = None,
        if_revision: str | None = None,
        dry_run: Literal[True],
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Preview: ...
    def edit(
        self,
        account: str,
        settlement: str,
        *,
        accounts: Sequence[str] | None = None,
        cycles: Sequence[str] | None = None,
        bills: Sequence[models.BillName] | None = None,
        if_revision: str | None = None,
        dry_run: bool = False,
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Outcome | models.Preview:
        """A draft's list made anew from `accounts` and `cycles`, or put into the order of `bills` and cut down to
        them.

        Sends the event `unified_settlement_edited`. Under one `idempotency_key` it is done once; one is drawn
        where none is given. `dry_run`: only what it would pay and charge, and nothing is kept. `if_match`: the
        `etag` under which what it edits was read. `wait`: up to so many seconds, 30 at most, for its outcome.
        """
        sent = command(
            operations.edit_settlement(account, settlement, accounts, cycles, bills, if_revision),
            dry_run,
            idempotency_key,
            if_match,
            wait,
        )
        if dry_run:
            return self._wire.one(models.Preview, sent)
        return self._wire.one(models.Outcome, sent)

    @overload
    def run(
        self,
        account: str,
        settlement: str,
        *,
        if_revision: str | None = None,
        dry_run: Literal[False] = False,
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Outcome: ...
    @overload
    def run(
        self,
        account: str,
        settlement: str,
        *,
        if_revision: str | None = None,
        dry_run: Literal[True],
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Preview: ...
    def run(
        self,
        account: str,
        settlement: str,
        *,
        if_revision: str | None = None,
        dry_run: bool = False,
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Outcome | models.Preview:
        """Pays what the main account's money reaches, and the rest by itself when more comes.

        Sends the event `unified_settlement_run`. Under one `idempotency_key` it is done once; one is drawn where
        none is given. `dry_run`: only what it would pay and charge, and nothing is kept. `if_match`: the `etag`
        under which what it edits was read. `wait`: up to so many seconds, 30 at most, for its outcome.
        """
        sent = command(
            operations.run_settlement(account, settlement, if_revision),
            dry_run,
            idempotency_key,
            if_match,
            wait,
        )
        if dry_run:
            return self._wire.one(models.Preview, sent)
        return self._wire.one(models.Outcome, sent)

    @overload
    def close(
        self,
        account: str,
        settlement: str,
        *,
        if_revision: str | None = None,
        dry_run: Literal[False] = False,
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Outcome: ...
    @overload
    def close(
        self,
        account: str,
        settlement: str,
        *,
        if_revision: str | None = None,
        dry_run: Literal[True],
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Preview: ...
    def close(
        self,
        account: str,
        settlement: str,
        *,
        if_revision: str | None = None,
        dry_run: bool = False,
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Outcome | models.Preview:
        """Ends it; what is not paid stays unpaid.

        Sends the event `unified_settlement_closed`. Under one `idempotency_key` it is done once; one is drawn
        where none is given. `dry_run`: only what it would pay and charge, and nothing is kept. `if_match`: the
        `etag` under which what it edits was read. `wait`: up to so many seconds, 30 at most, for its outcome.
        """
        sent = command(
            operations.close_settlement(account, settlement, if_revision),
            dry_run,
            idempotency_key,
            if_match,
            wait,
        )
        if dry_run:
            return self._wire.one(models.Preview, sent)
        return self._wire.one(models.Outcome, sent)

    @overload
    def delete(
        self,
        account: str,
        settlement: str,
        *,
        if_revision: str | None = None,
        dry_run: Literal[False] = False,
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Outcome: ...
    @overload
    def delete(
        self,
        account: str,
        settlement: str,
        *,
        if_revision: str | None = None,
        dry_run: Literal[True],
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Preview: ...
    def delete(
        self,
        account: str,
        settlement: str,
        *,
        if_revision: str | None = None,
        dry_run: bool = False,
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Outcome | models.Preview:
        """Takes it off the list; one that runs has to be closed first. Its name stays taken.

        Sends the event `unified_settlement_deleted`. Under one `idempotency_key` it is done once; one is drawn
        where none is given. `dry_run`: only what it would pay and charge, and nothing is kept. `if_match`: the
        `etag` under which what it edits was read. `wait`: up to so many seconds, 30 at most, for its outcome.
        """
        sent = command(
            operations.delete_settlement(account, settlement, if_revision),
            dry_run,
            idempotency_key,
            if_match,
            wait,
        )
        if dry_run:
            return self._wire.one(models.Preview, sent)
        return self._wire.one(models.Outcome, sent)

    def get(self, account: str, settlement: str) -> models.SettlementDetails:
        """A unified settlement."""
        return self._wire.one(models.SettlementDetails, operations.get_settlement(account, settlement))

    def list(
        self,
        *,
        limit: int | None = None,
        after: str | None = None,
        main: str | None = None,
        deleted: bool | None = None,
    ) -> Page[models.Unified]:
        """Unified settlements, the newest first. One page."""
        return self._wire.page(
            models.Unified, "unified_settlements", operations.list_settlements(limit, after, main, deleted)
        )

    def each(
        self,
        *,
        limit: int = 1000,
        after: str | None = None,
        main: str | None = None,
        deleted: bool | None = None,
    ) -> Iterator[models.Unified]:
        """Unified settlements, the newest first. All of them, page by page as they are taken."""
        return self._wire.each(
            models.Unified, "unified_settlements", operations.list_settlements(limit, after, main, deleted)
        )

    def csv(
        self, *, after: str | None = None, main: str | None = None, deleted: bool | None = None
    ) -> Iterator[bytes]:
        """Unified settlements, the newest first. All of them as CSV, in pieces."""
        return self._wire.csv(operations.list_settlements(None, after, main, deleted))

    def list_lines(
        self,
        account: str,
        settlement: str,
        *,
        limit: int | None = None,
        after: str | None = None,
        dropped: bool | None = None,
    ) -> Page[models.UnifiedLine]:
        """The bills of a unified settlement in the order of payment. One page."""
        return self._wire.page(
            models.UnifiedLine,
            "lines",
            operations.list_settlement_lines(account, settlement, limit, after, dropped),
        )

    def each_lines(
        self,
        account: str,
        settlement: str,
        *,
        limit: int = 1000,
        after: str | None = None,
        dropped: bool | None = None,
    ) -> Iterator[models.UnifiedLine]:
        """The bills of a unified settlement in the order of payment. All of them, page by page as they are taken."""
        return self._wire.each(
            models.UnifiedLine,
            "lines",
            operations.list_settlement_lines(account, settlement, limit, after, dropped),
        )

    def csv_lines(
        self, account: str, settlement: str, *, after: str | None = None, dropped: bool | None = None
    ) -> Iterator[bytes]:
        """The bills of a unified settlement in the order of payment. All of them as CSV, in pieces."""
        return self._wire.csv(operations.list_settlement_lines(account, settlement, None, after, dropped))
