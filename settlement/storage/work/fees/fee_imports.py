"""The record of imports of billing exports, and what an import needs to know beforehand."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from settlement.storage.sql.arrays import plain_array, text_array

_BEGIN = text("INSERT INTO fee_import (file_name, started_at) VALUES (:file_name, :at) RETURNING id")
_FINISH = text("""
    UPDATE fee_import SET finished_at = :at, report = CAST(:report AS jsonb) WHERE id = :import_id""")
_FORGET = text("DELETE FROM fee_import_repeat WHERE import_id = :import_id")
_KNOWN_NAMES = text("SELECT external_id FROM account WHERE external_id = ANY(CAST(:names AS text[]))")
_ANY_EARLIER = text("SELECT EXISTS (SELECT FROM fee WHERE import_id IS NOT NULL AND export_id IS NULL)")
_NEW_PICTURES = text("""
    INSERT INTO fee_export (provider, period_start)
    SELECT * FROM unnest(CAST(:providers AS text[]), CAST(:periods AS timestamptz[])) ON CONFLICT DO NOTHING""")
_PICTURES = text("""
    SELECT e.provider, e.period_start, e.id
    FROM unnest(CAST(:providers AS text[]), CAST(:periods AS timestamptz[])) AS wanted (provider, period_start)
    JOIN fee_export e USING (provider, period_start)""")

Picture = tuple[str, datetime]
"""What one provider charges in the billing period that starts at an instant (UTC)."""


def begin(tx: Connection, file_name: str, at: datetime) -> int:
    """Records that an import of this file starts. Returns its id."""
    return int(tx.execute(_BEGIN, {"file_name": file_name, "at": at}).scalar_one())


def finish(tx: Connection, import_id: int, at: datetime, report: dict[str, Any]) -> None:
    """Records how the import ended and forgets its counts of repeated rows."""
    tx.execute(_FINISH, {"import_id": import_id, "at": at, "report": json.dumps(report)})
    tx.execute(_FORGET, {"import_id": import_id})


def known_names(tx: Connection, names: Iterable[str]) -> set[str]:
    """Those of the names that are accounts."""
    return set(tx.scalars(_KNOWN_NAMES, {"names": list(names)}))


def any_earlier(tx: Connection) -> bool:
    """Are there fees that were imported before fees knew their picture?"""
    return bool(tx.execute(_ANY_EARLIER).scalar_one())


def picture_ids(tx: Connection, pictures: Collection[Picture]) -> dict[Picture, int]:
    """The ids of pictures, which are made where they are new."""
    providers, periods = zip(*sorted(pictures), strict=True)
    wanted = {"providers": text_array(providers), "periods": plain_array(periods)}
    tx.execute(_NEW_PICTURES, wanted)
    return {(row[0], row[1]): row[2] for row in tx.execute(_PICTURES, wanted)}
