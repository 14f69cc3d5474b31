"""Operations of the API: ledger.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from settle_client import models
from settle_client.operations import ledger as operations
from settle_client.pages import Page
from settle_client.wire import Resource


class Ledger(Resource):
    """Operations: list_entries."""

    def list(
        self,
        *,
        limit: int | None = None,
        after: str | None = None,
        account: str | None = None,
        since: dt.datetime | str | None = None,
        until: dt.datetime | str | None = None,
    ) -> Page[models.Entry]:
        """Entries of the ledger in the order of posting. One page."""
        return self._wire.page(
            models.Entry, "entries", operations.list_entries(limit, after, account, since, until)
        )

    def each(
        self,
        *,
        limit: int = 1000,
        after: str | None = None,
        account: str | None = None,
        since: dt.datetime | str | None = None,
        until: dt.datetime | str | None = None,
    ) -> Iterator[models.Entry]:
        """Entries of the ledger in the order of posting. All of them, page by page as they are taken."""
        return self._wire.each(
            models.Entry, "entries", operations.list_entries(limit, after, account, since, until)
        )

    def csv(
        self,
        *,
        after: str | None = None,
        account: str | None = None,
        since: dt.datetime | str | None = None,
        until: dt.datetime | str | None = None,
    ) -> Iterator[bytes]:
        """Entries of the ledger in the order of posting. All of them as CSV, in pieces."""
        return self._wire.csv(operations.list_entries(None, after, account, since, until))
