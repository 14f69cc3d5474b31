"""Operations of the API: audits, settings.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from settle_client import models
from settle_client.operations import audits as operations
from settle_client.pages import Page
from settle_client.wire import Resource


class Audits(Resource):
    """Operations: get_audit, list_audits."""

    def get(self, day: str) -> models.AuditRun:
        """The audit of a day: violations by check."""
        return self._wire.one(models.AuditRun, operations.get_audit(day))

    def list(self, *, limit: int | None = None, after: str | None = None) -> Page[models.AuditRun]:
        """Daily audits that came to their end, the newest first. One page."""
        return self._wire.page(models.AuditRun, "audits", operations.list_audits(limit, after))

    def each(self, *, limit: int = 1000, after: str | None = None) -> Iterator[models.AuditRun]:
        """Daily audits that came to their end, the newest first. All of them, page by page as they are taken."""
        return self._wire.each(models.AuditRun, "audits", operations.list_audits(limit, after))

    def csv(self, *, after: str | None = None) -> Iterator[bytes]:
        """Daily audits that came to their end, the newest first. All of them as CSV, in pieces."""
        return self._wire.csv(operations.list_audits(None, after))


class Settings(Resource):
    """Operations: list_settings, list_settings_history."""

    def list(
        self, *, limit: int | None = None, after: str | None = None, at: dt.datetime | str | None = None
    ) -> Page[models.Setting]:
        """Settings that move money: what holds, since when, who set it, what holds next. One page."""
        return self._wire.page(models.Setting, "settings", operations.list_settings(limit, after, at))

    def each(
        self, *, limit: int = 1000, after: str | None = None, at: dt.datetime | str | None = None
    ) -> Iterator[models.Setting]:
        """Settings that move money: what holds, since when, who set it, what holds next. All of them, page by page as
        they are taken.
        """
        return self._wire.each(models.Setting, "settings", operations.list_settings(limit, after, at))

    def csv(self, *, after: str | None = None, at: dt.datetime | str | None = None) -> Iterator[bytes]:
        """Settings that move money: what holds, since when, who set it, what holds next. All of them as CSV, in
        pieces.
        """
        return self._wire.csv(operations.list_settings(None, after, at))

    def list_history(
        self, *, limit: int | None = None, after: str | None = None
    ) -> Page[models.SettingChange]:
        """Every value of a setting that moves money, in the order in which they come to hold. One page."""
        return self._wire.page(
            models.SettingChange, "settings", operations.list_settings_history(limit, after)
        )

    def each_history(self, *, limit: int = 1000, after: str | None = None) -> Iterator[models.SettingChange]:
        """Every value of a setting that moves money, in the order in which they come to hold. All of them, page by
        page as they are taken.
        """
        return self._wire.each(
            models.SettingChange, "settings", operations.list_settings_history(limit, after)
        )

    def csv_history(self, *, after: str | None = None) -> Iterator[bytes]:
        """Every value of a setting that moves money, in the order in which they come to hold. All of them as CSV, in
        pieces.
        """
        return self._wire.csv(operations.list_settings_history(None, after))
