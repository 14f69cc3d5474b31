"""Endpoints of webhooks with how they do, and what was delivered to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from settlement.errors import NotFound
from settlement.model.announcements.ids import announcement_id
from settlement.model.rows.webhooks import Pause
from settlement.storage.sql.columns import columns
from settlement.storage.tables.events import WEBHOOK_DELIVERY, WEBHOOK_ENDPOINT


class EndpointView(NamedTuple):
    """An endpoint without its secrets. `waiting` messages, the oldest since `waiting_since`. Instants in UTC."""

    id: str
    url: str
    topics: list[str] | None
    accounts: list[str] | None
    source: str | None
    created_at: datetime
    paused_at: datetime | None
    paused_because: Pause | None
    fails: int
    rests_until: datetime | None
    last_success_at: datetime | None
    previous_until: datetime | None
    waiting: int
    waiting_since: datetime | None


class EndpointHealth(NamedTuple):
    """What waits for an endpoint, for how many seconds the oldest of it has, and the last failure of what waits.

    `in_vain`: those of it that ten tries did not deliver. `status` is None where nothing came back; `failed_at` (UTC)
    is None where nothing that waits was tried.
    """

    id: str
    paused_because: Pause | None
    fails: int
    waiting: int
    oldest_s: float | None
    in_vain: int
    failed_at: datetime | None
    status: int | None
    response: str | None


class DeliveryView(NamedTuple):
    """A message to an endpoint. `status` and `response` are of the last of its attempts; `next_at`: of the next one,
    where it is the first of its account. Instants in UTC.
    """

    endpoint_id: str
    outbox_id: int
    epoch: int
    topic: str
    account: str | None
    created_at: datetime
    attempts: int
    status: int | None
    response: str | None
    tried_at: datetime | None
    delivered_at: datetime | None

    @property
    def announcement(self) -> str:
        """The id of what it carries."""
        return announcement_id(self.epoch, self.outbox_id)


_WAITING = "FROM webhook_delivery d WHERE d.endpoint_id = e.id AND d.delivered_at IS NULL"
_ENDPOINT_COLUMNS = columns(
    WEBHOOK_ENDPOINT,
    EndpointView,
    "e",
    waiting=f"(SELECT count(*) {_WAITING})",
    waiting_since=f"(SELECT o.created_at FROM outbox o WHERE o.id = (SELECT min(d.outbox_id) {_WAITING}))",
)
_ENDPOINTS = text(f"""
    SELECT {_ENDPOINT_COLUMNS} FROM webhook_endpoint e
    WHERE (CAST(:id AS text) IS NULL OR e.id = :id) AND (CAST(:after AS text) IS NULL OR e.id > :after)
    ORDER BY e.id LIMIT :limit""")
# Since it was published, by the database's own clock: a test clock says nothing about how long somebody waits.
_HEALTH = text("""
    SELECT e.id, e.paused_because, e.fails, w.waiting,
           CAST(extract(epoch FROM clock_timestamp() - o.published_at) AS double precision), w.in_vain,
           f.tried_at, f.status, f.response
    FROM webhook_endpoint e
    CROSS JOIN LATERAL (
        SELECT count(*) AS waiting, count(*) FILTER (WHERE d.attempts >= 10) AS in_vain,
               min(d.outbox_id) AS oldest
        FROM webhook_delivery d WHERE d.endpoint_id = e.id AND d.delivered_at IS NULL) AS w
    LEFT JOIN outbox o ON o.id = w.oldest
    LEFT JOIN LATERAL (
        SELECT d.tried_at, d.status, d.response FROM webhook_delivery d
        WHERE d.endpoint_id = e.id AND d.delivered_at IS NULL AND d.tried_at IS NOT NULL
        ORDER BY d.tried_at DESC LIMIT 1) AS f ON true
    ORDER BY e.id""")
_DELIVERY_COLUMNS = columns(
    WEBHOOK_DELIVERY,
    DeliveryView,
    "d",
    epoch="(SELECT max(epoch) FROM outbox_epoch WHERE first_id <= o.id)",
    topic="o.topic",
    account="o.payload ->> 'account'",
    created_at="o.created_at",
)
_DELIVERY = text(f"""
    SELECT o.payload, {_DELIVERY_COLUMNS}
    FROM webhook_delivery d JOIN outbox o ON o.id = d.outbox_id
    WHERE d.endpoint_id = :id AND d.outbox_id = :outbox_id""")
_DELIVERIES = text(f"""
    SELECT {_DELIVERY_COLUMNS}
    FROM webhook_delivery d JOIN outbox o ON o.id = d.outbox_id
    WHERE d.endpoint_id = :id AND (CAST(:after AS bigint) IS NULL OR d.outbox_id < :after)
      AND (NOT CAST(:waiting AS boolean) OR d.delivered_at IS NULL)
    ORDER BY d.outbox_id DESC LIMIT :limit""")


def endpoints(tx: Connection, *, after: str | None = None, limit: int | None = None) -> list[EndpointView]:
    """Endpoints by name, from the one after `after` on; all of them where no `limit` is given."""
    parameters = {"id": None, "after": after, "limit": limit}
    return [EndpointView(*row) for row in tx.execute(_ENDPOINTS, parameters)]


def health(tx: Connection) -> list[EndpointHealth]:
    """How every endpoint is, by name."""
    return [EndpointHealth(*row) for row in tx.execute(_HEALTH)]


def endpoint(tx: Connection, name: str) -> EndpointView:
    """One endpoint.

    Raises:
        NotFound: there is none of this name.
    """
    found = tx.execute(_ENDPOINTS, {"id": name, "after": None, "limit": 1}).one_or_none()
    if found is None:
        raise NotFound(
            "unknown_endpoint", f"endpoint {name!r} is not known; `settle webhooks list` shows all"
        )
    return EndpointView(*found)


def deliveries(
    tx: Connection, name: str, *, limit: int, after: int | None = None, waiting: bool = False
) -> list[DeliveryView]:
    """Messages to an endpoint, the newest first, from the one after row `after` on; only those that wait, if asked.

    Raises:
        NotFound: there is none of this name.
    """
    endpoint(tx, name)
    parameters = {"id": name, "limit": limit, "after": after, "waiting": waiting}
    return [DeliveryView(*row) for row in tx.execute(_DELIVERIES, parameters)]


def delivery(tx: Connection, name: str, outbox_id: int) -> tuple[DeliveryView, Any]:
    """One message to an endpoint, and the facts that it carries.

    Raises:
        NotFound: there is none.
    """
    row = tx.execute(_DELIVERY, {"id": name, "outbox_id": outbox_id}).one_or_none()
    if row is None:
        raise NotFound("unknown_delivery", f"no message {outbox_id} to endpoint {name!r} is known")
    return DeliveryView(*row[1:]), row[0]
