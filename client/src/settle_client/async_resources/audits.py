"""Operations of the API: audits, settings.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator

from settle_client import models
from settle_client.async_wire import AsyncResource
from settle_client.operations import audits as operations
from settle_client.pages import Page


class AsyncAudits(AsyncResource):
    """Operations: get_audit, list_audits."""

    async def get(self, day: str) -> models.AuditRun:
        """The audit of a day: violations by check."""
        return await self._wire.one(models.AuditRun, operations.get_audit(day))

    async def list(self, *, limit: int | None = None, after: str | None = None) -> Page[models.AuditRun]:
        """Daily audits that came to their end, the newest first. One page."""
        return await self._wire.page(models.AuditRun, "audits", operations.list_audits(limit, after))

    def each(self, *, limit: int = 1000, after: str | None = None) -> AsyncIterator[models.AuditRun]:
        """Daily audits that came to their end, the newest first. All of them, page by page as they are taken."""
        return self._wire.each(models.AuditRun, "audits", operations.list_audits(limit, after))

    def csv(self, *, after: str | None = None) -> AsyncIterator[bytes]:
        """Daily audits that came to their end, the newest first. All of them as CSV, in pieces."""
        return self._wire.csv(operations.list_audits(None, after))


class AsyncSettings(AsyncResource):
    """Operations: list_settings, list_settings_history."""

    async def list(
        self, *, limit: int | None = None, after: str | None = None, at: dt.datetime | str | None = None
    ) -> Page[models.Setting]:
        """Settings that move money: what holds, since when, who set it, what holds next. One page."""
        return await self._wire.page(models.Setting, "settings", operations.list_settings(limit, after, at))

    def each(
        self, *, limit: int = 1000, after: str | None = None, at: dt.datetime | str | None = None
    ) -> AsyncIterator[models.Setting]:
        """Settings that move money: what holds, since when, who set it, what holds next. All of them, page by page as
        they are taken.
        """
        return self._wire.each(models.Setting, "settings", operations.list_settings(limit, after, at))

    def csv(self, *, after: str | None = None, at: dt.datetime | str | None = None) -> AsyncIterator[bytes]:
        """Settings that move money: what holds, since when, who set it, what holds next. All of them as CSV, in
        pieces.
        """
        return self._wire.csv(operations.list_settings(None, after, at))

    async def list_history(
        self, *, limit: int | None = None, after: str | None = None
    ) -> Page[models.SettingChange]:
        """Every value of a setting that moves money, in the order in which they come to hold. One page."""
        return await self._wire.page(
            models.SettingChange, "settings", operations.list_settings_history(limit, after)
        )

    def each_history(
        self, *, limit: int = 1000, after: str | None = None
    ) -> AsyncIterator[models.SettingChange]:
        """Every value of a setting that moves money, in the order in which they come to hold. All of them, page by
        page as they are taken.
        """
        return self._wire.each(
            models.SettingChange, "settings", operations.list_settings_history(limit, after)
        )

    def csv_history(self, *, after: str | None = None) -> AsyncIterator[bytes]:
        """Every value of a setting that moves money, in the order in which they come to hold. All of them as CSV, in
        pieces.
        """
        return self._wire.csv(operations.list_settings_history(None, after))
