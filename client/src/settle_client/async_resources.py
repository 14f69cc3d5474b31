"""The operations of the API, by what they are about.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Literal, overload

from settle_client import models
from settle_client.async_wire import AsyncWire
from settle_client.pages import Page
from settle_client.requests import command, request
from settle_client.values import Number


class AsyncEvents:
    """Operations: post_events, get_event, list_events."""

    def __init__(self, wire: AsyncWire) -> None:
        self._wire = wire

    async def send(
        self, event: models.Event | Mapping[str, Any], *, wait: int | None = None
    ) -> models.Outcome:
        """One event, which is known by its `event_id`: sent again it changes nothing. `wait`: up to so many seconds,
        30 at most, for outcomes.
        """
        return await self._wire.one(models.Outcome, request("POST", "/events", body=event, wait=wait))

    async def send_batch(
        self, events: Sequence[models.Event | Mapping[str, Any]], *, wait: int | None = None
    ) -> models.Results:
        """Up to 1,000 events, with a result for each in their order: one that is refused does not end the others.
        `wait`: up to so many seconds, 30 at most, for outcomes.
        """
        return await self._wire.one(models.Results, request("POST", "/events", body=[*events], wait=wait))

    async def get(self, source: str, event_id: str) -> models.Outcome:
        """What became of an event."""
        return await self._wire.one(
            models.Outcome,
            request("GET", "/events/{source}/{event_id}", names={"source": source, "event_id": event_id}),
        )

    async def list(
        self,
        *,
        limit: int | None = None,
        after: str | None = None,
        account: str | None = None,
        state: Literal["waiting", "done", "refused", "parked"] | None = None,
        code: str | None = None,
    ) -> Page[models.Inbox]:
        """Events, the newest first. One page."""
        return await self._wire.page(
            models.Inbox,
            "events",
            request(
                "GET",
                "/events",
                query={"limit": limit, "after": after, "account": account, "state": state, "code": code},
            ),
        )

    def each(
        self,
        *,
        limit: int = 1000,
        after: str | None = None,
        account: str | None = None,
        state: Literal["waiting", "done", "refused", "parked"] | None = None,
        code: str | None = None,
    ) -> AsyncIterator[models.Inbox]:
        """Events, the newest first. All of them, page by page as they are taken."""
        return self._wire.each(
            models.Inbox,
            "events",
            request(
                "GET",
                "/events",
                query={"limit": limit, "after": after, "account": account, "state": state, "code": code},
            ),
        )

    def csv(
        self,
        *,
        after: str | None = None,
        account: str | None = None,
        state: Literal["waiting", "done", "refused", "parked"] | None = None,
        code: str | None = None,
    ) -> AsyncIterator[bytes]:
        """Events, the newest first. All of them as CSV, in pieces."""
        return self._wire.csv(
            request(
                "GET", "/events", query={"after": after, "account": account, "state": state, "code": code}
            )
        )


class AsyncOperations:
    """Operations: get_operation."""

    def __init__(self, wire: AsyncWire) -> None:
        self._wire = wire

    async def get(self, operation: str) -> models.Outcome:
        """What became of a command or an event, and what it paid."""
        return await self._wire.one(
            models.Outcome, request("GET", "/operations/{operation}", names={"operation": operation})
        )


class AsyncAccounts:
    """Operations: open_account, change_account, get_account, explain_account, list_accounts, list_parked."""

    def __init__(self, wire: AsyncWire) -> None:
        self._wire = wire

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
            "POST",
            "/accounts",
            names={},
            body={
                "account": account,
                "currency": currency,
                "name": name,
                "credit_control": credit_control,
                "credit_limit": credit_limit,
                "auto_write_off": auto_write_off,
                "write_off_past_bills": write_off_past_bills,
                "opening_cash": opening_cash,
            },
            dry_run=dry_run,
            idempotency_key=idempotency_key,
            if_match=if_match,
            wait=wait,
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
            "PATCH",
            "/accounts/{account}",
            names={"account": account},
            body={
                "currency": currency,
                "auto_write_off": auto_write_off,
                "write_off_past_bills": write_off_past_bills,
                "credit_control": credit_control,
                "credit_limit": credit_limit,
                "frozen_amount": frozen_amount,
                "low_credit_line": low_credit_line,
                "low_credit_watch": low_credit_watch,
                "hold": hold,
                "release": release,
                "if_revision": if_revision,
            },
            dry_run=dry_run,
            idempotency_key=idempotency_key,
            if_match=if_match,
            wait=wait,
        )
        if dry_run:
            return await self._wire.one(models.Preview, sent)
        return await self._wire.one(models.Outcome, sent)

    async def get(self, account: str) -> models.AccountDetails:
        """An account with everything of its."""
        return await self._wire.one(
            models.AccountDetails, request("GET", "/accounts/{account}", names={"account": account})
        )

    async def explain(self, account: str) -> models.Explanation:
        """Every bill that is not settled, explained."""
        return await self._wire.one(
            models.Explanation, request("GET", "/accounts/{account}/explanation", names={"account": account})
        )

    async def list(
        self, *, limit: int | None = None, after: str | None = None, currency: str | None = None
    ) -> Page[models.Account]:
        """Accounts in the order in which they were opened. One page."""
        return await self._wire.page(
            models.Account,
            "accounts",
            request("GET", "/accounts", query={"limit": limit, "after": after, "currency": currency}),
        )

    def each(
        self, *, limit: int = 1000, after: str | None = None, currency: str | None = None
    ) -> AsyncIterator[models.Account]:
        """Accounts in the order in which they were opened. All of them, page by page as they are taken."""
        return self._wire.each(
            models.Account,
            "accounts",
            request("GET", "/accounts", query={"limit": limit, "after": after, "currency": currency}),
        )

    def csv(self, *, after: str | None = None, currency: str | None = None) -> AsyncIterator[bytes]:
        """Accounts in the order in which they were opened. All of them as CSV, in pieces."""
        return self._wire.csv(request("GET", "/accounts", query={"after": after, "currency": currency}))

    async def list_parked(
        self, *, limit: int | None = None, after: str | None = None
    ) -> Page[models.ParkedAccount]:
        """Accounts whose figures did not add up. One page."""
        return await self._wire.page(
            models.ParkedAccount,
            "accounts",
            request("GET", "/parked-accounts", query={"limit": limit, "after": after}),
        )

    def each_parked(
        self, *, limit: int = 1000, after: str | None = None
    ) -> AsyncIterator[models.ParkedAccount]:
        """Accounts whose figures did not add up. All of them, page by page as they are taken."""
        return self._wire.each(
            models.ParkedAccount,
            "accounts",
            request("GET", "/parked-accounts", query={"limit": limit, "after": after}),
        )

    def csv_parked(self, *, after: str | None = None) -> AsyncIterator[bytes]:
        """Accounts whose figures did not add up. All of them as CSV, in pieces."""
        return self._wire.csv(request("GET", "/parked-accounts", query={"after": after}))


class AsyncTopUps:
    """Operations: top_up."""

    def __init__(self, wire: AsyncWire) -> None:
        self._wire = wire

    @overload
    async def create(
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
    async def create(
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
    async def create(
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
        sent = command(
            "POST",
            "/accounts/{account}/top-ups",
            names={"account": account},
            body={"amount": amount, "currency": currency},
            dry_run=dry_run,
            idempotency_key=idempotency_key,
            if_match=if_match,
            wait=wait,
        )
        if dry_run:
            return await self._wire.one(models.Preview, sent)
        return await self._wire.one(models.Outcome, sent)


class AsyncTransfers:
    """Operations: transfer, pull_back."""

    def __init__(self, wire: AsyncWire) -> None:
        self._wire = wire

    @overload
    async def create(
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
    async def create(
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
    async def create(
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
            "POST",
            "/accounts/{account}/transfers",
            names={"account": account},
            body={"amount": amount, "currency": currency, "from_account": from_account},
            dry_run=dry_run,
            idempotency_key=idempotency_key,
            if_match=if_match,
            wait=wait,
        )
        if dry_run:
            return await self._wire.one(models.Preview, sent)
        return await self._wire.one(models.Outcome, sent)

    @overload
    async def pull_back(
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
    async def pull_back(
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
    async def pull_back(
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
            "POST",
            "/accounts/{account}/pull-backs",
            names={"account": account},
            body={"amount": amount, "currency": currency, "from_account": from_account},
            dry_run=dry_run,
            idempotency_key=idempotency_key,
            if_match=if_match,
            wait=wait,
        )
        if dry_run:
            return await self._wire.one(models.Preview, sent)
        return await self._wire.one(models.Outcome, sent)


class AsyncRefunds:
    """Operations: refund, get_refund, list_refunds, list_credit_refunds."""

    def __init__(self, wire: AsyncWire) -> None:
        self._wire = wire

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
            "POST",
            "/accounts/{account}/refunds",
            names={"account": account},
            body={"amount": amount, "currency": currency, "to": to, "cycle": cycle},
            dry_run=dry_run,
            idempotency_key=idempotency_key,
            if_match=if_match,
            wait=wait,
        )
        if dry_run:
            return await self._wire.one(models.Preview, sent)
        return await self._wire.one(models.Outcome, sent)

    async def get(self, refund: str) -> models.GatewayRefund:
        """A refund to a payment method."""
        return await self._wire.one(
            models.GatewayRefund, request("GET", "/refunds/{refund}", names={"refund": refund})
        )

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
            models.GatewayRefund,
            "refunds",
            request(
                "GET", "/refunds", query={"limit": limit, "after": after, "account": account, "state": state}
            ),
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
            models.GatewayRefund,
            "refunds",
            request(
                "GET", "/refunds", query={"limit": limit, "after": after, "account": account, "state": state}
            ),
        )

    def csv(
        self,
        *,
        after: str | None = None,
        account: str | None = None,
        state: Literal["waiting", "sent", "unknown", "under_way", "succeeded", "failed"] | None = None,
    ) -> AsyncIterator[bytes]:
        """Refunds to payment methods, the newest first. All of them as CSV, in pieces."""
        return self._wire.csv(
            request("GET", "/refunds", query={"after": after, "account": account, "state": state})
        )

    async def list_credit(self, account: str, *, limit: int | None = None) -> Page[models.CreditRefund]:
        """An account's credit refunds that have something left. One page."""
        return await self._wire.page(
            models.CreditRefund,
            "credit_refunds",
            request(
                "GET",
                "/accounts/{account}/credit-refunds",
                names={"account": account},
                query={"limit": limit},
            ),
        )

    def csv_credit(self, account: str) -> AsyncIterator[bytes]:
        """An account's credit refunds that have something left. All of them as CSV, in pieces."""
        return self._wire.csv(
            request("GET", "/accounts/{account}/credit-refunds", names={"account": account})
        )


class AsyncFees:
    """Operations: add_fees."""

    def __init__(self, wire: AsyncWire) -> None:
        self._wire = wire

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
        sent = command(
            "POST",
            "/accounts/{account}/fees",
            names={"account": account},
            body={"fees": fees},
            dry_run=dry_run,
            idempotency_key=idempotency_key,
            if_match=if_match,
            wait=wait,
        )
        if dry_run:
            return await self._wire.one(models.Preview, sent)
        return await self._wire.one(models.Outcome, sent)


class AsyncCards:
    """Operations: activate_card, list_cards."""

    def __init__(self, wire: AsyncWire) -> None:
        self._wire = wire

    @overload
    async def activate(
        self,
        account: str,
        *,
        card: str,
        amount: Number,
        currency: str,
        valid_from: dt.datetime | str,
        valid_until: dt.datetime | str,
        products: Sequence[str] | None = None,
        orders: Sequence[str] | None = None,
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
        card: str,
        amount: Number,
        currency: str,
        valid_from: dt.datetime | str,
        valid_until: dt.datetime | str,
        products: Sequence[str] | None = None,
        orders: Sequence[str] | None = None,
        dry_run: Literal[True],
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Preview: ...
    async def activate(
        self,
        account: str,
        *,
        card: str,
        amount: Number,
        currency: str,
        valid_from: dt.datetime | str,
        valid_until: dt.datetime | str,
        products: Sequence[str] | None = None,
        orders: Sequence[str] | None = None,
        dry_run: bool = False,
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Outcome | models.Preview:
        """A stored value card. It pays the months that its validity overlaps, and lapses with the bill of the last of
        them (R4.6f). Then the write-off.

        Sends the event `card_activated`. Under one `idempotency_key` it is done once; one is drawn where none is
        given. `dry_run`: only what it would pay and charge, and nothing is kept. `if_match`: the `etag` under
        which what it edits was read. `wait`: up to so many seconds, 30 at most, for its outcome.
        """
        sent = command(
            "POST",
            "/accounts/{account}/cards",
            names={"account": account},
            body={
                "card": card,
                "amount": amount,
                "currency": currency,
                "valid_from": valid_from,
                "valid_until": valid_until,
                "products": products,
                "orders": orders,
            },
            dry_run=dry_run,
            idempotency_key=idempotency_key,
            if_match=if_match,
            wait=wait,
        )
        if dry_run:
            return await self._wire.one(models.Preview, sent)
        return await self._wire.one(models.Outcome, sent)

    async def list(
        self, account: str, *, limit: int | None = None, used_up: bool | None = None
    ) -> Page[models.Card]:
        """An account's stored value cards. One page."""
        return await self._wire.page(
            models.Card,
            "cards",
            request(
                "GET",
                "/accounts/{account}/cards",
                names={"account": account},
                query={"limit": limit, "used_up": used_up},
            ),
        )

    def csv(self, account: str, *, used_up: bool | None = None) -> AsyncIterator[bytes]:
        """An account's stored value cards. All of them as CSV, in pieces."""
        return self._wire.csv(
            request(
                "GET", "/accounts/{account}/cards", names={"account": account}, query={"used_up": used_up}
            )
        )


class AsyncCoupons:
    """Operations: grant_coupon, list_coupons."""

    def __init__(self, wire: AsyncWire) -> None:
        self._wire = wire

    @overload
    async def grant(
        self,
        account: str,
        *,
        coupon: str,
        kind: Literal["amount_off", "single_use"],
        amount: Number,
        currency: str,
        valid_from: dt.datetime | str,
        valid_until: dt.datetime | str,
        dry_run: Literal[False] = False,
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Outcome: ...
    @overload
    async def grant(
        self,
        account: str,
        *,
        coupon: str,
        kind: Literal["amount_off", "single_use"],
        amount: Number,
        currency: str,
        valid_from: dt.datetime | str,
        valid_until: dt.datetime | str,
        dry_run: Literal[True],
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Preview: ...
    async def grant(
        self,
        account: str,
        *,
        coupon: str,
        kind: Literal["amount_off", "single_use"],
        amount: Number,
        currency: str,
        valid_from: dt.datetime | str,
        valid_until: dt.datetime | str,
        dry_run: bool = False,
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Outcome | models.Preview:
        """A coupon: off bill after bill until it is used up (`amount_off`), or off one bill, and the rest lapses
        (`single_use`). It comes off bills when they are issued, never later.

        Sends the event `coupon_granted`. Under one `idempotency_key` it is done once; one is drawn where none is
        given. `dry_run`: only what it would pay and charge, and nothing is kept. `if_match`: the `etag` under
        which what it edits was read. `wait`: up to so many seconds, 30 at most, for its outcome.
        """
        sent = command(
            "POST",
            "/accounts/{account}/coupons",
            names={"account": account},
            body={
                "coupon": coupon,
                "kind": kind,
                "amount": amount,
                "currency": currency,
                "valid_from": valid_from,
                "valid_until": valid_until,
            },
            dry_run=dry_run,
            idempotency_key=idempotency_key,
            if_match=if_match,
            wait=wait,
        )
        if dry_run:
            return await self._wire.one(models.Preview, sent)
        return await self._wire.one(models.Outcome, sent)

    async def list(
        self, account: str, *, limit: int | None = None, used_up: bool | None = None
    ) -> Page[models.Coupon]:
        """An account's coupons. One page."""
        return await self._wire.page(
            models.Coupon,
            "coupons",
            request(
                "GET",
                "/accounts/{account}/coupons",
                names={"account": account},
                query={"limit": limit, "used_up": used_up},
            ),
        )

    def csv(self, account: str, *, used_up: bool | None = None) -> AsyncIterator[bytes]:
        """An account's coupons. All of them as CSV, in pieces."""
        return self._wire.csv(
            request(
                "GET", "/accounts/{account}/coupons", names={"account": account}, query={"used_up": used_up}
            )
        )


class AsyncTerms:
    """Operations: agree_term, list_terms."""

    def __init__(self, wire: AsyncWire) -> None:
        self._wire = wire

    @overload
    async def agree(
        self,
        account: str,
        *,
        from_cycle: str,
        period_days: int,
        until_cycle: str | None = None,
        settlement_cycle: Literal["monthly", "quarterly"] | None = None,
        day_kind: Literal["calendar", "business"] | None = None,
        country: str | None = None,
        closing_days: Sequence[dt.date | str] | None = None,
        dry_run: Literal[False] = False,
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Outcome: ...
    @overload
    async def agree(
        self,
        account: str,
        *,
        from_cycle: str,
        period_days: int,
        until_cycle: str | None = None,
        settlement_cycle: Literal["monthly", "quarterly"] | None = None,
        day_kind: Literal["calendar", "business"] | None = None,
        country: str | None = None,
        closing_days: Sequence[dt.date | str] | None = None,
        dry_run: Literal[True],
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Preview: ...
    async def agree(
        self,
        account: str,
        *,
        from_cycle: str,
        period_days: int,
        until_cycle: str | None = None,
        settlement_cycle: Literal["monthly", "quarterly"] | None = None,
        day_kind: Literal["calendar", "business"] | None = None,
        country: str | None = None,
        closing_days: Sequence[dt.date | str] | None = None,
        dry_run: bool = False,
        idempotency_key: str | None = None,
        if_match: str | None = None,
        wait: int | None = None,
    ) -> models.Outcome | models.Preview:
        """A contract period: bills of cycles from `from_cycle` on fall due by it, on an account on credit control. A
        term with the same `from_cycle` takes the place of the one before. Bills that are issued keep theirs. The
        period counts from the day on which the settlement cycle's last bill is issued; quarters are those of the
        calendar.

        Sends the event `payment_term_agreed`. Under one `idempotency_key` it is done once; one is drawn where none
        is given. `dry_run`: only what it would pay and charge, and nothing is kept. `if_match`: the `etag` under
        which what it edits was read. `wait`: up to so many seconds, 30 at most, for its outcome.
        """
        sent = command(
            "POST",
            "/accounts/{account}/terms",
            names={"account": account},
            body={
                "from_cycle": from_cycle,
                "period_days": period_days,
                "until_cycle": until_cycle,
                "settlement_cycle": settlement_cycle,
                "day_kind": day_kind,
                "country": country,
                "closing_days": closing_days,
            },
            dry_run=dry_run,
            idempotency_key=idempotency_key,
            if_match=if_match,
            wait=wait,
        )
        if dry_run:
            return await self._wire.one(models.Preview, sent)
        return await self._wire.one(models.Outcome, sent)

    async def list(self, account: str, *, limit: int | None = None) -> Page[models.Term]:
        """An account's payment terms. One page."""
        return await self._wire.page(
            models.Term,
            "terms",
            request("GET", "/accounts/{account}/terms", names={"account": account}, query={"limit": limit}),
        )

    def csv(self, account: str) -> AsyncIterator[bytes]:
        """An account's payment terms. All of them as CSV, in pieces."""
        return self._wire.csv(request("GET", "/accounts/{account}/terms", names={"account": account}))


class AsyncMethods:
    """Operations: add_method, make_method_default, verify_method, remove_method, list_methods."""

    def __init__(self, wire: AsyncWire) -> None:
        self._wire = wire

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
            "POST",
            "/accounts/{account}/methods",
            names={"account": account},
            body={
                "method": method,
                "kind": kind,
                "gateway": gateway,
                "method_token": method_token,
                "customer_token": customer_token,
                "threshold": threshold,
                "currency": currency,
                "make_default": make_default,
            },
            dry_run=dry_run,
            idempotency_key=idempotency_key,
            if_match=if_match,
            wait=wait,
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
            "POST",
            "/accounts/{account}/methods/{method}/default",
            names={"account": account, "method": method},
            body={},
            dry_run=dry_run,
            idempotency_key=idempotency_key,
            if_match=if_match,
            wait=wait,
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
        sent = command(
            "POST",
            "/accounts/{account}/methods/{method}/verify",
            names={"account": account, "method": method},
            body={},
            dry_run=dry_run,
            idempotency_key=idempotency_key,
            if_match=if_match,
            wait=wait,
        )
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
        sent = command(
            "DELETE",
            "/accounts/{account}/methods/{method}",
            names={"account": account, "method": method},
            body={},
            dry_run=dry_run,
            idempotency_key=idempotency_key,
            if_match=if_match,
            wait=wait,
        )
        if dry_run:
            return await self._wire.one(models.Preview, sent)
        return await self._wire.one(models.Outcome, sent)

    async def list(
        self, account: str, *, limit: int | None = None, removed: bool | None = None
    ) -> Page[models.Method]:
        """An account's payment methods. One page."""
        return await self._wire.page(
            models.Method,
            "methods",
            request(
                "GET",
                "/accounts/{account}/methods",
                names={"account": account},
                query={"limit": limit, "removed": removed},
            ),
        )

    def csv(self, account: str, *, removed: bool | None = None) -> AsyncIterator[bytes]:
        """An account's payment methods. All of them as CSV, in pieces."""
        return self._wire.csv(
            request(
                "GET", "/accounts/{account}/methods", names={"account": account}, query={"removed": removed}
            )
        )


class AsyncProducts:
    """Operations: activate_product."""

    def __init__(self, wire: AsyncWire) -> None:
        self._wire = wire

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
            "POST",
            "/accounts/{account}/products",
            names={"account": account},
            body={"product": product},
            dry_run=dry_run,
            idempotency_key=idempotency_key,
            if_match=if_match,
            wait=wait,
        )
        if dry_run:
            return await self._wire.one(models.Preview, sent)
        return await self._wire.one(models.Outcome, sent)


class AsyncRelationships:
    """Operations: request_relationship, accept_relationship, end_relationship, list_relationships."""

    def __init__(self, wire: AsyncWire) -> None:
        self._wire = wire

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
            "POST",
            "/accounts/{account}/relationships",
            names={"account": account},
            body={"member": member},
            dry_run=dry_run,
            idempotency_key=idempotency_key,
            if_match=if_match,
            wait=wait,
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
            "POST",
            "/accounts/{account}/relationships/{main}/accept",
            names={"account": account, "main": main},
            body={},
            dry_run=dry_run,
            idempotency_key=idempotency_key,
            if_match=if_match,
            wait=wait,
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
        sent = command(
            "POST",
            "/accounts/{account}/relationships/{other}/end",
            names={"account": account, "other": other},
            body={},
            dry_run=dry_run,
            idempotency_key=idempotency_key,
            if_match=if_match,
            wait=wait,
        )
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
            models.Relationship,
            "relationships",
            request(
                "GET",
                "/relationships",
                query={"limit": limit, "after": after, "account": account, "state": state},
            ),
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
            models.Relationship,
            "relationships",
            request(
                "GET",
                "/relationships",
                query={"limit": limit, "after": after, "account": account, "state": state},
            ),
        )

    def csv(
        self,
        *,
        after: str | None = None,
        account: str | None = None,
        state: Literal["pending", "valid", "ended"] | None = None,
    ) -> AsyncIterator[bytes]:
        """Relationships in the order of their requests. All of them as CSV, in pieces."""
        return self._wire.csv(
            request("GET", "/relationships", query={"after": after, "account": account, "state": state})
        )


class AsyncPayments:
    """Operations: pay_bill, cancel_payment, get_payment, list_payments."""

    def __init__(self, wire: AsyncWire) -> None:
        self._wire = wire

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
        automatic write-off is held.

        Sends the event `bill_payment_requested`. Under one `idempotency_key` it is done once; one is drawn where
        none is given. `dry_run`: only what it would pay and charge, and nothing is kept. `if_match`: the `etag`
        under which what it edits was read. `wait`: up to so many seconds, 30 at most, for its outcome.
        """
        sent = command(
            "POST",
            "/accounts/{account}/payments",
            names={"account": account},
            body={
                "payment": payment,
                "cycle": cycle,
                "currency": currency,
                "amount": amount,
                "from_balance": from_balance,
                "channel": channel,
            },
            dry_run=dry_run,
            idempotency_key=idempotency_key,
            if_match=if_match,
            wait=wait,
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
        sent = command(
            "POST",
            "/accounts/{account}/payments/{payment}/cancel",
            names={"account": account, "payment": payment},
            body={},
            dry_run=dry_run,
            idempotency_key=idempotency_key,
            if_match=if_match,
            wait=wait,
        )
        if dry_run:
            return await self._wire.one(models.Preview, sent)
        return await self._wire.one(models.Outcome, sent)

    async def get(self, account: str, payment: str) -> models.Payment:
        """A manual payment."""
        return await self._wire.one(
            models.Payment,
            request(
                "GET",
                "/accounts/{account}/payments/{payment}",
                names={"account": account, "payment": payment},
            ),
        )

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
            models.Payment,
            "payments",
            request(
                "GET",
                "/payments",
                query={"limit": limit, "after": after, "account": account, "cycle": cycle, "state": state},
            ),
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
            models.Payment,
            "payments",
            request(
                "GET",
                "/payments",
                query={"limit": limit, "after": after, "account": account, "cycle": cycle, "state": state},
            ),
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
        return self._wire.csv(
            request(
                "GET", "/payments", query={"after": after, "account": account, "cycle": cycle, "state": state}
            )
        )


class AsyncUnifiedSettlements:
    """Operations: create_settlement, edit_settlement, run_settlement, close_settlement, delete_settlement,
    get_settlement, list_settlements.
    """

    def __init__(self, wire: AsyncWire) -> None:
        self._wire = wire

    @overload
    async def create(
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
    async def create(
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
    async def create(
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
            "POST",
            "/accounts/{account}/unified-settlements",
            names={"account": account},
            body={"settlement": settlement, "accounts": accounts, "cycles": cycles},
            dry_run=dry_run,
            idempotency_key=idempotency_key,
            if_match=if_match,
            wait=wait,
        )
        if dry_run:
            return await self._wire.one(models.Preview, sent)
        return await self._wire.one(models.Outcome, sent)

    @overload
    async def edit(
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
    async def edit(
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
    async def edit(
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
            "PATCH",
            "/accounts/{account}/unified-settlements/{settlement}",
            names={"account": account, "settlement": settlement},
            body={"accounts": accounts, "cycles": cycles, "bills": bills, "if_revision": if_revision},
            dry_run=dry_run,
            idempotency_key=idempotency_key,
            if_match=if_match,
            wait=wait,
        )
        if dry_run:
            return await self._wire.one(models.Preview, sent)
        return await self._wire.one(models.Outcome, sent)

    @overload
    async def run(
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
    async def run(
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
    async def run(
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
            "POST",
            "/accounts/{account}/unified-settlements/{settlement}/run",
            names={"account": account, "settlement": settlement},
            body={"if_revision": if_revision},
            dry_run=dry_run,
            idempotency_key=idempotency_key,
            if_match=if_match,
            wait=wait,
        )
        if dry_run:
            return await self._wire.one(models.Preview, sent)
        return await self._wire.one(models.Outcome, sent)

    @overload
    async def close(
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
    async def close(
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
    async def close(
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
            "POST",
            "/accounts/{account}/unified-settlements/{settlement}/close",
            names={"account": account, "settlement": settlement},
            body={"if_revision": if_revision},
            dry_run=dry_run,
            idempotency_key=idempotency_key,
            if_match=if_match,
            wait=wait,
        )
        if dry_run:
            return await self._wire.one(models.Preview, sent)
        return await self._wire.one(models.Outcome, sent)

    @overload
    async def delete(
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
    async def delete(
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
    async def delete(
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
            "DELETE",
            "/accounts/{account}/unified-settlements/{settlement}",
            names={"account": account, "settlement": settlement},
            body={"if_revision": if_revision},
            dry_run=dry_run,
            idempotency_key=idempotency_key,
            if_match=if_match,
            wait=wait,
        )
        if dry_run:
            return await self._wire.one(models.Preview, sent)
        return await self._wire.one(models.Outcome, sent)

    async def get(self, account: str, settlement: str) -> models.SettlementDetails:
        """A unified settlement."""
        return await self._wire.one(
            models.SettlementDetails,
            request(
                "GET",
                "/accounts/{account}/unified-settlements/{settlement}",
                names={"account": account, "settlement": settlement},
            ),
        )

    async def list(
        self,
        *,
        limit: int | None = None,
        after: str | None = None,
        main: str | None = None,
        deleted: bool | None = None,
    ) -> Page[models.Unified]:
        """Unified settlements, the newest first. One page."""
        return await self._wire.page(
            models.Unified,
            "unified_settlements",
            request(
                "GET",
                "/unified-settlements",
                query={"limit": limit, "after": after, "main": main, "deleted": deleted},
            ),
        )

    def each(
        self,
        *,
        limit: int = 1000,
        after: str | None = None,
        main: str | None = None,
        deleted: bool | None = None,
    ) -> AsyncIterator[models.Unified]:
        """Unified settlements, the newest first. All of them, page by page as they are taken."""
        return self._wire.each(
            models.Unified,
            "unified_settlements",
            request(
                "GET",
                "/unified-settlements",
                query={"limit": limit, "after": after, "main": main, "deleted": deleted},
            ),
        )

    def csv(
        self, *, after: str | None = None, main: str | None = None, deleted: bool | None = None
    ) -> AsyncIterator[bytes]:
        """Unified settlements, the newest first. All of them as CSV, in pieces."""
        return self._wire.csv(
            request("GET", "/unified-settlements", query={"after": after, "main": main, "deleted": deleted})
        )


class AsyncBills:
    """Operations: get_bill, explain_bill, list_bills, list_overdue."""

    def __init__(self, wire: AsyncWire) -> None:
        self._wire = wire

    async def get(self, account: str, cycle: str) -> models.BillDetails:
        """A bill, what it is made of, and its repayments."""
        return await self._wire.one(
            models.BillDetails,
            request("GET", "/accounts/{account}/bills/{cycle}", names={"account": account, "cycle": cycle}),
        )

    async def explain(self, account: str, cycle: str) -> models.Explanation:
        """A bill explained: figures, payments, reasons."""
        return await self._wire.one(
            models.Explanation,
            request(
                "GET",
                "/accounts/{account}/bills/{cycle}/explanation",
                names={"account": account, "cycle": cycle},
            ),
        )

    async def list(
        self,
        *,
        limit: int | None = None,
        after: str | None = None,
        account: str | None = None,
        cycle: str | None = None,
        state: Literal["accruing", "unsettled", "settled"] | None = None,
    ) -> Page[models.Bill]:
        """Bills by account, then by month. One page."""
        return await self._wire.page(
            models.Bill,
            "bills",
            request(
                "GET",
                "/bills",
                query={"limit": limit, "after": after, "account": account, "cycle": cycle, "state": state},
            ),
        )

    def each(
        self,
        *,
        limit: int = 1000,
        after: str | None = None,
        account: str | None = None,
        cycle: str | None = None,
        state: Literal["accruing", "unsettled", "settled"] | None = None,
    ) -> AsyncIterator[models.Bill]:
        """Bills by account, then by month. All of them, page by page as they are taken."""
        return self._wire.each(
            models.Bill,
            "bills",
            request(
                "GET",
                "/bills",
                query={"limit": limit, "after": after, "account": account, "cycle": cycle, "state": state},
            ),
        )

    def csv(
        self,
        *,
        after: str | None = None,
        account: str | None = None,
        cycle: str | None = None,
        state: Literal["accruing", "unsettled", "settled"] | None = None,
    ) -> AsyncIterator[bytes]:
        """Bills by account, then by month. All of them as CSV, in pieces."""
        return self._wire.csv(
            request(
                "GET", "/bills", query={"after": after, "account": account, "cycle": cycle, "state": state}
            )
        )

    async def list_overdue(
        self,
        *,
        limit: int | None = None,
        after: str | None = None,
        account: str | None = None,
        upcoming: bool | None = None,
    ) -> Page[models.Due]:
        """Overdue bills by due date. One page."""
        return await self._wire.page(
            models.Due,
            "bills",
            request(
                "GET",
                "/overdue",
                query={"limit": limit, "after": after, "account": account, "upcoming": upcoming},
            ),
        )

    def each_overdue(
        self,
        *,
        limit: int = 1000,
        after: str | None = None,
        account: str | None = None,
        upcoming: bool | None = None,
    ) -> AsyncIterator[models.Due]:
        """Overdue bills by due date. All of them, page by page as they are taken."""
        return self._wire.each(
            models.Due,
            "bills",
            request(
                "GET",
                "/overdue",
                query={"limit": limit, "after": after, "account": account, "upcoming": upcoming},
            ),
        )

    def csv_overdue(
        self, *, after: str | None = None, account: str | None = None, upcoming: bool | None = None
    ) -> AsyncIterator[bytes]:
        """Overdue bills by due date. All of them as CSV, in pieces."""
        return self._wire.csv(
            request("GET", "/overdue", query={"after": after, "account": account, "upcoming": upcoming})
        )


class AsyncStatements:
    """Operations: get_statement."""

    def __init__(self, wire: AsyncWire) -> None:
        self._wire = wire

    async def get(self, account: str, cycle: str) -> models.Statement:
        """A month with every movement."""
        return await self._wire.one(
            models.Statement,
            request(
                "GET", "/accounts/{account}/statements/{cycle}", names={"account": account, "cycle": cycle}
            ),
        )


class AsyncRepayments:
    """Operations: list_repayments."""

    def __init__(self, wire: AsyncWire) -> None:
        self._wire = wire

    async def list(
        self,
        *,
        limit: int | None = None,
        after: str | None = None,
        account: str | None = None,
        cycle: str | None = None,
    ) -> Page[models.Repayment]:
        """Repayments by account, month and cause. One page."""
        return await self._wire.page(
            models.Repayment,
            "repayments",
            request(
                "GET",
                "/repayments",
                query={"limit": limit, "after": after, "account": account, "cycle": cycle},
            ),
        )

    def each(
        self,
        *,
        limit: int = 1000,
        after: str | None = None,
        account: str | None = None,
        cycle: str | None = None,
    ) -> AsyncIterator[models.Repayment]:
        """Repayments by account, month and cause. All of them, page by page as they are taken."""
        return self._wire.each(
            models.Repayment,
            "repayments",
            request(
                "GET",
                "/repayments",
                query={"limit": limit, "after": after, "account": account, "cycle": cycle},
            ),
        )

    def csv(
        self, *, after: str | None = None, account: str | None = None, cycle: str | None = None
    ) -> AsyncIterator[bytes]:
        """Repayments by account, month and cause. All of them as CSV, in pieces."""
        return self._wire.csv(
            request("GET", "/repayments", query={"after": after, "account": account, "cycle": cycle})
        )


class AsyncCharges:
    """Operations: get_charge, list_charges."""

    def __init__(self, wire: AsyncWire) -> None:
        self._wire = wire

    async def get(self, charge: str) -> models.ChargeDetails:
        """A charge, and the bills it is for."""
        return await self._wire.one(
            models.ChargeDetails, request("GET", "/charges/{charge}", names={"charge": charge})
        )

    async def list(
        self,
        *,
        limit: int | None = None,
        after: str | None = None,
        account: str | None = None,
        state: Literal[
            "waiting", "sent", "unknown", "requires_action", "succeeded", "declined", "not_charged"
        ]
        | None = None,
    ) -> Page[models.Charge]:
        """Charges of payment methods, the newest first. One page."""
        return await self._wire.page(
            models.Charge,
            "charges",
            request(
                "GET", "/charges", query={"limit": limit, "after": after, "account": account, "state": state}
            ),
        )

    def each(
        self,
        *,
        limit: int = 1000,
        after: str | None = None,
        account: str | None = None,
        state: Literal[
            "waiting", "sent", "unknown", "requires_action", "succeeded", "declined", "not_charged"
        ]
        | None = None,
    ) -> AsyncIterator[models.Charge]:
        """Charges of payment methods, the newest first. All of them, page by page as they are taken."""
        return self._wire.each(
            models.Charge,
            "charges",
            request(
                "GET", "/charges", query={"limit": limit, "after": after, "account": account, "state": state}
            ),
        )

    def csv(
        self,
        *,
        after: str | None = None,
        account: str | None = None,
        state: Literal[
            "waiting", "sent", "unknown", "requires_action", "succeeded", "declined", "not_charged"
        ]
        | None = None,
    ) -> AsyncIterator[bytes]:
        """Charges of payment methods, the newest first. All of them as CSV, in pieces."""
        return self._wire.csv(
            request("GET", "/charges", query={"after": after, "account": account, "state": state})
        )


class AsyncDifferences:
    """Operations: list_differences."""

    def __init__(self, wire: AsyncWire) -> None:
        self._wire = wire

    async def list(
        self, *, limit: int | None = None, with_closed: bool | None = None
    ) -> Page[models.Difference]:
        """Differences from gateways' books, the newest first. One page."""
        return await self._wire.page(
            models.Difference,
            "differences",
            request("GET", "/differences", query={"limit": limit, "with_closed": with_closed}),
        )

    def csv(self, *, with_closed: bool | None = None) -> AsyncIterator[bytes]:
        """Differences from gateways' books, the newest first. All of them as CSV, in pieces."""
        return self._wire.csv(request("GET", "/differences", query={"with_closed": with_closed}))


class AsyncRuns:
    """Operations: start_run, pause_run, resume_run, get_run, list_runs."""

    def __init__(self, wire: AsyncWire) -> None:
        self._wire = wire

    async def start(
        self,
        *,
        kind: Literal["month_close", "month_end_sweep", "threshold_check"],
        cycle: str | None = None,
        accounts: Sequence[str] | None = None,
    ) -> models.StartedRun:
        """Starts a month close, a month-end sweep or a look at thresholds, or finds it."""
        return await self._wire.one(
            models.StartedRun,
            request("POST", "/runs", body={"kind": kind, "cycle": cycle, "accounts": accounts}),
        )

    async def pause(self, run: str) -> models.Run:
        """Hands out no more of a run."""
        return await self._wire.one(models.Run, request("POST", "/runs/{run}/pause", names={"run": run}))

    async def resume(self, run: str) -> models.Run:
        """Lets a paused run go on, and tries again what failed."""
        return await self._wire.one(models.Run, request("POST", "/runs/{run}/resume", names={"run": run}))

    async def get(self, run: str) -> models.Run:
        """A run: progress, and what it came to so far."""
        return await self._wire.one(models.Run, request("GET", "/runs/{run}", names={"run": run}))

    async def list(self, *, limit: int | None = None, after: str | None = None) -> Page[models.Run]:
        """Runs, the newest first. One page."""
        return await self._wire.page(
            models.Run, "runs", request("GET", "/runs", query={"limit": limit, "after": after})
        )

    def each(self, *, limit: int = 1000, after: str | None = None) -> AsyncIterator[models.Run]:
        """Runs, the newest first. All of them, page by page as they are taken."""
        return self._wire.each(
            models.Run, "runs", request("GET", "/runs", query={"limit": limit, "after": after})
        )

    def csv(self, *, after: str | None = None) -> AsyncIterator[bytes]:
        """Runs, the newest first. All of them as CSV, in pieces."""
        return self._wire.csv(request("GET", "/runs", query={"after": after}))


class AsyncQuarantine:
    """Operations: list_quarantine."""

    def __init__(self, wire: AsyncWire) -> None:
        self._wire = wire

    async def list(
        self,
        *,
        limit: int | None = None,
        after: str | None = None,
        state: Literal["kept", "released", "dropped"] | None = None,
    ) -> Page[models.Quarantine]:
        """Messages that no task could take, the newest first. One page."""
        return await self._wire.page(
            models.Quarantine,
            "messages",
            request("GET", "/quarantine", query={"limit": limit, "after": after, "state": state}),
        )

    def each(
        self,
        *,
        limit: int = 1000,
        after: str | None = None,
        state: Literal["kept", "released", "dropped"] | None = None,
    ) -> AsyncIterator[models.Quarantine]:
        """Messages that no task could take, the newest first. All of them, page by page as they are taken."""
        return self._wire.each(
            models.Quarantine,
            "messages",
            request("GET", "/quarantine", query={"limit": limit, "after": after, "state": state}),
        )

    def csv(
        self, *, after: str | None = None, state: Literal["kept", "released", "dropped"] | None = None
    ) -> AsyncIterator[bytes]:
        """Messages that no task could take, the newest first. All of them as CSV, in pieces."""
        return self._wire.csv(request("GET", "/quarantine", query={"after": after, "state": state}))


class AsyncAnnouncements:
    """Operations: list_announcements."""

    def __init__(self, wire: AsyncWire) -> None:
        self._wire = wire

    async def list(
        self,
        *,
        limit: int | None = None,
        after: str | None = None,
        topic: str | None = None,
        account: str | None = None,
    ) -> Page[models.Announcement]:
        """Announcements in the order in which they were published. One page."""
        return await self._wire.page(
            models.Announcement,
            "announcements",
            request(
                "GET",
                "/announcements",
                query={"limit": limit, "after": after, "topic": topic, "account": account},
            ),
        )

    def each(
        self,
        *,
        limit: int = 1000,
        after: str | None = None,
        topic: str | None = None,
        account: str | None = None,
    ) -> AsyncIterator[models.Announcement]:
        """Announcements in the order in which they were published. All of them, page by page as they are taken."""
        return self._wire.each(
            models.Announcement,
            "announcements",
            request(
                "GET",
                "/announcements",
                query={"limit": limit, "after": after, "topic": topic, "account": account},
            ),
        )

    def follow(
        self,
        *,
        limit: int = 1000,
        after: str | None = None,
        topic: str | None = None,
        account: str | None = None,
        every_s: float = 2.0,
    ) -> AsyncIterator[models.Announcement]:
        """Announcements in the order in which they were published. All of them, and those to come: without an end,
        looked for every so many seconds.
        """
        return self._wire.follow(
            models.Announcement,
            "announcements",
            request(
                "GET",
                "/announcements",
                query={"limit": limit, "after": after, "topic": topic, "account": account},
            ),
            every_s,
        )


class AsyncContract:
    """Operations: get_openapi, get_asyncapi, list_schemas, get_schema."""

    def __init__(self, wire: AsyncWire) -> None:
        self._wire = wire

    async def openapi(self) -> dict[str, object]:
        """This document."""
        return await self._wire.document(request("GET", "/openapi.json"))

    async def asyncapi(self) -> dict[str, object]:
        """The AsyncAPI 3 document: streams, tasks, rows and webhooks."""
        return await self._wire.document(request("GET", "/asyncapi.json"))

    async def schemas(self) -> models.Schemas:
        """The JSON Schemas of events and announcements that there are."""
        return await self._wire.one(models.Schemas, request("GET", "/schemas"))

    async def schema(self, name: str) -> dict[str, object]:
        """A JSON Schema (2020-12) of an event, an announcement or its data."""
        return await self._wire.document(request("GET", "/schemas/{name}", names={"name": name}))


class AsyncResources:
    """Every resource."""

    def __init__(self, wire: AsyncWire) -> None:
        self.events = AsyncEvents(wire)
        self.operations = AsyncOperations(wire)
        self.accounts = AsyncAccounts(wire)
        self.top_ups = AsyncTopUps(wire)
        self.transfers = AsyncTransfers(wire)
        self.refunds = AsyncRefunds(wire)
        self.fees = AsyncFees(wire)
        self.cards = AsyncCards(wire)
        self.coupons = AsyncCoupons(wire)
        self.terms = AsyncTerms(wire)
        self.methods = AsyncMethods(wire)
        self.products = AsyncProducts(wire)
        self.relationships = AsyncRelationships(wire)
        self.payments = AsyncPayments(wire)
        self.unified_settlements = AsyncUnifiedSettlements(wire)
        self.bills = AsyncBills(wire)
        self.statements = AsyncStatements(wire)
        self.repayments = AsyncRepayments(wire)
        self.charges = AsyncCharges(wire)
        self.differences = AsyncDifferences(wire)
        self.runs = AsyncRuns(wire)
        self.quarantine = AsyncQuarantine(wire)
        self.announcements = AsyncAnnouncements(wire)
        self.contract = AsyncContract(wire)
