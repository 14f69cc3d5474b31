"""What reconciliation reads and remembers: our charges, the differences, the days that are done. Rule: R5.7."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import cast

from sqlalchemy import Connection, text

from settlement.model.gateway.reconciliation import OF_REVERSALS, Difference, OurCharge
from settlement.storage.sql.arrays import text_array
from settlement.storage.sql.columns import columns
from settlement.storage.sql.rows import from_rows, read, write
from settlement.storage.tables.charges import CHARGE_ATTEMPT
from settlement.storage.tables.gateways import RECONCILIATION_DIFFERENCE

_COLUMNS = columns(CHARGE_ATTEMPT, OurCharge, reference="CAST(reference AS text)")
BY_REFERENCE = text(f"""
    SELECT {_COLUMNS} FROM charge_attempt
    WHERE gateway = :gateway AND reference = ANY(CAST(:references AS uuid[]))""")
SUCCEEDED = text(f"""
    SELECT {_COLUMNS} FROM charge_attempt
    WHERE gateway = :gateway AND state = 'succeeded' AND sent_at >= :since AND sent_at < :until
    ORDER BY sent_at""")
_FOUND = from_rows(
    RECONCILIATION_DIFFERENCE,
    Difference,
    """INSERT INTO reconciliation_difference AS d ($columns, gateway, found_at)
       SELECT $columns, CAST(:gateway AS text), :at
       FROM $v ORDER BY kind, reference, gateway_ref
       ON CONFLICT (gateway, kind, reference, gateway_ref) DO UPDATE SET $excluded, account_id = excluded.account_id,
           found_at = excluded.found_at, closed_at = NULL, dismissed_by = NULL, dismissed_because = NULL
       WHERE d.closed_at IS NOT NULL
         AND (d.dismissed_by IS NULL
              OR (d.currency, d.ours_minor, d.theirs_minor)
                  IS DISTINCT FROM (excluded.currency, excluded.ours_minor, excluded.theirs_minor))
       RETURNING CAST(kind AS text), reference, gateway_ref""",
)
_CHANGED = from_rows(
    RECONCILIATION_DIFFERENCE,
    Difference,
    """UPDATE reconciliation_difference d SET $set, account_id = v.account_id FROM $v
       WHERE d.gateway = :gateway AND d.kind = v.kind AND d.reference = v.reference AND d.gateway_ref = v.gateway_ref
         AND (d.account_id, d.currency, d.ours_minor, d.theirs_minor)
             IS DISTINCT FROM (v.account_id, v.currency, v.ours_minor, v.theirs_minor)""",
)
# What this comparison looked at and no longer found: charges by our reference, what went back by the gateway's own id.
_CLOSE = text("""
    UPDATE reconciliation_difference SET closed_at = :at
    WHERE gateway = :gateway AND closed_at IS NULL
      AND CASE WHEN kind = ANY(CAST(:of_reversals AS difference_kind[])) THEN gateway_ref ELSE reference END
          = ANY(CAST(:looked_at AS text[])) AND NOT (kind || ':' || reference || ':' || gateway_ref)
          = ANY(CAST(:found AS text[]))""")
_DISMISS = text("""
    UPDATE reconciliation_difference SET closed_at = :at, dismissed_by = :by, dismissed_because = :because
    WHERE reference = :reference AND closed_at IS NULL
      AND gateway_ref = coalesce(CAST(:gateway_ref AS text), gateway_ref)
    RETURNING gateway_ref""")
_DONE = text("""
    INSERT INTO reconciliation (gateway, day, since, until, ours, theirs, reversals, differences, finished_at)
    VALUES (:gateway, :day, :since, :until, :ours, :theirs, :reversals, :differences, :at)
    ON CONFLICT (gateway, day) DO UPDATE
    SET ours = excluded.ours, theirs = excluded.theirs, reversals = excluded.reversals,
        differences = excluded.differences, finished_at = excluded.finished_at""")
_LAST = text("SELECT max(day) FROM reconciliation WHERE gateway = :gateway")
FIRST_SENT = text("SELECT min(sent_at) FROM charge_attempt WHERE gateway = :gateway")
# When the charges were sent about which differences are open.
_DIFFERING = text("""
    SELECT DISTINCT t.sent_at FROM reconciliation_difference d
    JOIN charge_attempt t ON t.gateway = d.gateway
        AND t.reference = CASE WHEN d.kind <> ALL(CAST(:of_reversals AS difference_kind[]))
                               THEN CAST(d.reference AS uuid) END
    WHERE d.gateway = :gateway AND d.closed_at IS NULL AND t.sent_at IS NOT NULL""")
_NAMES = text("SELECT id, external_id FROM account WHERE id = ANY(CAST(:ids AS bigint[]))")


def by_reference(tx: Connection, gateway: str, references: Sequence[str]) -> dict[str, OurCharge]:
    """Our attempts of these references, each a UUID in lower case, in any state."""
    parameters = {"gateway": gateway, "references": text_array(references)}
    return {row[2]: OurCharge(*row) for row in tx.execute(BY_REFERENCE, parameters)}


def succeeded(tx: Connection, gateway: str, since: datetime, until: datetime) -> list[OurCharge]:
    """Our charges that were sent in [since, until) and succeeded."""
    parameters = {"gateway": gateway, "since": since, "until": until}
    return [OurCharge(*row) for row in tx.execute(SUCCEEDED, parameters)]


def sent_of_differing(tx: Connection, gateway: str) -> list[datetime]:
    """When charges were sent (UTC) of which this gateway's books and ours differ, as far as is known."""
    return list(tx.scalars(_DIFFERING, {"gateway": gateway, "of_reversals": list(OF_REVERSALS)}))


def record(
    tx: Connection, gateway: str, found: Sequence[Difference], compared: Sequence[str], at: datetime
) -> list[Difference]:
    """Keeps what was found as it is now, and closes what was looked at and is no difference any more. Returns those
    that are new or have come back, each to one of several comparisons at once.
    """
    by_key = {(row.kind, row.reference, row.gateway_ref): row for row in found}
    rows = list(by_key.values())
    new = read(tx, _FOUND, rows, gateway=gateway, at=at)
    write(tx, _CHANGED, rows, gateway=gateway)
    keys = [":".join(key) for key in by_key]
    parameters = {
        "looked_at": text_array(compared), "found": text_array(keys), "of_reversals": list(OF_REVERSALS),
        "gateway": gateway, "at": at,
    }  # fmt: skip
    tx.execute(_CLOSE, parameters)
    return [by_key[kind, reference, ref] for kind, reference, ref in new]


def dismiss(
    tx: Connection, reference: str, gateway_ref: str | None, *, at: datetime, by: str, because: str
) -> list[str]:
    """Closes the open differences about a charge or refund, or the one of them with this id of the gateway's, for good
    as long as its amounts stay. Returns the gateway's ids of those, which may be empty texts.
    """
    parameters = {
        "reference": reference, "gateway_ref": gateway_ref, "at": at, "by": by, "because": because,
    }  # fmt: skip
    return list(tx.scalars(_DISMISS, parameters))


def done(
    tx: Connection, gateway: str, day: date, since: datetime, until: datetime, *, ours: int, theirs: int,
    reversals: int, differences: int, at: datetime,
) -> None:  # fmt: skip
    """Marks a day as compared."""
    tx.execute(
        _DONE,
        {
            "gateway": gateway, "day": day, "since": since, "until": until, "ours": ours, "theirs": theirs,
            "reversals": reversals, "differences": differences, "at": at,
        },
    )  # fmt: skip


def last_day(tx: Connection, gateway: str) -> date | None:
    """The newest day that was compared."""
    return cast("date | None", tx.scalar(_LAST, {"gateway": gateway}))


def first_sent(tx: Connection, gateway: str) -> datetime | None:
    """When the first charge was sent to the gateway."""
    return cast("datetime | None", tx.scalar(FIRST_SENT, {"gateway": gateway}))


def names(tx: Connection, ids: Sequence[int]) -> dict[int, str]:
    """The callers' names of accounts."""
    return {row[0]: row[1] for row in tx.execute(_NAMES, {"ids": list(ids)})}


def job_of(gateway: str) -> str:
    """The name under which the days of a gateway that were left out are kept among the slots."""
    return f"reconcile:{gateway}"
