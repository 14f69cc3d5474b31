"""Differences with the gateways' books, and the days that were compared or left out."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

from settlement.model.gateway.reconciliation import DifferenceKind
from settlement.storage.sql.columns import columns
from settlement.storage.tables.gateways import RECONCILIATION, RECONCILIATION_DIFFERENCE


class DifferenceView(NamedTuple):
    """A difference as it is listed; `closed_at` is set when it is none any more, or a person has dismissed it."""

    gateway: str
    kind: DifferenceKind
    reference: str
    gateway_ref: str
    account: str | None
    currency: str
    ours_minor: int | None
    theirs_minor: int | None
    found_at: datetime
    closed_at: datetime | None
    dismissed_by: str | None
    dismissed_because: str | None


class DayView(NamedTuple):
    """A day that was compared with a gateway's books: charges on either side, what the gateway took back by itself,
    differences found.
    """

    gateway: str
    day: date
    ours: int
    theirs: int
    reversals: int
    differences: int
    finished_at: datetime


class LeftOut(NamedTuple):
    """A day that nobody compares by itself any more: its first instant (UTC), and why."""

    gateway: str
    since: datetime
    reason: str


_PLACE = ("found_at", "gateway", "kind", "reference", "gateway_ref")
_DIFFERENCES = text(f"""
    SELECT {columns(RECONCILIATION_DIFFERENCE, DifferenceView, "d", account="a.external_id")}
    FROM reconciliation_difference d LEFT JOIN account a ON a.id = d.account_id
    WHERE (:all OR d.closed_at IS NULL)
      AND (CAST(:found_at AS timestamptz) IS NULL OR d.found_at < CAST(:found_at AS timestamptz)
           OR d.found_at = CAST(:found_at AS timestamptz)
           AND (d.gateway, d.kind, d.reference, d.gateway_ref)
             > (CAST(:gateway AS text), CAST(:kind AS difference_kind), CAST(:reference AS text),
                CAST(:gateway_ref AS text)))
    ORDER BY d.found_at DESC, d.gateway, d.kind, d.reference, d.gateway_ref LIMIT :limit""")
_LEFT_OUT = text("""
    SELECT substr(s.job, 11), s.logical_at, s.reason FROM schedule_slot s
    WHERE s.job LIKE 'reconcile:%' AND s.state = 'skipped' AND NOT EXISTS (
        SELECT 1 FROM reconciliation r WHERE r.gateway = substr(s.job, 11) AND r.since = s.logical_at)
      AND (CAST(:at AS timestamptz) IS NULL OR s.logical_at < CAST(:at AS timestamptz)
           OR s.logical_at = CAST(:at AS timestamptz) AND substr(s.job, 11) > :gateway)
    ORDER BY s.logical_at DESC, s.job LIMIT :limit""")
_DAYS = text(f"""
    SELECT {columns(RECONCILIATION, DayView)}
    FROM reconciliation
    WHERE CAST(:day AS date) IS NULL OR day < CAST(:day AS date) OR day = CAST(:day AS date) AND gateway > :gateway
    ORDER BY day DESC, gateway LIMIT :limit""")


def differences(
    tx: Connection,
    *,
    limit: int,
    after: tuple[str, str, str, str, str] | None = None,
    with_closed: bool = False,
) -> list[DifferenceView]:
    """Differences, the newest first, from the one after `after` on.

    `after`: when that was found (RFC 3339), its gateway, kind, reference and the gateway's own.
    """
    place = dict(zip(_PLACE, after or [None] * len(_PLACE), strict=True))
    found = tx.execute(_DIFFERENCES, {"limit": limit, "all": with_closed, **place})
    return [DifferenceView(*row) for row in found]


def days(tx: Connection, *, limit: int, after: tuple[str, str] | None = None) -> list[DayView]:
    """The days that were compared, the newest first, from the one after `after` (day, gateway) on."""
    day, gateway = after or (None, None)
    return [DayView(*row) for row in tx.execute(_DAYS, {"limit": limit, "day": day, "gateway": gateway})]


def left_out(tx: Connection, *, limit: int, after: tuple[str, str] | None = None) -> list[LeftOut]:
    """Days that were left out and not compared by hand since, the newest first, from the one after `after` (its first
    instant, gateway) on.
    """
    at, gateway = after or (None, None)
    return [LeftOut(*row) for row in tx.execute(_LEFT_OUT, {"limit": limit, "at": at, "gateway": gateway})]
