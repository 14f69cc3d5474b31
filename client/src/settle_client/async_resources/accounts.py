"""Operations of the API: accounts.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Literal, overload

from settle_client import models
from settle_client.async_wire import AsyncResource
from settle_client.operations import accounts as operations
from settle_client.pages import Page
from settle_client.requests import command
from settle_client.values import Number


class AsyncAccounts(AsyncResource):
    """Operations: open_account, change_account, get_account, explain_account, list_accounts, list_parked."""

    @overload
    async def open(
        self,
        account: str,
        *,
        currency: str,
        name: str | None = None,
        credit_control: bool | None = None,
        credit_limit: Number | None = None,
        auto_write_off: bool | None = None,
        write_off_past_bills: bool | None = None,
        opening_cash: Number | None = None,
        dry_run: Literal[False] = False,
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Outcome: ...
    @overload
    async def open(
        self,
        account: str,
        *,
        currency: str,
        name: str | None = None,
        credit_control: bool | None = None,
        credit_limit: Number | None = None,
        auto_write_off: bool | None = None,
        write_off_past_bills: bool | None = None,
        opening_cash: Number | None = None,
        dry_run: Literal[True],
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Preview: ...
    async def open(
        self,
        account: str,
        *,
        currency: str,
        name: str | None = None,
        credit_control: bool | None = None,
        credit_limit: Number | None = None,
        auto_write_off: bool | None = None,
        write_off_past_bills: bool | None = None,
        opening_cash: Number | None = None,
        dry_run: bool = False,
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Outcome | models.Preview:
        """An account, with cash brought along from elsewhere.

        Sends the event `account_opened`. Under one `idempotency_key` it is done once; one is drawn where none is
        given. `dry_run`: only what it would pay and charge, and nothing is kept. `if_match`: the `etag` under
        which what it edits was read. `wait`: up to so many seconds, 30 at most, for its outcome.
        """
        sent = command(
            operations.open_account(
                account,
                currency,
                name,
                credit_control,
                credit_limit,
                auto_write_off,
                write_off_past_bills,
                opening_cash,
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
    async def change(
        self,
        account: str,
        *,
        currency: str | None = None,
        auto_write_off: bool | None = None,
        write_off_past_bills: bool | None = None,
        credit_control: bool | None = None,
        credit_limit: Number | None = None,
        frozen_amount: Number | None = None,
        low_credit_line: Number | None = None,
        low_credit_watch: Literal[False] | None = None,
        hold: models.HoldData | None = None,
        release: models.HoldData | None = None,
        if_revision: str | None = None,
        dry_run: Literal[False] = False,
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Outcome: ...
    @overload
    async def change(
        self,
        account: str,
        *,
        currency: str | None = None,
        auto_write_off: bool | None = None,
        write_off_past_bills: bool | None = None,
        credit_control: bool | None = None,
        credit_limit: Number | None = None,
        frozen_amount: Number | None = None,
        low_credit_line: Number | None = None,
        low_credit_watch: Literal[False] | None = None,
        hold: models.HoldData | None = None,
        release: models.HoldData | None = None,
        if_revision: str | None = None,
        dry_run: Literal[True],
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Preview: ...
    async def change(
        self,
        account: str,
        *,
        currency: str | None = None,
        auto_write_off: bool | None = None,
        write_off_past_bills: bool | None = None,
        credit_control: bool | None = None,
        credit_limit: Number | None = None,
        frozen_amount: Number | None = None,
        low_credit_line: Number | None = None,
        low_credit_watch: Literal[False] | None = None,
        hold: models.HoldData | None = None,
        release: models.HoldData | None = None,
        if_revision: str | None = None,
        dry_run: bool = False,
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Outcome | models.Preview:
        """New values; what is absent stays. `currency` is needed beside an amount. `low_credit_line` has available
        credit watched against that amount, `low_credit_watch: false` ends it. Then the write-off.

        Sends the event `account_changed`. Under one `idempotency_key` it is done once; one is drawn where none is
        given. `dry_run`: only what it would pay and charge, and nothing is kept. `if_match`: the `etag` under
        which what it edits was read. `wait`: up to so many seconds, 30 at most, for its outcome.
        """
        sent = command(
            operations.change_account(
                account,
                currency,
                auto_write_off,
                write_off_past_bills,
                credit_control,
                credit_limit,
                frozen_amount,
                low_credit_line,
                low_credit_watch,
                hold,
                release,
                if_revision,
            ),
            dry_run,
            idempotency_key,
            if_match,
            wait,
        )
        if dry_run:
            return await self._wire.one(models.Preview, sent)
        return await self._wire.one(models.Outcome, sent)

    async def get(self, account: str) -> models.AccountDetails:
        """An account with everything of its."""
        return await self._wire.one(models.AccountDetails, operations.get_account(account))

    async def explain(self, account: str) -> models.Explanation:
        """Every bill that is not settled, explained."""
        return await self._wire.one(models.Explanation, operations.explain_account(account))

    async def list(
        self, *, limit: int | None = None, after: str | None = None, currency: str | None = None
    ) -> Page[models.Account]:
        """Accounts in the order in which they were opened. One page."""
        return await self._wire.page(
            models.Account, "accounts", operations.list_accounts(limit, after, currency)
        )

    def each(
        self, *, limit: int = 1000, after: str | None = None, currency: str | None = None
    ) -> AsyncIterator[models.Account]:
        """Accounts in the order in which they were opened. All of them, page by page as they are taken."""
        return self._wire.each(models.Account, "accounts", operations.list_accounts(limit, after, currency))

    def csv(self, *, after: str | None = None, currency: str | None = None) -> AsyncIterator[bytes]:
        """Accounts in the order in which they were opened. All of them as CSV, in pieces."""
        return self._wire.csv(operations.list_accounts(None, after, currency))

    async def list_parked(
        self, *, limit: int | None = None, after: str | None = None
    ) -> Page[models.ParkedAccount]:
        """Accounts whose figures did not add up. One page."""
        return await self._wire.page(models.ParkedAccount, "accounts", operations.list_parked(limit, after))

    def each_parked(
        self, *, limit: int = 1000, after: str | None = None
    ) -> AsyncIterator[models.ParkedAccount]:
        """Accounts whose figures did not add up. All of them, page by page as they are taken."""
        return self._wire.each(models.ParkedAccount, "accounts", operations.list_parked(limit, after))

    def csv_parked(self, *, after: str | None = None) -> AsyncIterator[bytes]:
        """Accounts whose figures did not add up. All of them as CSV, in pieces."""
        return self._wire.csv(operations.list_parked(None, after))
