"""Operations of the API: terms.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Literal, overload

from settle_client import models
from settle_client.operations import terms as operations
from settle_client.pages import Page
from settle_client.requests import command
from settle_client.wire import Resource


class Terms(Resource):
    """Operations: agree_term, list_terms."""

    @overload
    def agree(
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
    def agree(
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
    def agree(
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
            operations.agree_term(
                account,
                from_cycle,
                period_days,
                until_cycle,
                settlement_cycle,
                day_kind,
                country,
                closing_days,
            ),
            dry_run,
            idempotency_key,
            if_match,
            wait,
        )
        if dry_run:
            return self._wire.one(models.Preview, sent)
        return self._wire.one(models.Outcome, sent)

    def list(self, account: str, *, limit: int | None = None, after: str | None = None) -> Page[models.Term]:
        """An account's payment terms, by the month with which they begin. One page."""
        return self._wire.page(models.Term, "terms", operations.list_terms(account, limit, after))

    def each(self, account: str, *, limit: int = 1000, after: str | None = None) -> Iterator[models.Term]:
        """An account's payment terms, by the month with which they begin. All of them, page by page as they are
        taken.
        """
        return self._wire.each(models.Term, "terms", operations.list_terms(account, limit, after))

    def csv(self, account: str, *, after: str | None = None) -> Iterator[bytes]:
        """An account's payment terms, by the month with which they begin. All of them as CSV, in pieces."""
        return self._wire.csv(operations.list_terms(account, None, after))
