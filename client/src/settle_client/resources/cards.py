"""Operations of the API: cards, coupons.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Literal, overload

from settle_client import models
from settle_client.operations import cards as operations
from settle_client.pages import Page
from settle_client.requests import command
from settle_client.values import Number
from settle_client.wire import Resource


class Cards(Resource):
    """Operations: activate_card, list_cards."""

    @overload
    def activate(
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
    def activate(
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
    def activate(
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
            operations.activate_card(
                account, card, amount, currency, valid_from, valid_until, products, orders
            ),
            dry_run,
            idempotency_key,
            if_match,
            wait,
        )
        if dry_run:
            return self._wire.one(models.Preview, sent)
        return self._wire.one(models.Outcome, sent)

    def list(
        self, account: str, *, limit: int | None = None, after: str | None = None, used_up: bool | None = None
    ) -> Page[models.Card]:
        """An account's stored value cards, expiring first. One page."""
        return self._wire.page(models.Card, "cards", operations.list_cards(account, limit, after, used_up))

    def each(
        self, account: str, *, limit: int = 1000, after: str | None = None, used_up: bool | None = None
    ) -> Iterator[models.Card]:
        """An account's stored value cards, expiring first. All of them, page by page as they are taken."""
        return self._wire.each(models.Card, "cards", operations.list_cards(account, limit, after, used_up))

    def csv(self, account: str, *, after: str | None = None, used_up: bool | None = None) -> Iterator[bytes]:
        """An account's stored value cards, expiring first. All of them as CSV, in pieces."""
        return self._wire.csv(operations.list_cards(account, None, after, used_up))


class Coupons(Resource):
    """Operations: grant_coupon, list_coupons."""

    @overload
    def grant(
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
    def grant(
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
    def grant(
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
            operations.grant_coupon(account, coupon, kind, amount, currency, valid_from, valid_until),
            dry_run,
            idempotency_key,
            if_match,
            wait,
        )
        if dry_run:
            return self._wire.one(models.Preview, sent)
        return self._wire.one(models.Outcome, sent)

    def list(
        self, account: str, *, limit: int | None = None, after: str | None = None, used_up: bool | None = None
    ) -> Page[models.Coupon]:
        """An account's coupons, in the order in which they are used. One page."""
        return self._wire.page(
            models.Coupon, "coupons", operations.list_coupons(account, limit, after, used_up)
        )

    def each(
        self, account: str, *, limit: int = 1000, after: str | None = None, used_up: bool | None = None
    ) -> Iterator[models.Coupon]:
        """An account's coupons, in the order in which they are used. All of them, page by page as they are taken."""
        return self._wire.each(
            models.Coupon, "coupons", operations.list_coupons(account, limit, after, used_up)
        )

    def csv(self, account: str, *, after: str | None = None, used_up: bool | None = None) -> Iterator[bytes]:
        """An account's coupons, in the order in which they are used. All of them as CSV, in pieces."""
        return self._wire.csv(operations.list_coupons(account, None, after, used_up))
