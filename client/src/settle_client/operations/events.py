"""What operations send: events, operations, quarantine, announcements.

Written by `make docs` from the OpenAPI document: changes to this file are lost.
"""

from __future__ import annotations

from typing import Any, Literal

from settle_client.requests import Request, request


def post_events(body: Any, wait: int | None) -> Request:
    """Takes one event, or up to 1,000 as a list with a result for each."""
    return request("POST", "/events", body=body, wait=wait)


def get_event(source: str, event_id: str) -> Request:
    """What became of an event, and what it paid."""
    return request("GET", "/events/{source}/{event_id}", names={"source": source, "event_id": event_id})


def list_events(
    limit: int | None,
    after: str | None,
    account: str | None,
    state: Literal["waiting", "done", "refused", "parked"] | None,
    code: str | None,
    dismissed: bool | None,
) -> Request:
    """Events, the newest first."""
    return request(
        "GET",
        "/events",
        query={
            "limit": limit,
            "after": after,
            "account": account,
            "state": state,
            "code": code,
            "dismissed": dismissed,
        },
    )


def get_inbox_row(row: str) -> Request:
    """An event as it is kept, with its data."""
    return request("GET", "/inbox/{row}", names={"row": row})


def get_operation(operation: str) -> Request:
    """What became of a command or an event, and what it paid."""
    return request("GET", "/operations/{operation}", names={"operation": operation})


def get_message(message: str) -> Request:
    """A message that no task could take, with what is kept of its bytes."""
    return request("GET", "/quarantine/{message}", names={"message": message})


def list_quarantine(
    limit: int | None, after: str | None, state: Literal["kept", "released", "dropped"] | None
) -> Request:
    """Messages that no task could take, the newest first."""
    return request("GET", "/quarantine", query={"limit": limit, "after": after, "state": state})


def list_announcements(
    limit: int | None, after: str | None, topic: str | None, account: str | None
) -> Request:
    """Announcements in the order in which they were published."""
    return request(
        "GET", "/announcements", query={"limit": limit, "after": after, "topic": topic, "account": account}
    )
