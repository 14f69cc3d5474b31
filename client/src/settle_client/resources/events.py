"""Operations of the API: events, operations, quarantine, announcements.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from settle_client import models
from settle_client.operations import events as operations
from settle_client.pages import Page
from settle_client.wire import Resource


class Events(Resource):
    """Operations: post_events, get_event, list_events, get_inbox_row."""

    def send(self, event: models.Event | Mapping[str, Any], *, wait: int | None = None) -> models.Outcome:
        """One event, which is known by its `event_id`: sent again it changes nothing. `wait`: up to so many seconds,
        30 at most, for outcomes.
        """
        return self._wire.one(models.Outcome, operations.post_events(event, wait))

    def send_batch(
        self, events: Sequence[models.Event | Mapping[str, Any]], *, wait: int | None = None
    ) -> models.Results:
        """Up to 1,000 events, with a result for each in their order: one that is refused does not end the others.
        `wait`: up to so many seconds, 30 at most, for outcomes.
        """
        return self._wire.one(models.Results, operations.post_events([*events], wait))

    def get(self, source: str, event_id: str) -> models.Outcome:
        """What became of an event, and what it paid."""
        return self._wire.one(models.Outcome, operations.get_event(source, event_id))

    def list(
        self,
        *,
        limit: int | None = None,
        after: str | None = None,
        account: str | None = None,
        state: Literal["waiting", "done", "refused", "parked"] | None = None,
        code: str | None = None,
        dismissed: bool | None = None,
    ) -> Page[models.Inbox]:
        """Events, the newest first. One page."""
        return self._wire.page(
            models.Inbox, "events", operations.list_events(limit, after, account, state, code, dismissed)
        )

    def each(
        self,
        *,
        limit: int = 1000,
        after: str | None = None,
        account: str | None = None,
        state: Literal["waiting", "done", "refused", "parked"] | None = None,
        code: str | None = None,
        dismissed: bool | None = None,
    ) -> Iterator[models.Inbox]:
        """Events, the newest first. All of them, page by page as they are taken."""
        return self._wire.each(
            models.Inbox, "events", operations.list_events(limit, after, account, state, code, dismissed)
        )

    def csv(
        self,
        *,
        after: str | None = None,
        account: str | None = None,
        state: Literal["waiting", "done", "refused", "parked"] | None = None,
        code: str | None = None,
        dismissed: bool | None = None,
    ) -> Iterator[bytes]:
        """Events, the newest first. All of them as CSV, in pieces."""
        return self._wire.csv(operations.list_events(None, after, account, state, code, dismissed))

    def get_row(self, row: str) -> models.EventDetails:
        """An event as it is kept, with its data."""
        return self._wire.one(models.EventDetails, operations.get_inbox_row(row))


class Operations(Resource):
    """Operations: get_operation."""

    def get(self, operation: str) -> models.Outcome:
        """What became of a command or an event, and what it paid."""
        return self._wire.one(models.Outcome, operations.get_operation(operation))


class Quarantine(Resource):
    """Operations: get_message, list_quarantine."""

    def get(self, message: str) -> models.MessageDetails:
        """A message that no task could take, with what is kept of its bytes."""
        return self._wire.one(models.MessageDetails, operations.get_message(message))

    def list(
        self,
        *,
        limit: int | None = None,
        after: str | None = None,
        state: Literal["kept", "released", "dropped"] | None = None,
    ) -> Page[models.Quarantine]:
        """Messages that no task could take, the newest first. One page."""
        return self._wire.page(models.Quarantine, "messages", operations.list_quarantine(limit, after, state))

    def each(
        self,
        *,
        limit: int = 1000,
        after: str | None = None,
        state: Literal["kept", "released", "dropped"] | None = None,
    ) -> Iterator[models.Quarantine]:
        """Messages that no task could take, the newest first. All of them, page by page as they are taken."""
        return self._wire.each(models.Quarantine, "messages", operations.list_quarantine(limit, after, state))

    def csv(
        self, *, after: str | None = None, state: Literal["kept", "released", "dropped"] | None = None
    ) -> Iterator[bytes]:
        """Messages that no task could take, the newest first. All of them as CSV, in pieces."""
        return self._wire.csv(operations.list_quarantine(None, after, state))


class Announcements(Resource):
    """Operations: list_announcements."""

    def list(
        self,
        *,
        limit: int | None = None,
        after: str | None = None,
        topic: str | None = None,
        account: str | None = None,
    ) -> Page[models.Announcement]:
        """Announcements in the order in which they were published. One page."""
        return self._wire.page(
            models.Announcement, "announcements", operations.list_announcements(limit, after, topic, account)
        )

    def each(
        self,
        *,
        limit: int = 1000,
        after: str | None = None,
        topic: str | None = None,
        account: str | None = None,
    ) -> Iterator[models.Announcement]:
        """Announcements in the order in which they were published. All of them, page by page as they are taken."""
        return self._wire.each(
            models.Announcement, "announcements", operations.list_announcements(limit, after, topic, account)
        )

    def follow(
        self,
        *,
        limit: int = 1000,
        after: str | None = None,
        topic: str | None = None,
        account: str | None = None,
        every_s: float = 2.0,
    ) -> Iterator[models.Announcement]:
        """Announcements in the order in which they were published. All of them, and those to come: without an end,
        looked for every so many seconds.
        """
        return self._wire.follow(
            models.Announcement,
            "announcements",
            operations.list_announcements(limit, after, topic, account),
            every_s,
        )

    def csv(
        self, *, after: str | None = None, topic: str | None = None, account: str | None = None
    ) -> Iterator[bytes]:
        """Announcements in the order in which they were published. All of them as CSV, in pieces."""
        return self._wire.csv(operations.list_announcements(None, after, topic, account))
